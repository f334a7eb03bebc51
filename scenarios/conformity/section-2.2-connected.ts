import { z } from 'zod';
import { header } from '../../reference/core/sip/message/message.ts';
import { parseNameAddress } from '../../reference/core/sip/message/name-address.ts';
import { userOf } from '../../reference/core/sip/message/uri.ts';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import type { SipMessageFacts, WireFacts } from '../wire/facts-model.ts';
import { firstUseSchema, type Dialled, type FirstUse } from './activities/first-use-evidence.ts';
import { isRequest } from './views/call-view.ts';
import { losses } from './views/capture-view.ts';
import { worst } from './views/worst.ts';

const activity = 'first-use';
const stepsPath = `evidence/${activity}/calls.json`;

interface FirstUseView {
  readonly evidence: Evidence;
  readonly steps: FirstUse;
  readonly facts: WireFacts;
  readonly path: string;
}

const userIn = ({ message }: SipMessageFacts, name: 'From' | 'To'): string | undefined => {
  const address = parseNameAddress(header(message, name) ?? '');
  return address.ok ? userOf(address.value.uri) : undefined;
};

/** A call that must not come about; a reason it did not must be there. */
const judgeRefused = (what: string, { refusal, state, rang }: Dialled): Finding | null => {
  if (rang || state === 'in-call')
    return fail(`${what} could call`, 'no call', rang ? 'the other phone rang' : 'a call', [
      stepsPath,
    ]);
  return refusal !== null || state === 'ended'
    ? null
    : inconclusive(`${what}: the call neither came about nor was refused: ${state}`, [stepsPath]);
};

/** Statuses by which INVITEs to a number were finally refused towards its caller, in order. */
const refusalsOf = ({ facts, steps }: FirstUseView): readonly number[] => {
  const dialling = facts.sipMessages.find(
    (entry) => isRequest(entry, 'INVITE') && userIn(entry, 'To') === steps.third,
  );
  return facts.sipMessages.flatMap((entry) => {
    const { message, session, to } = entry;
    const here =
      message.kind === 'response' &&
      message.status >= 300 &&
      /\bINVITE\b/.test(header(message, 'CSeq') ?? '') &&
      userIn(entry, 'To') === steps.third &&
      session === dialling?.session &&
      to.port === dialling.from.port;
    return here ? [message.status] : [];
  });
};

/** RFC 3261 21.4.5 and 21.4.18: not found, or not logged in; a proxy that does not say whom it knows may answer 480 for both. */
const allowed = { unknown: [404, 480, 604], enrolled: [480] } as const;

const judgeStatuses = (view: FirstUseView): Finding | null => {
  const [unknown, enrolled] = refusalsOf(view);
  const paths = [view.path, stepsPath];
  if (unknown === undefined || enrolled === undefined)
    return inconclusive(
      'the capture does not show how calls to a number not enrolled and one not connected were refused',
      paths,
    );
  const odd = [
    ['a number that is nobody’s', unknown, allowed.unknown],
    ['an enrolled number that is not connected', enrolled, allowed.enrolled],
  ] as const;
  const found = odd.find(([, status, list]) => !(list as readonly number[]).includes(status));
  return found
    ? {
        kind: 'warn',
        reason: `a call to ${found[0]} is refused with ${found[1]}, not ${found[2].join(' or ')} (RFC 3261 21.4)`,
        evidence: paths,
      }
    : null;
};

/** The caller's first request of a method. */
const firstOwn = (
  { facts, steps }: FirstUseView,
  method: 'REGISTER' | 'INVITE',
): SipMessageFacts | undefined =>
  facts.sipMessages.find(
    (entry) => isRequest(entry, method) && userIn(entry, 'From') === steps.caller.number,
  );

/** A phone that connects by itself as soon as it is dialled on was connected when it called: nothing is shown by that. */
const judgeUnconnected = (view: FirstUseView): Finding | null => {
  const finding = judgeRefused('an enrolled phone that was not connected', view.steps.unconnected);
  const [registration, invite] = [firstOwn(view, 'REGISTER'), firstOwn(view, 'INVITE')];
  return finding?.kind === 'fail' && registration && invite && registration.at <= invite.at
    ? inconclusive('the phone registered by itself before it called, so that it was connected', [
        view.path,
        stepsPath,
      ])
    : finding;
};

/** An INVITE before the phone's first registration left it unconnected. */
const judgeSilence = (view: FirstUseView): Finding | null => {
  const { facts, steps, path } = view;
  const isOwn = (entry: SipMessageFacts) => userIn(entry, 'From') === steps.caller.number;
  const registration = firstOwn(view, 'REGISTER');
  if (!registration) return inconclusive('the capture shows no registration of the caller', [path]);
  const early = facts.sipMessages.some(
    (entry) => isRequest(entry, 'INVITE') && isOwn(entry) && entry.at < registration.at,
  );
  return early && steps.unconnected.refusal !== null
    ? inconclusive('the phone said that it could not call, and sent an INVITE', [path, stepsPath])
    : null;
};

