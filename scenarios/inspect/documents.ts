import type { EvidenceDocument } from '../../reports/model/document.ts';
import { sipLadder, tlsDocument } from '../wire/documents.ts';
import { callsOfFlows } from './calls.ts';
import type { UdpFlowFacts, WireFacts } from '../wire/facts-model.ts';

const columns = [
  'From',
  'To',
  'Protocol',
  'SSRC',
  'Packets',
  'Seconds',
  'Lost',
  'Jitter (ms)',
  'Tags verified',
  'Tags failed',
  'Explained by',
  'Call-ID',
];

const rowOf = ({
  source,
  destination,
  protocol,
  rtp,
  rtcp,
  srtp,
  packets,
  firstAt,
  lastAt,
}: UdpFlowFacts): string[] => {
  const ssrc = rtp?.ssrc ?? rtcp?.ssrc;
  return [
    `${source.host}:${source.port}`,
    `${destination.host}:${destination.port}`,
    protocol,
    ssrc === undefined ? '' : `0x${ssrc.toString(16).padStart(8, '0')}`,
    String(packets),
    ((lastAt - firstAt) / 1000).toFixed(1),
    rtp ? String(rtp.lost) : '',
    rtp ? rtp.jitter.toFixed(1) : '',
    srtp ? String(srtp.verified) : 'no key',
    srtp ? String(srtp.failed) : 'no key',
    srtp?.diagnosis ?? '',
  ];
};

const rowsOf = (facts: WireFacts): string[][] => {
  const calls = callsOfFlows(facts);
  return facts.udpFlows.map((flow, index) => [...rowOf(flow), calls.get(index) ?? '']);
};

/** What a report shows of a capture: signalling, handshakes, flows. */
export const inspectionDocuments = (facts: WireFacts): readonly EvidenceDocument[] => [
  sipLadder(facts, new Map(), 'Signalling, decrypted'),
  tlsDocument(facts, new Map(), 'TLS sessions'),
  { kind: 'table', title: 'UDP flows', columns, rows: rowsOf(facts) },
];
