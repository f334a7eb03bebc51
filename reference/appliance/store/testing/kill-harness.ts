import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TestKey } from '../../../core/pki/testing/hierarchy.ts';
import {
  createSeededRandom,
  type SeededRandom,
} from '../../../../simulators/lab/link/seeded-random.ts';
import { keyPairs } from '../../enrolment/testing/rsa-from-primes.ts';
import { openStore } from '../open.ts';
import { makeFixedAuthorities, type FixedAuthorities } from './fixed-authorities.ts';
import { findingsOf } from './kill-checks.ts';
import { createKillClient, type Acknowledged } from './kill-client.ts';
import type { FromService, ToService } from './kill-protocol.ts';

/** What a trial came to. */
export interface KillSummary {
  readonly rounds: number;
  readonly seed: number;
  /** Rounds whose service was killed before it listened. */
  readonly killedStarting: number;
  readonly acknowledged: {
    readonly enrolments: number;
    readonly certificates: number;
    readonly revocations: number;
  };
  /** Requests under way when the kill came. */
  readonly cutOff: number;
  /** What was lost or wrong, with the round; must be empty. */
  readonly findings: readonly string[];
}

const service = fileURLToPath(new URL('kill-service.ts', import.meta.url));
const workers = 4;
/** More than a round uses. */
const keysPerRound = 40;
/**
 * When it is killed: within so many milliseconds of its start, or, listening, that many after one of so many acknowledgements, so
 * that a slow machine gets as far as a fast one.
 */
const moments = { start: 600, acknowledgements: 24, after: 40 } as const;

interface Trial {
  readonly folder: string;
  readonly file: string;
  readonly fixed: FixedAuthorities;
  readonly keys: Iterator<TestKey, undefined>;
  readonly random: SeededRandom;
  readonly all: Acknowledged[];
}

/** One worker: enrols number after number, some tokens given twice at once, some numbers revoked, until the service is gone. */
const work = async (
  trial: Trial,
  port: number,
  child: ChildProcess,
  texts: Map<string, (token: string) => void>,
  mine: Acknowledged[],
  random: SeededRandom,
  acknowledged: () => void,
): Promise<void> => {
  const ca = [trial.fixed.trust.root, trial.fixed.trust.serverAuthority];
  const clients = [createKillClient(port, ca), createKillClient(port, ca)] as const;
  try {
    for (;;) {
      const number = `+336${String(10_000_000 + trial.all.length)}`;
      const enrolment: Acknowledged = {
        number,
        certificates: [],
        isRevoking: false,
        isRevoked: false,
      };
      trial.all.push(enrolment);
      mine.push(enrolment);
      const token = new Promise<void>((resolve) => {
        texts.set(number, (given) => {
          enrolment.token = given;
          resolve();
        });
      });
      const { value: key } = trial.keys.next();
      if (key === undefined) throw new Error('HTTP none: no key is left; raise keysPerRound');
      await clients[0].request(enrolment, key);
      acknowledged();
      await token;
      const isRevokedAtOnce = random.below(6) === 0;
      const revoke = (): void => {
        enrolment.isRevoking = true;
        child.send({ kind: 'revoke', number } satisfies ToService, () => undefined);
      };
      if (isRevokedAtOnce) revoke();
      const asked = [clients[0].certificate(enrolment)];
      if (random.below(3) === 0) asked.push(clients[1].certificate(enrolment));
      const outcomes = await Promise.allSettled(asked);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      acknowledged();
      if (!isRevokedAtOnce && random.below(3) === 0) revoke();
    }
  } finally {
    for (const client of clients) client.close();
  }
};

/** A refusal is a finding, a connection that broke is the kill. */
const isKill = (error: unknown): boolean =>
  error instanceof Error && !error.message.startsWith('HTTP ');

