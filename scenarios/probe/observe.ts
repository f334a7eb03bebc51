import { isWanted } from './context.ts';
import type { CertificateFacts, DhGroupFacts, ProbeFacts, Trial } from './facts-model.ts';
import { contactProblem, listed } from './judge.ts';

/** Something an evaluator should know that is no verdict; `id` is a row of the attack catalogue. */
export interface ProbeObservation {
  readonly id: string;
  readonly text: string;
}

const observation = (id: string, text: string): ProbeObservation => ({ id, text });

const trials = (
  facts: ProbeFacts,
): readonly (readonly [id: string, name: string, trial: Trial])[] =>
  facts.features === null
    ? []
    : [
        ['T9', 'secure renegotiation (RFC 5746) announced', facts.features.secureRenegotiation],
        ['T9', 'renegotiation on the client’s wish', facts.features.clientRenegotiation],
        ['T9', 'insecure renegotiation', facts.features.insecureRenegotiation],
        ['T10', 'resumption by identifier', facts.features.resumptionById],
        ['T10', 'resumption by ticket', facts.features.resumptionByTicket],
        ['T11', 'extended master secret (RFC 7627)', facts.features.extendedMasterSecret],
        ['T12', 'compression (CVE-2012-4929)', facts.features.compression],
        [
          'T13',
          'early ChangeCipherSpec taken (CVE-2014-0224)',
          facts.features.earlyChangeCipherSpec,
        ],
        ['T14', 'heartbeat', facts.features.heartbeat],
        [
          'T14',
          'heartbeat of false length answered (CVE-2014-0160)',
          facts.features.heartbeatOverlong,
        ],
        ['T1', 'downgrade signal (RFC 7507) honoured', facts.features.fallbackSignal],
      ];

const generatorText: Readonly<Record<NonNullable<DhGroupFacts['generatorFault']>, string>> = {
  'zero-or-one': 'a generator of 0 or 1: the secret is fixed',
  'minus-one': 'the generator p-1: the secret is one of two values',
  'small-order': 'a generator of small order: the secret can be found',
};

const primality = ({ isPrime, isSafePrime }: DhGroupFacts): string => {
  if (isPrime === false) return 'not prime';
  if (isPrime === null) return 'primality not tested';
  return isSafePrime === true ? 'a safe prime' : 'prime, not a safe prime';
};

const groupObservations = (facts: ProbeFacts): readonly ProbeObservation[] => [
  ...facts.groups.map((group) =>
    observation(
      group.isPrime === false ? 'T4' : 'T3',
      `Diffie-Hellman modulus of ${group.bits} bits, ${group.name ?? 'no published group'}, ${primality(group)}, generator ${group.generatorFault ? generatorText[group.generatorFault] : `0x${group.generator.slice(0, 16)}`}`,
    ),
  ),
  ...facts.groups
    .filter(({ isPrime, isSafePrime }) => isPrime === true && isSafePrime === false)
    .map(() => observation('T6', 'the modulus is no safe prime: small subgroups may exist')),
  ...reuseObservations(facts),
];

const reuseObservations = ({ reuse }: ProbeFacts): readonly ProbeObservation[] => {
  if (!reuse) return [];
  const { connections, distinctPublicValues: distinct } = reuse;
  return [
    observation(
      'T5',
      distinct < connections
        ? `the server reuses its Diffie-Hellman value: ${distinct} different in ${connections} connections`
        : `${connections} connections, ${distinct} different Diffie-Hellman values`,
    ),
    ...(reuse.degenerate > 0
      ? [observation('T7', 'a public value of the server is 0, 1, p-1 or outside the group')]
      : []),
  ];
};

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

const validity = ({ notBefore, notAfter }: CertificateFacts, at: number): string => {
  const span = `${day(notBefore)} to ${day(notAfter)}`;
  if (at < notBefore) return `${span}, not yet valid`;
  return at > notAfter ? `${span}, expired` : span;
};

const certificateObservations = ({ certificates, at }: ProbeFacts): readonly ProbeObservation[] => [
  ...[...certificates.chain, ...certificates.others].map((each) =>
    observation(
      'X7',
      `certificate ${each.subject}, issued by ${each.issuer}: ${each.keyType} ${each.keyBits ?? '?'} bits, ${each.signatureAlgorithm}, ${validity(each, at)}`,
    ),
  ),
  ...(certificates.leadsToAuthority === null
    ? []
    : [
        observation(
          'X2',
          certificates.leadsToAuthority
            ? 'the chain leads to the authority given'
            : 'the chain does not lead to the authority given',
        ),
      ]),
];

const identityObservations = (facts: ProbeFacts): readonly ProbeObservation[] => {
  const { anonymousHandshake: anonymous, identifiedHandshake: identified } = facts;
  if (!anonymous) return [];
  const without = anonymous.established ? 'completes' : `does not complete (${anonymous.ending})`;
  return [
    observation(
      'T17',
      anonymous.certificateRequested
        ? `a client certificate is asked for; the handshake without one ${without}`
        : `no client certificate is asked for; the handshake ${without}`,
    ),
    ...(identified
      ? [
          observation(
            'T17',
            `with the certificate given the handshake ${identified.established ? 'completes' : `does not complete (${identified.ending})`}`,
          ),
        ]
      : []),
  ];
};

/** What else a probe saw, in the order of the attack catalogue's families; pure. */
export const observeProbe = (facts: ProbeFacts): readonly ProbeObservation[] => {
  if (contactProblem(facts) !== null) return [];
  const others = facts.accepted.filter((profile) => !isWanted(profile));
  return [
    observation('T2', `accepted: ${listed(facts.accepted.map(({ name }) => name)) || 'nothing'}`),
    ...(others.some(({ name }) => /TLS_RSA_WITH/.test(name))
      ? [observation('T15', 'RSA key exchange is accepted: a Bleichenbacher oracle is possible')]
      : []),
    ...(others.some(({ name }) => /EXPORT/.test(name))
      ? [observation('T16', 'an export suite is accepted')]
      : []),
    ...groupObservations(facts),
    ...(facts.parametersSigned === false
      ? [observation('T19', 'a signature over the key exchange does not verify')]
      : []),
    ...identityObservations(facts),
    ...trials(facts).map(([id, name, { answer, detail }]) =>
      observation(id, `${name}: ${answer} (${detail})`),
    ),
    ...certificateObservations(facts),
    ...(facts.plain
      ? [
          observation(
            'S11',
            `the service’s protocol in clear: ${facts.plain.kind === 'answered' ? `answered ${facts.plain.line}` : facts.plain.kind}`,
          ),
        ]
      : []),
  ];
};
