import { latin1 } from '../../reference/core/bytes.ts';
import type { EvidenceDocument } from '../../reports/model/document.ts';
import type { SipMessageFacts, TlsSessionFacts, UdpFlowFacts, WireFacts } from './facts-model.ts';
import type { StreamVerification } from './srtp-check.ts';
import type { WireEndpoint } from './tcp-reassembly.ts';
import { nameOf } from './tcp-facts.ts';
import { versionName } from './tls/tls-facts.ts';

/** Name of the party at an endpoint (`host:port`, `[host]:port` for IPv6, or a host alone), such as `appliance`. */
export type Roles = ReadonlyMap<string, string>;

const roleOf = (endpoint: WireEndpoint, roles: Roles): string =>
  roles.get(nameOf(endpoint)) ?? roles.get(endpoint.host) ?? nameOf(endpoint);

const startLineOf = ({ message }: SipMessageFacts): string =>
  message.kind === 'request'
    ? `${message.method} ${message.uri}`
    : `${message.status} ${message.reason}`;

/** The SIP messages of a capture as a ladder; lanes are roles, or endpoints without one. */
export const sipLadder = (facts: WireFacts, roles: Roles, title: string): EvidenceDocument => {
  const messages = facts.sipMessages.map((entry) => ({
    at: entry.at - (facts.startedAt ?? 0),
    from: roleOf(entry.from, roles),
    to: roleOf(entry.to, roles),
    label: startLineOf(entry),
    detail: latin1(entry.raw),
  }));
  const lanes = [...new Set(messages.flatMap(({ from, to }) => [from, to]))];
  return { kind: 'ladder', title, lanes, messages };
};

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

const dhText = ({ dh }: TlsSessionFacts): string =>
  dh === null
    ? 'none seen'
    : `${dh.bits} bits, ${dh.group ?? 'unknown group'}, generator 0x${dh.generator}, server value ${dh.serverPublicBits} bits`;

const alertsText = ({ alerts }: TlsSessionFacts): string =>
  alerts
    .map(({ from, level, description }) => `${from} ${level ?? 'encrypted'}/${description ?? '-'}`)
    .join(', ') || 'none';

const sessionEntries = (session: TlsSessionFacts): { label: string; value: string }[] =>
  Object.entries({
    Version: versionName(session.version),
    Suite: session.suiteName ?? 'none',
    Established: yesNo(session.established),
    'Diffie-Hellman': dhText(session),
    'Certificates from the server': String(session.serverChain.length),
    'Certificates from the client': String(session.clientChain.length),
    'Client proved its key': yesNo(session.clientCertificateVerify),
    Resumed: yesNo(session.resumed),
    'Renegotiation attempted': yesNo(session.renegotiation),
    'Alerts (level/description)': alertsText(session),
    Decrypted: session.decrypted,
    'Holes in the capture': String(session.gaps),
    ...(session.problems.length > 0 ? { 'Not understood': session.problems.join('; ') } : {}),
  }).map(([label, value]) => ({ label, value }));

/** The TLS sessions of a capture, grouped by the server's port. */
export const tlsDocument = (facts: WireFacts, roles: Roles, title: string): EvidenceDocument => ({
  kind: 'facts',
  title,
  groups: facts.tlsSessions
    .map((session, index) => ({ session, index }))
    .sort((left, right) => left.session.server.port - right.session.server.port)
    .map(({ session, index }) => ({
      name: `Port ${session.server.port} (${session.service}), session ${index}: ${roleOf(session.client, roles)} to ${roleOf(session.server, roles)}`,
      entries: sessionEntries(session),
    })),
});

const columns = [
  'From',
  'To',
  'Protocol',
  'SSRC',
  'Payload type',
  'Packets',
  'Seconds',
  'Payload bytes',
  'Tags',
];

const hex32 = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

const tagsText = (verification: StreamVerification | undefined): string => {
  if (!verification) return 'not checked';
  const { verified, failed, replayed, diagnosis } = verification;
  const parts = [`${verified} verified`, `${failed} failed`];
  if (replayed > 0) parts.push(`${replayed} repeated`);
  if (diagnosis) parts.push(diagnosis);
  return parts.join(', ');
};

const flowRow = (
  flow: UdpFlowFacts,
  roles: Roles,
  verification: StreamVerification | undefined,
): string[] => {
  const { rtp, rtcp } = flow;
  const source = rtp ?? rtcp;
  return [
    `${roleOf(flow.source, roles)} ${flow.source.port}`,
    `${roleOf(flow.destination, roles)} ${flow.destination.port}`,
    flow.note ? `${flow.protocol}: ${flow.note}` : flow.protocol,
    source ? hex32(source.ssrc) : '',
    (rtp?.payloadTypes ?? rtcp?.packetTypes ?? []).join(', '),
    String(flow.packets),
    ((flow.lastAt - flow.firstAt) / 1000).toFixed(1),
    rtp ? `${rtp.shortestPayload} to ${rtp.longestPayload}` : '',
    tagsText(verification),
  ];
};

/** The UDP flows of a capture as a table; `verifications` by index in `udpFlows`. */
export const udpTable = (
  facts: WireFacts,
  roles: Roles,
  title: string,
  verifications: ReadonlyMap<number, StreamVerification> = new Map(),
): EvidenceDocument => ({
  kind: 'table',
  title,
  columns,
  rows: facts.udpFlows.map((flow, index) => flowRow(flow, roles, verifications.get(index))),
});
