import type { z } from 'zod';
import { without, withJson, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  alteredCallsSchema,
  intrusionSchema,
  replayedSchema,
  signallingCallsActivity as activity,
  type AlteredCall,
} from '../activities/signalling-evidence.ts';

const answered = (status: number) => ({
  kind: 'answered' as const,
  status,
  challenge: false,
  contacts: 0,
  open: true,
});

const inCall = (name: string, change: Partial<AlteredCall>): Alteration =>
  withJson(activity, 'altered.json', alteredCallsSchema, (calls) =>
    calls.map((each) => (each.attempt === name ? { ...each, ...change } : each)),
  );

const untried = (name: string): Alteration =>
  withJson(activity, 'altered.json', alteredCallsSchema, (calls) =>
    calls.filter(({ attempt }) => attempt !== name),
  );

const good = { kind: 'answered', answer: 'verified' };
const late = { kind: 'deadline' };

const claimed = 'attacks/S1/claimed-identities';
const forms = 'attacks/S5/header-forms';

const alteredCases: readonly JudgeCase[] = [
  ...[
    'asserted-identity',
    'preferred-identity',
    'remote-party-id',
    'contact-of-another',
    'display-name',
  ].flatMap((name) => [
    failing(
      claimed,
      `the name of "${name}" shown`,
      /not the certificate's owner/,
      inCall(name, { peerNumber: '+33639980001' }),
    ),
    undecided(claimed, `"${name}" not tried`, /was not tried/, untried(name)),
    undecided(claimed, `"${name}" without an answer`, /deadline/, inCall(name, { outcome: late })),
  ]),
  tolerated(
    claimed,
    'a Contact of another refused',
    /shows/,
    inCall('contact-of-another', { outcome: { kind: 'refused', status: 403 } }),
  ),
  ...[
    'repeated',
    'repeated-in-other-case',
    'comma-joined',
    'folded',
    'further-header',
    'oversize',
    'line-feed',
    'carriage-return',
    'blank-inside',
  ].flatMap((name) => [
    failing(forms, `the form "${name}" taken`, /were taken/, inCall(name, { outcome: good })),
    undecided(forms, `the form "${name}" not tried`, /was not tried/, untried(name)),
    undecided(
      forms,
      `the form "${name}" refused for something else`,
      /not refused for its form/,
      inCall(name, { codes: [], phoneCodes: ['csl/signature'] }),
    ),
  ]),
  ...[claimed, forms].flatMap((scenario) => [
    undecided(scenario, 'the control refused', /the control/, inCall('none', { outcome: late })),
    undecided(scenario, 'no control', /the control/, untried('none')),
    undecided(scenario, 'no calls', /not among the evidence/, without(activity, 'altered.json')),
  ]),
];

const replayed = 'attacks/S3/replayed-invite';
type Replayed = z.infer<typeof replayedSchema>;

const inReplay = (change: (seen: Replayed) => Replayed): Alteration =>
  withJson(activity, 'replayed.json', replayedSchema, change);

const inRequest = (name: string, change: Partial<Replayed['requests'][number]>): Alteration =>
  inReplay((seen) => ({
    ...seen,
    requests: seen.requests.map((each) => (each.attempt === name ? { ...each, ...change } : each)),
  }));

const inReplayCall = (name: string, change: Partial<AlteredCall>): Alteration =>
  inReplay((seen) => ({
    ...seen,
    calls: seen.calls.map((each) => (each.attempt === name ? { ...each, ...change } : each)),
  }));

const replayCases: readonly JudgeCase[] = [
  failing(
    replayed,
    'a repeated INVITE that rang',
    /rang again/,
    inRequest('same-branch', { reached: true }),
  ),
  failing(
    replayed,
    'an INVITE taken under a new branch',
    /a second time/,
    inRequest('new-branch', { reply: answered(200) }),
  ),
  failing(
    replayed,
    'a call with stale headers',
    /of an earlier one/,
    inReplayCall('stale-headers', { outcome: good }),
  ),
  undecided(
    replayed,
    'a new branch refused for something else',
    /new branch came out otherwise/,
    inRequest('new-branch', { codes: [], phoneCodes: ['csl/time'] }),
  ),
  undecided(
    replayed,
    'stale headers refused for something else',
    /stale headers came out otherwise/,
    inReplayCall('stale-headers', { phoneCodes: ['csl/time'] }),
  ),
  undecided(
    replayed,
    'the control refused',
    /the control/,
    inReplayCall('none', { outcome: late }),
  ),
  undecided(
    replayed,
    'a repetition not tried',
    /not every repetition/,
    inReplay((seen) => ({ ...seen, requests: seen.requests.slice(1) })),
  ),
  undecided(replayed, 'no evidence', /not among the evidence/, without(activity, 'replayed.json')),
];

const third = 'attacks/S4/third-user';
type Intrusion = z.infer<typeof intrusionSchema>;

const inIntrusion = (change: (seen: Intrusion) => Intrusion): Alteration =>
  withJson(activity, 'intrusion.json', intrusionSchema, change);

const inForged = (name: string, change: Partial<Intrusion['attempts'][number]>): Alteration =>
  inIntrusion((seen) => ({
    ...seen,
    attempts: seen.attempts.map((each) => (each.attempt === name ? { ...each, ...change } : each)),
  }));

const forged = [
  'bye',
  'bye-in-own-name',
  're-invite',
  're-invite-in-own-name',
  'update',
  'info-in-own-name',
  'refer',
  'refer-outside',
  'replaces',
  'replaces-required',
  'cancel',
  'cancel-in-own-name',
] as const;

const intrusionCases: readonly JudgeCase[] = [
  ...forged.flatMap((name) => [
    failing(
      third,
      `"${name}" ended the call`,
      /changed a call/,
      inForged(name, { state: 'ended' }),
    ),
    failing(
      third,
      `"${name}" put another call in its place`,
      /changed a call/,
      inForged(name, { sameCall: false }),
    ),
    failing(third, `"${name}" accepted`, /was accepted/, inForged(name, { reply: answered(202) })),
    undecided(
      third,
      `no answer to "${name}"`,
      /not refused for its sender/,
      inForged(name, { reply: { kind: 'deadline' } }),
    ),
    undecided(
      third,
      `"${name}" not tried`,
      /was not tried/,
      inIntrusion((seen) => ({
        ...seen,
        attempts: seen.attempts.filter(({ attempt }) => attempt !== name),
      })),
    ),
  ]),
  undecided(
    third,
    '"bye" refused for something else',
    /not refused for its sender/,
    inForged('bye', { codes: ['sip/overload'] }),
  ),
  undecided(
    third,
    'no audio afterwards',
    /no audio/,
    inIntrusion((seen) => ({ ...seen, audio: { toPhone: true, fromPhone: false } })),
  ),
  undecided(
    third,
    'a call that its own party cannot end',
    /the control/,
    inIntrusion((seen) => ({ ...seen, afterBye: 'in-call' })),
  ),
  undecided(
    third,
    'a call that its own caller cannot cancel',
    /the control/,
    inIntrusion((seen) => ({ ...seen, afterCancel: 'ringing' })),
  ),
  undecided(third, 'no evidence', /not among the evidence/, without(activity, 'intrusion.json')),
];

/** What an enrolled user's calls, and what it sends into calls of others, can come to. */
export const signallingCallCases: readonly JudgeCase[] = [
  ...alteredCases,
  ...replayCases,
  ...intrusionCases,
];
