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
  peerAttemptsSchema,
  phonesActivity,
  portActivity,
  portAttemptsSchema,
  serverAttemptsSchema,
  type PeerAttempt,
  type PortAttempt,
  type ServerAttempt,
} from './activities/certificate-evidence.ts';
import { peerRows, portRows, serverRows, type CertificateRow } from './certificate-rows.ts';

/** One certificate that was shown, in whatever place. */
interface Trial {
  readonly row: string;
  readonly name: string;
  readonly tolerable: boolean;
  readonly accepted: boolean;
  /** Whether there was any decision: without one, nothing can be concluded. */
  readonly decided: boolean;
  /** Whether it was refused for what is wrong with it. */
  readonly refusedFor: boolean;
  readonly logged: string;
}

/** Codes by which a phone says that a peer's certificate was the reason, by row. */
const peerReasons: Readonly<Record<string, readonly string[]>> = {
  X1: ['certificate-form'],
  X2: ['from-chain', 'issuer'],
  X3: ['from-chain', 'issuer', 'certificate-form'],
  X4: ['common-name', 'identity', 'certificate-form'],
  X5: ['common-name', 'identity'],
  X6: ['common-name', 'identity'],
  X7: ['validity', 'certificate-form'],
  X9: ['key', 'certificate-form'],
  X10: ['certificate-form', 'issuer'],
  X11: ['certificate-form', 'issuer'],
  X12: ['from-chain', 'issuer', 'value-length'],
  X13: ['from-chain', 'issuer'],
  X14: ['certificate-form'],
};

/** Codes by which a phone says that a server's certificate was the reason, by row. */
const serverReasons: Readonly<Record<string, readonly string[]>> = {
  X1: ['server-auth', 'chain'],
  X2: ['issuer', 'chain', 'server-auth'],
  X3: ['issuer', 'chain', 'server-auth'],
  X6: ['host'],
  X7: ['chain'],
  X9: ['chain'],
  X10: ['chain', 'issuer'],
  X11: ['chain', 'issuer'],
  X12: ['chain', 'issuer'],
  X13: ['chain', 'issuer'],
  X14: ['chain'],
};

/** Alerts about a certificate (RFC 5246 section 7.2.2): bad, unsupported, revoked, expired, unknown, unknown authority, decode and decrypt errors. */
const certificateAlerts = [42, 43, 44, 45, 46, 48, 50, 51];

/** Codes by which the SIP port says that a client's certificate was the reason. */
const portReasons = ['tls/handshake', 'sip/client-certificate'];

const loggedOf = (codes: readonly string[]): string => codes.join(', ') || 'nothing';

/** By the order of checks (I-2), a phone that lacks only an answer about revocation has found nothing wrong with the certificate. */
const lacksOnlyStatus = ({ row, refusals }: PeerAttempt): boolean =>
  row !== '' && refusals.includes('csl/revocation-unavailable');

const ofPeer = (attempt: PeerAttempt): Trial => {
  const { row, accepted, answer, refusals } = attempt;
  const codes = (peerReasons[row] ?? []).map((code) => `csl/${code}`);
  return {
    ...attempt,
    accepted: accepted || lacksOnlyStatus(attempt),
    decided: answer !== 'deadline' && answer !== 'no-ack',
    refusedFor: refusals.some((code) => codes.includes(code)),
    logged: loggedOf(refusals),
  };
};

const ofServer = (attempt: ServerAttempt): Trial => {
  const { row, registered, bytes, connections, alerts, refusals } = attempt;
  const codes = (serverReasons[row] ?? []).map((code) => `tls/${code}`);
  return {
    ...attempt,
    accepted: registered || bytes > 0,
    decided: connections > 0,
    refusedFor:
      refusals.some((code) => codes.includes(code)) ||
      alerts.some((alert) => certificateAlerts.includes(alert)),
    logged: loggedOf(refusals),
  };
};

const ofPort = (attempt: PortAttempt): Trial => {
  const { answer, end, alerts, refusals } = attempt;
  return {
    ...attempt,
    accepted: answer?.startsWith('SIP/2.0 2') === true,
    decided: answer !== null || end === 'closed' || alerts.length > 0,
    refusedFor:
      refusals.some((code) => portReasons.includes(code)) ||
      alerts.some((alert) => certificateAlerts.includes(alert)),
    logged: loggedOf(refusals),
  };
};

