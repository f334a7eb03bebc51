import { toBase64 } from '../../reference/core/bytes.ts';
import { header } from '../../reference/core/sip/message/message.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import type { WireFacts } from '../wire/facts-model.ts';
import type { RevocationSteps } from './activities/revocation-evidence.ts';
import { losses } from './views/capture-view.ts';
import {
  answersIn,
  certificateAt,
  onRevocation,
  revocationPath,
  type RevocationAnswers,
} from './views/revocation-view.ts';
import { worst } from './views/worst.ts';

/** Milliseconds within which everything follows a revocation; beyond the second it has not followed at once on any machine. */
const limits = { atOnce: 1_000, ever: 5_000 } as const;

const stepsPath = `${revocationPath}/steps.json`;

/** How fast one thing followed: between the limits the machine may be slow, and a reader is told. What asking itself took (milliseconds, at most) is nobody's fault. */
const judgeLatency = (
  what: string,
  took: number | null,
  evidence: string,
  asking = 0,
): Finding | null => {
  const expected = `within ${limits.atOnce} ms`;
  if (asking > 0 && (took === null || (took > limits.atOnce && took - asking <= limits.ever)))
    return inconclusive(
      `asking the appliance took up to ${Math.round(asking)} ms by itself: how fast ${what} followed cannot be told`,
      [evidence],
    );
  if (took === null || took > limits.ever)
    return fail(
      `${what} did not follow the revocation at once`,
      expected,
      took === null ? 'not while it was waited for' : `after ${Math.round(took)} ms`,
      [evidence],
    );
  if (took <= limits.atOnce) return null;
  const reason = `${what} followed the revocation after ${Math.round(took)} ms, not ${expected}`;
  return { kind: 'warn', reason, evidence: [evidence] };
};

const times = (parts: Readonly<Record<string, number | null>>): string =>
  Object.entries(parts)
    .map(([what, took]) => `${what} ${took === null ? 'never' : `${Math.round(took)} ms`}`)
    .join(', ');

/** Before it the certificate was good, or nothing can be concluded from what is said after it. */
const judgeBefore = ({ statuses, lists, rootList }: RevocationAnswers): Finding | null => {
  const found = [
    [statuses.before, 'good', 'ocsp-before.der', 'OCSP said'],
    [lists.before, 'not listed', 'list-before.der', 'the list of the client authority says'],
    [rootList, 'in force', 'list-root.der', 'the list of the root is'],
  ] as const;
  const bad = found.find(([is, wanted]) => is !== wanted);
  if (!bad) return null;
  const [is, wanted, file, text] = bad;
  return inconclusive(`before the revocation ${text} "${is}", not "${wanted}"`, [
    `${revocationPath}/${file}`,
  ]);
};

const judgeStatus = ({ statuses, lists }: RevocationAnswers, number: string): Finding | null => {
  const expected = `the certificate of ${number} revoked`;
  if (statuses.after !== 'revoked')
    return fail(
      'OCSP does not say that a revoked certificate is revoked',
      expected,
      statuses.after,
      [`${revocationPath}/ocsp-after.der`],
    );
  if (lists.after !== 'listed')
    return fail('the list lacks a revoked certificate', expected, lists.after, [
      `${revocationPath}/list-after.der`,
    ]);
  return statuses.other === 'good'
    ? null
    : fail(
        'revoking one user took another’s certificate with it',
        'the other user’s certificate good',
        statuses.other,
        [`${revocationPath}/ocsp-other.der`],
      );
};

const judgeAtOnce = onRevocation((view) => {
  const { latencies, asking } = view.steps;
  const { told, status, list } = latencies;
  const answers = answersIn(view);
  if (!answers) return inconclusive('the answers about revocation are not among the evidence');
  const before = judgeBefore(answers);
  if (before) return before;
  if (told === null)
    return fail(
      'the administrator could not revoke a certificate',
      'the system lets him',
      'no confirmation',
      [stepsPath],
    );
  const bad = worst([
    judgeStatus(answers, view.steps.number),
    judgeLatency('the confirmation', told, stepsPath, asking),
    judgeLatency('the status by OCSP', status, stepsPath, asking),
    judgeLatency('the list', list, stepsPath, asking),
  ]);
  return (
    bad ??
    pass(`revoked when asked for: ${times({ confirmed: told, OCSP: status, list })}`, [stepsPath])
  );
});

