import { crashShapes } from '../../simulators/attackers/sip-malformed.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import {
  amplificationSchema,
  attemptsSchema,
  controlCallSchema,
  signallingRequestsActivity,
  tortureSchema,
} from './activities/signalling-evidence.ts';
import { attemptsOf, replyText } from './signalling-judges.ts';

const folder = `evidence/${signallingRequestsActivity}`;

const crashShapeNames = Object.keys(crashShapes);

/** A password is asked for nowhere: there is nothing to fall back to. */
const judgeDigest = (evidence: Evidence): Finding => {
  const path = `${folder}/identities.json`;
  const attempts = attemptsOf(evidence, 'identities.json');
  if ('kind' in attempts) return attempts;
  const asked = attempts.find(
    ({ reply }) =>
      reply.kind === 'answered' && (reply.challenge || [401, 407].includes(reply.status)),
  );
  if (asked)
    return fail(
      `"${asked.attempt}" was answered by asking for a password`,
      'a refusal that asks for none: the certificate alone authenticates',
      replyText(asked),
      [path],
    );
  const answered = attempts.filter(({ reply }) => reply.kind === 'answered').length;
  const tried = ['as-another', 'as-another-with-password'].every((name) =>
    attempts.some(({ attempt, reply }) => attempt === name && reply.kind === 'answered'),
  );
  return tried
    ? pass(`${answered} answers to requests of others, none of which asks for a password`, [path])
    : inconclusive('a REGISTER of another number, with a password and without, was not answered', [
        path,
      ]);
};

const judgeAmplification = (evidence: Evidence): Finding => {
  const path = `${folder}/amplification.json`;
  const seen = evidence.json(signallingRequestsActivity, 'amplification.json', amplificationSchema);
  if (!seen) return inconclusive('what came of the loop is not among the evidence');
  const { sent, arrived, sentBack, codes } = seen;
  if (arrived > sent)
    return fail('one request became many', `${sent} request`, `${arrived} requests came out`, [
      path,
    ]);
  if (arrived === 0) return inconclusive('the request did not come out at all', [path]);
  if (sentBack.kind === 'answered' && sentBack.status < 300)
    return fail(
      'a request that came out was taken in again',
      'refused with 482',
      `answered with ${sentBack.status}`,
      [path],
    );
  if (sentBack.kind !== 'answered' || sentBack.status !== 482)
    return inconclusive(
      `the request sent back came out otherwise: ${replyText({ reply: sentBack, codes })}`,
      [path],
    );
  return pass('one request with 20 Routes came out once; sent back, it was refused with 482', [
    path,
  ]);
};

/** A response counts only on the connection that the request went to. */
const judgeForgedResponse = (evidence: Evidence): Finding => {
  const path = `${folder}/amplification.json`;
  const seen = evidence.json(signallingRequestsActivity, 'amplification.json', amplificationSchema);
  if (!seen) return inconclusive('the forged response is not among the evidence');
  const { forged, refused, arrived } = seen;
  if (forged.kind === 'answered')
    return fail(
      'a response from another connection was taken for the callee’s',
      'responses from the callee’s connection alone',
      `the caller got ${forged.status}`,
      [path],
    );
  if (arrived === 0 || refused.kind !== 'answered' || refused.status !== 486)
    return inconclusive('the control, the callee’s own refusal, did not reach the caller', [path]);
  return pass('a 200 in the callee’s name went nowhere; the callee’s own 486 reached the caller', [
    path,
  ]);
};

