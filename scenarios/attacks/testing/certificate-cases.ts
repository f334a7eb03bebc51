import { z } from 'zod';
import { without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { phonesActivity, portActivity } from '../activities/certificate-evidence.ts';
import { peerRows, portRows, serverRows, type CertificateRow } from '../certificate-rows.ts';

const attempts = z.array(
  z.looseObject({ row: z.string(), name: z.string(), tolerable: z.boolean() }),
);
type Attempt = z.infer<typeof attempts>[number];

/** Where certificates were shown, and how an attempt says what came of it. */
interface PlaceCases {
  readonly suffix: string;
  readonly activity: string;
  readonly file: string;
  readonly rows: readonly CertificateRow[];
  readonly accepted: object;
  readonly rejected: object;
  readonly undecided: object;
  readonly otherwise: object;
}

const peer = {
  activity: phonesActivity,
  accepted: { accepted: true, answer: 200 },
  rejected: { accepted: false, answer: 403 },
  undecided: { accepted: false, answer: 'deadline' },
  otherwise: { refusals: ['csl/time'] },
};

const placeCases: readonly PlaceCases[] = [
  { ...peer, suffix: 'caller', file: 'called.json', rows: peerRows('5.2.d') },
  { ...peer, suffix: 'callee', file: 'calling.json', rows: peerRows('5.2.f') },
  {
    suffix: 'server',
    activity: phonesActivity,
    file: 'servers.json',
    rows: serverRows,
    accepted: { bytes: 300 },
    rejected: { registered: false, bytes: 0 },
    undecided: { connections: 0 },
    otherwise: { refusals: ['tls/deadline'], alerts: [] },
  },
  {
    suffix: 'client',
    activity: portActivity,
    file: 'port.json',
    rows: portRows,
    accepted: { answer: 'SIP/2.0 200 OK' },
    rejected: { answer: 'SIP/2.0 403 Forbidden' },
    undecided: { answer: null, end: 'deadline', alerts: [] },
    otherwise: { answer: 'SIP/2.0 403 Forbidden', refusals: ['sip/identity'], alerts: [] },
  },
];

const changing =
  ({ activity, file }: PlaceCases) =>
  (change: (attempt: Attempt) => object | null): Alteration =>
    withJson(activity, file, attempts, (all) =>
      all.flatMap((attempt) => {
        const changed = change(attempt);
        return changed === null ? [] : [{ ...attempt, ...changed }];
      }),
    );

const rowCases =
  (place: PlaceCases) =>
  ({ row, names }: CertificateRow): readonly JudgeCase[] => {
    const id = `attacks/${row}/${place.suffix}`;
    const change = changing(place);
    const only = (name: string, to: object | null) =>
      change((attempt) => (attempt.row === row && attempt.name === name ? to : {}));
    const [name = ''] = names;
    return [
      ...names.map((each) =>
        failing(id, `"${each}" accepted`, /accepted the certificate/, only(each, place.accepted)),
      ),
      undecided(id, `"${name}" not shown`, /was not shown/, only(name, null)),
      undecided(id, `no answer to "${name}"`, /decided nothing/, only(name, place.undecided)),
      undecided(
        id,
        `"${name}" refused for another reason`,
        /for another reason/,
        only(name, place.otherwise),
      ),
      undecided(
        id,
        'a control that was refused',
        /the control/,
        change((attempt) => (attempt.row === '' ? place.rejected : {})),
      ),
      undecided(
        id,
        'no control',
        /the control/,
        change((attempt) => (attempt.row === '' ? null : {})),
      ),
      undecided(id, 'no evidence', /not among the evidence/, without(place.activity, place.file)),
      undecided(
        id,
        'an activity that failed',
        /^activity certificate-/,
        withOutcome(place.activity, { status: 'failed', reason: 'no enrolment' }),
      ),
    ];
  };

const tolerance = (place: PlaceCases, row: string): JudgeCase =>
  tolerated(
    `attacks/${row}/${place.suffix}`,
    'what no rule forbids accepted',
    /accepted/,
    changing(place)((attempt) => (attempt.row === row && attempt.tolerable ? place.accepted : {})),
  );

const withoutStatus = (place: PlaceCases): JudgeCase =>
  failing(
    `attacks/X2/${place.suffix}`,
    'a certificate of the other authority with which only the status was lacking',
    /accepted the certificate/,
    changing(place)((attempt) =>
      attempt.row === 'X2' ? { refusals: ['csl/revocation-unavailable'] } : {},
    ),
  );

/** What appliances and phones can do with certificates that have one fault. */
export const certificateCases: readonly JudgeCase[] = placeCases.flatMap((place) => [
  ...place.rows.flatMap(rowCases(place)),
  ...(place.activity === phonesActivity && place.suffix !== 'server' ? [withoutStatus(place)] : []),
  ...(place.suffix === 'client' ? [] : [tolerance(place, 'X7'), tolerance(place, 'X14')]),
]);
