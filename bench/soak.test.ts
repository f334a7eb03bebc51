import { describe, expect, it } from 'vitest';
import { loadLibc } from '../reference/appliance/relay/libc.ts';
import { audioProblems, soakAudio, type AudioSoakReport } from './soak-audio.ts';
import { growthOf, leftOver, soakCalls, type SoakSample } from './soak-calls.ts';
import type { PhoneTotals } from './soak-protocol.ts';

const batchMissing = loadLibc().ok ? null : 'needs 64-bit Linux';

describe('calls one after the other', () => {
  it('leave no socket, no port and no timer behind', async () => {
    const report = await soakCalls({
      calls: 12,
      sampleEvery: 6,
      mode: 'plain',
      rest: 0,
      progress: () => undefined,
    });
    expect(report.samples.map(({ calls }) => calls)).toEqual([0, 6, 12]);
    expect(leftOver(report.samples)).toEqual([]);
    expect(report.refusals).toEqual([]);
  });
});

describe('calls at the same time', () => {
  it.skipIf(batchMissing !== null)(
    `lose no packet through the relay in batch mode (${batchMissing ?? 'it can run here'})`,
    async () => {
      const report = await soakAudio({
        calls: 5,
        seconds: 1,
        processes: 1,
        mode: 'batch',
        isLive: false,
        progress: () => undefined,
      });
      expect(report.calls.length).toBe(5);
      // How many are sent in a second is the machine's matter, here.
      expect(audioProblems({ ...report, seconds: 0 })).toEqual([]);
      for (const { caller, callee } of report.calls)
        expect(Math.min(caller.whole.received, callee.whole.received)).toBeGreaterThan(10);
      expect(report.refusals).toEqual([]);
    },
  );
});

const sampleAt = (calls: number, change: Partial<SoakSample> = {}): SoakSample => ({
  calls,
  heap: 1000,
  external: 0,
  resident: 5000,
  native: 4000,
  descriptors: 20,
  resources: { TCPSocketWrap: 2 },
  ...change,
});

describe('the judgement of a soak', () => {
  it('sees memory that grows with the calls, and none that stays', () => {
    const growing = [sampleAt(10), sampleAt(30, { heap: 1140 })];
    expect(growthOf(growing)).toMatchObject({ heap: 7, resident: 0 });
    expect(growthOf([])).toMatchObject({ heap: 0 });
  });

  it('names what is left over', () => {
    const last = sampleAt(10, { descriptors: 22, resources: { TCPSocketWrap: 2, UDPWrap: 2 } });
    expect(leftOver([sampleAt(0), last])).toEqual(['UDPWrap: 0 to 2', 'descriptors: 20 to 22']);
    expect(leftOver([last, sampleAt(10)])).toEqual([]);
  });

  it('names each loss, each refusal and each phone that sent too little', () => {
    const whole = { sent: 100, received: 100, lost: 0, firstSent: 1, lastSent: 100 };
    const phone = (number: string, change: Partial<PhoneTotals> = {}): PhoneTotals => ({
      number,
      sentMeanwhile: 100,
      receivedMeanwhile: 100,
      refused: 0,
      whole: { ...whole, firstReceived: 1, lastReceived: 100 },
      ...change,
    });
    const report = (caller: PhoneTotals, callee: PhoneTotals): AudioSoakReport => ({
      calls: [{ caller, callee }],
      dropped: { 'foreign-port': 0, 'peer-unknown': 3 },
      refusals: [],
      cpu: { appliance: 1, phones: 1 },
      seconds: 2,
    });
    expect(audioProblems(report(phone('a'), phone('b')))).toEqual([]);
    const hurt = phone('b', {
      refused: 1,
      sentMeanwhile: 90,
      whole: { ...whole, received: 39, lost: 1, firstReceived: 51, lastReceived: 90 },
    });
    expect(audioProblems({ ...report(phone('a'), hurt), dropped: { 'foreign-port': 4 } })).toEqual([
      'a to b: 1 packets lost',
      'a to b: 1 packets refused',
      'a to b: 50 at the start and 10 at the end unheard',
      'b to a: only 90 packets sent in 2 s',
      'the relay dropped 4: foreign-port',
    ]);
  });
});
