import { z } from 'zod';
import { captureName } from '../../campaign/evidence-on-disk.ts';
import type { Evidence, Finding } from '../../campaign/scenario.ts';
import { inconclusive } from '../../campaign/scenario.ts';
import type { TlsSessionFacts, WireFacts } from '../../wire/facts-model.ts';
import { topologySchema, type Topology } from '../activities/call-evidence.ts';

/** The activity that most of the conformity scenarios read. */
export const callActivity = 'call';

/** The captured traffic of the call, with the addresses that its hosts had. */
export interface CaptureView {
  readonly evidence: Evidence;
  readonly facts: WireFacts;
  readonly topology: Topology;
  /** Path of the capture in the run folder. */
  readonly path: string;
  /** The activity captured; the call where absent. */
  readonly activity?: string;
  /** The segment captured; the main one where absent. */
  readonly segment?: string;
}

/** Judges the captured call; inconclusive with the reason where it was not captured. */
export const onCapture =
  (judge: (view: CaptureView) => Finding) =>
  (evidence: Evidence): Finding => {
    const wire = evidence.wire(callActivity);
    if (wire.kind === 'missing') return inconclusive(wire.reason);
    const topology = evidence.json(callActivity, 'topology.json', topologySchema);
    if (!topology) return inconclusive('the addresses of the run are not among the evidence');
    return judge({ evidence, facts: wire.facts, topology, path: wire.path });
  };

const recordedSchema = z.object({ packets: z.number(), dropped: z.number() });

/** Why a capture does not hold everything that passed; null where nothing says so. */
export const losses = ({
  evidence,
  facts,
  activity = callActivity,
  segment,
}: Omit<CaptureView, 'topology' | 'path'>): string | null => {
  if (facts.packets === 0) return 'the capture holds no packet';
  const recorded = evidence.json(activity, `${captureName(segment)}.json`, recordedSchema);
  const dropped = Math.max(facts.dropped, recorded?.dropped ?? 0);
  if (dropped > 0) return `the capture lost ${dropped} packets`;
  if (recorded && recorded.packets !== facts.packets)
    return `the capture file holds ${facts.packets} of ${recorded.packets} packets`;
  if (facts.cut > 0) return `${facts.cut} packets of the capture are cut short`;
  const holes = facts.tlsSessions.reduce((total, session) => total + session.gaps, 0);
  return holes > 0 || facts.other.some(({ what }) => what === 'tcp gap')
    ? `${Math.max(holes, 1)} holes in the captured connections`
    : null;
};

/** What cannot hide an application's messages: ICMP, IGMP, ICMPv6, connections without data, and frames that are not IP. */
const harmless = /^(ip protocol (1|2|58)|tcp connection without data|ethertype 0x[0-9a-f]+)$/;

/** Why "nothing was there" cannot be said of a capture; null where it can. */
export const incompleteness = (view: CaptureView): string | null => {
  const lost = losses(view);
  if (lost !== null) return lost;
  const unread = view.facts.other.find(({ what }) => !harmless.test(what));
  return unread
    ? `the capture holds what could not be read: ${unread.what} (${unread.example})`
    : null;
};

/** What a service speaks inside TLS. */
export type Service = 'sip' | 'registration';

/** The messages of a service's protocol that passed in a session, by its index. */
export const messagesIn = (facts: WireFacts, index: number, service: Service): number =>
  (service === 'sip' ? facts.sipMessages : facts.httpMessages).filter(
    ({ session }) => session === index,
  ).length;

/** TLS sessions of a service that were established, on its port or speaking its protocol elsewhere: a handshake that was rightly refused is no session. */
export const establishedSessions = (
  facts: WireFacts,
  service: Service,
): readonly TlsSessionFacts[] =>
  facts.tlsSessions.filter(
    (session, index) =>
      session.established &&
      (session.service === service ||
        (session.service === 'other' && messagesIn(facts, index, service) > 0)),
  );

/** A session with the appliance on a port of no known service whose contents are unknown: it may belong to any. */
export const unknownSession = ({ facts, topology }: CaptureView): string | null => {
  const hosts = [topology.sip.host, topology.registration.host, topology.relay.host];
  const unknown = facts.tlsSessions.find(
    ({ service, established, decrypted, server }) =>
      service === 'other' && established && decrypted !== 'yes' && hosts.includes(server.host),
  );
  return unknown
    ? `a TLS session with the appliance on port ${unknown.server.port} was not decrypted: what it carries cannot be told`
    : null;
};
