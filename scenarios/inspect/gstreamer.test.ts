import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSpeex } from '../../reference/client/audio/speex-codec.ts';
import { fromHex } from '../../reference/core/bytes.ts';
import { createAudioFiles } from '../../commands/audio-files.ts';
import type { VerdictKind } from '../../reports/model/verdict.ts';
import { gatherFacts } from '../wire/facts.ts';
import type { SrtpKey } from '../wire/facts-model.ts';
import { hasTool } from '../wire/testing/tools.ts';
import { judgeInspection } from './judge.ts';
import { openStudio, recordingProblem, type Studio } from './testing/record.ts';

const elements = ['speexenc', 'rtpspeexpay', 'srtpenc'];
const missing = elements.find((element) => !hasTool('gst-inspect-1.0', element));
const why = missing ? ` (skipped: GStreamer's ${missing} is not installed)` : recordingProblem();

const masterKey = '000102030405060708090a0b0c0d0e0f';
const masterSalt = '101112131415161718191a1b1c1d';
const toneHz = 440;

const source = `audiotestsrc num-buffers=60 samplesperbuffer=160 freq=${toneHz} ! audio/x-raw,rate=8000,channels=1`;
const speex = `${source} ! speexenc quality=8 ! rtpspeexpay pt=97`;
const srtp = (cipher: string, auth: string): string =>
  `srtpenc key=${masterKey}${masterSalt} rtp-cipher=${cipher} rtp-auth=${auth} rtcp-cipher=aes-128-icm rtcp-auth=hmac-sha1-80`;
const sink = 'udpsink host=127.0.0.1 port=6000 sync=false async=false';
const wideband = speex
  .replace('rate=8000', 'rate=16000')
  .replace('samplesperbuffer=160', 'samplesperbuffer=320');

type Kinds = Readonly<Record<'5.1.g' | '5.1.h' | '5.1.m' | '6.2.d', VerdictKind>>;

interface Row {
  readonly name: string;
  readonly pipeline: string;
  readonly withKeys: Kinds;
  readonly withoutKeys: Kinds;
  /** What 5.1.g says was seen, given the keys. */
  readonly observed: string;
}

const unknown: Kinds = {
  '5.1.g': 'inconclusive',
  '5.1.h': 'inconclusive',
  '5.1.m': 'inconclusive',
  '6.2.d': 'inconclusive',
};
const open: Kinds = { '5.1.g': 'fail', '5.1.h': 'pass', '5.1.m': 'fail', '6.2.d': 'fail' };
const readable = 'Speex that can be read as it is';

const rows: readonly Row[] = [
  {
    name: 'AES-128 with 80-bit tags',
    pipeline: `${speex} ! ${srtp('aes-128-icm', 'hmac-sha1-80')} ! ${sink}`,
    // No RTCP is sent.
    withKeys: { '5.1.g': 'pass', '5.1.h': 'pass', '5.1.m': 'inconclusive', '6.2.d': 'pass' },
    withoutKeys: unknown,
    observed: '60 packets of 1 flows carry an 80-bit tag that verifies',
  },
  {
    name: 'AES-128 with 32-bit tags',
    pipeline: `${speex} ! ${srtp('aes-128-icm', 'hmac-sha1-32')} ! ${sink}`,
    withKeys: { ...unknown, '5.1.g': 'fail' },
    withoutKeys: unknown,
    observed: 'a tag of 32 bits',
  },
  {
    name: 'AES-128 without tags',
    pipeline: `${speex} ! ${srtp('aes-128-icm', 'null')} ! ${sink}`,
    withKeys: { ...unknown, '5.1.g': 'fail' },
    withoutKeys: unknown,
    observed: 'encrypted, without a tag',
  },
  {
    name: 'the null cipher with 80-bit tags',
    pipeline: `${speex} ! ${srtp('null', 'hmac-sha1-80')} ! ${sink}`,
    withKeys: open,
    withoutKeys: open,
    observed: readable,
  },
  {
    name: 'RTP without SRTP',
    pipeline: `${speex} ! ${sink}`,
    withKeys: open,
    withoutKeys: open,
    observed: readable,
  },
  {
    name: 'wideband Speex under SRTP',
    pipeline: `${wideband} ! ${srtp('aes-128-icm', 'hmac-sha1-80')} ! ${sink}`,
    withKeys: { '5.1.g': 'pass', '5.1.h': 'fail', '5.1.m': 'inconclusive', '6.2.d': 'fail' },
    withoutKeys: unknown,
    observed: '60 packets of 1 flows carry an 80-bit tag that verifies',
  },
  {
    name: 'G.711 in clear',
    pipeline: `${source} ! mulawenc ! rtppcmupay ! ${sink}`,
    withKeys: { '5.1.g': 'fail', '5.1.h': 'fail', '5.1.m': 'inconclusive', '6.2.d': 'fail' },
    withoutKeys: { '5.1.g': 'fail', '5.1.h': 'fail', '5.1.m': 'inconclusive', '6.2.d': 'fail' },
    observed: 'G.711 fills every packet',
  },
];