/** Where certificates were shown, and what is known of it. */
interface Place {
  readonly activity: string;
  readonly file: string;
  readonly subject: string;
  readonly read: (evidence: Evidence) => readonly Trial[] | null;
}

const places = {
  called: {
    activity: phonesActivity,
    file: 'called.json',
    subject: 'a phone that was called',
    read: (evidence) =>
      evidence.json(phonesActivity, 'called.json', peerAttemptsSchema)?.map(ofPeer) ?? null,
  },
  calling: {
    activity: phonesActivity,
    file: 'calling.json',
    subject: 'a phone that called',
    read: (evidence) =>
      evidence.json(phonesActivity, 'calling.json', peerAttemptsSchema)?.map(ofPeer) ?? null,
  },
  server: {
    activity: phonesActivity,
    file: 'servers.json',
    subject: 'a phone at a server',
    read: (evidence) =>
      evidence.json(phonesActivity, 'servers.json', serverAttemptsSchema)?.map(ofServer) ?? null,
  },
  port: {
    activity: portActivity,
    file: 'port.json',
    subject: 'the SIP port',
    read: (evidence) =>
      evidence.json(portActivity, 'port.json', portAttemptsSchema)?.map(ofPort) ?? null,
  },
} as const satisfies Readonly<Record<string, Place>>;

const judgeTrial =
  ({ subject }: Place, path: string) =>
  (trial: Trial): Finding | null => {
    const { row, name, tolerable, accepted, decided, refusedFor, logged } = trial;
    if (tolerable) return null;
    if (accepted)
      return fail(
        `${subject} accepted the certificate "${name}"`,
        `refused (${row})`,
        `accepted; logged: ${logged}`,
        [path],
      );
    if (!decided) return inconclusive(`${subject} decided nothing about "${name}"`, [path]);
    return refusedFor
      ? null
      : inconclusive(`${subject} refused "${name}" for another reason: ${logged}`, [path]);
  };

const controlProblem = ({ subject }: Place, path: string, trials: readonly Trial[]) => {
  const [first, last] = [trials[0], trials.at(-1)];
  const isWhole =
    trials.length > 1 && [first, last].every((each) => each?.row === '' && each.accepted);
  return isWhole
    ? null
    : inconclusive(`the control, a right certificate, was not accepted by ${subject}`, [path]);
};

const judgePlace = (
  place: Place,
  row: string,
  names: readonly string[],
  evidence: Evidence,
): Finding => {
  const path = `evidence/${place.activity}/${place.file}`;
  const trials = place.read(evidence);
  if (!trials) return inconclusive(`what ${place.subject} did is not among the evidence`, [path]);
  const own = trials.filter((trial) => trial.row === row);
  const found = worst(own.map(judgeTrial(place, path)));
  if (found?.kind === 'fail') return found;
  const missing = names.find((name) => !own.some((trial) => trial.name === name));
  const problem =
    controlProblem(place, path, trials) ??
    (missing === undefined ? null : inconclusive(`"${missing}" was not shown`, [path])) ??
    found;
  if (problem) return problem;
  const told = own.map(
    ({ name, accepted, logged }) => `${name}: ${accepted ? 'accepted' : logged}`,
  );
  return pass(`${place.subject}, ${told.join('; ')}; a right certificate was accepted`, [path]);
};

const scenariosOf =
  (where: keyof typeof places, suffix: string) =>
  ({ row, claims, names }: CertificateRow): Scenario => {
    const place = places[where];
    return {
      id: `attacks/${row}/${suffix}`,
      revision: 1,
      claims,
      activities: [place.activity],
      needs:
        where === 'port'
          ? ['enrol', 'read-token', 'refusal-log']
          : ['enrol', 'call', 'refusal-log'],
      judge: (evidence) => judgePlace(place, row, names, evidence),
    };
  };

/** Certificates with one fault each: of callers, of those who are called, of servers, and of clients (catalogue X1 to X7, X9 to X14). */
export const certificateAttacks: readonly Scenario[] = [
  ...peerRows('5.2.d').map(scenariosOf('called', 'caller')),
  ...peerRows('5.2.f').map(scenariosOf('calling', 'callee')),
  ...serverRows.map(scenariosOf('server', 'server')),
  ...portRows.map(scenariosOf('port', 'client')),
];
