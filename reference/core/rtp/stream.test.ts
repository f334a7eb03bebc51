import { describe, expect, it } from 'vitest';
import type { Result } from '../result.ts';
import type { MasterKey } from './key-derivation.ts';
import { parseRtp, serializeRtp } from './packet.ts';
import { parseRtcp } from './rtcp.ts';
import { aesCm128HmacSha1Tag80 } from './srtp.ts';
import { createMediaStream, type MediaStream, type MediaStreamOptions } from './stream.ts';

const keyOf = (seed: number): MasterKey => ({
  masterKey: new Uint8Array(16).fill(seed),
  masterSalt: new Uint8Array(14).fill(seed + 1),
});

const CALLER_KEY = keyOf(1);
const CALLEE_KEY = keyOf(9);
const START = 1_700_000_000_000;
const FRAME = Uint8Array.from({ length: 38 }, (_, index) => index);

const unwrap = <Value>(result: Result<Value>): Value => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

const codeOf = (result: Result<unknown>): string => (result.ok ? 'ok' : result.error.code);

const CALLER: MediaStreamOptions = {
  suite: aesCm128HmacSha1Tag80,
  ownKey: CALLER_KEY,
  peerKey: CALLEE_KEY,
  ssrc: 0x11111111,
  firstSequence: 32767,
  firstTimestamp: 2 ** 32 - 160,
  cname: 'caller',
  startedAt: START,
};

const CALLEE: MediaStreamOptions = {
  ...CALLER,
  ownKey: CALLEE_KEY,
  peerKey: CALLER_KEY,
  ssrc: 0x22222222,
  firstSequence: 0,
  cname: 'callee',
};

const call = (): { caller: MediaStream; callee: MediaStream } => ({
  caller: unwrap(createMediaStream(CALLER)),
  callee: unwrap(createMediaStream(CALLEE)),
});

describe('media stream', () => {
  it('numbers frames by 1 and 160 samples from where it was told, and marks the first', () => {
    const { caller, callee } = call();
    const datagrams = [0, 1, 2].map((frame) => unwrap(caller.sendFrame(FRAME, START + frame * 20)));
    const headers = datagrams.map((datagram) => unwrap(parseRtp(datagram)));
    expect(
      headers.map(({ sequence, timestamp, marker, payloadType }) => [
        sequence,
        timestamp,
        marker,
        payloadType,
      ]),
    ).toEqual([
      [32767, 2 ** 32 - 160, true, 97],
      [32768, 0, false, 97],
      [32769, 160, false, 97],
    ]);
    expect(datagrams.map((datagram) => unwrap(callee.receive(datagram, START)).frame)).toEqual([
      FRAME,
      FRAME,
      FRAME,
    ]);
    expect(caller.counters().sent).toBe(3);
    expect(callee.counters()).toMatchObject({ received: 3, refused: 0, lost: 0 });
  });

  it('goes on through the wrap of the sequence number', () => {
    const { caller, callee } = call();
    for (let frame = 0; frame < 40_000; frame += 1) {
      const datagram = unwrap(caller.sendFrame(FRAME, START + frame * 20));
      if (frame % 100 === 0) unwrap(callee.receive(datagram, START + frame * 20));
    }
    expect(callee.counters()).toMatchObject({ received: 400, refused: 0, lost: 39_901 - 400 });
  });

  it.each([-1, 2 ** 15, 1.5])('refuses a first sequence number of %d', (firstSequence) => {
    expect(codeOf(createMediaStream({ ...CALLER, firstSequence }))).toBe('first-sequence');
  });

  it.each([-1, 2 ** 32, 0.5])('refuses an SSRC of %d', (ssrc) => {
    expect(codeOf(createMediaStream({ ...CALLER, ssrc }))).toBe('ssrc');
  });

  it('refuses and counts its own packets sent back, replays, other payloads and bad padding', () => {
    const { caller, callee } = call();
    const own = unwrap(caller.sendFrame(FRAME, START));
    expect(codeOf(caller.receive(own, START))).toBe('tag');
    expect(codeOf(caller.receiveControl(unwrap(caller.report(START)), START))).toBe('tag');
    unwrap(callee.receive(own, START));
    expect(codeOf(callee.receive(own, START))).toBe('replayed');
    const sender = aesCm128HmacSha1Tag80.sender(CALLER_KEY);
    const packet = { ...unwrap(parseRtp(own)), ssrc: 5, payloadType: 96, payload: FRAME };
    const plain = serializeRtp(packet);
    expect(codeOf(callee.receive(unwrap(sender.protectRtp(plain)), START))).toBe('payload-type');
    const padded = serializeRtp({ ...packet, sequence: 32768, padding: Uint8Array.of(200) });
    expect(codeOf(callee.receive(unwrap(sender.protectRtp(padded)), START))).toBe('padding');
    expect(caller.counters().refused).toBe(2);
    expect(callee.counters()).toMatchObject({ received: 1, refused: 3 });
  });

  it('does nothing more once its keys are erased', () => {
    const { caller, callee } = call();
    const datagram = unwrap(callee.sendFrame(FRAME, START));
    caller.erase();
    expect(codeOf(caller.sendFrame(FRAME, START))).toBe('erased');
    expect(codeOf(caller.receive(datagram, START))).toBe('erased');
    expect(codeOf(caller.report(START))).toBe('erased');
  });
});

