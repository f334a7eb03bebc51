import { z } from 'zod';
import { toBase64 } from '../../../reference/core/bytes.ts';
import {
  withJson,
  without,
  withoutCapture,
  withOutcome,
  type Alteration,
} from '../../testing/altered.ts';
import { kindOf } from '../../testing/altered-wire.ts';
import {
  failing,
  tolerated,
  undecided,
  warned,
  type JudgeCase,
} from '../../testing/judge-cases.ts';
import {
  firstUseSchema,
  forgedRegistrationSchema,
  storageSchema,
  type Dialled,
  type FirstUse,
} from '../activities/first-use-evidence.ts';
import { topologySchema } from '../activities/call-evidence.ts';
import { certificateOfPem } from '../views/certificates.ts';
import { inWire } from './other-wire.ts';

const activity = 'first-use';
const connected = '2.2/only-connected';

const inSteps = (change: (steps: FirstUse) => unknown): Alteration =>
  withJson(activity, 'calls.json', firstUseSchema, change);

type Tried = 'unconnected' | 'connected' | 'toUnknown' | 'toEnrolled' | 'toConnected';

const tried = (which: Tried, change: Partial<Dialled>): Alteration =>
  inSteps((steps) => void Object.assign(steps[which], change));

const network = (withoutNetwork: Partial<Dialled>, networkBack: Partial<Dialled>): Alteration =>
  inSteps((steps) => {
    const call: Dialled = { refusal: null, state: 'calling', endedBy: null, rang: false };
    return {
      ...steps,
      withoutNetwork: { ...call, ...withoutNetwork },
      networkBack: { ...call, ...networkBack },
    };
  });

const dropped = inWire(activity, (facts) => ({ ...facts, dropped: 1 }));

/** Final refusals of INVITEs with another status. */
const refusedWith = (status: number): Alteration =>
  inWire(activity, (facts) => ({
    ...facts,
    sipMessages: facts.sipMessages.map((entry) =>
      /^4\d\d INVITE$/.test(kindOf(entry)) && entry.message.kind === 'response'
        ? { ...entry, message: { ...entry.message, status } }
        : entry,
    ),
  }));

const withoutMessages = (kind: RegExp): Alteration =>
  inWire(activity, (facts) => ({
    ...facts,
    sipMessages: facts.sipMessages.filter((entry) => !kind.test(kindOf(entry))),
  }));

/** The caller's INVITEs before everything else. */
const earlyInvite: Alteration = inWire(activity, (facts) => {
  const invite = facts.sipMessages.find((entry) => kindOf(entry) === 'INVITE');
  if (!invite) throw new Error('no INVITE in the real run');
  return { ...facts, sipMessages: [{ ...invite, at: 0 }, ...facts.sipMessages] };
});

const both =
  (first: Alteration, second: Alteration): Alteration =>
  async (evidence) =>
    second(await first(evidence));

const whoCanCall: readonly JudgeCase[] = [
  undecided(
    connected,
    'a phone that registers by itself before it calls',
    /registered by itself/,
    tried('unconnected', { rang: true }),
  ),
  ...(['unconnected', 'toUnknown', 'toEnrolled'] as const).flatMap((which) => [
    failing(
      connected,
      `${which}: a call`,
      /could call/,
      both(earlyInvite, tried(which, { state: 'in-call' })),
    ),
    failing(
      connected,
      `${which}: the other phone rang`,
      /could call/,
      both(earlyInvite, tried(which, { rang: true })),
    ),
    undecided(
      connected,
      `${which}: neither a call nor a refusal`,
      /neither came about nor was refused/,
      tried(which, { refusal: null, state: 'calling', endedBy: null }),
    ),
  ]),
  undecided(
    connected,
    'a control that did not ring',
    /the control, once connected/,
    tried('connected', { rang: false }),
  ),
  undecided(
    connected,
    'a control whose call did not come about',
    /the number once connected/,
    tried('toConnected', { state: 'ended' }),
  ),
  failing(
    connected,
    'a call without a network',
    /without its network/,
    network({ rang: true }, { rang: true }),
  ),
  tolerated(
    connected,
    'no call without a network, and one with it again',
    /while its network was taken away/,
    network({}, { rang: true }),
  ),
  undecided(connected, 'no call with the network back', /with its network back/, network({}, {})),
  tolerated(
    connected,
    'a proxy that tells who is unknown',
    /404 and 480|480 and 480/,
    refusedWith(480),
  ),
  warned(connected, 'other statuses', /not 404 or 480/, refusedWith(403)),
  warned(
    connected,
    'another status for who is not connected',
    /not connected is refused with 404/,
    refusedWith(404),
  ),
  undecided(
    connected,
    'no refusal in the capture',
    /does not show how/,
    withoutMessages(/^4\d\d INVITE/),
  ),
  undecided(
    connected,
    'no registration in the capture',
    /no registration of the caller/,
    withoutMessages(/REGISTER/),
  ),
  undecided(connected, 'an INVITE before the registration', /and sent an INVITE/, earlyInvite),
  undecided(connected, 'a dropped packet', /lost 1/, dropped),
  undecided(connected, 'no steps', /not among the evidence/, without(activity, 'calls.json')),
  undecided(connected, 'no capture', /not captured/, withoutCapture(activity)),
  undecided(
    connected,
    'not done',
    /activity first-use/,
    withOutcome(activity, { status: 'failed' }),
  ),
];

