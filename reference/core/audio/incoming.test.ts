import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseNarrowband } from '../speex/frame.ts';
import { createIncomingAudio } from './incoming.ts';

/** A frame of sub-mode 1 with padding: 43 bits, then 01111. */
const FRAME = Uint8Array.of(0x08, 0, 0, 0, 0, 0x0f);

/** Two frames of sub-mode 1, then 01. */
const TWO = Uint8Array.of(0x08, 0, 0, 0, 0, 0x01, 0, 0, 0, 0, 0x01);

/** A message of the application in-band, of which libspeex reads another length than its manual says; then a frame. */
const USER_SIGNAL = Uint8Array.from(Buffer.from('6afcae465aa0919e647ace0540eafc6b', 'hex'));

const packetOf = (number: number, frame: Uint8Array) => ({
  ssrc: 1,
  order: 0,
  stream: 0,
  sequence: number % 2 ** 16,
  timestamp: (number * 160) % 2 ** 32,
  frame,
});

describe('incoming audio', () => {
  it('conceals a packet whose frame is malformed, and counts it by its reason', () => {
    const audio = createIncomingAudio();
    expect(parseNarrowband(USER_SIGNAL).ok).toBe(true);
    expect(audio.packet(packetOf(0, USER_SIGNAL), 0)).toMatchObject({
      ok: false,
      error: { code: 'user-signal' },
    });
    const frames = [FRAME, TWO, Uint8Array.of(0x90), FRAME, FRAME];
    const heard: unknown[] = [];
    const codes = frames.map((frame, number) => {
      const checked = audio.packet(packetOf(number, frame), number * 20);
      heard.push(audio.next(number * 20 + 10));
      return checked.ok ? 'ok' : checked.error.code;
    });
    heard.push(audio.next(110), audio.next(130));
    expect(codes).toEqual(['ok', 'frame-count', 'wideband', 'ok', 'ok']);
    expect(heard).toEqual(['idle', FRAME, null, null, FRAME, FRAME, null]);
    expect(audio.counters()).toMatchObject({ malformed: 3, played: 3, concealed: 3 });
  });

  it('checks what comes while muted, and plays none of it', () => {
    const audio = createIncomingAudio();
    expect(audio.packet(packetOf(0, FRAME), 0, 'muted').ok).toBe(true);
    expect(audio.packet(packetOf(1, TWO), 20, 'muted').ok).toBe(false);
    expect([30, 50].map((now) => audio.next(now))).toEqual(['idle', 'idle']);
    expect(audio.counters()).toMatchObject({ malformed: 1, played: 0, kept: 0 });
  });

  test.prop([fc.array(fc.uint8Array({ maxLength: 70 }), { maxLength: 30 })])(
    'plays only frames that can be decoded, whatever payloads come',
    (payloads) => {
      const audio = createIncomingAudio();
      let good = 0;
      payloads.forEach((payload, number) => {
        if (audio.packet(packetOf(number, payload), number * 20).ok) good += 1;
        const heard = audio.next(number * 20 + 10);
        if (heard instanceof Uint8Array) expect(payloads).toContainEqual(heard);
      });
      expect(audio.counters().malformed).toBe(payloads.length - good);
    },
  );
});
