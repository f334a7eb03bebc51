import { header, replaceHeader } from '../../../reference/core/sip/message/message.ts';
import type { SipMessageFacts, UdpFlowFacts, WireFacts } from '../../wire/facts-model.ts';
import { without, withJson, withoutCapture, type Alteration } from '../../testing/altered.ts';
import { failing, noted, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  audioChangesActivity,
  audioChangesSchema,
  outsiderSearchSchema,
  type OutsiderSearch,
} from '../activities/audio-evidence.ts';

const freshness = 'attacks/K8/fresh-values';
const keystream = 'attacks/R5-R6/keystream';
const shape = 'attacks/R9-R10/shape-of-packets';
const silence = 'attacks/R11/silence';

const inFacts =
  (change: (facts: WireFacts) => Partial<WireFacts>): Alteration =>
  (evidence) => ({
    ...evidence,
    wire(id, segment) {
      const wire = evidence.wire(id, segment);
      if (id !== audioChangesActivity || wire.kind === 'missing') return wire;
      return { ...wire, facts: { ...wire.facts, ...change(wire.facts) } };
    },
  });

const audio = (change: (flow: UdpFlowFacts, place: number) => UdpFlowFacts | null): Alteration =>
  inFacts(({ udpFlows }) => {
    let place = 0;
    return {
      udpFlows: udpFlows.flatMap((flow) => {
        if (flow.protocol !== 'rtp') return [flow];
        const changed = change(flow, place);
        place += 1;
        return changed ? [changed] : [];
      }),
    };
  });

const inRtp = (change: Partial<NonNullable<UdpFlowFacts['rtp']>>): Alteration =>
  audio((flow) => (flow.rtp ? { ...flow, rtp: { ...flow.rtp, ...change } } : flow));

const messages = (
  change: (
    message: SipMessageFacts,
    list: readonly SipMessageFacts[],
  ) => SipMessageFacts | readonly SipMessageFacts[] | null,
): Alteration =>
  inFacts(({ sipMessages }) => ({
    sipMessages: sipMessages.flatMap((each) => change(each, sipMessages) ?? []),
  }));

const keys = (change: (value: { callId: string; keys: unknown[] }) => unknown): Alteration =>
  withJson(audioChangesActivity, 'changes.json', audioChangesSchema, change);

const missing = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no capture', /was not captured/, withoutCapture(audioChangesActivity)),
  undecided(id, 'no keys', /not among the evidence/, without(audioChangesActivity, 'changes.json')),
  undecided(
    id,
    'no audio in the capture',
    /no audio/,
    inFacts(() => ({ udpFlows: [] })),
  ),
];

const freshnessCases: readonly JudgeCase[] = [
  ...missing(freshness),
  tolerated(
    freshness,
    'every message repeated, as a 200 is until its ACK arrives',
    /no public value and no nonce twice/,
    messages((each) => [each, each]),
  ),
  failing(
    freshness,
    'one Info1 in all messages',
    /was used twice/,
    messages((each, list) => {
      const first = list.find(({ message }) => header(message, 'X-CSL-Info1') !== undefined);
      const value = first && header(first.message, 'X-CSL-Info1');
      return value !== undefined && header(each.message, 'X-CSL-Info1') !== undefined
        ? { ...each, message: replaceHeader(each.message, 'X-CSL-Info1', value) }
        : each;
    }),
  ),
  undecided(
    freshness,
    'no INVITE',
    /only/,
    messages((each) => (header(each.message, 'X-CSL-Info1') === undefined ? each : null)),
  ),
];

const keystreamCases: readonly JudgeCase[] = [
  ...missing(keystream),
  failing(
    keystream,
    'a key for both directions',
    /was used twice/,
    keys((value) => ({ ...value, keys: value.keys.map(() => value.keys[0]) })),
  ),
  failing(
    keystream,
    'a stream twice',
    /under one key/,
    inFacts(({ udpFlows }) => ({
      udpFlows: udpFlows.flatMap((flow) => [
        flow,
        { ...flow, source: { ...flow.source, port: flow.source.port + 1 } },
      ]),
    })),
  ),
  failing(keystream, 'one SSRC', /have one SSRC/, inRtp({ ssrc: 7 })),
  failing(keystream, 'an index twice', /index was used twice/, inRtp({ repeated: 1 })),
  undecided(
    keystream,
    'keys of another call',
    /do not open/,
    keys((value) => ({
      ...value,
      keys: value.keys.map((_key, place) => ({
        masterKey: String(place).padStart(32, '0'),
        masterSalt: '0'.repeat(28),
      })),
    })),
  ),
];

