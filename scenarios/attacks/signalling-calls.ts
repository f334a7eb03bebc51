import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import {
  alteredCallsSchema,
  intrusionSchema,
  replayedSchema,
  signallingCallsActivity,
  type AlteredCall,
} from './activities/signalling-evidence.ts';
import { replyText } from './signalling-judges.ts';

const folder = `evidence/${signallingCallsActivity}`;

/** The party to the attacker's calls. */
const party = '+33639986003';

const callText = ({ outcome, codes, phoneCodes, peerNumber }: AlteredCall): string =>
  [
    outcome.status === undefined ? outcome.kind : `${outcome.kind} with ${outcome.status}`,
    `shown as ${peerNumber}`,
    `logged: ${[...codes, ...phoneCodes].join(', ') || 'nothing'}`,
  ].join(', ');

const cameAbout = ({ outcome }: AlteredCall): boolean =>
  outcome.kind === 'answered' && outcome.answer === 'verified';

/** The calls without any fault, which must all have come about. */
const callControl = (calls: readonly AlteredCall[], path: string): Finding | null => {
  const controls = calls.filter(({ attempt }) => attempt === 'none');
  return controls.length > 0 && controls.every(cameAbout)
    ? null
    : inconclusive('the control, the same call with nothing altered, did not come about', [path]);
};

const claimedIdentities = [
  'asserted-identity',
  'preferred-identity',
  'remote-party-id',
  'contact-of-another',
  'display-name',
] as const;

/** A call comes as that of the certificate's owner, or not at all. */
const judgeClaimed = (evidence: Evidence): Finding => {
  const path = `${folder}/altered.json`;
  const calls = evidence.json(signallingCallsActivity, 'altered.json', alteredCallsSchema);
  if (!calls) return inconclusive('the altered calls are not among the evidence');
  const findings = claimedIdentities.map((attempt): Finding | null => {
    const call = calls.find((each) => each.attempt === attempt);
    if (!call) return inconclusive(`"${attempt}" was not tried`, [path]);
    if (call.peerNumber !== party)
      return fail(
        `the phone shows a caller who is not the certificate's owner ("${attempt}")`,
        party,
        callText(call),
        [path],
      );
    const { kind, status = 0 } = call.outcome;
    return cameAbout(call) || (kind === 'refused' && status >= 400 && status < 500)
      ? null
      : inconclusive(`"${attempt}" came out as ${callText(call)}`, [path]);
  });
  return (
    worst([...findings, callControl(calls, path)]) ??
    pass(
      `${claimedIdentities.length} claims to be another: the phone shows ${party} all the same`,
      [path],
    )
  );
};

interface Form {
  readonly attempt: string;
  readonly statuses: readonly number[];
  readonly codes: readonly string[];
}

const malformed = [400, 488];
const repeated = ['csl/headers-repeated'];

const forms: readonly Form[] = [
  { attempt: 'repeated', statuses: malformed, codes: repeated },
  { attempt: 'repeated-in-other-case', statuses: malformed, codes: repeated },
  { attempt: 'comma-joined', statuses: malformed, codes: ['csl/headers-joined', 'csl/base64'] },
  { attempt: 'folded', statuses: malformed, codes: ['csl/headers-folded'] },
  { attempt: 'further-header', statuses: malformed, codes: ['csl/headers-unknown'] },
  {
    attempt: 'oversize',
    statuses: [...malformed, 413, 513],
    codes: ['csl/value-length', 'csl/base64'],
  },
  { attempt: 'line-feed', statuses: malformed, codes: ['sip/line-end', ...repeated] },
  { attempt: 'carriage-return', statuses: malformed, codes: ['sip/line-end', ...repeated] },
  { attempt: 'blank-inside', statuses: malformed, codes: ['csl/base64'] },
];

const judgeForm = (
  calls: readonly AlteredCall[],
  { attempt, statuses, codes }: Form,
  path: string,
): Finding | null => {
  const call = calls.find((each) => each.attempt === attempt);
  if (!call) return inconclusive(`"${attempt}" was not tried`, [path]);
  if (call.outcome.kind === 'answered')
    return fail(
      `X-CSL headers in the form "${attempt}" were taken`,
      `refused with ${statuses.join(' or ')}, for the reason ${codes.join(' or ')}`,
      callText(call),
      [path],
    );
  const { kind, status = 0 } = call.outcome;
  const logged = [...call.codes, ...call.phoneCodes];
  return kind === 'refused' &&
    statuses.includes(status) &&
    codes.some((code) => logged.includes(code))
    ? null
    : inconclusive(`"${attempt}" was not refused for its form: ${callText(call)}`, [path]);
};

const judgeForms = (evidence: Evidence): Finding => {
  const path = `${folder}/altered.json`;
  const calls = evidence.json(signallingCallsActivity, 'altered.json', alteredCallsSchema);
  if (!calls) return inconclusive('the altered calls are not among the evidence');
  return (
    worst([...forms.map((form) => judgeForm(calls, form, path)), callControl(calls, path)]) ??
    pass(`${forms.length} forms of X-CSL headers that can be read in two ways were refused`, [path])
  );
};

/** What an INVITE sent again may be refused for: by the proxy, by the phone, or by its memory of offers. */
const replayCodes = ['csl/replay', 'sip/merged', 'sip/call-id'];

