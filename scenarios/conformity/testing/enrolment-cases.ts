import { certificateRequest, freshKey } from '../../../simulators/attackers/certificate-forger.ts';
import { parsePem } from '../../../reference/core/keystore/pem.ts';
import { latin1, toBase64, utf8 } from '../../../reference/core/bytes.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { all, without, withFacts, type Alteration } from '../../testing/altered.ts';
import { http, httpBody, requestTo, responseOf, type Choice } from '../../testing/altered-wire.ts';
import type { CarriedMessage, WireFacts } from '../../wire/facts-model.ts';
import type { HttpMessage } from '../../wire/http.ts';
import { dropped, undecrypted } from './damage.ts';
import { withTokens } from './documents.ts';
import { rsaKey } from './forged.ts';

type Entry = CarriedMessage<HttpMessage>;

const firstAsked = requestTo(/enrolments$/);
const tokenGiven = requestTo(/certificate$/);

/** The last of the entries that are chosen. */
const lastOf =
  (which: Choice<Entry>): Choice<Entry> =>
  (entry, index, list) =>
    which(entry, index, list) && list.findLastIndex((each, at) => which(each, at, list)) === index;

const numberIn = (text: string): string => JSON.parse(text).number;

const otherRequest = (make: (number: string) => string): Alteration =>
  httpBody(lastOf(firstAsked), (text) =>
    JSON.stringify({ number: numberIn(text), csr: make(numberIn(text)) }),
  );

/** One request sent by both phones: the key of both. */
const sharedRequest: Alteration = (evidence) => {
  let csr = '';
  return httpBody(firstAsked, (text) => {
    const asked = JSON.parse(text);
    csr ||= asked.csr;
    return JSON.stringify({ ...asked, csr });
  })(evidence);
};

const request: readonly JudgeCase[] = [
  failing(
    '2.2/request',
    'a key of 1024 bits in the second request',
    /the request of .* differs/,
    otherRequest((number) => certificateRequest(number, rsaKey(1024))),
  ),
  failing(
    '2.2/request',
    'a signature of the request that does not verify',
    /the request of .* differs/,
    httpBody(lastOf(firstAsked), (text) => {
      const { number, csr } = JSON.parse(text);
      const der = parsePem(csr, 'CERTIFICATE REQUEST');
      if (!der.ok) throw new Error('no request in the real run');
      der.value[der.value.length - 1] = (der.value.at(-1) ?? 0) ^ 1;
      return JSON.stringify({ number, csr: toBase64(der.value) });
    }),
  ),
  failing(
    '2.2/request',
    'a request for another key than the phone keeps',
    /is not the one it sent/,
    otherRequest((number) => certificateRequest(number, freshKey())),
  ),
  failing(
    '2.2/request',
    'one key for both phones',
    /(shares its key|is not the one)/,
    sharedRequest,
  ),
  undecided(
    '2.2/request',
    'a request that cannot be read',
    /cannot be read/,
    otherRequest(() => 'nothing'),
  ),
  undecided(
    '2.2/request',
    'no stored certificate',
    /is not among the evidence/,
    without('call', 'stored/bob/certificate.pem'),
  ),
  undecided('2.2/request', 'no keys of TLS', /no complete enrolment/, undecrypted),
];

/** The four messages of one enrolment: request, answer, token, certificate. */
const oneEnrolment = (messages: readonly Entry[]): readonly Entry[] => {
  const asked = messages.findLast(firstAsked);
  const answered = messages.findLast(
    (entry) => entry.session === asked?.session && responseOf(202)(entry, 0, messages),
  );
  const { id } = JSON.parse(textOf(answered));
  const given = messages.find((entry, index) => requestTo(new RegExp(id))(entry, index, messages));
  const granted = messages.find(
    (entry) => entry.session === given?.session && responseOf(201)(entry, 0, messages),
  );
  return [asked, answered, given, granted].filter((entry) => entry !== undefined);
};

const textOf = (entry: Entry | undefined): string => new TextDecoder().decode(entry?.message.body);

