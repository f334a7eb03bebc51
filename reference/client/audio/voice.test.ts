import { describe, expect, it } from 'vitest';
import { parseNarrowband } from '../../core/speex/frame.ts';
import { loadSpeex, speexMissing } from './speex-codec.ts';
import { dominantFrequency, toneSamples } from './tone.ts';
import {
  describeCodec,
  frameSink,
  recordedTone,
  RECORDED_FREQUENCY,
  toneSource,
  voiceSource,
  type FrameSource,
} from './voice.ts';

const missing = speexMissing();
const without = loadSpeex() === null;
const skipNote = missing === null ? '' : ` (skipped: ${missing})`;

const listen = (source: FrameSource, frames: number): number | null => {
  const sink = frameSink();
  for (let frame = 0; frame < frames; frame += 1) expect(sink.accept(source.next()).ok).toBe(true);
  expect(sink.accepted()).toBe(frames);
  const frequency = sink.dominantFrequency();
  sink.close();
  source.close();
  return frequency;
};

describe('recorded frames', () => {
  it('are 50 single narrowband frames of quality 8, again and again', () => {
    const source = recordedTone();
    const first = Array.from({ length: 50 }, () => source.next());
    for (const frame of first)
      expect(parseNarrowband(frame)).toMatchObject({
        ok: true,
        value: { frames: [{ subMode: 5 }] },
      });
    expect(Array.from({ length: 50 }, () => source.next())).toEqual(first);
    expect(first.every((frame) => frame.length === 38)).toBe(true);
  });

  it.skipIf(without)(`are frames 25 to 74 of the live encoder${skipNote}`, () => {
    const [live, recorded] = [toneSource(RECORDED_FREQUENCY), recordedTone()];
    for (let frame = 0; frame < 25; frame += 1) live.next();
    for (let frame = 25; frame < 75; frame += 1) expect(recorded.next()).toEqual(live.next());
    live.close();
  });

  it.skipIf(without)(`sound like 440 Hz over several repetitions${skipNote}`, () => {
    expect(listen(recordedTone(), 130)).toBe(440);
  });
});

describe('live tones', () => {
  it.skipIf(without).each([300, 440, 1700])(
    `of %i Hz are heard as that${skipNote}`,
    (frequency) => {
      const source = toneSource(frequency);
      expect(source.frequency).toBe(frequency);
      expect(listen(source, 60)).toBe(frequency);
    },
  );

  it.skipIf(without)(`are heard in the last second only${skipNote}`, () => {
    const sink = frameSink();
    const [low, high] = [toneSource(300), toneSource(2000)];
    for (let frame = 0; frame < 100; frame += 1) sink.accept(low.next());
    for (let frame = 0; frame < 55; frame += 1) sink.accept(high.next());
    expect(sink.dominantFrequency()).toBe(2000);
    for (const used of [sink, low, high]) used.close();
  });
});

describe('other sources', () => {
  it.skipIf(without)(`say a recording once, and then silence as silence is said${skipNote}`, () => {
    const samples = toneSamples(440, 0, 8_000 + 100);
    const recording = voiceSource({ kind: 'recording', samples });
    const tone = toneSource(440);
    expect(recording.frequency).toBe(null);
    for (let frame = 0; frame < 50; frame += 1) expect(recording.next()).toEqual(tone.next());
    for (let frame = 0; frame < 20; frame += 1) recording.next();
    expect(listen(recording, 60)).toBe(null);
    expect(listen(voiceSource({ kind: 'silence' }), 60)).toBe(null);
    tone.close();
  });

  it.skipIf(without)(`are asked for what a microphone gives, frame by frame${skipNote}`, () => {
    let asked = 0;
    const live = voiceSource({
      kind: 'live',
      next: () => {
        asked += 1;
        return toneSamples(700, 160 * (asked - 1), 160);
      },
    });
    expect(listen(live, 60)).toBe(700);
    expect([live.frequency, asked]).toEqual([null, 60]);
  });

  it('are the recorded tone where libspeex is missing', () => {
    const library = { codec: null, missing: 'not here' } as const;
    const source = voiceSource({ kind: 'silence' }, {}, library);
    expect(source.frequency).toBe(RECORDED_FREQUENCY);
    expect(source.next()).toEqual(recordedTone().next());
    expect(describeCodec({}, library)).toBe(
      'audio: recorded Speex narrowband frames of 440 Hz, nothing is decoded: not here',
    );
  });
});

describe('the sink', () => {
  it('refuses what is not one narrowband frame, by name', () => {
    const sink = frameSink();
    const wideband = Uint8Array.of(0x90, 0, 0, 0, 0);
    // Two frames of sub-mode 1, 43 bits each, then 01 as padding.
    const two = Uint8Array.from([0x08, 0, 0, 0, 0, 0x01, 0, 0, 0, 0, 0x01]);
    const codes = [wideband, two, new Uint8Array(0)].map((frame) => {
      const outcome = sink.accept(frame);
      return outcome.ok ? 'ok' : outcome.error.code;
    });
    expect(codes).toEqual(['wideband', 'frame-count', 'empty']);
    expect(sink.accept(null)).toEqual({ ok: true, value: undefined });
    expect(sink.accepted()).toBe(0);
    sink.close();
  });

  it.skipIf(without)(
    `gives a loudspeaker every 20 ms, also those in which nobody spoke${skipNote}`,
    () => {
      const heard: number[] = [];
      const sink = frameSink({ kind: 'live', take: (samples) => heard.push(...samples) });
      const source = toneSource(300);
      for (let frame = 0; frame < 50; frame += 1) sink.accept(source.next());
      expect(dominantFrequency(Int16Array.from(heard))).toBe(300);
      sink.rest();
      expect(heard.length).toBe(51 * 160);
      expect(heard.slice(-160).every((sample) => sample === 0)).toBe(true);
      for (const used of [sink, source]) used.close();
    },
  );

  it('hears nothing before the first frame', () => {
    expect(frameSink().dominantFrequency()).toBe(null);
  });
});

describe('the dominant frequency', () => {
  it.each([100, 440, 1230, 3900])('of a tone of %i Hz is its own', (frequency) => {
    expect(dominantFrequency(toneSamples(frequency, 0, 8000))).toBe(frequency);
  });

  it('is none in silence', () => {
    expect(dominantFrequency(new Int16Array(8000).fill(10))).toBe(null);
    expect(dominantFrequency(new Int16Array(0))).toBe(null);
  });
});

describe('the description', () => {
  it('is one line that says which audio is sent', () => {
    expect(describeCodec()).toMatch(
      missing === null ? /^audio: .*live.*$/ : /^audio: recorded .*apt install libspeex1$/,
    );
  });
});
