import { z } from 'zod';
import {
  fail,
  inconclusive,
  noting,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import { resumption } from './tls-observations.ts';
import { outcomeText, tlsOutcomeSchema, wasClosed, type TlsService } from './tls-ports-view.ts';

const resumptionSchema = z.object({
  name: z.string(),
  given: z.boolean(),
  outcome: tlsOutcomeSchema,
});
type Resumption = z.infer<typeof resumptionSchema>;

const resumptionsPath = 'evidence/tls-ports/resumptions.json';

const unresumed = 'a whole handshake, or a refusal';

/** Resuming a session where it began is a matter of strength. */
const isOwn = ({ name }: Resumption): boolean =>
  /^(sip|registration)-(identifier|ticket)$/.test(name);

/** A session that was begun elsewhere, or never, must not be resumed. */
const judgeOffer = (offer: Resumption): Finding | null => {
  const { name, outcome } = offer;
  if (outcome.resumed)
    return isOwn(offer)
      ? null
      : fail(`a session was resumed by ${name}`, unresumed, outcomeText(outcome), [
          resumptionsPath,
        ]);
  const settled = outcome.established || outcome.alerts.length > 0 || wasClosed(outcome);
  return settled ? null : inconclusive(`${name} came out as ${outcome.end}`, [resumptionsPath]);
};

const offersAt = (evidence: Evidence, service: TlsService): readonly Resumption[] | null =>
  evidence
    .json('tls-ports', 'resumptions.json', z.array(resumptionSchema))
    ?.filter(({ name }) => name.startsWith(`${service}-`)) ?? null;

/** The ways in which a port resumes sessions that began there; null where it was not tried. */
export const ownResumptions = (
  evidence: Evidence,
  service: TlsService,
): readonly string[] | null => {
  const own = offersAt(evidence, service)?.filter(isOwn) ?? [];
  return own.length < 2
    ? null
    : own
        .filter(({ outcome }) => outcome.resumed)
        .map(({ name }) => name.replace(`${service}-`, ''));
};

const judgeOffers = (offers: readonly Resumption[], service: TlsService): Finding => {
  const bad = worst(offers.map(judgeOffer));
  if (bad?.kind === 'fail') return bad;
  const untried = [
    'identifier',
    'ticket',
    'ticket-altered',
    'identifier-of-other-port',
    'ticket-of-other-port',
  ].find((kind) => !offers.some(({ name }) => name === `${service}-${kind}`));
  if (untried !== undefined)
    return inconclusive(`resumption by ${untried} was not tried`, [resumptionsPath]);
  // A session offered where it began, and turned down, becomes a whole handshake: the port serves.
  const control = offers.find(({ name }) => name === `${service}-identifier`);
  if (!control?.outcome.answer)
    return inconclusive('the control, a session offered where it began, was not served', [
      resumptionsPath,
    ]);
  const given = offers.filter((offer) => offer.given).length;
  const resumed = offers.filter(({ outcome }) => outcome.resumed).length;
  const how =
    resumed === 0 ? 'none was resumed' : `${resumed} were resumed, none but where it began`;
  return (
    bad ??
    pass(
      `${offers.length} sessions were offered again (${given} by what the server had given): ${how}`,
      [resumptionsPath],
    )
  );
};

const judgeResumption =
  (service: TlsService) =>
  (evidence: Evidence): Finding => {
    const offers = offersAt(evidence, service);
    if (!offers) return inconclusive('the resumptions are not among the evidence');
    const ways = offers
      .filter((offer) => isOwn(offer) && offer.outcome.resumed)
      .map(({ name }) => name.replace(`${service}-`, ''));
    return noting(
      judgeOffers(offers, service),
      ways.length === 0 ? null : resumption(service, ways, [resumptionsPath]),
    );
  };

const revokedSchema = z.object({
  control: tlsOutcomeSchema,
  resumptions: z.array(resumptionSchema),
  whole: tlsOutcomeSchema,
});

const revokedPath = 'evidence/tls-revoked/revoked.json';

/** After its user was revoked, a session begun before must not be taken up, nor a new one served. */
const judgeRevoked = (evidence: Evidence): Finding => {
  const found = evidence.json('tls-revoked', 'revoked.json', revokedSchema);
  if (!found) return inconclusive('the sessions of the revoked user are not among the evidence');
  const { control, resumptions, whole } = found;
  const attempts = [
    ...resumptions.map(({ name, outcome }) => ({ name: `resumption by ${name}`, outcome })),
    { name: 'a whole handshake', outcome: whole },
  ];
  const served = attempts.find(({ outcome }) => outcome.answer !== null);
  if (served)
    return fail(
      `a revoked user was served by ${served.name}`,
      'refused',
      outcomeText(served.outcome),
      [revokedPath],
    );
  if (control.answer === null)
    return inconclusive('the control, the same user before the revocation, was not served', [
      revokedPath,
    ]);
  const missing = ['identifier', 'ticket'].find(
    (kind) => !resumptions.some(({ name }) => name === kind),
  );
  if (missing !== undefined)
    return inconclusive(`resumption by ${missing} was not tried`, [revokedPath]);
  const unclear = attempts.find(
    ({ outcome }) => !wasClosed(outcome) && !outcome.alerts.some(({ level }) => level === 2),
  );
  if (unclear)
    return inconclusive(`${unclear.name} came out as ${unclear.outcome.end}`, [revokedPath]);
  return pass(
    `${attempts.map(({ name, outcome }) => `${name}: ${outcomeText(outcome)}`).join(', ')}; before the revocation the user was served`,
    [revokedPath],
  );
};

const serviceSchema = z.object({ served: z.boolean(), ending: z.string(), took: z.number() });
const momentSchema = z.object({ sip: serviceSchema, registration: serviceSchema });
const countsSchema = z.object({ opened: z.number(), ended: z.number(), open: z.number() });
const floodSchema = z.object({
  before: momentSchema,
  during: momentSchema,
  after: momentSchema,
  counts: z.object({ sip: countsSchema, registration: countsSchema }),
});

const floodPath = 'evidence/tls-flood/service.json';
/** Unfinished handshakes that must have stood or been ended by the server for it to count as a flood. */
const fewestOpened = 50;
/** Ends that say nothing but that time was up. */
const timeouts = ['tls/deadline', 'deadline', 'quiet', 'no reason'];

/** While one address leaves handshakes unfinished, another client is served as before and after. */
const judgeFlood =
  (service: 'sip' | 'registration') =>
  (evidence: Evidence): Finding => {
    const found = evidence.json('tls-flood', 'service.json', floodSchema);
    if (!found)
      return inconclusive('the service under unfinished handshakes is not among the evidence');
    const [before, during, after] = [found.before, found.during, found.after].map(
      (moment) => moment[service],
    );
    const counts = found.counts[service];
    if (!before?.served || !after?.served)
      return inconclusive(
        `the control, service without a flood, failed: ${before?.ending}, ${after?.ending}`,
        [floodPath],
      );
    if (counts.opened < fewestOpened)
      return inconclusive(`only ${counts.opened} handshakes were begun`, [floodPath]);
    const load = `${counts.opened} unfinished handshakes (${counts.ended} ended by the server)`;
    if (during?.served)
      return pass(
        `with ${load} another client was served in ${Math.round(during.took)} ms, without in ${Math.round(before.took)}`,
        [floodPath],
      );
    if (!during || timeouts.includes(during.ending))
      return inconclusive(`with ${load} another client was not served in time`, [floodPath]);
    return fail(
      'unfinished handshakes of one address shut others out',
      'others keep being served',
      `${during.ending} with ${load}`,
      [floodPath],
    );
  };

const scenario = (
  id: string,
  claims: readonly string[],
  activity: string,
  needs: Scenario['needs'],
  judge: Scenario['judge'],
  revision = 1,
): Scenario => ({ id: `attacks/${id}`, revision, claims, activities: [activity], needs, judge });

/** Attacks on sessions rather than handshakes (catalogue T10, T20). */
export const tlsSessionAttacks: readonly Scenario[] = [
  scenario('T10/sip-resumption', ['2.1.b'], 'tls-ports', ['enrol'], judgeResumption('sip'), 2),
  scenario(
    'T10/registration-resumption',
    ['2.1.c'],
    'tls-ports',
    ['enrol'],
    judgeResumption('registration'),
    2,
  ),
  scenario('T10/revoked-session', ['4.d'], 'tls-revoked', ['enrol', 'revoke'], judgeRevoked),
  scenario(
    'T20/sip-others-served',
    ['2.1.d'],
    'tls-flood',
    ['enrol', 'refusal-log'],
    judgeFlood('sip'),
  ),
  scenario(
    'T20/registration-others-served',
    ['2.1.c'],
    'tls-flood',
    ['enrol', 'refusal-log'],
    judgeFlood('registration'),
  ),
];
