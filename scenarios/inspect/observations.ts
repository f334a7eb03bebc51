import type { TlsSessionFacts, UdpFlowFacts, WireFacts } from '../wire/facts-model.ts';

/** Something an evaluator should know that is no verdict. */
interface Observation {
  readonly id: string;
  readonly text: string;
}

/** What was given beside a capture. */
export interface Given {
  /** Lines of a key log. */
  readonly tlsKeyLog: readonly string[];
  /** SRTP keys. */
  readonly srtpKeys: number;
}

const place = ({ host, port }: TlsSessionFacts['client']): string => `${host}:${port}`;

const ends = ({ client, server }: TlsSessionFacts): string =>
  `from ${place(client)} to ${place(server)}`;

/** TLS that is no established session of a service; the two kinds of what never became one are told apart. */
const sessionObservation = (session: TlsSessionFacts): Observation | null => {
  const { service, established, alerts, suiteName } = session;
  if (service === 'other')
    return {
      id: 'tls-elsewhere',
      text: `TLS ${ends(session)} (${suiteName ?? 'no suite chosen'}) belongs to no claim; --sip-port and --registration-port name the ports that do`,
    };
  if (established) return null;
  return alerts.length > 0
    ? {
        id: 'handshake-refused',
        text: `a handshake ${ends(session)} was refused; it is no session`,
      }
    : {
        id: 'handshake-unfinished',
        text: `a handshake ${ends(session)} was not seen to its end; it is no session`,
      };
};

const randoms = (lines: readonly string[]): readonly string[] =>
  lines.flatMap((line) => /^CLIENT_RANDOM ([0-9a-f]{64}) /i.exec(line)?.[1]?.toLowerCase() ?? []);

/** Secrets and keys that fit nothing in the capture: most often those of another run. */
const unused = ({ tlsSessions, udpFlows }: WireFacts, given: Given): readonly Observation[] => {
  const seen = new Set(tlsSessions.map(({ clientRandom }) => clientRandom));
  const fits = randoms(given.tlsKeyLog).some((random) => seen.has(random));
  const verifying = new Set(udpFlows.flatMap(({ srtp }) => srtp?.key ?? []));
  const keys = [...Array(given.srtpKeys).keys()].filter((index) => !verifying.has(index));
  return [
    ...(given.tlsKeyLog.length > 0 && !fits
      ? [{ id: 'keylog-unused', text: 'the key log has no secret of any session in the capture' }]
      : []),
    ...(keys.length > 0
      ? [{ id: 'srtp-key-unused', text: `SRTP keys that verify no flow: ${keys.join(', ')}` }]
      : []),
  ];
};

/** UDP that is neither audio nor signalling, named as far as it can be. */
const udpObservation = (flow: UdpFlowFacts): Observation | null => {
  const { protocol, source, destination, packets, note } = flow;
  if (protocol === 'rtp' || protocol === 'rtcp') return null;
  return {
    id: 'udp-elsewhere',
    text: `${packets} datagrams from ${place(source)} to ${place(destination)}: ${protocol}${note === null ? '' : `, ${note}`}`,
  };
};

/** Observations of one kind that are told one by one; of more, the number. */
const most = 50;

const shortened = (list: readonly Observation[]): readonly Observation[] => {
  const [first] = list;
  if (!first || list.length <= most) return list;
  return [
    ...list.slice(0, most),
    { id: first.id, text: `${list.length - most} more of this kind` },
  ];
};

const present = (list: readonly (Observation | null)[]): readonly Observation[] =>
  list.filter((entry) => entry !== null);

/** What an evaluator should know of a capture that is no verdict on a claim. */
export const captureObservations = (facts: WireFacts, given: Given): readonly Observation[] => {
  const sessions = present(facts.tlsSessions.map(sessionObservation));
  const kinds = ['tls-elsewhere', 'handshake-refused', 'handshake-unfinished'];
  return [
    ...facts.problems.map(({ code, offset, detail }) => ({
      id: 'capture-problem',
      text: `${code}${offset < 0 ? '' : ` at byte ${offset}`}${detail === undefined ? '' : `: ${detail}`}`,
    })),
    ...(facts.dropped > 0
      ? [{ id: 'capture-drops', text: `the capturing side dropped ${facts.dropped} packets` }]
      : []),
    ...(facts.loopbackTwins > 0
      ? [
          {
            id: 'loopback-twins',
            text: `a loopback interface showed packets twice: ${facts.loopbackTwins} second sights left out`,
          },
        ]
      : []),
    ...unused(facts, given),
    ...kinds.flatMap((kind) => shortened(sessions.filter(({ id }) => id === kind))),
    ...shortened(present(facts.udpFlows.map(udpObservation))),
    ...facts.other.map(({ what, count, example }) => ({
      id: 'not-read',
      text: `${count} × ${what}, the first: ${example}`,
    })),
  ];
};