/** One more enrolment of a number, like the last one that passed. */
const further = (number: string, token: string): Alteration =>
  withFacts((facts) => {
    const session = facts.tlsSessions.length;
    const [asked, answered, given, granted] = oneEnrolment(facts.httpMessages);
    if (!asked || !answered || given?.message.kind !== 'request' || !granted)
      throw new Error('no whole enrolment in the real run');
    const saying = (entry: Entry, body: object): Entry => ({
      ...entry,
      session,
      message: { ...entry.message, body: utf8(JSON.stringify(body)) },
    });
    const target = '/v1/enrolments/another/certificate';
    return withSession(facts, [
      ...facts.httpMessages,
      saying(asked, { ...JSON.parse(textOf(asked)), number }),
      saying(answered, { id: 'another' }),
      saying({ ...given, message: { ...given.message, target } }, { token }),
      { ...granted, session },
    ]);
  });

const withSession = (facts: WireFacts, httpMessages: readonly Entry[]): WireFacts => {
  const like = facts.tlsSessions.filter(({ service }) => service === 'registration').slice(0, 1);
  return { ...facts, httpMessages, tlsSessions: [...facts.tlsSessions, ...like] };
};

/** The certificate already in the answer to the first request. */
const earlyCertificate: Alteration = (evidence) => {
  const wire = evidence.wire('call');
  const given = wire.kind === 'captured' ? wire.facts.httpMessages.findLast(responseOf(201)) : null;
  return withFacts((facts) => {
    const accepted = facts.httpMessages.findLast(responseOf(202));
    const early = accepted && given && { ...accepted, message: given.message };
    return early ? { ...facts, httpMessages: [...facts.httpMessages, early] } : facts;
  })(evidence);
};

const token: readonly JudgeCase[] = [
  failing(
    '2.2/token',
    'another token in the second enrolment',
    /with another token/,
    httpBody(lastOf(tokenGiven), () => JSON.stringify({ token: '000000' })),
  ),
  failing(
    '2.2/token',
    'an empty token on both sides',
    /without a token/,
    all(
      httpBody(tokenGiven, () => JSON.stringify({ token: '' })),
      withTokens((tokens) => {
        for (const sent of Object.values(tokens)) Object.assign(sent, { token: '' });
      }),
    ),
  ),
  failing(
    '2.2/token',
    'no token at all',
    /without a token/,
    httpBody(lastOf(tokenGiven), () => '{}'),
  ),
  failing('2.2/token', 'a certificate before the token', /before or without/, earlyCertificate),
  undecided('2.2/token', 'no SMS', /not among the evidence/, without('call', 'tokens.json')),
  undecided(
    '2.2/token',
    'an empty list of SMS',
    /no SMS to it/,
    withTokens(() => ({})),
  ),
  undecided(
    '2.2/token',
    'no SMS to the second phone',
    /no SMS to it/,
    withTokens(({ alice }) => ({ alice })),
  ),
  undecided(
    '2.2/token',
    'tokens of the wrong shape',
    /not among the evidence/,
    withTokens(() => ({ alice: '123456' })),
  ),
  undecided(
    '2.2/token',
    'a third number enrolled without a known SMS',
    /\+33639980099 was certified, and no SMS/,
    further('+33639980099', '123456'),
  ),
  undecided('2.2/token', 'a dropped packet', /lost 1/, dropped),
];

/** The certificate as DER in the body. */
const asDer: Alteration = http(lastOf(responseOf(201)), (message) => {
  const text = latin1(message.body);
  const first = text.slice(0, text.indexOf('-----END')).replace(/^.*\n/, '');
  return { ...message, body: new Uint8Array(Buffer.from(first, 'base64')) };
});

const form: readonly JudgeCase[] = [
  failing(
    '6.1/enrolment-form',
    'a request in base64 without armour',
    /the request of .* is no PEM/,
    httpBody(lastOf(firstAsked), (text) => {
      const asked = JSON.parse(text);
      return JSON.stringify({ ...asked, csr: asked.csr.replaceAll(/-----.*-----|\n/g, '') });
    }),
  ),
  failing(
    '6.1/enrolment-form',
    'a certificate in DER',
    /the certificate given .* is no PEM/,
    asDer,
  ),
  undecided(
    '6.1/enrolment-form',
    'PEM inside something else',
    /cannot be read/,
    httpBody(lastOf(responseOf(201)), (text) => JSON.stringify({ chain: text })),
  ),
  undecided('6.1/enrolment-form', 'no keys of TLS', /no complete enrolment/, undecrypted),
];

/** Sections 2.2 and 6.1, enrolment. */
export const enrolmentCases: readonly JudgeCase[] = [...request, ...token, ...form];
