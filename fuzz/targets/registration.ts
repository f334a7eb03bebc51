import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { latin1, utf8 } from '../../reference/core/bytes.ts';
import { jsonCases, textOfJson, type Json, type JsonCase } from '../generators/json-cases.ts';
import type { MutatedCase } from '../generators/mutations.ts';
import { textCases, textOfCase, type TextGrammar } from '../generators/text-mutations.ts';
import { demand, sameValue } from '../properties.ts';
import { askService } from '../services/ask.ts';
import {
  requestText,
  world,
  type ServiceAnswer,
  type ServiceRequest,
} from '../services/contract.ts';
import type { FuzzTarget } from '../target.ts';

const csr = readFileSync(new URL('../fixtures/enrolment-request.pem', import.meta.url), 'utf8');
const { number, token, enrolment, otherEnrolment } = world;

const bodies: readonly Json[] = [
  { number, csr },
  { token },
  { csr },
  { number: '+33639980005', csr },
  { token: '000000' },
];

const grammar: TextGrammar = {
  // One field a line, so that changes of lines find them.
  bases: bodies.map((body) => utf8(JSON.stringify(body, null, 1).replaceAll('\n', '\r\n'))),
  words: [
    ...'{ } [ ] : , " null true 1e999 -0 "number" "csr" "token" "__proto__" "constructor" {} [] \\n \\u0000 \\ud800'.split(
      ' ',
    ),
    ',"a":1',
    number,
    '"+33639980005"',
    '"0033639980004"',
    token,
    '"000000"',
    '-----BEGIN CERTIFICATE REQUEST-----\\n',
    '-----END CERTIFICATE REQUEST-----\\n',
    '[[[[[[[[',
    '\ufeff',
    'é',
  ],
};

const types = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-16',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json, text/plain',
  '',
];

const paths = [
  '/v1/enrolments',
  `/v1/enrolments/${enrolment}/certificate`,
  '/v1/renewals',
  `/v1/enrolments/${otherEnrolment}/certificate`,
  `/v1/enrolments/${'c'.repeat(32)}/certificate`,
  '/v1/enrolments/..%2f..%2f/certificate',
  '/v1/enrolments/',
  '/v1/enrolments?number=x',
];

interface RegistrationCase {
  readonly path: number;
  readonly type: number;
  readonly method: string;
  readonly body: JsonCase | MutatedCase;
}

/** Bodies that belong to a path; any other path takes any. */
const belonging: Readonly<Record<number, readonly number[]>> = { 0: [0, 0, 3], 1: [1, 4], 2: [2] };

const textOf = (made: JsonCase | MutatedCase): string =>
  'changes' in made ? latin1(utf8(textOfJson(bodies, made))) : latin1(textOfCase(grammar, made));

const requestOf = ({ path, type, method, body: made }: RegistrationCase): ServiceRequest => {
  const contentType = types[type] ?? '';
  const own = belonging[path];
  const body = { ...made, base: own?.[made.base % own.length] ?? made.base };
  return {
    method,
    url: paths[path] ?? '/',
    headers: contentType === '' ? {} : { 'content-type': contentType },
    body: method === 'GET' ? null : textOf(body),
  };
};

/** The octets between the lines of a PEM text, by Node's own decoder. */
const octetsOf = (pem: string): string =>
  Buffer.from(pem.replaceAll(/-----[^-]*-----/g, ''), 'base64').toString('hex');

const jsonOf = (body: string | null): Readonly<Record<string, unknown>> => {
  const read: unknown = JSON.parse(Buffer.from(body ?? '', 'latin1').toString());
  return typeof read === 'object' && read !== null ? { ...read } : {};
};

const checkRefusal = ({ text, effects, texts }: ServiceAnswer): string => {
  const { error, message, ...more } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const isNamed = /^(?:http|enrolment|renewal)\/[a-z-]+$/.test(String(error));
  demand('a refusal is named', isNamed, 'a code', () => text);
  const isLine = typeof message === 'string' && /^[\x20-\x7e]{1,120}$/.test(message);
  demand('a refusal has one line', isLine, 'one line', () => text);
  sameValue('a refusal says nothing more', {}, more);
  sameValue('a refusal changes nothing', [[], 0], [effects, texts]);
  return String(error);
};

/** Whoever gets a token asked by a whole request of his number and nothing else; whoever gets a certificate had the token. */
const checkSuccess = (request: ServiceRequest, answer: ServiceAnswer): void => {
  const { status, text, effects, texts } = answer;
  const given = jsonOf(request.body);
  if (status === 202) {
    sameValue('an enrolment takes two fields', ['csr', 'number'], Object.keys(given).toSorted());
    sameValue('of the number of the request', number, given['number']);
    sameValue('signed by its key', octetsOf(csr), octetsOf(String(given['csr'])));
    sameValue('one enrolment and one text', [['enrolments.begin'], 1], [effects, texts]);
    demand('an id', /^\{"id":"[0-9a-f]{32}"\}$/.test(text), 'an id', () => text);
    return;
  }
  sameValue('certificate', [201, { token }, paths[1]], [status, given, request.url]);
  sameValue('one certificate', ['enrolments.issue'], effects);
  demand('a chain', text.startsWith('-----BEGIN CERTIFICATE-----\n'), 'PEM', () => text);
};

/** Requests to the registration service (I-6), by its real application without a socket; `ask` is the real one but for tests. */
export const registrationTarget = (
  ask: typeof askService = askService,
): FuzzTarget<RegistrationCase> => ({
  name: 'registration',
  parsers: ['reference/appliance/registration/routes.ts#addRoutes'],
  cases: fc.record({
    path: fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7),
    type: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7),
    method: fc.constantFrom('POST', 'POST', 'POST', 'POST', 'POST', 'POST', 'POST', 'PUT', 'GET'),
    body: fc.oneof(jsonCases(bodies.length), textCases(grammar)),
  }),
  check: (made) => {
    const request = requestOf(made);
    const answer = ask('registration', request);
    const { status } = answer;
    demand('no failure', status < 500, 'below 500', () => answer);
    if (status >= 400) return `${status} ${checkRefusal(answer)}`;
    checkSuccess(request, answer);
    return String(status);
  },
  reaches: [
    '202',
    '201',
    ...['bad-request', 'media-type', 'too-large', 'not-found'].map(
      (code, place) => `${[400, 415, 413, 404][place]} http/${code}`,
    ),
    ...['number', 'request', 'common-name', 'proof-of-possession'].map(
      (code) => `400 enrolment/${code}`,
    ),
    '403 enrolment/token-wrong',
    '410 enrolment/token-dead',
    '404 enrolment/unknown',
    '401 renewal/no-certificate',
  ],
  file: (made) => ({ extension: 'http', bytes: requestText(requestOf(made)) }),
  // A request crosses two threads on a machine that others use.
  limit: 5_000,
});

/** The registration service. */
export const registration = registrationTarget();