const judgeSessions = onRevocation(({ steps }) => {
  const { before, latencies, asking } = steps;
  const { callEndedAtRevoked, callEndedAtOther, connectionClosed } = latencies;
  if (!before.call.heard || !before.connected)
    return inconclusive('before the revocation there was no call to be ended', [stepsPath]);
  if (latencies.told === null)
    return inconclusive('the administrator was not told that it is done', [stepsPath]);
  const bad = worst([
    judgeLatency('the end of the call at the revoked phone', callEndedAtRevoked, stepsPath, asking),
    judgeLatency('the end of the call at the other phone', callEndedAtOther, stepsPath, asking),
    judgeLatency('the end of the TLS connection', connectionClosed, stepsPath, asking),
  ]);
  const parts = {
    'call at the revoked phone': callEndedAtRevoked,
    'at the other': callEndedAtOther,
    'TLS connection': connectionClosed,
  };
  return bad ?? pass(`ended after the revocation: ${times(parts)}`, [stepsPath]);
});

/** A BYE with the appliance's Reason on its way to a number, between revocation and release. */
const saidBye = (facts: WireFacts, number: string, { revokedAt, releasedAt }: RevocationSteps) =>
  facts.sipMessages.find(
    ({ at, message }) =>
      at >= revokedAt &&
      at < releasedAt &&
      message.kind === 'request' &&
      message.method === 'BYE' &&
      (header(message, 'To') ?? '').includes(`:${number}@`),
  );

/** SIP inside sessions of a certificate, once it should be over. */
const lateMessages = (facts: WireFacts, der: string, steps: RevocationSteps) => {
  const from = steps.revokedAt + (steps.asking ?? 0) + limits.atOnce;
  const until = steps.releasedAt;
  return facts.sipMessages.filter(
    ({ at, session }) =>
      at > from && at < until && facts.tlsSessions[session]?.clientChain[0] === der,
  );
};

const isReadable = (facts: WireFacts, der: string): boolean =>
  facts.tlsSessions.some(
    ({ clientChain, decrypted }) => clientChain[0] === der && decrypted === 'yes',
  );

const judgeWire = onRevocation((view) => {
  const { steps, topology, evidence } = view;
  const wire = evidence.wire('revocation');
  if (wire.kind === 'missing') return inconclusive(wire.reason);
  const { facts, path } = wire;
  const certificate = certificateAt(view, 'certificate');
  if (!certificate) return inconclusive('the revoked certificate is not among the evidence');
  const der = toBase64(certificate.der);
  const late = lateMessages(facts, der, steps).length;
  if (late > 0)
    return fail(
      'SIP passed in a session of the revoked certificate',
      'none once it was revoked',
      `${late} messages more than ${limits.atOnce} ms after it`,
      [path],
    );
  if (!isReadable(facts, der))
    return inconclusive('no session of the revoked certificate can be read in the capture', [path]);
  const untold = [steps.number, topology.caller.number].find(
    (number) => !saidBye(facts, number, steps),
  );
  if (untold !== undefined)
    return inconclusive(`the capture shows no BYE to ${untold} after the revocation`, [path]);
  const lost = losses({ evidence, facts, activity: 'revocation' });
  if (lost !== null) return inconclusive(`what passed is not all there: ${lost}`, [path]);
  return pass(
    'both phones were told by BYE, and no SIP passed in a session of the revoked certificate',
    [path],
  );
});

const base = {
  revision: 1,
  activities: ['revocation'],
  needs: ['call', 'revoke', 'export-stored-files'],
} as const;

/** Section 4: what revoking a user does (interpretations I-7). */
export const sectionFour: readonly Scenario[] = [
  { ...base, id: '4/revocation/at-once', claims: ['4.c'], judge: judgeAtOnce },
  { ...base, id: '4/revocation/live-sessions', claims: ['4.d'], judge: judgeSessions },
  { ...base, id: '4/revocation/on-the-wire', claims: ['4.d'], judge: judgeWire },
];