const bytes = (hex: string): Uint8Array => {
  const read = fromHex(hex);
  if (!read.ok) throw new Error(read.error.code);
  return read.value;
};
const keys: readonly SrtpKey[] = [{ masterKey: bytes(masterKey), masterSalt: bytes(masterSalt) }];

const fileOf = (index: number): string => `gstreamer-${index}.pcapng`;

let studio: Studio | undefined;
beforeAll(() => {
  if (why !== '') return;
  studio = openStudio();
  studio.record(
    rows.map(({ pipeline }, index) => ({
      name: fileOf(index),
      script: `timeout 10 gst-launch-1.0 -q ${pipeline} 2>&1 || exit 1`,
    })),
  );
});
afterAll(() => studio?.close());

const capture = (index: number): string => studio?.path(fileOf(index)) ?? '';

const judged = async (index: number, srtpKeys: readonly SrtpKey[]) => {
  const given = { sipPorts: [5061], registrationPorts: [443], keptBytes: 0 };
  const facts = await gatherFacts(capture(index), {
    ...given,
    ...(srtpKeys.length === 0 ? {} : { srtpKeys }),
  });
  return judgeInspection({ facts, keys: srtpKeys.length });
};

const kindsOf = (verdicts: Awaited<ReturnType<typeof judged>>, like: Kinds) =>
  Object.fromEntries(
    Object.keys(like).map((id) => [id, verdicts.find(({ claim }) => claim === id)?.kind]),
  );

const numbered = rows.map((row, index) => ({ ...row, index }));

describe.skipIf(why !== '')(`streams made by GStreamer${why}`, () => {
  it.each(numbered)('$name, given the keys', async ({ index, withKeys, observed }) => {
    const verdicts = await judged(index, keys);
    expect(kindsOf(verdicts, withKeys)).toEqual(withKeys);
    expect(verdicts.find(({ claim }) => claim === '5.1.g')?.observed).toBe(observed);
  });

  it.each(numbered)('$name, without keys', async ({ index, withoutKeys }) => {
    expect(kindsOf(await judged(index, []), withoutKeys)).toEqual(withoutKeys);
  });

  it('under keys of another call nothing is said', async () => {
    const others = [{ masterKey: bytes(masterKey).fill(1), masterSalt: bytes(masterSalt) }];
    expect(kindsOf(await judged(0, others), unknown)).toEqual(unknown);
  });
});

/** Cycles per second, by the changes of sign behind the first tenth of a second. */
const pitchOf = (samples: Int16Array): number => {
  const heard = samples.subarray(800);
  let changes = 0;
  for (let at = 1; at < heard.length; at += 1)
    if ((heard[at - 1] ?? 0) < 0 !== (heard[at] ?? 0) < 0) changes += 1;
  return changes / 2 / (heard.length / 8_000);
};

const whyAudio = why || (loadSpeex() ? '' : ' (skipped: libspeex is missing)');

describe.skipIf(whyAudio !== '')(`audio written from a stream of GStreamer's${whyAudio}`, () => {
  it('has the tone that was sent', async () => {
    const audio = createAudioFiles();
    await gatherFacts(capture(0), {
      sipPorts: [],
      registrationPorts: [],
      keptBytes: 0,
      srtpKeys: keys,
      audio,
    });
    const [file, ...others] = audio.files();
    if (!file) throw new Error('no audio was written');
    expect(others).toEqual([]);
    const { buffer, byteOffset, length } = file.wav;
    expect(Buffer.from(buffer, byteOffset, 4).toString()).toBe('RIFF');
    expect(length).toBe(44 + 60 * 160 * 2);
    const samples = new Int16Array(buffer.slice(byteOffset + 44, byteOffset + length));
    expect(pitchOf(samples)).toBeGreaterThan(toneHz * 0.97);
    expect(pitchOf(samples)).toBeLessThan(toneHz * 1.03);
  });
});
