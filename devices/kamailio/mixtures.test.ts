import { existsSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { applianceParts } from '../../reference/appliance/parts.ts';
import { startReferenceAppliance } from '../reference/reference-appliance.ts';
import { startKamailioAppliance } from './appliance.ts';
import { kamailioParts, type Engines } from './parts.ts';
import { kamailioProgram, programProblem, rtpengineProgram } from './programs.ts';
import { callBetween, children, createSystems } from './testing/system.ts';

const { system, stopped, clear, remove } = createSystems();
afterEach(clear);
afterAll(remove);

const problems = {
  kamailio: await programProblem(kamailioProgram),
  rtpengine: await programProblem(rtpengineProgram),
};

const mixtures: readonly (readonly [name: string, Engines, problem: string | null])[] = [
  [
    'Kamailio with the embedded relay',
    { signalling: 'kamailio', relay: 'embedded' },
    problems.kamailio,
  ],
  [
    'the embedded signalling with rtpengine',
    { signalling: 'embedded', relay: 'rtpengine' },
    problems.rtpengine,
  ],
];

for (const [name, engines, problem] of mixtures) {
  const why = problem === null ? '' : ` (skipped: ${problem})`;
  describe.skipIf(why !== '')(`${name}${why}`, () => {
    it(
      'carries two calls, with hold and resume, and leaves nothing behind',
      { timeout: 40_000 },
      async () => {
        const { appliance, folder, phone } = await system((site) =>
          startKamailioAppliance(site, engines),
        );
        const alice = await phone('alice', '+33639980031');
        const bob = await phone('bob', '+33639980032');
        const [atAlice, atBob] = await callBetween(alice, bob, '+33639980032');
        expect(atAlice).toMatchObject({ state: 'in-call', peerNumber: '+33639980032' });
        expect(atAlice?.identifiers?.local).toBe(atBob?.identifiers?.peer);
        await alice.hold?.();
        await alice.resume?.();
        await Promise.all([alice.waitForAudio(3, 10_000), bob.waitForAudio(3, 10_000)]);
        await bob.hangUp();
        expect(await alice.waitForCall(['ended'], 5_000)).toMatchObject({ endedBy: null });
        await alice.setAutoAnswer(true);
        await callBetween(bob, alice, '+33639980031');
        await bob.hangUp();
        await alice.waitForCall(['ended'], 5_000);
        expect(await appliance.refusals()).toEqual([]);
        expect([children('kamailio').length, children('rtpengine').length]).toEqual([
          engines.signalling === 'kamailio' ? 1 : 0,
          engines.relay === 'rtpengine' ? 1 : 0,
        ]);
        for (const each of [alice, bob]) await each.stop();
        await stopped(appliance);
        expect(existsSync(folder)).toBe(false);
        expect([...children('kamailio'), ...children('rtpengine')]).toEqual([]);
      },
    );
  });
}

const withoutKamailio = problems.kamailio === null ? '' : ` (skipped: ${problems.kamailio})`;

it.skipIf(withoutKamailio !== '')(
  `a call that the embedded relay refuses is refused by Kamailio at once${withoutKamailio}`,
  { timeout: 40_000 },
  async () => {
    const { parts, clear: clearParts } = await kamailioParts({
      signalling: 'kamailio',
      relay: 'embedded',
    });
    const { createRelay = applianceParts.createRelay } = parts;
    const full: typeof createRelay = async (settings, onEvent) => {
      const relay = await createRelay({ ...settings, last: settings.first + 3 }, onEvent);
      relay.open('another call');
      return relay;
    };
    const { appliance, phone } = await system((site) =>
      startReferenceAppliance(site, { ...applianceParts, ...parts, createRelay: full }),
    );
    const alice = await phone('alice', '+33639980031');
    await phone('bob', '+33639980032');
    await alice.dial('+33639980032');
    expect(await alice.waitForCall(['ended'], 5_000)).toMatchObject({ state: 'ended' });
    const codes = async () => (await appliance.refusals()).map(({ code }) => code);
    await expect.poll(codes).toEqual(['relay-failed']);
    await stopped(appliance);
    await clearParts();
  },
);

const withoutRtpengine = problems.rtpengine === null ? '' : ` (skipped: ${problems.rtpengine})`;

it.skipIf(withoutRtpengine !== '')(
  `the embedded signalling answers nothing any more once rtpengine was killed${withoutRtpengine}`,
  { timeout: 40_000 },
  async () => {
    const { appliance } = await system((site) =>
      startKamailioAppliance(site, { signalling: 'embedded', relay: 'rtpengine' }),
    );
    process.kill(children('rtpengine')[0] ?? 0, 'SIGKILL');
    await expect
      .poll(() => appliance.describe().then(() => '', String))
      .toContain('rtpengine was ended by SIGKILL in the middle of the run');
    await expect(appliance.stop()).rejects.toThrow(/in the middle of the run/);
  },
);
