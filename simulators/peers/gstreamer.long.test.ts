import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadSpeex } from '../../reference/client/audio/speex-codec.ts';
import { startMedia, type MediaSession } from '../../reference/client/media/media-session.ts';
import type { SrtpMaster } from '../../reference/core/csl/key-schedule.ts';
import { toHex } from '../../reference/core/bytes.ts';
import { openLoopbackSite, type LabSite } from '../lab/site.ts';
import { hasTool } from '../../scenarios/wire/testing/tools.ts';
import { registeredPhone, triedAppliances, type TriedAppliance } from './testing/appliances.ts';
import { gstreamerAudio, ssrcOf, type GstreamerSettings } from './testing/gstreamer.ts';

const elements = ['speexenc', 'speexdec', 'rtpspeexpay', 'rtpspeexdepay', 'srtpenc', 'srtpdec'];
const element = elements.find((each) => !hasTool('gst-inspect-1.0', each));
const missing =
  element === undefined
    ? loadSpeex() === null
      ? 'libspeex is missing; ./setup installs it'
      : null
    : `GStreamer's ${element} is not installed; ./setup installs it`;

const [caller, callee] = ['+33639983911', '+33639983912'];
/** Cycles per second, of what GStreamer says. */
const tone = 700;

/** Stopped in this order after each test. */
let started: { stop(): Promise<void> }[] = [];
let site: LabSite | undefined;
afterEach(async () => {
  for (const part of started) await part.stop();
  started = [];
  await site?.close();
});

/** Cycles per second, by the changes of sign. */
const pitchOf = (samples: Int16Array): number => {
  let changes = 0;
  for (let at = 1; at < samples.length; at += 1)
    if ((samples[at - 1] ?? 0) < 0 !== (samples[at] ?? 0) < 0) changes += 1;
  return changes / 2 / (samples.length / 8_000);
};

const samplesOf = (file: string): Int16Array => {
  const bytes = readFileSync(file);
  return new Int16Array(Uint8Array.from(bytes).buffer, 0, Math.floor(bytes.length / 2));
};

/** A reference phone that calls, its audio GStreamer's, and one whose audio is its own. */
const call = async (
  start: TriedAppliance['start'],
  more: Pick<GstreamerSettings, 'alterKey'> = {},
) => {
  const at = await openLoopbackSite();
  site = at;
  const folder = await at.folder('gstreamer');
  const heardFile = join(folder, 'heard.raw');
  const appliance = await start(at);
  started.unshift(appliance);
  const audio = await gstreamerAudio({ folder, tone, heardFile, ...more });
  started.unshift(audio);
  const sessions: MediaSession[] = [];
  /** Of all that arrived at bob: on a host that others use too, another run's audio may. */
  const sources = new Set<string>();
  const masters: (readonly [own: SrtpMaster, peer: SrtpMaster])[] = [];
  const alice = await registeredPhone(
    at,
    appliance,
    { name: 'alice', number: caller },
    {
      startMedia(options) {
        // Keys are overwritten when the call ends.
        masters.push([structuredClone(options.ownKey), structuredClone(options.peerKey)]);
        return audio.startMedia(options);
      },
    },
  );
  started.unshift(alice);
  const bob = await registeredPhone(
    at,
    appliance,
    { name: 'bob', number: callee },
    {
      startMedia(options) {
        options.ports.rtp.on('message', (packet, { port }) =>
          sources.add(`${ssrcOf(packet)} from port ${port}`),
        );
        const session = startMedia(options);
        sessions.push(session);
        return session;
      },
    },
  );
  started.unshift(bob);
  await bob.setAutoAnswer(true);
  await alice.dial(callee);
  await Promise.all([alice, bob].map((phone) => phone.waitForCall(['in-call'], 10_000)));
  return { appliance, audio, alice, bob, sessions, sources, masters, heardFile };
};

for (const { name, problem, start } of await triedAppliances()) {
  const why = missing ?? problem;
  const skipped = why === null ? '' : ` (skipped: ${why})`;
  describe.skipIf(skipped !== '')(`GStreamer's SRTP through ${name}${skipped}`, () => {
    it('is heard by a reference phone, and hears it, under the keys of the call', async () => {
      const { appliance, audio, alice, bob, sessions, sources, masters, heardFile } =
        await call(start);
      await bob.waitForAudio(150, 20_000);
      await expect.poll(() => audio.counters().given, { timeout: 10_000 }).toBeGreaterThan(120);
      expect(sessions[0]?.heard()).toBeGreaterThan(tone * 0.97);
      expect(sessions[0]?.heard()).toBeLessThan(tone * 1.03);
      const { sent, given } = audio.counters();
      const atBob = await bob.report();
      expect([...sources]).toEqual([expect.stringMatching(`^${audio.source()} from port `)]);
      expect(await bob.refusals()).toEqual([]);
      expect(atBob).toMatchObject({ packetsRefused: 0 });
      expect(sent - atBob.packetsReceived).toBeLessThan(15);
      expect(sessions[0]?.statistics()).toMatchObject({ lost: 0, malformed: 0 });
      const keys = masters.flat().map(({ masterKey, masterSalt }) => ({
        masterKey: toHex(masterKey),
        masterSalt: toHex(masterSalt),
      }));
      expect(await alice.mediaKeys()).toEqual(keys);
      await alice.hangUp();
      await bob.waitForCall(['ended'], 5_000);
      await audio.stop();
      started = started.filter((part) => part !== audio);
      const heard = samplesOf(heardFile);
      expect(heard.length).toBeGreaterThan((given - 15) * 160);
      expect(pitchOf(heard)).toBeGreaterThan(440 * 0.97);
      expect(pitchOf(heard)).toBeLessThan(440 * 1.03);
      expect(await appliance.refusals()).toEqual([]);
    }, 90_000);

    it('is refused packet by packet under a key that differs in one bit', async () => {
      const alterKey = (key: Uint8Array) => key.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
      const { audio, bob, alice, sessions } = await call(start, { alterKey });
      await expect.poll(() => audio.counters().sent, { timeout: 20_000 }).toBeGreaterThan(100);
      // What the phone itself says is heard meanwhile: the relay and the keys of the call are right.
      await alice.waitForAudio(20, 10_000);
      expect(await bob.report()).toMatchObject({ packetsReceived: 0 });
      expect((await bob.report()).packetsRefused).toBeGreaterThan(80);
      expect(sessions[0]?.statistics()).toMatchObject({ received: 0 });
    }, 90_000);
  });
}