const judgeControls = ({ steps }: FirstUseView): Finding | null => {
  const { connected, toConnected, networkBack } = steps;
  if (!connected.rang)
    return inconclusive('the control, once connected, did not make the other phone ring', [
      stepsPath,
    ]);
  if (toConnected.state !== 'in-call')
    return inconclusive('the control, a call to the number once connected, did not come about', [
      stepsPath,
    ]);
  return networkBack !== null && !networkBack.rang
    ? inconclusive('with its network back the phone could not call either', [stepsPath])
    : null;
};

const judgeConnected = (view: FirstUseView): Finding => {
  const { evidence, steps, facts, path } = view;
  const bad = worst([
    judgeUnconnected(view),
    judgeRefused('the caller of a number that is nobody’s', steps.toUnknown),
    judgeRefused('the caller of an enrolled number that was not connected', steps.toEnrolled),
    // Without a network there is nobody who could refuse: that nothing rang is all there is.
    steps.withoutNetwork?.rang === true
      ? judgeRefused('a phone without its network', steps.withoutNetwork)
      : null,
    judgeControls(view),
  ]);
  if (bad) return bad;
  const lost = losses({ evidence, facts, activity });
  if (lost !== null) return inconclusive(lost, [path]);
  const network =
    steps.withoutNetwork === null
      ? 'a network taken away was not tried in this lab'
      : 'and could not while its network was taken away';
  return (
    worst([judgeSilence(view), judgeStatuses(view)]) ??
    pass(
      `the phone could not call before it was connected (${steps.unconnected.refusal ?? steps.unconnected.endedBy}), could afterwards; numbers not enrolled and not connected were refused with ${refusalsOf(view).join(' and ')}; ${network}`,
      [path, stepsPath],
    )
  );
};

const onFirstUse =
  (judge: (view: FirstUseView) => Finding) =>
  (evidence: Evidence): Finding => {
    const steps = evidence.json(activity, 'calls.json', firstUseSchema);
    if (!steps) return inconclusive('the calls of the first use are not among the evidence');
    const wire = evidence.wire(activity);
    if (wire.kind === 'missing') return inconclusive(wire.reason);
    return judge({ evidence, steps, facts: wire.facts, path: wire.path });
  };

const registrationsSchema = z.array(
  z.object({
    certificate: z.string(),
    outcome: z.object({ kind: z.string() }),
    refusals: z.array(z.string()),
  }),
);

const intruderPath = 'evidence/intruder/registrations.json';

/** Somebody without a certificate of the client authority does not even get a connection, so no INVITE can be sent. */
const judgeOutsider = (evidence: Evidence): Finding => {
  const attempts = evidence.json('intruder', 'registrations.json', registrationsSchema);
  if (!attempts)
    return inconclusive('the attempts without a certificate are not among the evidence');
  const outcomeOf = (certificate: string) =>
    attempts.find((attempt) => attempt.certificate === certificate);
  const [outsider, control] = [outcomeOf('none'), outcomeOf('own')];
  if (outsider?.outcome.kind === 'registered')
    return fail(
      'somebody without a certificate was connected',
      'refused',
      'registered without one',
      [intruderPath],
    );
  if (control?.outcome.kind !== 'registered')
    return inconclusive('the control, with a certificate, was not connected', [intruderPath]);
  const kinds = ['tls-refused', 'closed'];
  const reasons = ['tls/handshake', 'sip/client-certificate'];
  const refused =
    outsider !== undefined &&
    kinds.includes(outsider.outcome.kind) &&
    outsider.refusals.some((code) => reasons.includes(code));
  return refused
    ? pass(`without a certificate there is no connection to call over (${outsider.outcome.kind})`, [
        intruderPath,
      ])
    : inconclusive('it was not the certificate for which the attempt without one was refused', [
        intruderPath,
      ]);
};

/** Section 2.2: who can call. */
export const connectedScenarios: readonly Scenario[] = [
  {
    id: '2.2/only-connected',
    revision: 2,
    claims: ['2.2.c'],
    activities: [activity],
    needs: ['enrol', 'call', 'read-token'],
    judge: onFirstUse(judgeConnected),
  },
  {
    id: '2.2/only-enrolled',
    revision: 1,
    claims: ['2.2.c'],
    activities: ['intruder'],
    needs: ['enrol', 'refusal-log'],
    judge: judgeOutsider,
  },
];
