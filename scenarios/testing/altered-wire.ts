import { concat, fromBase64, toBase64, utf8 } from '../../reference/core/bytes.ts';
import {
  header,
  replaceHeader,
  withBody,
  type SipMessage,
} from '../../reference/core/sip/message/message.ts';
import type { Evidence } from '../campaign/scenario.ts';
import { topologySchema, type Topology } from '../conformity/activities/call-evidence.ts';
import type {
  CarriedMessage,
  SipMessageFacts,
  TlsSessionFacts,
  UdpFlowFacts,
  WireFacts,
} from '../wire/facts-model.ts';
import type { HttpMessage } from '../wire/http.ts';
import { gatherFacts } from '../wire/facts.ts';
import { ipv4Frame, pcapFile } from '../wire/testing/packets.ts';
import { withFacts, type Alteration } from './altered.ts';

/** The addresses of the real run. */
export const topologyOf = (evidence: Evidence): Topology => {
  const topology = evidence.json('call', 'topology.json', topologySchema);
  if (!topology) throw new Error('the real run has no topology.json');
  return topology;
};

/** Chooses an entry of a list by itself and its place. */
export type Choice<Entry> = (entry: Entry, index: number, list: readonly Entry[]) => boolean;

const changed = <Entry>(
  list: readonly Entry[],
  which: Choice<Entry>,
  change: (entry: Entry) => Entry,
): readonly Entry[] => {
  const chosen = list.map(which);
  if (!chosen.includes(true)) throw new Error('the alteration changes nothing');
  return list.map((entry, index) => (chosen[index] ? change(entry) : entry));
};

/** TLS sessions that are chosen, changed. */
export const sessions = (
  which: Choice<TlsSessionFacts>,
  change: Partial<TlsSessionFacts> | ((session: TlsSessionFacts) => Partial<TlsSessionFacts>),
): Alteration =>
  withFacts((facts) => ({
    ...facts,
    tlsSessions: changed(facts.tlsSessions, which, (session) => ({
      ...session,
      ...(typeof change === 'function' ? change(session) : change),
    })),
  }));

/** The last session of a service: one bad among good. */
export const lastOf =
  (service: TlsSessionFacts['service']): Choice<TlsSessionFacts> =>
  (session, index, list) =>
    session.service === service && list.findLastIndex((each) => each.service === service) === index;

/** One more session, like the first of a service except for what is said. */
export const furtherSession = (
  service: TlsSessionFacts['service'],
  differing: Partial<TlsSessionFacts>,
): Alteration =>
  withFacts((facts) => {
    const like = facts.tlsSessions.find((session) => session.service === service);
    if (!like) throw new Error(`no ${service} session to imitate`);
    const client = { ...like.client, port: like.client.port + 1000 };
    return { ...facts, tlsSessions: [...facts.tlsSessions, { ...like, client, ...differing }] };
  });

/** The same capture without one session and all that passed in it. */
export const withoutSession = (facts: WireFacts, removed: number): WireFacts => {
  const moved = <Entry extends { readonly session: number }>(list: readonly Entry[]) =>
    list
      .filter(({ session }) => session !== removed)
      .map((entry) => ({ ...entry, session: entry.session - (entry.session > removed ? 1 : 0) }));
  return {
    ...facts,
    tlsSessions: facts.tlsSessions.filter((_session, index) => index !== removed),
    sipMessages: moved(facts.sipMessages),
    httpMessages: moved(facts.httpMessages),
  };
};

/** What a SIP message is: its method, or status and method of its CSeq, such as `200 INVITE`. */
export const kindOf = ({ message }: SipMessageFacts): string =>
  message.kind === 'request'
    ? message.method
    : `${message.status} ${header(message, 'CSeq')?.split(' ')[1]}`;

/** SIP messages of a kind; `to` or `from` the appliance on any leg, or everywhere. */
export const sipKind =
  (kind: string, where: 'to' | 'from' | 'both', evidence: Evidence): Choice<SipMessageFacts> =>
  (entry) => {
    const { port } = topologyOf(evidence).sip;
    const here = where === 'both' || entry[where].port === port;
    return kindOf(entry) === kind && here;
  };

/** SIP messages of a kind, changed. `to`: as sent to the appliance. `from`: as it passed them on. */
export const sip = (
  kind: string,
  where: 'to' | 'from' | 'both',
  change: (message: SipMessage) => SipMessage,
): Alteration =>
  withFacts((facts, evidence) => ({
    ...facts,
    sipMessages: changed(facts.sipMessages, sipKind(kind, where, evidence), (entry) => ({
      ...entry,
      message: change(entry.message),
    })),
  }));

