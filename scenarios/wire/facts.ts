import {
  newPacketView,
  type CaptureItem,
  type CaptureNote,
  type CaptureProblemCode,
} from './capture-item.ts';
import { createCaptureScanner } from './capture-scanner.ts';
import { captureChunks, type CaptureSource } from './capture-source.ts';
import type { ClearTextFacts, GatherOptions, WireFacts } from './facts-model.ts';
import { createPacketDispatch, type PacketDispatch } from './packet-dispatch.ts';
import { createTally } from './tally.ts';
import { openConnection, type TcpFindings } from './tcp-facts.ts';
import { createTcpReassembler } from './tcp-reassembly.ts';
import { createKeyLog, type KeyLog } from './tls/key-log.ts';
import { createUdpFlows } from './udp-flows.ts';
import { withSmallYoungSpace } from './young-space.ts';

/** Problems, comments and lines in clear that are kept; of more, only the number. */
const MAX_PROBLEMS = 100;
const MAX_COMMENTS = 1000;
const MAX_CLEAR_LINES = 10_000;

/** Takes a capture's items one by one, in order, and says at the end what they showed; holds facts, never the capture. */
export interface FactsGatherer {
  take(item: CaptureItem): void;
  finish(): WireFacts;
}

/** What a first reading of a capture taught. */
interface Known {
  readonly keyLog: KeyLog;
  readonly dropTwins: boolean;
}

/** What grows while a capture is read. */
interface Gathering {
  readonly dispatch: PacketDispatch;
  readonly keyLog: KeyLog;
  readonly note: (note: CaptureNote) => void;
  readonly finish: () => WireFacts;
}

/** Problems as they come, without repetition of those that have no place in the file, and no more than are kept. */
const createProblems = () => {
  const problems: WireFacts['problems'][number][] = [];
  const limits = new Set<CaptureProblemCode>();
  let further = 0;
  const add = (problem: WireFacts['problems'][number]): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
    else further += 1;
  };
  return {
    add,
    exceeded: (code: CaptureProblemCode, detail: string): void => {
      if (limits.has(code)) return;
      limits.add(code);
      problems.push({ code, offset: -1, detail });
    },
    list: (): WireFacts['problems'] =>
      further === 0
        ? problems
        : [...problems, { code: 'limit-problems', offset: -1, detail: `${further} more` }],
  };
};

const newFindings = (
  options: GatherOptions,
  keyLog: KeyLog,
  exceeded: (code: CaptureProblemCode, detail: string) => void,
): TcpFindings & {
  readonly clearSip: ClearTextFacts[];
  readonly clearHttp: ClearTextFacts[];
} => {
  const clearSip: ClearTextFacts[] = [];
  const clearHttp: ClearTextFacts[] = [];
  const tally = createTally();
  return {
    options,
    keyLog,
    tally,
    exceeded,
    texts: new Map(),
    messageBytes: 0,
    sessions: [],
    sipMessages: [],
    httpMessages: [],
    clearSip,
    clearHttp,
    clear: ({ protocol, line }, where) => {
      const lines = protocol === 'sip' ? clearSip : clearHttp;
      if (lines.length < MAX_CLEAR_LINES) lines.push({ ...where, line });
      else tally.add(`more ${protocol} in clear than is listed`, line.slice(0, 80));
    },
  };
};

const newGathering = (options: GatherOptions, { keyLog, dropTwins }: Known): Gathering => {
  const problems = createProblems();
  const { exceeded } = problems;
  const findings = newFindings(options, keyLog, exceeded);
  const { tally } = findings;
  const udp = createUdpFlows(options, (code, detail) => {
    exceeded(code, detail);
    tally.add('udp datagram of a flow too many', detail);
  });
  const tcp = createTcpReassembler((connection) => openConnection(connection, findings), exceeded);
  const dispatch = createPacketDispatch({ udp, tcp, tally, clear: findings.clear }, dropTwins);
  const comments: string[] = [];
  let dropped = 0;

  const note = (taken: CaptureNote): void => {
    switch (taken.kind) {
      case 'tls-key-log':
        if (!keyLog.add(taken.lines)) exceeded('limit-secrets', 'more TLS secrets than are kept');
        break;
      case 'comment':
        if (comments.length < MAX_COMMENTS) comments.push(taken.text);
        else tally.add('comment not kept', taken.text.slice(0, 80));
        break;
      case 'dropped':
        dropped += taken.count;
        break;
      case 'problem':
        problems.add(taken.problem);
        break;
    }
  };
  const finish = (): WireFacts => {
    tcp.end();
    dispatch.end();
    return {
      problems: problems.list(),
      comments,
      ...dispatch.counts,
      dropped,
      tlsSessions: findings.sessions.map((facts) => facts()),
      sipMessages: findings.sipMessages.sort((left, right) => left.at - right.at),
      httpMessages: findings.httpMessages.sort((left, right) => left.at - right.at),
      clearSip: findings.clearSip,
      clearHttp: findings.clearHttp,
      udpFlows: udp.facts(),
      other: tally.list(),
    };
  };
  return { dispatch, keyLog, note, finish };
};

const newKeyLog = ({ tlsKeyLog }: GatherOptions): KeyLog => {
  const keyLog = createKeyLog();
  keyLog.add(tlsKeyLog ?? []);
  return keyLog;
};

/** A gatherer that has seen nothing yet. */
export const createFactsGatherer = (options: GatherOptions): FactsGatherer => {
  const gathering = newGathering(options, { keyLog: newKeyLog(options), dropTwins: false });
  const view = newPacketView();
  return {
    take: (item) => {
      if (item.kind !== 'packet') {
        gathering.note(item);
        return;
      }
      const { at, linkType, length } = item;
      const { buffer, byteOffset, length: to } = item.bytes;
      const bytes = new Uint8Array(buffer, byteOffset, to);
      gathering.dispatch.packet(Object.assign(view, { bytes, from: 0, to, at, linkType, length }));
    },
    finish: gathering.finish,
  };
};

const readThrough = async (source: CaptureSource, gathering: Gathering): Promise<void> => {
  const { dispatch, note } = gathering;
  const faults: CaptureNote[] = [];
  const scanner = createCaptureScanner({ packet: dispatch.packet, note });
  for await (const chunk of captureChunks(source, (fault) => faults.push(fault))) {
    scanner.push(chunk);
    if (scanner.stopped) break;
  }
  scanner.end();
  for (const fault of faults) note(fault);
};

/**
 * Reads a capture piece by piece and gathers what it shows, in memory that does not grow with its size (with `keptBytes` 0).
 * Broken captures give facts with problems; only a file that cannot be read at all rejects. It is read a second time where its
 * secrets stand behind the packets they concern, or a loopback interface showed each packet twice.
 */
export const gatherFacts = (source: CaptureSource, options: GatherOptions): Promise<WireFacts> =>
  options.keptBytes === 0
    ? withSmallYoungSpace(() => gather(source, options))
    : gather(source, options);

const gather = async (source: CaptureSource, options: GatherOptions): Promise<WireFacts> => {
  const first = newGathering(options, { keyLog: newKeyLog(options), dropTwins: false });
  await readThrough(source, first);
  const facts = first.finish();
  const dropTwins = first.dispatch.isDoubled();
  const { keyLog } = first;
  if (!keyLog.late && !dropTwins) return facts;
  options.audio?.restart();
  const second = newGathering(options, { keyLog, dropTwins });
  await readThrough(source, second);
  return second.finish();
};