describe('reports', () => {
  it('tell loss, jitter and the delay since the last sender report', () => {
    const { caller, callee } = call();
    // Every fourth packet is lost; arrivals are 0 and 10 ms late in turn, so the transit time changes by 80 samples.
    for (let frame = 0; frame < 100; frame += 1) {
      const now = START + frame * 20;
      const datagram = unwrap(caller.sendFrame(FRAME, now));
      if (frame % 4 !== 1) unwrap(callee.receive(datagram, now + (frame % 2) * 10));
    }
    const sent = START + 2000;
    const senderReport = unwrap(callee.receiveControl(unwrap(caller.report(sent)), sent + 5));
    expect(senderReport[0]).toMatchObject({
      type: 'sender-report',
      ssrc: CALLER.ssrc,
      ntpSeconds: START / 1000 + 2 + 2_208_988_800,
      ntpFraction: 0,
      rtpTimestamp: 99 * 160,
      packetCount: 100,
      octetCount: 3800,
      reports: [],
    });
    const [report, description] = unwrap(
      caller.receiveControl(unwrap(callee.report(sent + 505)), sent),
    );
    expect(report).toMatchObject({
      type: 'receiver-report',
      ssrc: CALLEE.ssrc,
      reports: [
        {
          ssrc: CALLER.ssrc,
          fractionLost: 64,
          cumulativeLost: 25,
          highestSequence: 32767 + 99,
          lastSenderReport: ((START / 1000 + 2 + 2_208_988_800) % 2 ** 16) * 2 ** 16,
          delaySinceLastSenderReport: 32768,
        },
      ],
    });
    expect(description).toEqual({
      type: 'source-description',
      chunks: [
        { ssrc: CALLEE.ssrc, items: [{ item: 1, text: new TextEncoder().encode('callee') }] },
      ],
    });
    expect(callee.counters().lost).toBe(25);
    expect(callee.counters().jitter).toBeGreaterThan(40);
    expect(callee.counters().jitter).toBeLessThan(81);
  });

  it('have a loss fraction and blocks since the previous report only, and no sender part two reports after the last frame', () => {
    const { caller, callee } = call();
    unwrap(callee.receive(unwrap(caller.sendFrame(FRAME, START)), START));
    unwrap(caller.sendFrame(FRAME, START + 20));
    unwrap(callee.receive(unwrap(caller.sendFrame(FRAME, START + 40)), START + 40));
    const fractionOf = (): unknown => {
      const [report] = unwrap(caller.receiveControl(unwrap(callee.report(START + 50)), START + 50));
      return report?.type === 'receiver-report' ? report.reports[0]?.fractionLost : report?.type;
    };
    expect(fractionOf()).toBe(85);
    expect(fractionOf()).toBe(undefined);
    unwrap(callee.receive(unwrap(caller.sendFrame(FRAME, START + 50)), START + 50));
    expect(fractionOf()).toBe(0);
    const types = [START + 60, START + 70, START + 80].map(
      (now) => unwrap(callee.receiveControl(unwrap(caller.report(now)), now))[0]?.type,
    );
    expect(types).toEqual(['sender-report', 'sender-report', 'receiver-report']);
  });

  it('are encrypted, and the last one says goodbye', () => {
    const { caller, callee } = call();
    expect(codeOf(caller.goodbye(START))).toBe('silent');
    unwrap(caller.report(START));
    const datagram = unwrap(caller.goodbye(START));
    expect(codeOf(parseRtcp(datagram))).not.toBe('ok');
    expect(unwrap(callee.receiveControl(datagram, START)).at(-1)).toEqual({
      type: 'goodbye',
      sources: [CALLER.ssrc],
      reason: null,
    });
  });

  it('know who takes part: a source that is heard, until it says goodbye or is silent (RFC 3550 section 6.3)', () => {
    const { caller, callee } = call();
    const population = (after: number): unknown => callee.population(5_000, START + after);
    expect(population(0)).toEqual({ members: 1, senders: 0, weSent: false });
    unwrap(callee.receive(unwrap(caller.sendFrame(FRAME, START)), START));
    unwrap(callee.sendFrame(FRAME, START));
    expect(population(9_999)).toEqual({ members: 2, senders: 2, weSent: true });
    expect(population(10_000)).toEqual({ members: 2, senders: 1, weSent: true });
    expect(population(25_000)).toEqual({ members: 1, senders: 1, weSent: true });
    unwrap(callee.receiveControl(unwrap(caller.goodbye(START + 30_000)), START + 30_000));
    expect(population(30_000)).toEqual({ members: 1, senders: 1, weSent: true });
    unwrap(callee.report(START));
    unwrap(callee.report(START));
    expect(population(0)).toMatchObject({ weSent: false });
  });

  it('count late packets as received', () => {
    const { caller, callee } = call();
    const datagrams = [0, 1, 2].map((frame) => unwrap(caller.sendFrame(FRAME, START + frame * 20)));
    for (const datagram of datagrams.toReversed()) unwrap(callee.receive(datagram, START + 60));
    expect(callee.counters()).toMatchObject({ received: 3, lost: 0 });
  });
});
