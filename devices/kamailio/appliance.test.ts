import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { applianceParts } from '../../reference/appliance/parts.ts';
import { startReferenceAppliance } from '../reference/reference-appliance.ts';
import { createEngineFailure } from './failure.ts';
import { kamailioParts } from './parts.ts';
import { kamailioProgram, programProblem, rtpengineProgram } from './programs.ts';
import { startRtpengine } from './rtpengine.ts';
import { callBetween, createSystems, processes } from './testing/system.ts';

const problem = (await programProblem(kamailioProgram)) ?? (await programProblem(rtpengineProgram));
const why = problem === null ? '' : ` (skipped: ${problem})`;

type Given = Parameters<typeof applianceParts.startSignalling>[0];

const { system, site: openSite, runFolders, stopped, clear, remove } = createSystems();
afterEach(clear);
afterAll(remove);

describe.skipIf(why !== '')(`the appliance on Kamailio and rtpengine${why}`, () => {
  it(
    'carries a call through the relay, with hold and resume, and leaves nothing behind',
    { timeout: 40_000 },
    async () => {
      const { appliance, folder, phone } = await system();
      const alice = await phone('alice', '+33639980031');
      const bob = await phone('bob', '+33639980032');
      const [atAlice, atBob] = await callBetween(alice, bob, '+33639980032');
      expect(atAlice).toMatchObject({ state: 'in-call', peerNumber: '+33639980032' });
      expect(atAlice?.identifiers?.local).toBe(atBob?.identifiers?.peer);
      expect(atAlice?.identifiers?.peer).toBe(atBob?.identifiers?.local);
      expect(await alice.mediaKeys()).toEqual(await bob.mediaKeys());
      await alice.hold?.();
      await alice.resume?.();
      await Promise.all([alice.waitForAudio(3, 10_000), bob.waitForAudio(3, 10_000)]);
      await bob.hangUp();
      expect(await alice.waitForCall(['ended'], 5_000)).toMatchObject({ endedBy: null });
      expect(await appliance.refusals()).toEqual([]);
      for (const each of [alice, bob]) await each.stop();
      await stopped(appliance);
      expect(existsSync(folder)).toBe(false);
      expect(processes(new RegExp(folder))).toEqual([]);
    },
  );

  it(
    'ends call and connection of a revoked number, refuses its certificate, and says so in the log',
    { timeout: 40_000 },
    async () => {
      const { appliance, phone } = await system();
      const alice = await phone('alice', '+33639980031');
      const bob = await phone('bob', '+33639980032');
      await callBetween(alice, bob, '+33639980032');
      await appliance.revoke?.('+33639980031');
      expect(await bob.waitForCall(['ended'], 5_000)).toMatchObject({ endedBy: null });
      await expect(alice.register()).rejects.toThrow(/^phone alice: registration: /);
      const codes = async () => (await appliance.refusals()).map(({ code }) => code);
      await expect
        .poll(codes, { timeout: 15_000 })
        .toEqual(
          expect.arrayContaining([
            expect.stringMatching(/^(?:tls\/handshake|sip\/revoked|sip\/blocked)$/),
          ]),
        );
    },
  );

  it(
    'answers nothing any more once Kamailio was killed in the middle of a call',
    { timeout: 40_000 },
    async () => {
      const { appliance, folder, phone } = await system();
      const alice = await phone('alice', '+33639980031');
      const bob = await phone('bob', '+33639980032');
      await callBetween(alice, bob, '+33639980032');
      const main = Number(readFileSync(join(folder, 'kamailio.pid'), 'utf8'));
      process.kill(main, 'SIGKILL');
      await expect
        .poll(() => appliance.refusals().then(() => '', String), { timeout: 15_000 })
        .toContain('kamailio was ended by SIGKILL in the middle of the run');
      for (const each of [alice, bob]) await each.stop();
      await expect(appliance.stop()).rejects.toThrow(/in the middle of the run/);
      expect(existsSync(folder)).toBe(false);
      expect(processes(new RegExp(folder))).toEqual([]);
    },
  );

  it('says in one line that the SIP port is taken, and leaves nothing running', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', () => resolve()));
    const address = holder.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const before = new Set(runFolders());
    const { parts, clear: clearParts } = await kamailioParts();
    const folder = runFolders().find((path) => !before.has(path)) ?? '';
    const site = await openSite();
    const { startSignalling = applianceParts.startSignalling } = parts;
    const taken = { startSignalling: (options: Given) => startSignalling({ ...options, port }) };
    await expect(
      startReferenceAppliance(site, { ...applianceParts, ...parts, ...taken }),
    ).rejects.toThrow(
      `kamailio: port ${port} of 127.0.0.1 is in use; stop the program that holds it or choose another port`,
    );
    await clearParts();
    holder.close();
    expect(processes(new RegExp(folder))).toEqual([]);
  });

  it('answers nothing any more once a revocation could not be told because the control socket is gone', async () => {
    const { appliance, folder, phone } = await system();
    await phone('alice', '+33639980031');
    rmSync(join(folder, 'control'));
    await appliance.revoke?.('+33639980031');
    await expect
      .poll(() => appliance.refusals().then(() => '', String), { timeout: 10_000 })
      .toMatch(/kamailio: \S+ by its control socket failed: /);
    await expect(appliance.describe()).rejects.toThrow('by its control socket failed');
  });

  it('says in one line that the relay’s address is not there, and starts nothing', async () => {
    const failure = createEngineFailure();
    const settings = { host: '203.0.113.77', first: 30_000, last: 30_009 };
    await expect(startRtpengine(settings, tmpdir(), failure)).rejects.toThrow(
      /^rtpengine: cannot bind UDP ports of 203.0.113.77 .*; give the relay an address of this machine$/,
    );
    expect(processes(/--interface=203\.0\.113\.77/)).toEqual([]);
  });
});

describe('engines that are not there', () => {
  it('are named, with the way out', async () => {
    const absent = { ...kamailioProgram, path: '/nowhere/kamailio' };
    expect(await programProblem(absent)).toBe(
      'kamailio: /nowhere/kamailio is not installed; ./setup installs it (Debian: kamailio and kamailio-tls-modules)',
    );
  });

  it('and so are those that are too old, or are something else', async () => {
    const says = (text: string) => ({ ...kamailioProgram, path: '/bin/echo', words: [text] });
    expect(await programProblem(says('version: kamailio 4.4.0 (x86_64/linux)'))).toMatch(
      /^kamailio: 4\.4 is older than 5\.6; /,
    );
    expect(await programProblem(says('hello'))).toMatch(/tells no version/);
    expect(await programProblem(says('version: kamailio 5.6.3 (x86_64/linux)'))).toBeNull();
    expect(await programProblem(says('version: kamailio 6.0.1'))).toBeNull();
  });
});
