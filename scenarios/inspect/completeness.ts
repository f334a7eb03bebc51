import { inconclusive, type Finding } from '../campaign/scenario.ts';
import type { WireFacts } from '../wire/facts-model.ts';

/** A capture of unknown origin and what came with it. */
export interface Inspection {
  readonly facts: WireFacts;
  /** SRTP keys given. */
  readonly keys: number;
}

/** Judges one property of a capture. */
export type Judge = (inspection: Inspection) => Finding;

/** What is kept of the facts has limits; a limit concerns only claims about what it limits. */
type Concern = 'tls' | 'audio';

const limits: Readonly<Record<Concern, RegExp>> = {
  tls: /^limit-(tcp|facts|secrets)/,
  audio: /^limit-udp/,
};

/** Why a capture may lack sessions or packets; null where nothing says so. */
export const lossOf = (facts: WireFacts, concern: Concern): string | null => {
  const { packets, problems, dropped } = facts;
  if (packets === 0) return 'the capture holds no packet';
  const problem = problems.find(
    ({ code }) => !code.startsWith('limit-') || limits[concern].test(code),
  );
  if (problem)
    return problem.offset < 0
      ? `the capture holds ${problem.detail ?? problem.code}`
      : `the capture could be read only in part: ${problem.code} at byte ${problem.offset}`;
  return dropped > 0 ? `the capture lost ${dropped} packets` : null;
};

/** What cannot hide messages or audio: ICMP, IGMP, ICMPv6, other frames than IP, connections that were read. */
const harmless =
  /^(ip protocol (1|2|58)|ethertype 0x[0-9a-f]+|tcp (connection|stream|gap|overlap).*|tls .*|comment .*|more (sip|http) .*)$/;

/** Why "nothing was in clear" cannot be said of a capture; null where it can. */
export const blindSpot = (facts: WireFacts, concern: Concern): string | null => {
  const lost = lossOf(facts, concern);
  if (lost !== null) return lost;
  const { cut, tlsSessions, other } = facts;
  if (cut > 0) return `${cut} packets of the capture are cut short`;
  const holes = tlsSessions.reduce((total, session) => total + session.gaps, 0);
  if (concern === 'tls' && (holes > 0 || other.some(({ what }) => what === 'tcp gap')))
    return `${Math.max(holes, 1)} holes in the captured connections`;
  const unread = other.find(({ what }) => !harmless.test(what));
  return unread
    ? `the capture holds what could not be read: ${unread.what} (${unread.example})`
    : null;
};

/** A judge's word, unless it is a pass and the capture does not allow one. */
export const unlessBlind = (finding: Finding, blind: string | null): Finding =>
  finding.kind === 'pass' && blind !== null ? inconclusive(blind) : finding;
