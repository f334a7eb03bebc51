import { describe, expect, it } from 'vitest';
import type { TlsSessionFacts, UdpFlowFacts, WireFacts } from '../wire/facts-model.ts';
import { judgeInspection } from './judge.ts';
import { captureObservations } from './observations.ts';

const end = (port: number) => ({ host: '10.0.0.1', port });

const dh = {
  bits: 2048,
  prime: 'ff',
  generator: '02',
  serverPublic: '05',
  serverPublicBits: 2048,
  clientPublic: '06',
  group: 'ffdhe2048',
  signatureAlgorithm: 0x0401,
};

const session = (differing: Partial<TlsSessionFacts> = {}): TlsSessionFacts => ({
  client: end(40_000),
  server: end(5061),
  service: 'sip',
  at: 0,
  fromStart: true,
  offeredVersions: [0x0303],
  offeredSuites: [0x009f],
  serverName: null,
  clientRandom: 'aa',
  version: 0x0303,
  suite: 0x009f,
  suiteName: 'DHE-RSA-AES256-GCM-SHA384',
  established: true,
  resumed: false,
  ticketIssued: false,
  renegotiation: false,
  dh,
  namedCurve: null,
  serverChain: [],
  clientChain: [],
  certificateRequested: true,
  clientCertificateVerify: true,
  alerts: [],
  decrypted: 'no-key',
  gaps: 0,
  problems: [],
  ...differing,
});

const packets = 50;

const result = (verified: number, differing: Partial<NonNullable<UdpFlowFacts['srtp']>> = {}) => ({
  key: verified > 0 ? 0 : null,
  verified,
  failed: packets - verified,
  replayed: 0,
  refusals: {},
  diagnosis: null,
  rollover: 0,
  firstVerifiedAt: 0,
  lastVerifiedAt: 1,
  speex: { packets: verified, frames: verified, otherPackets: 0, firstRefusal: null },
  ...differing,
});

const headers = {
  ssrc: 1,
  payloadTypes: [97],
  firstSequence: 0,
  lastSequence: packets - 1,
  firstTimestamp: 0,
  lastTimestamp: (packets - 1) * 160,
  shortestPayload: 48,
  longestPayload: 48,
  repeated: 0,
  lost: 0,
  jitter: 0,
  readableInClear: false,
};

const rtp = (differing: Partial<UdpFlowFacts> = {}): UdpFlowFacts => ({
  source: end(6000),
  destination: end(7000),
  protocol: 'rtp',
  note: null,
  packets,
  bytes: packets * 60,
  firstAt: 0,
  lastAt: 1000,
  rtp: headers,
  rtcp: null,
  srtp: result(packets),
  datagrams: [],
  notKept: packets,
  ...differing,
});

const rtcp = (differing: Partial<UdpFlowFacts> = {}): UdpFlowFacts => ({
  ...rtp({ source: end(6001), destination: end(7001) }),
  protocol: 'rtcp',
  rtp: null,
  rtcp: { ssrc: 1, packetTypes: [200], exactlyFilled: 0 },
  ...differing,
});

const capture = (differing: Partial<WireFacts> = {}): WireFacts => ({
  problems: [],
  comments: [],
  packets: 100,
  loopbackTwins: 0,
  cut: 0,
  dropped: 0,
  startedAt: 0,
  endedAt: 1,
  tlsSessions: [session()],
  sipMessages: [],
  httpMessages: [],
  clearSip: [],
  clearHttp: [],
  udpFlows: [rtp(), rtcp()],
  other: [],
  ...differing,
});

const claims = ['2.1.h', '5.1.a', '5.1.c', '5.1.g', '5.1.h', '5.1.m'] as const;
const letters: Readonly<Record<string, string>> = {
  pass: 'P',
  fail: 'F',
  inconclusive: '?',
  warn: 'W',
};

/** The kinds of the verdicts on `claims`, a letter each. */
const kinds = (differing: Partial<WireFacts>, keys = 1): string => {
  const verdicts = judgeInspection({ facts: capture(differing), keys });
  return claims
    .map((id) => letters[verdicts.find(({ claim }) => claim === id)?.kind ?? ''] ?? '-')
    .join('');
};