const enrolled = '2.2/only-enrolled';
const registrations = z.array(
  z.looseObject({
    certificate: z.string(),
    outcome: z.looseObject({ kind: z.string() }),
    refusals: z.array(z.string()),
  }),
);
const attempt = (certificate: string, kind: string, refusals?: readonly string[]): Alteration =>
  withJson('intruder', 'registrations.json', registrations, (attempts) => {
    for (const each of attempts) {
      if (each.certificate !== certificate) continue;
      each.outcome = { kind };
      if (refusals) each.refusals = [...refusals];
    }
  });

const outsiders: readonly JudgeCase[] = [
  failing(
    enrolled,
    'registered without a certificate',
    /was connected/,
    attempt('none', 'registered'),
  ),
  undecided(enrolled, 'a control that was refused', /the control/, attempt('own', 'closed')),
  undecided(enrolled, 'a deadline', /not the certificate/, attempt('none', 'deadline')),
  undecided(
    enrolled,
    'another reason',
    /not the certificate/,
    attempt('none', 'tls-refused', ['sip/full']),
  ),
  undecided(
    enrolled,
    'no attempts',
    /not among the evidence/,
    without('intruder', 'registrations.json'),
  ),
];

const shipped = '6.1/authorities-shipped';
const forged = (change: (visit: z.infer<typeof forgedRegistrationSchema>) => unknown): Alteration =>
  withJson(activity, 'forged-registration.json', forgedRegistrationSchema, change);

const authorities: readonly JudgeCase[] = [
  failing(
    shipped,
    'a request sent to a forged server',
    /trusts a registration server/,
    forged(({ server }) => void Object.assign(server, { bytes: 900 })),
  ),
  failing(
    shipped,
    'an answer taken from a forged server',
    /trusts a registration server/,
    forged((visit) => void Object.assign(visit, { requested: true })),
  ),
  undecided(
    shipped,
    'a forged server never reached',
    /never reached/,
    forged(({ server }) => void Object.assign(server, { connections: 0 })),
  ),
  undecided(
    shipped,
    'left for another reason',
    /for another reason/,
    forged((visit) => void Object.assign(visit, { refusal: 'timed out', codes: [] })),
  ),
  failing(
    shipped,
    'an authority that the enrolled phone does not have',
    /does not have the/,
    withJson(activity, 'stored-after.json', storageSchema, ({ files }) => ({
      files: files.filter(({ path }) => !path.includes('authority')),
    })),
  ),
  undecided(shipped, 'the root sent by the server', /passed over the network/, (evidence) => {
    // The target's instance of this activity may be another than the call's.
    const root = certificateOfPem(
      evidence.json(activity, 'topology.json', topologySchema)?.trust.root ?? '',
    );
    if (!root) throw new Error('no root in the real run');
    const sent = toBase64(root.der);
    return inWire(activity, (facts) => ({
      ...facts,
      tlsSessions: facts.tlsSessions.map((session, index) =>
        index === 0 ? { ...session, serverChain: [...session.serverChain, sent] } : session,
      ),
    }))(evidence);
  }),
  undecided(
    shipped,
    'no visit',
    /not among the evidence/,
    without(activity, 'forged-registration.json'),
  ),
  undecided(
    shipped,
    'no files before',
    /not among the evidence/,
    without(activity, 'stored-before.json'),
  ),
  undecided(shipped, 'no capture', /not captured/, withoutCapture(activity)),
  undecided(shipped, 'a dropped packet', /lost 1/, dropped),
];

/** Sections 2.2 and 6.1: the way from the box to the first call. */
export const firstUseCases: readonly JudgeCase[] = [...whoCanCall, ...outsiders, ...authorities];
