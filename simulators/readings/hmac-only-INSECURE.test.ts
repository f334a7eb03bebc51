import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { target } from '../../devices/reference/hmac-only-INSECURE.ts';
import { referenceTarget } from '../../devices/reference/target.ts';
import { takenBack, putOnHold } from '../../reference/client/calls/testing/changes.ts';
import {
  accepted,
  callIdOf,
  established,
  eventually,
  invite,
} from '../../reference/client/calls/testing/handler.ts';
import { useHandlers } from '../../reference/client/calls/testing/handlers.ts';
import { offerChecks } from '../../reference/core/csl/offer.ts';
import { captureSupport } from '../lab/capture/packet-socket.ts';
import { namespaceProblem } from '../lab/own-namespace.ts';
import { hmacOnlyINSECURE } from './hmac-only-INSECURE.ts';

const handler = useHandlers();

const insecure = { parts: { keyAgreement: hmacOnlyINSECURE } };

describe('two phones of this reading', () => {
  it('call, hold and hear each other', async () => {
    const [alice, bob] = [handler('alice', insecure), handler('bob', insecure)];
    await established(alice, bob);
    await putOnHold(alice, bob);
    await takenBack(alice, bob);
    for (const { calls } of [alice, bob]) {
      await eventually(() => calls.view().packetsReceived > 1);
      expect(calls.view()).toMatchObject({ state: 'in-call', packetsRefused: 0 });
    }
  });
});

describe('the reference phone', () => {
  it('refuses its INVITE: csl/signature', async () => {
    const bob = handler('bob');
    await invite(handler('alice', insecure), bob);
    await bob.until(() => bob.kinds().includes('reject'));
    expect(bob.refusals).toEqual(['csl/signature']);
    expect(bob.last('reject').status).toBe(403);
  });

  it('refuses its 200: csl/signature', async () => {
    const alice = handler('alice');
    const parts = { offerChecks: offerChecks.filter(({ code }) => code !== 'signature') };
    const bob = handler('bob', { parts: { ...insecure.parts, ...parts } });
    const message = await accepted(alice, bob);
    alice.give({ kind: 'answered', callId: callIdOf(alice), message });
    await alice.until(() => alice.refusals.length > 0);
    expect(alice.refusals).toEqual(['csl/signature']);
    expect(alice.kinds().at(-1)).toBe('acknowledge-and-end');
  });

  it('is refused by it in turn: an HMAC is expected where it signs', async () => {
    const bob = handler('bob', insecure);
    await invite(handler('alice'), bob);
    await bob.until(() => bob.kinds().includes('reject'));
    expect(bob.refusals).toEqual(['csl/signature']);
  });
});

describe('a target of this reading', () => {
  it('names it in its codec line, as the reference names its own', () => {
    expect(target.codec()).toMatch(/key agreement .*INSECURE$/);
    expect(referenceTarget().codec()).toMatch(/key agreement CSL1 \(signature and tag\)$/);
  });

  const problem = captureSupport().ok ? null : namespaceProblem();
  const skipped = problem === null ? '' : ` (skipped: nothing can be captured here: ${problem})`;

  it.skipIf(problem !== null)(
    `fails the claims that the signature carries${skipped}`,
    { timeout: 120_000 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'discretio-readings-'));
      const scenarios = [
        '2.1/terminals-authenticate',
        '5.1/key-agreement/signed',
        '5.2/same-certificate',
      ];
      const words = ['--only', ...scenarios, '--json', '--out', join(folder, 'run')];
      const module = ['--target', 'devices/reference/hmac-only-INSECURE.ts'];
      const cwd = join(import.meta.dirname, '../..');
      try {
        const run = promisify(execFile)(
          process.execPath,
          ['cli.ts', 'evaluate', ...module, ...words],
          {
            cwd,
          },
        );
        const { code, stdout } = await run.then(
          () => ({ code: 0, stdout: '{}' }),
          (error: { readonly code: number; readonly stdout: string }) => error,
        );
        const { verdicts } = JSON.parse(stdout) as {
          readonly verdicts: readonly { readonly claim: string; readonly kind: string }[];
        };
        expect(code).toBe(1);
        expect(verdicts.map(({ claim, kind }) => `${claim} ${kind}`).toSorted()).toEqual([
          '2.1.b fail',
          '5.1.j fail',
          '5.2.a fail',
        ]);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
