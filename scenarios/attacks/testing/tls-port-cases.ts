import { z } from 'zod';
import { all, without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, noted, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const activity = 'tls-ports';

const port = z.looseObject({
  trials: z.array(z.looseObject({ name: z.string(), nonces: z.array(z.string()) })),
  groups: z.array(z.looseObject({ bits: z.number() })),
});
type Port = z.infer<typeof port>;

type Service = 'sip' | 'registration';
const services = ['sip', 'registration'] as const;

const onPort = (service: Service, change: (value: Port) => unknown): Alteration =>
  withJson(activity, `${service}.json`, port, change);

/** The trials of these names (all of them, where none is named), changed. */
const trials = (service: Service, names: readonly string[], change: object): Alteration =>
  onPort(service, (value) => ({
    ...value,
    trials: value.trials.map((each) =>
      names.length === 0 || names.includes(each.name) ? { ...each, ...change } : each,
    ),
  }));

const without1 = (service: Service, name: string): Alteration =>
  onPort(service, (value) => ({
    ...value,
    trials: value.trials.filter((each) => each.name !== name),
  }));

const groups = (service: Service, change: object | null): Alteration =>
  onPort(service, (value) => ({
    ...value,
    groups: change === null ? [] : value.groups.map((each) => ({ ...each, ...change })),
  }));

const controls = ['control-first', 'control-last'];
const accepted = { established: true, alerts: [], end: 'done', answer: 'SIP/2.0 200 OK' };
const alert = (description: number) => ({
  established: false,
  answer: null,
  end: 'done',
  alerts: [{ level: 2, description }],
});
const closed = { established: false, answer: null, end: 'closed', alerts: [] };
const silent = { established: false, answer: null, end: 'deadline', alerts: [] };

const missing = (id: string, service: Service): readonly JudgeCase[] => [
  undecided(id, 'no evidence', /not among the evidence/, without(activity, `${service}.json`)),
  undecided(
    id,
    'evidence of another shape',
    /not among the evidence/,
    onPort(service, () => []),
  ),
  undecided(
    id,
    'an activity that failed',
    /activity tls-ports/,
    withOutcome(activity, { status: 'failed', reason: 'the attacker could not enrol' }),
  ),
  ...controls.map((name) =>
    undecided(
      id,
      `${name} not served`,
      new RegExp(`the ${name}, an honest client, was not served`),
      trials(service, [name], silent),
    ),
  ),
];

/** What becomes of a trial that must be refused. */
const refusalCases = (id: string, service: Service, name: string): readonly JudgeCase[] => [
  failing(id, `"${name}" accepted`, /was accepted/, trials(service, [name], accepted)),
  failing(
    id,
    `"${name}" accepted by a server that does not serve the controls`,
    /was accepted/,
    all(trials(service, controls, silent), trials(service, [name], accepted)),
  ),
  undecided(id, `"${name}" not tried`, /was not tried/, without1(service, name)),
  undecided(
    id,
    `"${name}" refused for another reason`,
    /was not refused for it: alert 90/,
    trials(service, [name], alert(90)),
  ),
  undecided(
    id,
    `"${name}" without an answer in time`,
    /was not refused for it: deadline/,
    trials(service, [name], silent),
  ),
  tolerated(id, `"${name}" closed without an alert`, /closed/, trials(service, [name], closed)),
];

const certificates: Readonly<Record<Service, readonly string[]>> = {
  sip: ['certificate-absent', 'certificate-empty', 'certificate-rogue', 'verify-altered'],
  registration: ['certificate-absent', 'verify-altered'],
};

const refused: Readonly<Record<string, (service: Service) => readonly string[]>> = {
  'T7/-public-value-range': () => [
    'public-0',
    'public-1',
    'public-p-minus-1',
    'public-p',
    'public-p-plus-1',
  ],
  'T13/-change-cipher-spec': () => [
    'early-change-cipher-spec',
    'change-cipher-spec-absent',
    'change-cipher-spec-repeated',
  ],
  'T17/-certificate': (service) => certificates[service],
  'T18/-proof-of-key': () => ['verify-omitted', 'verify-other-key', 'verify-other-transcript'],
  'T19/-records': () => [
    'finished-altered',
    'finished-in-clear',
    'finished-tag-altered',
    'finished-sequence-wrong',
    'data-in-clear',
    'data-tag-altered',
    'data-sequence-wrong',
    'data-replayed-sequence',
    'record-too-long',
  ],
};

const allRefusals = (service: Service): readonly JudgeCase[] =>
  Object.entries(refused).flatMap(([key, names]) => {
    const id = `attacks/${key.replace('/-', `/${service}-`)}`;
    return [
      ...names(service).flatMap((name) => refusalCases(id, service, name)),
      ...missing(id, service),
    ];
  });

const groupCases = (service: Service): readonly JudgeCase[] => {
  const id = `attacks/T3/${service}-group`;
  return [
    failing(id, '1024 bits', /another size/, groups(service, { bits: 1_024 })),
    undecided(id, 'no parameters', /no Diffie-Hellman parameters/, groups(service, null)),
    noted(
      id,
      'a composite',
      /^T3\/composite-modulus: .* port/,
      groups(service, { isPrime: false }),
    ),
    noted(id, 'no safe prime', /^T6\/no-safe-prime: /, groups(service, { isSafePrime: false })),
    noted(
      id,
      'a modulus too long to be tested',
      /^T6\/no-safe-prime: /,
      groups(service, { isPrime: null, isSafePrime: null }),
    ),
    noted(
      id,
      'a generator of 1',
      /^T3\/unsound-generator: .* 0 or 1/,
      groups(service, { generatorFault: 'zero-or-one' }),
    ),
    ...missing(id, service),
  ];
};

const group = (publicValue: string) => ({
  group: { prime: 'f'.repeat(512), generator: '2', publicValue },
});

const reuseCases = (service: Service): readonly JudgeCase[] => {
  const id = `attacks/T5/${service}-public-values`;
  return [
    failing(
      id,
      'a public value of 1',
      /gives no secret/,
      trials(service, ['public-0'], group('1')),
    ),
    failing(
      id,
      'the public value p-1',
      /gives no secret/,
      trials(service, ['public-0'], group(`${'f'.repeat(511)}e`)),
    ),
    failing(
      id,
      'parameters with a wrong signature',
      /does not hold/,
      trials(service, ['control-first'], { parametersSigned: false }),
    ),
    noted(
      id,
      'one value in every handshake',
      /^T5\/reused-value: .* 1 different in \d+ handshakes/,
      trials(service, [], group('abc')),
    ),
    undecided(id, 'no values', /only 0 public values/, trials(service, [], { group: null })),
    ...missing(id, service),
  ];
};

const renegotiationCases = (service: Service): readonly JudgeCase[] => {
  const id = `attacks/T9/${service}-renegotiation`;
  const again = { hellos: 2, alerts: [] };
  return [
    ...['unbound', 'scsv', 'wrong-binding'].flatMap((binding) => [
      failing(
        id,
        `renegotiated "${binding}"`,
        /renegotiates/,
        trials(service, [`renegotiation-${binding}`], again),
      ),
      undecided(
        id,
        `"${binding}" without an answer`,
        new RegExp(`"${binding}": established, then quiet`),
        trials(service, [`renegotiation-${binding}`], { alerts: [], answer: null, end: 'quiet' }),
      ),
      undecided(
        id,
        `"${binding}" in no session`,
        /not tried in a session/,
        trials(service, [`renegotiation-${binding}`], silent),
      ),
    ]),
    noted(
      id,
      'a bound one',
      /^T9\/client-renegotiation: /,
      trials(service, ['renegotiation-bound'], again),
    ),
    failing(
      id,
      'a first hello that claims a binding',
      /was accepted/,
      trials(service, ['initial-hello-bound'], accepted),
    ),
    tolerated(
      id,
      'a connection closed for it',
      /initial-hello-bound/,
      trials(service, ['renegotiation-unbound'], { alerts: [], answer: null, end: 'closed' }),
    ),
    ...missing(id, service),
  ];
};

const offers = z.array(z.looseObject({ name: z.string(), outcome: z.looseObject({}) }));

const extendedCases = (service: Service): readonly JudgeCase[] => {
  const id = `attacks/T11/${service}-extended-master-secret`;
  const unextended = trials(service, ['control-first'], { extendedMasterSecret: false });
  const resumed = withJson(activity, 'resumptions.json', offers, (all) =>
    all.map((each) =>
      each.name === `${service}-ticket`
        ? { ...each, outcome: { ...each.outcome, resumed: true } }
        : each,
    ),
  );
  return [
    failing(
      id,
      'resumed and renegotiated without it',
      /resumed and renegotiated/,
      all(unextended, resumed, trials(service, ['renegotiation-bound'], { hellos: 2 })),
    ),
    noted(id, 'not negotiated', /^T11\/no-extended-master-secret: /, unextended),
    noted(id, 'resumed without it', /^T11\/no-ext/, all(unextended, resumed)),
    noted(
      id,
      'renegotiated without it',
      /^T11\/no-ext/,
      all(unextended, trials(service, ['renegotiation-bound'], { hellos: 2 })),
    ),
    undecided(
      id,
      'not negotiated, and resumption not tried',
      /were not tried/,
      all(unextended, without(activity, 'resumptions.json')),
    ),
    undecided(
      id,
      'not negotiated, and renegotiation not tried',
      /were not tried/,
      all(unextended, without1(service, 'renegotiation-bound')),
    ),
    ...missing(id, service),
  ];
};

const compressionCases = (service: Service): readonly JudgeCase[] => {
  const id = `attacks/T12/${service}-compression`;
  const name = 'compression-offered';
  return [
    failing(id, 'DEFLATE chosen', /compresses/, trials(service, [name], { compression: 1 })),
    undecided(id, 'not offered', /not offered/, without1(service, name)),
    undecided(
      id,
      'no answer',
      /came out as deadline/,
      trials(service, [name], { ...silent, compression: null }),
    ),
    tolerated(
      id,
      'the offer refused',
      /none chosen/,
      trials(service, [name], { ...alert(40), compression: null }),
    ),
    ...missing(id, service),
  ];
};

const heartbeatCases = (service: Service): readonly JudgeCase[] => {
  const id = `attacks/T14/${service}-heartbeat`;
  const moments = ['heartbeat-server-hello-done', 'heartbeat-established'];
  return [
    ...moments.flatMap((name) => [
      failing(id, `${name} answered`, /was answered/, trials(service, [name], { heartbeats: 1 })),
      undecided(id, `${name} not sent`, /no heartbeat was sent/, without1(service, name)),
    ]),
    undecided(
      id,
      'a server that fell silent',
      /came out as deadline/,
      trials(service, ['heartbeat-server-hello-done'], silent),
    ),
    tolerated(
      id,
      'silence, as RFC 6520 has it',
      /then quiet/,
      trials(service, ['heartbeat-established'], { alerts: [], end: 'quiet', answer: null }),
    ),
    ...missing(id, service),
  ];
};

const nonceCases = (service: Service): readonly JudgeCase[] => {
  const id = `attacks/T19/${service}-records`;
  return [
    failing(
      id,
      'a nonce repeated by the server',
      /repeats a GCM nonce/,
      trials(service, ['control-last'], { nonces: ['00', '01', '00'] }),
    ),
    undecided(
      id,
      'too few records to compare',
      /only 1 records/,
      trials(service, ['control-last'], { nonces: ['00'] }),
    ),
  ];
};

const fragmentCases = (service: Service): readonly JudgeCase[] => {
  const id = `attacks/T20/${service}-one-byte-records`;
  const name = 'one-byte-records';
  return [
    failing(
      id,
      'nobody served afterwards',
      /nobody is served any more/,
      all(trials(service, [name], closed), trials(service, ['control-last'], closed)),
    ),
    undecided(id, 'not tried', /were not tried/, without1(service, name)),
    undecided(id, 'left hanging', /came out as deadline/, trials(service, [name], silent)),
    tolerated(id, 'refused', /alert/, trials(service, [name], alert(10))),
    ...missing(id, service),
  ];
};

/** What a client that breaks one rule at a time can come to at a port. */
export const tlsPortCases: readonly JudgeCase[] = services.flatMap((service) => [
  ...allRefusals(service),
  ...groupCases(service),
  ...reuseCases(service),
  ...renegotiationCases(service),
  ...extendedCases(service),
  ...compressionCases(service),
  ...heartbeatCases(service),
  ...nonceCases(service),
  ...fragmentCases(service),
]);
