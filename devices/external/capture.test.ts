import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { concat } from '../../reference/core/bytes.ts';
import { createCaptureReader } from '../../scenarios/wire/capture-reader.ts';
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from '../../simulators/lab/capture/pcapng-writer.ts';
import type { CaptureSource } from '../contract.ts';
import { captureStarter, keyLogName } from './capture.ts';
import { keepCapture } from './capture-file.ts';

const secret = `CLIENT_RANDOM ${'1'.repeat(64)} ${'2'.repeat(96)}`;
const frames = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6, 7)];

const pcap = (little: boolean, magic: number, linkType = 1): Uint8Array => {
  const words = (...values: readonly number[]): Uint8Array => {
    const view = new DataView(new ArrayBuffer(values.length * 4));
    values.forEach((value, index) => view.setUint32(index * 4, value, little));
    return new Uint8Array(view.buffer);
  };
  return concat(
    words(magic, 0x0002_0004, 0, 0, 65_535, linkType),
    ...frames.map((frame, index) =>
      concat(words(1_700_000_000 + index, 5, frame.length, 60), frame),
    ),
  );
};

const pcapng = (): Uint8Array =>
  concat(
    sectionHeader('by another'),
    interfaceDescription('eth0', 0),
    ...frames.map((frame, index) => enhancedPacket(BigInt(index) * 1_000_000n, frame, 60)),
    interfaceStatistics(0n, 2, 7),
  );

const itemsIn = (bytes: Uint8Array) => {
  const reader = createCaptureReader();
  return [...reader.push(bytes), ...reader.end()];
};

describe('a capture that another program made', () => {
  it.each([
    ['little-endian, microseconds', true, 0xa1b2c3d4, 0.005],
    ['big-endian, microseconds', false, 0xa1b2c3d4, 0.005],
    ['little-endian, nanoseconds', true, 0xa1b23c4d, 0.000005],
  ])(
    'as pcap, %s, keeps packets, times and link type behind the secrets',
    (_how, little, magic, part) => {
      const kept = keepCapture(pcap(little, magic, 113), [secret], 'a trial');
      if (!kept.ok) throw new Error(kept.error.code);
      expect(kept.value).toMatchObject({ packets: 2, dropped: 0 });
      const items = itemsIn(kept.value.bytes);
      expect(items.map(({ kind }) => kind).filter((kind) => kind !== 'comment')).toEqual([
        'tls-key-log',
        'packet',
        'packet',
      ]);
      const packets = items.filter((item) => item.kind === 'packet');
      expect(packets.map(({ bytes, linkType, length }) => [[...bytes], linkType, length])).toEqual(
        frames.map((frame) => [[...frame], 113, 60]),
      );
      expect(packets[0]?.at).toBeCloseTo(1_700_000_000_000 + part, 3);
    },
  );

  it('as pcapng keeps its blocks, says what was dropped, and leaves out what was cut off', () => {
    const whole = pcapng();
    const kept = keepCapture(concat(whole, whole.subarray(0, 20)), [secret], 'a trial');
    if (!kept.ok) throw new Error(kept.error.code);
    expect(kept.value).toMatchObject({ packets: 2, dropped: 7 });
    const kinds = itemsIn(kept.value.bytes).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'comment').slice(0, 2)).toEqual([
      'tls-key-log',
      'packet',
    ]);
    expect(kinds).not.toContain('problem');
  });

  it.each([
    ['nothing', new Uint8Array(), 'capture-empty'],
    ['a text', new TextEncoder().encode('tcpdump: no permission'), 'capture-format'],
    ['a header cut off', pcapng().subarray(0, 20), 'capture-damaged'],
    ['a pcap header cut off', pcap(true, 0xa1b2c3d4).subarray(0, 20), 'capture-damaged'],
  ])('that is %s is refused', (_what, bytes, code) => {
    expect(keepCapture(bytes, [secret], '')).toMatchObject({ ok: false, error: { code } });
  });

  test.prop([
    fc.constantFrom(pcapng(), pcap(true, 0xa1b2c3d4), pcap(false, 0xa1b23c4d)),
    fc.nat(200),
    fc.nat(255),
    fc.nat(200),
  ])('whatever is changed or cut off, it is a capture or a refusal', (bytes, at, value, length) => {
    const changed = bytes.slice();
    changed[at % changed.length] = value;
    const kept = keepCapture(changed.subarray(0, length), [secret], '');
    expect(kept.ok ? 'kept' : kept.error.code).toMatch(/^(kept|capture-(empty|format|damaged))$/);
  });
});

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capture-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const nowhere = {
  interface: 'lo',
  address: '127.0.0.1',
  hosts: [],
  reach: () => Promise.resolve(),
};

const startWith = (capture: CaptureSource) => {
  const start = captureStarter({ ...nowhere, capture }).capture;
  if (!start) throw new Error('there is nothing to start');
  return start({ interface: 'lo', file: join(folder, 'capture.pcapng'), comment: 'a trial' });
};

const streaming = (script: string) =>
  startWith({ from: 'command', folder, command: [process.execPath, '--eval', script] });

describe('captures that do not come from an interface', () => {
  it('are not started where the run captures by itself', () => {
    expect(captureStarter(undefined)).toEqual({});
    expect(captureStarter({ ...nowhere, capture: { from: 'interface' } })).toEqual({});
  });

  it('come from a command, from its first bytes until it is told to end', async () => {
    writeFileSync(join(folder, 'made'), pcap(true, 0xa1b2c3d4));
    const started = await streaming(
      `process.stdout.write(require('node:fs').readFileSync('made')); setInterval(() => {}, 1000)`,
    );
    if (!started.ok) throw new Error(started.error.detail);
    const totals = await started.value.stop({ tlsKeyLog: [secret] });
    expect(totals).toMatchObject({ packets: 2, dropped: 0 });
    const kept = new Uint8Array(readFileSync(join(folder, 'capture.pcapng')));
    expect(itemsIn(kept).filter(({ kind }) => kind === 'packet')).toHaveLength(2);
  });

  it('cannot come from a command that sends nothing', async () => {
    expect(await streaming('process.exit(1)')).toMatchObject({
      ok: false,
      error: { detail: expect.stringMatching(/ended with 1; run it by hand to see why$/) },
    });
  });

  it('are missing where the command ended before the activity did', async () => {
    writeFileSync(join(folder, 'made'), pcap(true, 0xa1b2c3d4));
    const started = await streaming(
      `process.stdout.write(require('node:fs').readFileSync('made'), () => process.exit(0))`,
    );
    if (!started.ok) throw new Error(started.error.detail);
    await expect(started.value.stop({ tlsKeyLog: [] })).rejects.toThrow(
      /ended during the activity/,
    );
  });

  it('are added afterwards: the secrets are kept, and the reason says how', async () => {
    const started = await startWith({ from: 'files' });
    if (!started.ok) throw new Error(started.error.detail);
    await expect(started.value.stop({ tlsKeyLog: [secret] })).rejects.toThrow(
      /^it is to be added: discretio judge RUN --add-capture ACTIVITY=FILE, with what passed from 20/,
    );
    expect(readFileSync(join(folder, keyLogName), 'utf8')).toBe(`${secret}\n`);
  });
});
