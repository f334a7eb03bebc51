import * as fc from 'fast-check';
import { utf8 } from '../../../reference/core/bytes.ts';
import { headerCases, type HeaderCase } from '../../generators/csl-header-cases.ts';
import { tlsFlights } from '../../generators/captures.ts';
import { mutatedCases, type MutatedCase } from '../../generators/mutations.ts';
import { sipGrammar } from '../../generators/sip-messages.ts';
import { textCases, type TextGrammar } from '../../generators/text-mutations.ts';
import { datagramCases, type DatagramCase } from '../datagrams.ts';
import { liveBases } from './bases.ts';

/** One case for a running appliance: what is made before it is known to whom it is sent, as plain data. */
export type ApplianceCase =
  /** A request of the client's own, changed. */
  | { readonly family: 'request'; readonly made: MutatedCase }
  /** Messages of nobody in particular: RFC 4475, another system's, none. */
  | { readonly family: 'message'; readonly made: MutatedCase }
  /** A stream: several messages, cut and joined. */
  | {
      readonly family: 'stream';
      readonly made: MutatedCase;
      readonly way: number;
      readonly at: number;
    }
  /** A whole INVITE with X-CSL headers of which one thing may be wrong. */
  | { readonly family: 'invite'; readonly made: HeaderCase }
  /** What a called client answers. */
  | { readonly family: 'answer'; readonly made: MutatedCase }
  /** Records for one of the TLS ports, from someone unknown. */
  | { readonly family: 'tls'; readonly made: MutatedCase; readonly registration: boolean }
  /** Requests for the registration service. */
  | { readonly family: 'http'; readonly made: MutatedCase }
  | DatagramCase;

const request =
  '{"number":"+33639984199","csr":"-----BEGIN CERTIFICATE REQUEST-----\\nMIIB\\n-----END CERTIFICATE REQUEST-----\\n"}';

const post = (path: string, body: string, type = 'application/json'): Uint8Array =>
  utf8(
    `POST ${path} HTTP/1.1\r\nHost: registration\r\nContent-Type: ${type}\r\nContent-Length: ${utf8(body).length}\r\n\r\n${body}`,
  );

/** What is said to the registration service. */
export const httpGrammar: TextGrammar = {
  bases: [
    post('/v1/enrolments', request),
    post('/v1/enrolments/0123456789abcdef0123456789abcdef/certificate', '{"token":"123456"}'),
    post('/v1/renewals', '{"csr":"x"}'),
    post('/ocsp', '0\u0003\n\u0001', 'application/ocsp-request'),
    utf8('GET /crl/clients.crl HTTP/1.1\r\nHost: r\r\nAccept: */*\r\n\r\n'),
    utf8(
      'POST /v1/enrolments HTTP/1.1\r\nHost: r\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n',
    ),
  ],
  words: [
    ...'GET POST PUT OPTIONS HTTP/1.0 HTTP/2.0 Host: Content-Length: 0 -1 99999999999 Transfer-Encoding: chunked gzip Expect: 100-continue Upgrade: h2c Connection: close'.split(
      ' ',
    ),
    ...'application/json text/plain "number" "csr" "token" null true [] {} {"__proto__":1} +33639984198 + %00 ../ // ? #'.split(
      ' ',
    ),
    '[['.repeat(2_000),
    '\\u0000',
    '\0',
    '\u00e9',
    '\r\n',
  ],
};

/** What a TLS port is told before a handshake is over. */
export const tlsBases: readonly Uint8Array[] = [
  tlsFlights.client[0],
  new Uint8Array([...tlsFlights.client[0], ...tlsFlights.client[1]]),
  tlsFlights.client[2],
  tlsFlights.server[0],
  Uint8Array.of(0x80, 20, 1, 0, 2, 0, 3, 0, 0, 0, 8, 0, 0, 0x9f, 1, 2, 3, 4, 5, 6, 7, 8),
  utf8('GET / HTTP/1.0\r\n\r\n'),
];

const mutated = <Family extends 'request' | 'message' | 'answer' | 'http'>(
  family: Family,
  grammar: TextGrammar,
) => textCases(grammar).map((made) => ({ family, made }) as const);

const weighted = (
  weight: number,
  arbitrary: fc.Arbitrary<ApplianceCase>,
): { readonly weight: number; readonly arbitrary: fc.Arbitrary<ApplianceCase> } => ({
  weight,
  arbitrary,
});

/** Cases of every kind. */
export const applianceCases: fc.Arbitrary<ApplianceCase> = fc.oneof(
  weighted(34, mutated('request', { bases: liveBases.requests, words: sipGrammar.words })),
  weighted(12, mutated('message', sipGrammar)),
  weighted(
    12,
    fc
      .tuple(
        textCases({ bases: liveBases.requests, words: sipGrammar.words }),
        fc.nat({ max: 7 }),
        fc.nat({ max: 0xffff }),
      )
      .map(([made, way, at]) => ({ family: 'stream', made, way, at }) as const),
  ),
  weighted(
    18,
    headerCases.map((made) => ({ family: 'invite', made }) as const),
  ),
  weighted(6, mutated('answer', { bases: liveBases.answers, words: sipGrammar.words })),
  weighted(
    6,
    fc
      .tuple(mutatedCases(tlsBases.length), fc.boolean())
      .map(([made, registration]) => ({ family: 'tls', made, registration }) as const),
  ),
  weighted(6, mutated('http', httpGrammar)),
  weighted(6, datagramCases),
);
