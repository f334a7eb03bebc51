import { describe, expect, it } from 'vitest';
import { writeSession } from '../../reference/core/sdp/write.ts';
import { makeRequest } from '../../reference/core/sip/message/message.ts';
import { utf8 } from '../../reference/core/bytes.ts';
import type { SipMessageFacts, UdpFlowFacts, WireFacts } from '../wire/facts-model.ts';
import { callsOfFlows } from './calls.ts';

const place = (port: number) => ({ host: '192.0.2.1', port });

const invite = (callId: string, port: number, at: number): SipMessageFacts => {
  const session = {
    address: '192.0.2.1',
    port,
    ssrc: 1,
    direction: 'sendrecv',
    sessionId: 1,
    version: 1,
  } as const;
  const message = makeRequest(
    'INVITE',
    'sip:+33639980002@192.0.2.9',
    [['Call-ID', callId]],
    utf8(writeSession(session)),
  );
  return { at, from: place(5061), to: place(5061), session: 0, message, raw: new Uint8Array() };
};

const flow = (protocol: UdpFlowFacts['protocol'], from: number, to: number, lastAt: number) =>
  ({ protocol, source: place(from), destination: place(to), lastAt }) as UdpFlowFacts;

const facts = (sipMessages: readonly SipMessageFacts[], udpFlows: readonly UdpFlowFacts[]) =>
  ({ sipMessages, udpFlows }) as WireFacts;

describe('which call a flow belongs to', () => {
  it('is told by the endpoints announced in SDP, RTCP on the next port', () => {
    const calls = callsOfFlows(
      facts(
        [invite('one', 40_000, 1), invite('two', 50_000, 1)],
        [
          flow('rtp', 20_000, 40_000, 9),
          flow('rtcp', 40_001, 20_001, 9),
          flow('rtp', 20_002, 50_000, 9),
        ],
      ),
    );
    expect([...calls]).toEqual([
      [0, 'one'],
      [1, 'one'],
      [2, 'two'],
    ]);
  });

  it('is the newest that announced a port that was used again', () => {
    const messages = [invite('first', 40_000, 1), invite('second', 40_000, 20)];
    const calls = callsOfFlows(
      facts(messages, [flow('rtp', 1, 40_000, 9), flow('rtp', 2, 40_000, 29)]),
    );
    expect([...calls.values()]).toEqual(['first', 'second']);
  });

  it('is not guessed where nothing announced it, or where it is no media', () => {
    const calls = callsOfFlows(
      facts([invite('one', 40_000, 1)], [flow('rtp', 1, 2, 9), flow('stun', 1, 40_000, 9)]),
    );
    expect([...calls]).toEqual([]);
  });
});