const judgeReplay = (evidence: Evidence): Finding => {
  const path = `${folder}/replayed.json`;
  const seen = evidence.json(signallingCallsActivity, 'replayed.json', replayedSchema);
  if (!seen) return inconclusive('the repeated INVITEs are not among the evidence');
  const same = seen.requests.find(({ attempt }) => attempt === 'same-branch');
  const fresh = seen.requests.find(({ attempt }) => attempt === 'new-branch');
  const stale = seen.calls.find(({ attempt }) => attempt === 'stale-headers');
  if (!same || !fresh || !stale) return inconclusive('not every repetition was tried', [path]);
  if (same.reached)
    return fail(
      'an INVITE sent again as it was rang again',
      'nothing at the phone',
      replyText(same),
      [path],
    );
  if (fresh.reply.kind === 'answered' && fresh.reply.status < 300)
    return fail(
      'an INVITE was taken a second time under another branch',
      `refused for the reason ${replayCodes.join(' or ')}`,
      replyText(fresh),
      [path],
    );
  if (stale.outcome.kind === 'answered')
    return fail(
      'a call came about with the X-CSL headers of an earlier one',
      'refused for the reason csl/replay or csl/signature',
      callText(stale),
      [path],
    );
  const control = callControl(seen.calls, path);
  if (control) return control;
  const freshCodes = [...fresh.codes, ...fresh.phoneCodes];
  if (fresh.reply.kind !== 'answered' || !replayCodes.some((code) => freshCodes.includes(code)))
    return inconclusive(`the INVITE under a new branch came out otherwise: ${replyText(fresh)}`, [
      path,
    ]);
  if (!['csl/replay', 'csl/signature'].some((code) => stale.phoneCodes.includes(code)))
    return inconclusive(`the call with stale headers came out otherwise: ${callText(stale)}`, [
      path,
    ]);
  return pass(
    'an INVITE repeated as it was rang nowhere, under a new branch and with stale headers it was refused',
    [path],
  );
};

/** How each attempt of a third user must come out; where the phone itself refuses, any of its reasons will do. */
const inOthersName = ['bye', 're-invite', 'update', 'refer', 'cancel'] as const;
const inOwnName = [
  'bye-in-own-name',
  're-invite-in-own-name',
  'info-in-own-name',
  'cancel-in-own-name',
] as const;
const outside = ['refer-outside', 'replaces', 'replaces-required'] as const;

/** Calls of others go on as they were, whatever a third user sends who knows everything of them. */
const judgeIntrusion = (evidence: Evidence): Finding => {
  const path = `${folder}/intrusion.json`;
  const seen = evidence.json(signallingCallsActivity, 'intrusion.json', intrusionSchema);
  if (!seen) return inconclusive('the forged requests are not among the evidence');
  const { attempts, audio, afterBye, afterCancel } = seen;
  const broken = attempts.find(
    ({ attempt, state, sameCall }) =>
      !sameCall || state !== (attempt.startsWith('cancel') ? 'ringing' : 'in-call'),
  );
  if (broken)
    return fail(
      `a third user changed a call of others ("${broken.attempt}")`,
      'the call goes on as it was',
      `the phone's call was ${broken.state}${broken.sameCall ? '' : ', and another one'}`,
      [path],
    );
  const taken = attempts.find(({ reply }) => reply.kind === 'answered' && reply.status < 300);
  if (taken)
    return fail(
      `a third user's request was accepted in a call of others ("${taken.attempt}")`,
      'a refusal',
      replyText(taken),
      [path],
    );
  const missing = [...inOthersName, ...inOwnName, ...outside].find(
    (name) => !attempts.some(({ attempt }) => attempt === name),
  );
  if (missing !== undefined) return inconclusive(`"${missing}" was not tried`, [path]);
  const unclear = attempts.find(
    ({ attempt, reply, codes }) =>
      reply.kind !== 'answered' ||
      (!outside.some((name) => name === attempt) &&
        !['sip/identity', 'sip/dialog', 'sip/cancel'].some((code) => codes.includes(code))),
  );
  if (unclear)
    return inconclusive(
      `"${unclear.attempt}" was not refused for its sender: ${replyText(unclear)}`,
      [path],
    );
  if (!audio.toPhone || !audio.fromPhone)
    return inconclusive('no audio was seen to go on after the attempts', [path]);
  if (afterBye !== 'ended' || afterCancel !== 'ended')
    return inconclusive('the control, the party’s own BYE and CANCEL, did not end its calls', [
      path,
    ]);
  return pass(
    `${attempts.length} forged requests changed nothing: the call and its audio went on, until its party ended it`,
    [path],
  );
};

const base = {
  revision: 1,
  activities: [signallingCallsActivity],
  needs: ['call', 'refusal-log'],
} as const;

/** Attacks on calls through the signalling (catalogue S), by an enrolled user. */
export const signallingCallAttacks: readonly Scenario[] = [
  { ...base, id: 'attacks/S1/claimed-identities', claims: ['5.2.d', '2.2.c'], judge: judgeClaimed },
  { ...base, id: 'attacks/S3/replayed-invite', claims: ['5.2.d', '5.1.j'], judge: judgeReplay },
  { ...base, id: 'attacks/S4/third-user', claims: ['5.2.a', '2.2.d'], judge: judgeIntrusion },
  { ...base, id: 'attacks/S5/header-forms', claims: ['5.2.d'], judge: judgeForms },
];
