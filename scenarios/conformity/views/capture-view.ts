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

/** Why "nothing was there" cannot be said of a capture; null where it can. */
export const incompleteness = (facts: WireFacts): string | null => {
  if (facts.packets === 0) return 'the capture holds no packet';
  if (facts.dropped > 0) return `the capture lost ${facts.dropped} packets`;
  if (facts.cut > 0) return `${facts.cut} packets of the capture are cut short`;
  const holes = facts.tlsSessions.reduce((total, session) => total + session.gaps, 0);
  return holes > 0 ? `${holes} holes in the captured connections` : null;
};

/** TLS sessions of a service that were established: a handshake that was rightly refused is no session. */
export const establishedSessions = (
  facts: WireFacts,
  service: 'sip' | 'registration',
): readonly TlsSessionFacts[] =>
  facts.tlsSessions.filter((session) => session.service === service && session.established);