/** After everything the same request comes through, and two phones call each other. */
const servesAfterwards = (evidence: Evidence): Finding | null => {
  const path = `${folder}/control-call.json`;
  const last = evidence.json(signallingRequestsActivity, 'afterwards.json', attemptsSchema)?.[0];
  const call = evidence.json(signallingRequestsActivity, 'control-call.json', controlCallSchema);
  const first = evidence
    .json(signallingRequestsActivity, 'identities.json', attemptsSchema)
    ?.find(({ attempt }) => attempt === 'invite');
  if (!first?.reached) return inconclusive('the control before did not come through', [path]);
  if (last && ['unreachable', 'closed'].includes(last.reply.kind))
    return fail('the SIP service no longer serves', 'requests served as before', replyText(last), [
      `${folder}/afterwards.json`,
    ]);
  if (!last?.reached) return inconclusive('the control afterwards did not come through', [path]);
  if (!call) return inconclusive('the call afterwards is not among the evidence');
  if (call.state === 'in-call' && call.callee === 'in-call') return null;
  return inconclusive(`the phones' call afterwards was ${call.state} (${call.endedBy})`, [path]);
};

const torturePath = `${folder}/torture.json`;

const judgeTorture = (evidence: Evidence): Finding => {
  const seen = evidence.json(signallingRequestsActivity, 'torture.json', tortureSchema);
  if (!seen) return inconclusive('the torture messages are not among the evidence');
  const { torture, mutated } = seen;
  // Not one of them is of the user whose connection it came on.
  const taken = torture.find(({ reply }) => reply.kind === 'answered' && reply.status < 300);
  if (taken)
    return fail(
      `the message ${taken.name} of RFC 4475 was carried out for somebody it is not of`,
      'a refusal, or nothing',
      replyText({ reply: taken.reply, codes: [] }),
      [torturePath],
    );
  if (torture.length < 49 || mutated.sent === 0)
    return inconclusive(`only ${torture.length} messages of RFC 4475 were sent`, [torturePath]);
  return (
    servesAfterwards(evidence) ??
    pass(
      `after ${torture.length} messages of RFC 4475 and ${mutated.sent} mutated INVITEs (seed ${mutated.seed}) calls come through`,
      [torturePath],
    )
  );
};

/** Nothing that was sent stopped the service; each of a list of shapes must have been sent. */
const judgeSurvival =
  (shapes: readonly string[], what: string) =>
  (evidence: Evidence): Finding => {
    const path = `${folder}/forms.json`;
    const attempts = attemptsOf(evidence, 'forms.json');
    if ('kind' in attempts) return attempts;
    const gone = attempts.find(({ reply }) => reply.kind === 'unreachable');
    if (gone)
      return fail(
        'the SIP service no longer serves',
        'connections as before',
        `"${gone.attempt}" met none`,
        [path],
      );
    const missing = shapes.find((shape) => !attempts.some(({ attempt }) => attempt === shape));
    if (missing !== undefined) return inconclusive(`"${missing}" was not sent`, [path]);
    return (
      servesAfterwards(evidence) ??
      pass(`after ${shapes.length} ${what} calls come through as before`, [path])
    );
  };

const base = {
  revision: 1,
  activities: [signallingRequestsActivity],
  needs: ['call', 'refusal-log'],
} as const;

const survival = (id: string, shapes: readonly string[], what: string): Scenario => ({
  ...base,
  id: `attacks/${id}`,
  claims: ['2.2.c'],
  judge: judgeSurvival(shapes, what),
});

/** Attacks on the SIP service as a whole (catalogue S): what it asks for, sends on and survives. */
export const signallingServiceAttacks: readonly Scenario[] = [
  { ...base, id: 'attacks/S12/response-of-another', claims: ['5.2.a'], judge: judgeForgedResponse },
  { ...base, id: 'attacks/S11/no-password', claims: ['5.2.a'], judge: judgeDigest },
  { ...base, id: 'attacks/S10/loop', claims: ['2.2.d'], judge: judgeAmplification },
  { ...base, id: 'attacks/S6/torture', claims: ['2.2.c', '5.2.a'], judge: judgeTorture },
  survival('S8/crash-shapes', crashShapeNames, 'shapes that stopped SIP servers before'),
  survival(
    'S9/long-messages',
    ['header-of-64-kilobytes', 'body-of-64-kilobytes'],
    'messages of 64 KB',
  ),
];
