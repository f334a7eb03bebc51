import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openLoopbackSite, type LabSite } from '../../simulators/lab/site.ts';
import { DeadlineError } from '../contract.ts';
import { targetOnHosts } from './remote-target.ts';
import { target as fake } from './testing/fake-target.ts';

const file = join(import.meta.dirname, 'testing/fake-target.ts');

let parent = '';
let site: LabSite;
/** Numbers of the processes started. */
let started: number[] = [];
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'remote-test-'));
  const opened = await openLoopbackSite(parent);
  started = [];
  site = {
    ...opened,
    start(host, program) {
      const process = opened.start(host, program);
      started.push(process.pid);
      return process;
    },
  };
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await site.close();
  await rm(parent, { recursive: true, force: true });
});

/** The appliance in another process, which behaves as `how` says. */
const startAppliance = (how = '') => {
  vi.stubEnv('FAKE_PART', how);
  return targetOnHosts(fake, file, site, { stop: 200, end: 200 }).startAppliance(site);
};

const isRunning = (pid: number | undefined): boolean => {
  try {
    return process.kill(pid ?? Number.NaN, 0);
  } catch {
    return false;
  }
};

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );

describe('a part in another process', () => {
  it('gives the values of the contract, and takes its arguments', async () => {
    const appliance = await startAppliance();
    expect(appliance.capabilities).toEqual(new Set(['enrol', 'call']));
    expect((await appliance.describe()).sip).toEqual({ host: '127.0.0.1', port: 5061 });
    expect(await appliance.readToken('+33', 250)).toBe('+33 within 250');
    expect(await appliance.refusals()).toEqual([{ at: 1, code: 'sip/identity', detail: 'é\0' }]);
    await appliance.stop();
    expect(started.map(isRunning)).toEqual([false]);
  });

  it('answers calls in whatever order they end, each its own', async () => {
    const appliance = await startAppliance();
    const open = errorOf(appliance.readToken('unanswered', 1));
    const answers = Array.from({ length: 50 }, (_, index) =>
      appliance.readToken(String(index), index),
    );
    expect(await Promise.all(answers)).toEqual(
      Array.from({ length: 50 }, (_, index) => `${index} within ${index}`),
    );
    await appliance.stop();
    expect(await open).toBeInstanceOf(Error);
  });

  it('may be a phone, with the methods that it is able to do and values of any size', async () => {
    vi.stubEnv('FAKE_PART', 'holding');
    const remote = targetOnHosts(fake, file, site);
    const appliance = await remote.startAppliance(site);
    const description = await appliance.describe();
    const phone = await remote.startPhone(site, 'alice', description);
    expect(phone.name).toBe('alice');
    expect(await phone.hold?.()).toBeUndefined();
    await phone.replaceStoredFile?.('key', '');
    expect(phone).toHaveProperty('replaceStoredFile');
    expect((await phone.storedFiles())[0]?.base64).toHaveLength(1_000_000);
    vi.stubEnv('FAKE_PART', '');
    expect(await remote.startPhone(site, 'bob', description)).not.toHaveProperty('hold');
  });

  it('may be an appliance that revokes, and has no such method where it cannot', async () => {
    expect(await startAppliance()).not.toHaveProperty('revoke');
    const appliance = await startAppliance('revoking');
    expect(await appliance.revoke?.('+33')).toBeUndefined();
    await expect(appliance.release?.('+33')).rejects.toThrow('+33 is not blocked');
  });

  it('throws what its own method throws: a deadline as a deadline, an error by its message without a stack', async () => {
    const appliance = await startAppliance();
    const late = await errorOf(appliance.readToken('late', 5));
    expect(late).toBeInstanceOf(DeadlineError);
    expect(late).toHaveProperty('message', 'no SMS within 5 ms');
    const wrong = await errorOf(appliance.readToken('wrong', 5));
    expect(wrong).not.toBeInstanceOf(DeadlineError);
    expect(wrong).toMatchObject({ name: 'TypeError', message: 'the number is no number' });
    expect(wrong).not.toHaveProperty('stack', expect.stringContaining('fake-target'));
  });
});

describe('a part that claims what cannot be', () => {
  it.each([
    ['everything', /^appliance: answers a method nonsense-\w+, which does not exist/],
    ['inventing', /^appliance claims fly, which is no capability; devices\/contract\.ts/],
  ])('(%s) does not start, and its process ends', async (how, line) => {
    await expect(startAppliance(how)).rejects.toThrow(line);
    expect(started.map(isRunning)).toEqual([false]);
  });
});

describe('a part whose process ends', () => {
  it.each([
    ['killed', /^appliance: its process is gone \(.* was ended by SIGKILL\)$/],
    [
      'stray',
      /^appliance: its process is gone \(an error outside every step: the appliance lost its mind\)$/,
    ],
  ])(
    'in the middle of a call (%s) rejects all that is open, and all later',
    async (how, reason) => {
      const appliance = await startAppliance();
      const second = errorOf(appliance.readToken(how, 1));
      expect(await errorOf(appliance.readToken(how, 1))).toHaveProperty(
        'message',
        expect.stringMatching(reason),
      );
      expect(await second).toHaveProperty('message', expect.stringMatching(reason));
      expect(await errorOf(appliance.describe())).toHaveProperty(
        'message',
        expect.stringMatching(reason),
      );
      await appliance.stop();
    },
  );

  it.each([
    ['refuses', /^port 443 is taken; free it$/],
    ['silent', /^appliance: .* ended with 7 before it was up$/],
  ])('before it is up (%s) gives its reason in one line', async (how, reason) => {
    expect(await errorOf(startAppliance(how))).toHaveProperty(
      'message',
      expect.stringMatching(reason),
    );
    await site.close();
    expect(started.map(isRunning)).toEqual([false]);
  });

  it('although it would not stop is told of, in bounded time', async () => {
    const appliance = await startAppliance('deaf');
    const before = performance.now();
    expect(await errorOf(appliance.stop())).toHaveProperty(
      'message',
      'appliance: did not stop within 0.2 s; it was ended',
    );
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(started.map(isRunning)).toEqual([false]);
  });

  it('because its target’s file cannot be loaded says so', async () => {
    const remote = targetOnHosts(fake, join(parent, 'none.ts'), site);
    expect(await errorOf(remote.startAppliance(site))).toHaveProperty(
      'message',
      expect.stringMatching(/^Cannot find module .*none\.ts/),
    );
  });
});