const shapeCases: readonly JudgeCase[] = [
  ...missing(shape),
  failing(
    shape,
    'a header extension',
    /header extension/,
    audio((flow) => ({
      ...flow,
      datagrams: flow.datagrams.map(({ at, bytes }) => ({
        at,
        bytes: bytes.map((byte, place) => (place === 0 ? byte | 0x10 : byte)),
      })),
    })),
  ),
  noted(
    shape,
    'sizes that vary',
    /^R9\/varying-sizes: .* from 20 to 80 bytes/,
    inRtp({ shortestPayload: 20, longestPayload: 80 }),
  ),
];

const isRequest = ({ message }: SipMessageFacts, method: string): boolean =>
  message.kind === 'request' && message.method === method;

const silenceCases: readonly JudgeCase[] = [
  ...missing(silence),
  failing(
    silence,
    'audio after the BYE',
    /after the call had ended/,
    audio((flow) => ({
      ...flow,
      datagrams: flow.datagrams.map(({ at, bytes }) => ({ at: at + 60_000, bytes })),
    })),
  ),
  failing(silence, 'audio of both during the hold', /went on sending/, (evidence) => {
    const wire = evidence.wire(audioChangesActivity);
    if (wire.kind === 'missing') return evidence;
    const acks = wire.facts.sipMessages.filter((each) => isRequest(each, 'ACK'));
    const invites = wire.facts.sipMessages.filter((each) => isRequest(each, 'INVITE'));
    const from = acks.toSorted((left, right) => left.at - right.at);
    const times = [...invites.map(({ at }) => at - 20), ...from.map(({ at }) => at + 105)];
    return audio((flow) => ({
      ...flow,
      datagrams: [
        ...flow.datagrams,
        ...times.flatMap((at) =>
          flow.datagrams[0] ? [{ at, bytes: flow.datagrams[0].bytes }] : [],
        ),
      ],
    }))(evidence);
  }),
  undecided(
    silence,
    'no BYE',
    /does not show/,
    messages((each) => (isRequest(each, 'BYE') ? null : each)),
  ),
  undecided(
    silence,
    'audio of one phone only',
    /of both phones/,
    audio((flow, place) => (place === 0 ? flow : null)),
  ),
];

const outsider = 'attacks/outsider/on-the-wire';

const searched = (
  change: (found: Extract<OutsiderSearch, { kind: 'searched' }>) => unknown,
): Alteration =>
  withJson(audioChangesActivity, 'outsider.json', outsiderSearchSchema, (found) =>
    found.kind === 'searched' ? change(found) : found,
  );

const outsiderCases: readonly JudgeCase[] = [
  noted(
    outsider,
    'one client certificate in clear',
    /^wire\/client-certificate-in-clear: .*: 1 phone numbers in clear in 1 handshakes/,
    inFacts(({ tlsSessions }) => {
      const first = tlsSessions.find(({ clientChain }) => clientChain.length > 0);
      return { tlsSessions: first ? [first] : [] };
    }),
  ),
  ...(['signalling', 'audio', 'key'] as const).map((kind) =>
    failing(
      outsider,
      `${kind} found`,
      /read what was said/,
      searched((found) => ({ ...found, found: { ...found.found, [kind]: 1 } })),
    ),
  ),
  failing(
    outsider,
    'a key of zeros',
    /read what was said/,
    searched((found) => ({ ...found, guessed: 1 })),
  ),
  undecided(
    outsider,
    'a control that misses',
    /could have missed/,
    searched((found) => ({ ...found, control: { ...found.control, audio: 0 } })),
  ),
  undecided(
    outsider,
    'nothing to look for',
    /could have missed/,
    searched((found) => ({ ...found, needles: { signalling: 0, audio: 0, key: 0 } })),
  ),
  undecided(
    outsider,
    'not listening',
    /could not listen/,
    searched(() => ({ kind: 'missing', reason: 'not permitted' })),
  ),
  undecided(
    outsider,
    'no search',
    /not among the evidence/,
    without(audioChangesActivity, 'outsider.json'),
  ),
];

/** What the captured call with a hold can show. */
export const audioChangeCases: readonly JudgeCase[] = [
  ...freshnessCases,
  ...keystreamCases,
  ...shapeCases,
  ...silenceCases,
  ...outsiderCases,
];
