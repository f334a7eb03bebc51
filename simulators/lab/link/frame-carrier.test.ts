import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { createFrameCarrier, type Way } from './frame-carrier.ts';
import { accessProfiles } from './access-profiles.ts';

const frame = (index: number, size = 60): Uint8Array => {
  const bytes = new Uint8Array(Math.max(4, size));
  new DataView(bytes.buffer).setUint32(0, index);
  return bytes;
};

const numberOf = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);

/** Frames handed over 20 ms apart in both directions, and when each came out. */
const carry = (link: Parameters<typeof createFrameCarrier>[0], frames: number) => {
  const came: { readonly way: Way; readonly index: number; readonly at: number }[] = [];
  let now = 0;
  const carrier = createFrameCarrier(link, (way, bytes) =>
    came.push({ way, index: numberOf(bytes), at: now }),
  );
  const until = (time: number) => {
    for (let due = carrier.next(); due !== undefined && due <= time; due = carrier.next()) {
      now = due;
      carrier.release(due);
    }
    now = time;
    carrier.release(time);
  };
  for (let index = 0; index < frames; index += 1) {
    until(index * 20);
    carrier.take('up', frame(index), now);
    carrier.take('down', frame(index), now);
  }
  until(frames * 20 + 100_000);
  return { came, counts: carrier.counts() };
};

describe('a carrier of frames', () => {
  it('hands every frame of a perfect link out at once, each direction by itself', () => {
    const { came, counts } = carry({}, 3);
    expect(came.map(({ way, index, at }) => `${way} ${index} ${at}`)).toEqual(
      [0, 1, 2].flatMap((index) => [`up ${index} ${index * 20}`, `down ${index} ${index * 20}`]),
    );
    expect(counts.up).toEqual({ frames: 3, lost: 0, shortest: 0, longest: 0 });
  });

  it('delays and loses in the direction that is set to', () => {
    const { came, counts } = carry({ up: { delay: 150 }, down: { loss: 1 } }, 4);
    expect(came.map(({ way, at }) => `${way} ${at}`)).toEqual([
      'up 150',
      'up 170',
      'up 190',
      'up 210',
    ]);
    expect(counts.up).toMatchObject({ lost: 0, shortest: 150, longest: 150 });
    expect(counts.down).toEqual({ frames: 4, lost: 4, shortest: null, longest: null });
  });

  it('has nothing due once everything is out', () => {
    const carrier = createFrameCarrier({ up: { delay: 10 } }, () => undefined);
    expect(carrier.next()).toBeUndefined();
    carrier.take('up', frame(1), 5);
    expect(carrier.next()).toBe(15);
    carrier.release(15);
    expect(carrier.next()).toBeUndefined();
  });

  test.prop([
    fc.nat(),
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 0, max: 60 }),
    fc.double({ min: 0, max: 0.5, noNaN: true }),
  ])('loses, delays and counts the same for the same seed', (seed, delay, jitter, loss) => {
    const link = { seed, up: { delay, jitter, loss }, down: { delay, jitter, loss } };
    const { came, counts } = carry(link, 60);
    expect(carry(link, 60)).toEqual({ came, counts });
    for (const way of ['up', 'down'] as const) {
      const out = came.filter((each) => each.way === way);
      expect(out.length + counts[way].lost).toBe(60);
      for (const { index, at } of out) {
        expect(at).toBeGreaterThanOrEqual(index * 20 + delay);
        expect(at).toBeLessThanOrEqual(index * 20 + delay + jitter);
      }
    }
  });
});

describe('the access networks of the target', () => {
  it('are Wi-Fi, 4G, 3G and EDGE, each slower and farther than the one before', () => {
    expect(accessProfiles.map(({ title }) => title)).toEqual(['Wi-Fi', '4G', '3G', 'EDGE']);
    for (const [index, { link }] of accessProfiles.slice(1).entries()) {
      const before = accessProfiles[index]?.link;
      expect(link.up?.rate).toBeLessThan(before?.up?.rate ?? 0);
      expect(link.up?.delay).toBeGreaterThan(before?.up?.delay ?? 0);
    }
  });
});
