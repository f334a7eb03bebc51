import { fromBase64, fromHex, toHex } from '../../reference/core/bytes.ts';
import { header } from '../../reference/core/sip/message/message.ts';
import {
  fail,
  inconclusive,
  noting,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { placeName } from '../conformity/views/media-view.ts';
import { verifyStream } from '../wire/srtp-check.ts';
import type { SipMessageFacts, UdpFlowFacts, WireFacts } from '../wire/facts-model.ts';
import {
  audioChangesActivity,
  audioChangesSchema,
  audioTopologySchema,
  outsiderSearchSchema,
  type HexKey,
} from './activities/audio-evidence.ts';
import { clientsInClear, varyingSizes } from './wire-observations.ts';

const folder = `evidence/${audioChangesActivity}`;

/** Milliseconds after which nothing may be on its way any more. */
const settling = 100;

/** Audio from one phone to the relay, and the keys that open it, by their place in the log. */
interface Stream {
  readonly flow: UdpFlowFacts;
  readonly keys: readonly number[];
}

interface ChangesView {
  readonly facts: WireFacts;
  readonly path: string;
  readonly keys: readonly HexKey[];
  readonly streams: readonly Stream[];
  /** Messages of the call, each once: as they came to the appliance. */
  readonly messages: readonly SipMessageFacts[];
}

const masterOf = (key: HexKey) => {
  const [masterKey, masterSalt] = [fromHex(key.masterKey), fromHex(key.masterSalt)];
  return {
    masterKey: masterKey.ok ? masterKey.value : new Uint8Array(16),
    masterSalt: masterSalt.ok ? masterSalt.value : new Uint8Array(14),
  };
};

const streamsOf = (flows: readonly UdpFlowFacts[], keys: readonly HexKey[]): readonly Stream[] => {
  const masters = keys.map(masterOf);
  return flows.map((flow) => ({
    flow,
    keys: masters.flatMap((master, index) =>
      verifyStream(flow.datagrams, [master]).payloads.length > 0 ? [index] : [],
    ),
  }));
};

/** Judges the captured call with its hold; inconclusive with the reason where it was not captured. */
const onChanges =
  (judge: (view: ChangesView) => Finding) =>
  (evidence: Evidence): Finding => {
    const wire = evidence.wire(audioChangesActivity);
    if (wire.kind === 'missing') return inconclusive(wire.reason);
    const topology = evidence.json(audioChangesActivity, 'topology.json', audioTopologySchema);
    const changes = evidence.json(audioChangesActivity, 'changes.json', audioChangesSchema);
    if (!topology || !changes)
      return inconclusive('the keys of the call or the addresses are not among the evidence');
    const { facts, path } = wire;
    const { host, first, last } = topology.relay;
    const isRelay = (end: UdpFlowFacts['source']) =>
      end.host === host && end.port >= first && end.port <= last;
    const flows = facts.udpFlows.filter(
      ({ protocol, source, destination }) =>
        protocol === 'rtp' && isRelay(destination) && !isRelay(source),
    );
    if (flows.length === 0) return inconclusive('no audio in the capture', [path]);
    const messages = facts.sipMessages
      .filter(
        ({ message, to }) =>
          to.port === topology.sip.port && header(message, 'Call-ID') === changes.callId,
      )
      .toSorted((left, right) => left.at - right.at);
    const { keys } = changes;
    return judge({ facts, path, keys, messages, streams: streamsOf(flows, keys) });
  };

const exchanges = 3;

/** One key, one stream: no two directions, no two exchanges and no two sources share a keystream. */
const judgeKeystream = ({ keys, streams, path }: ChangesView): Finding => {
  const expected = 'a master key of its own for each direction of each exchange, and a new SSRC';
  const used = new Set(keys.map(({ masterKey, masterSalt }) => masterKey + masterSalt));
  if (used.size < keys.length)
    return fail('a master key was used twice', expected, `${used.size} of ${keys.length} differ`, [
      path,
    ]);
  const unknown = streams.filter((stream) => stream.keys.length === 0);
  if (unknown.length > 0)
    return inconclusive(
      `the logged keys do not open the audio from ${unknown.map(({ flow }) => placeName(flow.source)).join(', ')}`,
      [path],
    );
  const opening = streams.flatMap((stream) => stream.keys);
  const twice = opening.find((key, place) => opening.indexOf(key) !== place);
  if (twice !== undefined)
    return fail('two streams were sent under one key', expected, `key ${twice} opens both`, [path]);
  const sources = streams.map(({ flow }) => flow.rtp?.ssrc);
  const collision = sources.find((ssrc, place) => sources.indexOf(ssrc) !== place);
  if (collision !== undefined)
    return fail('two streams have one SSRC', expected, `SSRC ${collision}`, [path]);
  const repeated = streams.find(({ flow }) => (flow.rtp?.repeated ?? 0) > 0);
  if (repeated)
    return fail(
      'a packet index was used twice',
      expected,
      `${repeated.flow.rtp?.repeated ?? 0} sequence numbers of ${placeName(repeated.flow.source)} again`,
      [path],
    );
  return keys.length < exchanges * 2 || streams.length < exchanges
    ? inconclusive(`only ${keys.length} keys and ${streams.length} streams: no change was seen`, [
        path,
      ])
    : pass(`${streams.length} streams under ${opening.length} of ${keys.length} different keys`, [
        path,
      ]);
};

/** First packets of the call's transactions, by method or status. */
const timesOf = (
  { messages }: ChangesView,
  matches: (message: SipMessageFacts['message']) => boolean,
) => messages.filter(({ message }) => matches(message)).map(({ at }) => at);

const judgeSilence = (view: ChangesView): Finding => {
  const { streams, path } = view;
  const acknowledged = timesOf(
    view,
    (message) => message.kind === 'request' && message.method === 'ACK',
  );
  const invites = timesOf(
    view,
    (message) => message.kind === 'request' && message.method === 'INVITE',
  );
  const [goodbye] = timesOf(
    view,
    (message) => message.kind === 'request' && message.method === 'BYE',
  );
  const [, held] = acknowledged;
  const resumed = invites[2];
  if (held === undefined || resumed === undefined || goodbye === undefined)
    return inconclusive('the capture does not show a hold, a resumption and a BYE', [path]);
  const talking = new Map<string, readonly number[]>();
  for (const { flow } of streams)
    talking.set(placeName(flow.source), [
      ...(talking.get(placeName(flow.source)) ?? []),
      ...flow.datagrams.map(({ at }) => at),
    ]);
  const within = (from: number, until: number) =>
    [...talking.values()].map((times) => times.filter((at) => at > from && at < until).length);
  const after = within(goodbye + settling, Infinity).reduce((total, count) => total + count, 0);
  const expected = 'audio ends with a BYE, and that of the one who is held with the hold';
  if (after > 0)
    return fail('audio was sent after the call had ended', expected, `${after} packets`, [path]);
  if (resumed - held <= settling)
    return inconclusive('the hold was too short to hear a silence', [path]);
  const during = within(held + settling, resumed);
  const before = within(0, held);
  if (during.length < 2 || before.some((count) => count === 0))
    return inconclusive('the capture does not show the audio of both phones', [path]);
  return during.every((count) => count > 0)
    ? fail(
        'both phones went on sending during a hold',
        expected,
        `${during.join(' and ')} packets`,
        [path],
      )
    : pass(`packets during the hold: ${during.join(' and ')}; after the BYE: none`, [path]);
};

const judgeShape = ({ streams, path }: ChangesView): Finding => {
  const extended = streams.find(({ flow }) =>
    flow.datagrams.some(({ bytes }) => ((bytes[0] ?? 0) & 0x10) !== 0),
  );
  if (extended)
    return fail(
      'audio packets carry a header extension, which is not encrypted',
      'no header extension (RFC 6904)',
      placeName(extended.flow.source),
      [path],
    );
  const varying = streams.flatMap(({ flow }) =>
    flow.rtp !== null && flow.rtp.shortestPayload !== flow.rtp.longestPayload ? [flow.rtp] : [],
  );
  const sizes = [
    ...new Set(
      streams.flatMap(({ flow }) =>
        flow.rtp === null ? [] : [flow.rtp.shortestPayload, flow.rtp.longestPayload],
      ),
    ),
  ].toSorted((left, right) => left - right);
  const passed = pass(
    varying.length > 0
      ? `packets have ${sizes[0]} to ${sizes.at(-1)} bytes behind their header, and no header extension`
      : `every packet has ${sizes.join(', ')} bytes behind its header, and no header extension`,
    [path],
  );
  return noting(passed, varying.length > 0 ? varyingSizes(sizes, path) : null);
};

/** The same message again: a 200 is repeated until its ACK arrives (RFC 3261 13.3.1.4), byte by byte (I-9). */
const withoutRepetitions = (messages: ChangesView['messages']): ChangesView['messages'] => {
  const seen = new Set<string>();
  return messages.filter(({ message }) => {
    const name = ['Call-ID', 'CSeq', 'X-CSL-Info1', 'X-CSL-Info2'].map((each) =>
      header(message, each),
    );
    const key = JSON.stringify([message.kind, ...name]);
    return !seen.has(key) && seen.add(key);
  });
};

const judgeFreshness = ({ messages, path }: ChangesView): Finding => {
  const values = withoutRepetitions(messages).flatMap(({ message }) => {
    const info1 = fromBase64(header(message, 'X-CSL-Info1')?.trim() ?? '');
    return info1.ok && info1.value.length === 298 ? [info1.value] : [];
  });
  const repeats = (from: number, to: number): boolean =>
    new Set(values.map((value) => toHex(value.subarray(from, to)))).size < values.length;
  const expected = 'a fresh public value and nonce in every INVITE and 200';
  const observed = `${values.length} messages`;
  if (repeats(42, 298)) return fail('a public value was used twice', expected, observed, [path]);
  if (repeats(10, 42)) return fail('a nonce was used twice', expected, observed, [path]);
  return values.length < exchanges * 2
    ? inconclusive(`only ${observed} with X-CSL-Info1`, [path])
    : pass(`${observed}, no public value and no nonce twice`, [path]);
};

const outsiderPath = `${folder}/outsider.json`;

const judgeSearch = (evidence: Evidence): Finding => {
  const found = evidence.json(audioChangesActivity, 'outsider.json', outsiderSearchSchema);
  if (!found) return inconclusive('what the outsider heard is not among the evidence');
  if (found.kind === 'missing')
    return inconclusive(`the outsider could not listen: ${found.reason}`, [outsiderPath]);
  const { needles, found: seen, guessed, control, packets } = found;
  const leaked = seen.signalling + seen.audio + seen.key;
  const observed = `${seen.signalling} lines of signalling, ${seen.audio} audio frames and ${seen.key} keys in ${packets} packets as they passed; ${guessed} audio packets opened with a key of zeros`;
  if (leaked > 0 || guessed > 0)
    return fail(
      'an outsider on the wire read what was said',
      'nothing of it without the keys',
      observed,
      [outsiderPath],
    );
  const isControlled =
    needles.signalling > 0 &&
    needles.audio > 0 &&
    needles.key > 0 &&
    control.signalling === needles.signalling &&
    control.audio === needles.audio;
  return isControlled
    ? pass(
        `${observed}; with the phones' keys all ${control.signalling} lines and ${control.audio} frames`,
        [outsiderPath],
      )
    : inconclusive(
        `with the phones' keys the search found ${control.signalling} of ${needles.signalling} lines and ${control.audio} of ${needles.audio} frames: it could have missed them`,
        [outsiderPath],
      );
};

const judgeOutsider = (evidence: Evidence): Finding => {
  const wire = evidence.wire(audioChangesActivity);
  return noting(
    judgeSearch(evidence),
    wire.kind === 'captured' ? clientsInClear(wire.facts, wire.path) : null,
  );
};

const scenario = (
  id: string,
  claims: readonly string[],
  judge: Scenario['judge'],
  revision = 1,
): Scenario => ({
  id: `attacks/${id}`,
  revision,
  claims,
  activities: [audioChangesActivity],
  needs: ['call', 'hold', 'media-keys', 'tls-key-log'],
  judge,
});

/** What a call with changes of keys shows on the wire, and to whom (catalogue K8, R5, R6, R9 to R11; claims 3.1.d, 4.a). */
export const audioChangeScenarios: readonly Scenario[] = [
  scenario('K8/fresh-values', ['5.1.i'], onChanges(judgeFreshness)),
  scenario('R5-R6/keystream', ['5.1.g', '5.1.i'], onChanges(judgeKeystream)),
  scenario('R9-R10/shape-of-packets', ['3.1.d'], onChanges(judgeShape), 2),
  scenario('R11/silence', ['3.1.d', '5.1.m'], onChanges(judgeSilence)),
  scenario('outsider/on-the-wire', ['3.1.d', '4.a'], judgeOutsider),
];
