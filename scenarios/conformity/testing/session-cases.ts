import {
  failing,
  tolerated,
  undecided,
  warned,
  type JudgeCase,
} from '../../testing/judge-cases.ts';
import { all, withFacts, withoutCapture, type Alteration } from '../../testing/altered.ts';
import { furtherSession, lastOf, sessions } from '../../testing/altered-wire.ts';
import type { TlsSessionFacts } from '../../wire/facts-model.ts';
import { dropped, hole, noSessions, shortened } from './damage.ts';

type Service = 'sip' | 'registration';

/** A further session on a port of no known service that speaks the service's protocol. */
const elsewhere = (service: Service, differing: Partial<TlsSessionFacts>): Alteration =>
  all(
    furtherSession(service, { service: 'other', ...differing }),
    withFacts((facts) => {
      const session = facts.tlsSessions.length - 1;
      const sipMessages = facts.sipMessages.map((entry) => ({ ...entry, session }));
      const httpMessages = facts.httpMessages.map((entry) => ({ ...entry, session }));
      return service === 'sip'
        ? { ...facts, sipMessages: [...facts.sipMessages, ...sipMessages] }
        : { ...facts, httpMessages: [...facts.httpMessages, ...httpMessages] };
    }),
  );

interface Property {
  readonly name: 'version' | 'suite' | 'modulus';
  /** Values that must fail. */
  readonly bad: readonly (readonly [
    string,
    Partial<TlsSessionFacts> | ((session: TlsSessionFacts) => Partial<TlsSessionFacts>),
  ])[];
  readonly hidden: Partial<TlsSessionFacts>;
}

const bits = (size: number) => (session: TlsSessionFacts) => ({
  dh: session.dh && { ...session.dh, bits: size },
});

const properties: readonly Property[] = [
  {
    name: 'version',
    bad: [
      ['TLS 1.3', { version: 0x0304 }],
      ['TLS 1.1', { version: 0x0302 }],
    ],
    hidden: { version: null },
  },
  {
    name: 'suite',
    bad: [
      ['AES 128', { suite: 0x009e, suiteName: 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256' }],
      ['a suite without a name', { suite: 0xeeee, suiteName: null }],
    ],
    hidden: { suite: null, suiteName: null },
  },
  {
    name: 'modulus',
    bad: [
      ['a modulus of 1024 bits', bits(1024)],
      ['a modulus of 2047 bits', bits(2047)],
      ['a modulus of 3072 bits', bits(3072)],
      ['ECDHE', { dh: null, suite: 0xc030, namedCurve: 23 }],
    ],
    hidden: { dh: null, resumed: true },
  },
];

const propertyCases = (service: Service, { name, bad, hidden }: Property): readonly JudgeCase[] => {
  const id = `5.1/${service}-tls/${name}`;
  const wire = 'the wire was not captured';
  return [
    ...bad.map(([what, change]) =>
      failing(
        id,
        `${what} in the last of its sessions`,
        /differs$/,
        sessions(lastOf(service), change),
      ),
    ),
    failing(
      id,
      'a further session that speaks the protocol on another port',
      /differs$/,
      all(elsewhere(service, {}), (evidence) =>
        sessions(
          (session) => session.service === 'other',
          bad.map(([, change]) => change)[0] ?? {},
        )(evidence),
      ),
    ),
    failing(
      id,
      'one hidden session before a bad one',
      /differs$/,
      all(
        sessions(
          (session, index, list) => list.findIndex((each) => each.service === service) === index,
          hidden,
        ),
        sessions(lastOf(service), bad[0]?.[1] ?? {}),
      ),
    ),
    undecided(id, 'no capture', new RegExp(wire), withoutCapture('call')),
    undecided(id, 'no session of the service', /no established/, noSessions(service)),
    undecided(
      id,
      'handshakes that were all broken off',
      /no established/,
      sessions((session) => session.service === service, { established: false }),
    ),
    undecided(id, 'one session hides it', /the capture lacks/, sessions(lastOf(service), hidden)),
    undecided(
      id,
      'one session was renegotiated',
      /renegotiated/,
      sessions(lastOf(service), { renegotiation: true }),
    ),
    undecided(id, 'a dropped packet, which may have been another session', /lost 1/, dropped),
    undecided(id, 'a file that holds less than was captured', /holds \d+ of \d+/, shortened),
    undecided(id, 'a hole in a connection', /holes/, hole),
    undecided(
      id,
      'a session with the appliance on a third port that was not decrypted',
      /was not decrypted/,
      furtherSession(service, { service: 'other', decrypted: 'no-key', version: 0x0304 }),
    ),
    tolerated(
      id,
      'a handshake that the server refused',
      /in \d established/,
      furtherSession(service, { established: false, version: 0x0301, suite: 0x002f, dh: null }),
    ),
    tolerated(
      id,
      'a session of the phone with somebody else',
      /in \d established/,
      furtherSession(service, {
        service: 'other',
        decrypted: 'no-key',
        version: 0x0304,
        server: { host: '192.0.2.7', port: 443 },
      }),
    ),
  ];
};

const services = ['sip', 'registration'] as const;

/** Section 5.1, TLS. */
export const sessionCases: readonly JudgeCase[] = services.flatMap((service) => [
  ...properties.flatMap((property) => propertyCases(service, property)),
  warned(
    `5.1/${service}-tls/modulus`,
    'a modulus of no published group',
    /no published group/,
    sessions(lastOf(service), ({ dh }) => ({ dh: dh && { ...dh, group: null } })),
  ),
]);