/** SIP messages of a kind, removed. */
export const withoutSip = (kind: string, where: 'to' | 'from' | 'both' = 'both'): Alteration =>
  withFacts((facts, evidence) => {
    const chosen = sipKind(kind, where, evidence);
    const left = facts.sipMessages.filter((entry, index, list) => !chosen(entry, index, list));
    if (left.length === facts.sipMessages.length) throw new Error(`no ${kind} to remove`);
    return { ...facts, sipMessages: left };
  });

/** A base64 header whose decoded bytes are changed in place or replaced. */
export const decodedHeader =
  (name: string, change: (bytes: Uint8Array) => Uint8Array | void) =>
  (message: SipMessage): SipMessage => {
    const bytes = fromBase64(header(message, name)?.trim() ?? '');
    if (!bytes.ok) throw new Error(`no ${name} to change`);
    return replaceHeader(message, name, toBase64(change(bytes.value) ?? bytes.value));
  };

/** The body as text, changed. */
export const bodyText =
  (change: (text: string) => string) =>
  (message: SipMessage): SipMessage =>
    withBody(message, utf8(change(new TextDecoder().decode(message.body))));

/** HTTP messages that are chosen, changed. */
export const http = (
  which: Choice<CarriedMessage<HttpMessage>>,
  change: (message: HttpMessage) => HttpMessage,
): Alteration =>
  withFacts((facts) => ({
    ...facts,
    httpMessages: changed(facts.httpMessages, which, (entry) => ({
      ...entry,
      message: change(entry.message),
    })),
  }));

/** HTTP bodies of chosen messages, as text, changed. */
export const httpBody = (
  which: Choice<CarriedMessage<HttpMessage>>,
  change: (text: string) => string,
): Alteration =>
  http(which, (message) => ({
    ...message,
    body: utf8(change(new TextDecoder().decode(message.body))),
  }));

/** Requests whose target fits, such as /certificate$/. */
export const requestTo =
  (target: RegExp): Choice<CarriedMessage<HttpMessage>> =>
  ({ message }) =>
    message.kind === 'request' && target.test(message.target);

/** Responses of a status. */
export const responseOf =
  (status: number): Choice<CarriedMessage<HttpMessage>> =>
  ({ message }) =>
    message.kind === 'response' && message.status === status;

/** Where a datagram went, and which of its flow it is. */
export interface Passing {
  readonly flow: UdpFlowFacts;
  readonly index: number;
}

interface Sent {
  readonly source: UdpFlowFacts['source'];
  readonly destination: UdpFlowFacts['destination'];
  readonly at: number;
  readonly bytes: Uint8Array;
}

const ipv4Udp = 17;

const frameOf = ({ source, destination, bytes }: Sent): Uint8Array => {
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  [source.port, destination.port, 8 + bytes.length].forEach((value, index) =>
    view.setUint16(index * 2, value),
  );
  return ipv4Frame(source.host, destination.host, ipv4Udp, concat(header, bytes));
};

/** The flows that datagrams make, told apart by the reader of captures itself. */
const flowsOf = async (sent: readonly Sent[]): Promise<readonly UdpFlowFacts[]> => {
  const inOrder = sent.toSorted((left, right) => left.at - right.at);
  const packets = inOrder.map((each) => ({
    at: Math.round(each.at * 1000),
    bytes: frameOf(each),
  }));
  const facts = await gatherFacts(pcapFile(packets), { sipPorts: [], registrationPorts: [] });
  return facts.udpFlows;
};

/** Every datagram changed (or left out: null), others added, and the flows told apart anew from the bytes. */
export const datagrams =
  (
    change: (bytes: Uint8Array, passing: Passing) => Uint8Array | null,
    added: (facts: WireFacts) => readonly Sent[] = () => [],
  ): Alteration =>
  async (evidence) => {
    const wire = evidence.wire('call');
    if (wire.kind === 'missing') return evidence;
    const sent = wire.facts.udpFlows.flatMap((flow) =>
      flow.datagrams.flatMap(({ at, bytes }, index): readonly Sent[] => {
        const { source, destination } = flow;
        const altered = change(bytes.slice(), { flow, index });
        return altered ? [{ source, destination, at, bytes: altered }] : [];
      }),
    );
    const udpFlows = await flowsOf([...sent, ...added(wire.facts)]);
    return withFacts((facts) => ({ ...facts, udpFlows }))(evidence);
  };

/** Datagrams from one place to another in the middle of the call, 20 ms apart. */
export const furtherDatagrams = (
  ends: (rtp: readonly UdpFlowFacts[]) => Pick<Sent, 'source' | 'destination'>,
  payloads: readonly Uint8Array[],
): Alteration =>
  datagrams(
    (bytes) => bytes,
    (facts) => {
      const rtp = facts.udpFlows.filter(({ protocol }) => protocol === 'rtp');
      const from = (rtp[0]?.firstAt ?? 0) + 10;
      return payloads.map((bytes, index) => ({ ...ends(rtp), at: from + index * 20, bytes }));
    },
  );