describe('verdicts on 2.1.h, 5.1.a, 5.1.c, 5.1.g, 5.1.h and 5.1.m from facts', () => {
  it.each<[string, Partial<WireFacts>, string]>([
    ['everything as it should be', {}, 'PPPPPP'],
    ['nothing at all', { packets: 0, tlsSessions: [], udpFlows: [] }, '??????'],
    ['dropped packets', { dropped: 3 }, '??????'],
    ['a truncated file', { problems: [{ code: 'capture-truncated', offset: 99 }] }, '??????'],
    ['packets cut short, none of them audio', { cut: 2 }, '?PPPP?'],
    ['a hole in the session', { tlsSessions: [session({ gaps: 1 })] }, '???PPP'],
    [
      'a hole in another session',
      { tlsSessions: [session(), session({ service: 'other', gaps: 1 })] },
      '?PPPPP',
    ],
    [
      'contradicting contents',
      { tlsSessions: [session({ problems: ['server: overlap-conflict'] })] },
      'P??PPP',
    ],
    [
      'a session caught in its middle',
      { tlsSessions: [session({ version: null, suite: null, dh: null, fromStart: false })] },
      'P??PPP',
    ],
    [
      'a bad session among good ones, and drops',
      { dropped: 1, tlsSessions: [session(), session({ version: 0x0302 })] },
      '?F????',
    ],
    [
      'a foreign group beside a resumed session',
      {
        tlsSessions: [
          session({ dh: { ...dh, group: null } }),
          session({ resumed: true, dh: null }),
        ],
      },
      'PP?PPP',
    ],
    [
      'a bad session on a port nobody named',
      { tlsSessions: [session(), session({ service: 'other', version: 0x0301 })] },
      'PPPPPP',
    ],
    [
      'an unestablished bad session',
      { tlsSessions: [session(), session({ established: false, version: 0x0301 })] },
      'PPPPPP',
    ],
    [
      'SIP in clear',
      {
        clearSip: [
          { at: 0, from: end(1), to: end(2), transport: 'udp', line: 'INVITE sip:a SIP/2.0' },
        ],
      },
      'FPPPPP',
    ],
    [
      'packets of an unknown link',
      { other: [{ what: 'link-type 147', count: 1, example: 'packet 1' }] },
      '?PPPP?',
    ],
    [
      'two calls, one in clear',
      {
        udpFlows: [
          rtp(),
          rtcp(),
          rtp({
            source: end(6100),
            rtp: { ...headers, ssrc: 2, readableInClear: true },
            srtp: null,
          }),
        ],
      },
      'PPPFPF',
    ],
    [
      'two calls, the keys of one',
      {
        udpFlows: [
          rtp(),
          rtcp(),
          rtp({ source: end(6100), srtp: result(0, { diagnosis: 'unexplained' }) }),
        ],
      },
      'PPP???',
    ],
    [
      'a flow that changes from one key to another',
      {
        udpFlows: [
          rtp({
            srtp: result(30, {
              speex: { packets: 50, frames: 50, otherPackets: 0, firstRefusal: null },
            }),
          }),
          rtcp(),
        ],
      },
      'PPPPPP',
    ],
    [
      'one bad tag',
      { udpFlows: [rtp({ srtp: result(49, { diagnosis: 'unexplained' }) }), rtcp()] },
      'PPPF??',
    ],
    [
      'one bad tag where packets are cut short',
      { cut: 1, udpFlows: [rtp({ srtp: result(49, { diagnosis: 'unexplained' }) }), rtcp()] },
      '?PP???',
    ],
    ['no RTCP', { udpFlows: [rtp()] }, 'PPPPP?'],
    [
      'RTCP in clear',
      { udpFlows: [rtp(), rtcp({ rtcp: { ssrc: 1, packetTypes: [200], exactlyFilled: 1 } })] },
      'PPPPPF',
    ],
    [
      'RTCP of a known source that does not verify',
      { udpFlows: [rtp(), rtcp({ srtp: result(0, { diagnosis: 'unexplained' }) })] },
      'PPPPPF',
    ],
    [
      'RTCP of another source that does not verify',
      {
        udpFlows: [
          rtp(),
          rtcp({
            rtcp: { ssrc: 9, packetTypes: [200], exactlyFilled: 0 },
            srtp: result(0, { diagnosis: 'unexplained' }),
          }),
        ],
      },
      'PPPPP?',
    ],
    [
      'something else at the port of the audio',
      { udpFlows: [rtp(), rtcp(), rtp({ protocol: 'unknown', rtp: null, srtp: null })] },
      'PPP?P?',
    ],
    [
      'something else at other ports',
      {
        udpFlows: [
          rtp(),
          rtcp(),
          rtp({
            protocol: 'unknown',
            source: end(53),
            destination: end(54),
            rtp: null,
            srtp: null,
          }),
        ],
      },
      'PPPPPP',
    ],
    [
      'packets too short for a tag',
      { udpFlows: [rtp({ rtp: { ...headers, shortestPayload: 6 } }), rtcp()] },
      'PPPFPP',
    ],
    [
      'a clock of 16 kHz',
      { udpFlows: [rtp({ rtp: { ...headers, lastTimestamp: (packets - 1) * 320 } }), rtcp()] },
      'PPPPFP',
    ],
  ])('%s', (_name, differing, expected) => {
    expect(kinds(differing)).toBe(expected);
  });

  it('without keys audio is neither passed nor failed', () => {
    const udpFlows = [rtp({ srtp: null }), rtcp({ srtp: null })];
    expect(kinds({ udpFlows }, 0)).toBe('PPP???');
  });
});

describe('HTTP in clear', () => {
  const http = (host: string): Partial<WireFacts> => ({
    tlsSessions: [session({ service: 'registration', server: end(443) })],
    clearHttp: [
      { at: 0, from: end(1), to: { host, port: 80 }, transport: 'tcp', line: 'GET / HTTP/1.1' },
    ],
  });
  const registration = (facts: Partial<WireFacts>) =>
    judgeInspection({ facts: capture(facts), keys: 0 }).find(({ claim }) => claim === '2.1.c')
      ?.kind;

  it('with the registration host fails; with another it concerns nobody', () => {
    expect(registration(http('10.0.0.1'))).toBe('fail');
    expect(registration({ ...http('10.0.0.2'), clearHttp: [] })).toBe('inconclusive');
  });
});

describe('observations', () => {
  it('name what belongs to no claim, what was refused, and what was given in vain', () => {
    const facts = capture({
      dropped: 2,
      tlsSessions: [
        session({ service: 'other' }),
        session({
          established: false,
          alerts: [{ from: 'server', at: 0, level: 2, description: 40 }],
        }),
        session({ established: false }),
      ],
      udpFlows: [rtp(), rtp({ protocol: 'stun', rtp: null, srtp: null })],
    });
    const given = { tlsKeyLog: [`CLIENT_RANDOM ${'b'.repeat(64)} 00`], srtpKeys: 2 };
    expect(captureObservations(facts, given).map(({ id }) => id)).toEqual([
      'capture-drops',
      'keylog-unused',
      'srtp-key-unused',
      'tls-elsewhere',
      'handshake-refused',
      'handshake-unfinished',
      'udp-elsewhere',
    ]);
  });
});