/** Runs the service once and kills it at a random moment; gives the enrolments of this round and what went wrong before the kill. */
const round = async (
  trial: Trial,
): Promise<{
  readonly mine: readonly Acknowledged[];
  readonly isStarting: boolean;
  readonly errors: readonly string[];
}> => {
  const { random } = trial;
  const isStarting = random.below(8) === 0;
  let left = random.below(moments.acknowledgements);
  const moment = random.below(isStarting ? moments.start : moments.after);
  const child = fork(service, [trial.folder, trial.file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const texts = new Map<string, (token: string) => void>();
  const mine: Acknowledged[] = [];
  let enough = (): void => undefined;
  const isEnough = new Promise<void>((resolve) => (enough = resolve));
  const acknowledged = (): void => {
    left -= 1;
    if (left < 0) enough();
  };
  const ready = new Promise<number>((resolve) => {
    child.on('message', (message: FromService) => {
      if (message.kind === 'ready') resolve(message.port);
      if (message.kind === 'text') {
        const token = /\b[0-9]{6}\b/.exec(message.text)?.[0];
        if (token !== undefined) texts.get(message.number)?.(token);
      }
      if (message.kind === 'revoked') {
        const enrolment = trial.all.find(({ number }) => number === message.number);
        if (enrolment !== undefined) enrolment.isRevoked = true;
        acknowledged();
      }
    });
  });
  const errors: string[] = [];
  const gone = exited.then(() => undefined);
  const begun = isStarting ? undefined : await Promise.race([ready, gone]);
  const running =
    begun === undefined
      ? []
      : Array.from({ length: workers }, () => {
          const own = createSeededRandom(random.below(0x7fff_ffff) + 1);
          const working = work(trial, begun, child, texts, mine, own, acknowledged);
          return Promise.race([working, gone]).catch((error: unknown) => {
            if (!isKill(error)) errors.push(String(error));
          });
        });
  if (!isStarting) await Promise.race([isEnough, exited, Promise.all(running)]);
  await Promise.race([wait(moment), exited]);
  if (child.exitCode !== null) errors.push(`the service ended by itself with ${child.exitCode}`);
  child.kill('SIGKILL');
  await exited;
  await Promise.allSettled(running);
  return { mine, isStarting, errors };
};

/** Opens the store that the kill left, and looks at these enrolments. */
const checkAfter = (trial: Trial, mine: readonly Acknowledged[]): readonly string[] => {
  const store = openStore(trial.folder, Date.now());
  try {
    return findingsOf(store, trial.folder, mine);
  } finally {
    store.close();
  }
};

/** Kills an enrolment and revocation service at seeded random moments and looks each time, and at the end at everything, for what was lost. */
export const runKills = async (settings: {
  readonly rounds: number;
  readonly seed: number;
  readonly progress: (text: string) => void;
}): Promise<KillSummary> => {
  const { rounds, seed, progress } = settings;
  const folder = mkdtempSync(join(tmpdir(), 'discretio-kills-'));
  const file = join(folder, 'authorities.json');
  const fixed = await makeFixedAuthorities('127.0.0.1');
  writeFileSync(file, JSON.stringify(fixed), { mode: 0o600 });
  // Ready-made, so that the driver spends its time on asking.
  const keys = Array.from(keyPairs(rounds * keysPerRound)).values();
  const random = createSeededRandom(seed);
  const trial: Trial = { folder: join(folder, 'state'), file, fixed, keys, random, all: [] };
  const findings: string[] = [];
  let killedStarting = 0;
  try {
    for (let count = 1; count <= rounds; count += 1) {
      const { mine, isStarting, errors } = await round(trial);
      if (isStarting) killedStarting += 1;
      const found = [...errors, ...checkAfter(trial, mine)];
      findings.push(...found.map((finding) => `round ${count}: ${finding}`));
      if (count % 20 === 0)
        progress(`${count} of ${rounds} rounds, ${trial.all.length} enrolments begun`);
    }
    findings.push(...checkAfter(trial, trial.all).map((finding) => `at the end: ${finding}`));
  } finally {
    rmSync(folder, { recursive: true });
  }
  const { all } = trial;
  const done = all.filter(({ certificates }) => certificates.length > 0);
  const acknowledged = {
    enrolments: all.filter(({ id }) => id !== undefined).length,
    certificates: done.length,
    revocations: all.filter(({ isRevoked }) => isRevoked).length,
  };
  return { rounds, seed, killedStarting, acknowledged, cutOff: all.length - done.length, findings };
};
