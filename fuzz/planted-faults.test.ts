import { describe, expect, it } from 'vitest';
import { answerChecks, verifyAnswer } from '../reference/core/csl/answer.ts';
import { readMessage } from '../reference/core/csl/message.ts';
import { offerChecks, verifyOffer } from '../reference/core/csl/offer.ts';
import { verifyConfirmation } from '../reference/core/csl/confirmation.ts';
import { decodeInfo1, decodeInfo2 } from '../reference/core/csl/info.ts';
import { parseNumber } from '../reference/core/csl/number.ts';
import {
  parsePkcs8Envelope,
  type StoredKeyParameters,
} from '../reference/core/keystore/envelope.ts';
import { parsePem, toPem } from '../reference/core/keystore/pem.ts';
import { readStoredFile } from '../reference/core/keystore/stored-file.ts';
import { parseCommand } from '../reference/client/web/commands.ts';
import { formTokenOf } from '../reference/appliance/admin/cookies.ts';
import { ok } from '../reference/core/result.ts';
import { replayCase, runTarget } from './harness/run.ts';
import { askService } from './services/ask.ts';
import { world, type ServiceRequest } from './services/contract.ts';
import type { FuzzTarget } from './target.ts';
import { administrationTarget } from './targets/administration.ts';
import { cslConversationTarget } from './targets/csl-conversation.ts';
import { cslHeadersTarget } from './targets/csl-headers.ts';
import { cslInfoTarget } from './targets/csl-info.ts';
import { pemTarget } from './targets/pem.ts';
import { pkcs8Target } from './targets/pkcs8.ts';
import { registrationTarget } from './targets/registration.ts';
import { screenCommandsTarget } from './targets/web.ts';

const headersRewritten = (rewrite: (value: string) => string): FuzzTarget =>
  cslHeadersTarget((headers, kind, decode) =>
    readMessage(
      headers.map(([name, value]) => [name, rewrite(value)] as const),
      kind,
      decode,
    ),
  );

const keyWith = (change: (stored: StoredKeyParameters) => StoredKeyParameters): FuzzTarget =>
  pkcs8Target({
    strict: (pem) => {
      const read = parsePkcs8Envelope(pem);
      return read.ok ? ok(change(read.value)) : read;
    },
    file: readStoredFile,
  });

const acceptingTrailing = (pem: string): ReturnType<typeof parsePkcs8Envelope> => {
  const label = 'ENCRYPTED PRIVATE KEY';
  const read = parsePkcs8Envelope(pem);
  const der = parsePem(pem, label);
  if (read.ok || !der.ok || read.error.code !== 'der-trailing') return read;
  return parsePkcs8Envelope(toPem(label, der.value.subarray(0, read.error.offset)));
};

/** A service that reads requests otherwise than they are. */
const reading =
  (read: (request: ServiceRequest) => ServiceRequest): typeof askService =>
  (name, request) =>
    askService(name, read(request));

/** Two fields alone, whatever else a body holds. */
const twoFields = ({ body, ...request }: ServiceRequest): ServiceRequest => {
  try {
    const { number, csr } = JSON.parse(body ?? '') as Readonly<Record<string, unknown>>;
    return csr === undefined
      ? { ...request, body }
      : { ...request, body: JSON.stringify({ number, csr }) };
  } catch {
    return { ...request, body };
  }
};

const conversation = { offer: verifyOffer, answer: verifyAnswer, confirmation: verifyConfirmation };

/** Parsers with one fault each, of the kinds that are made in earnest. */
const planted: readonly (readonly [string, FuzzTarget])[] = [
  [
    'X-CSL: the URL alphabet of base64 is taken too',
    headersRewritten((value) => value.replaceAll('-', '+').replaceAll('_', '/')),
  ],
  [
    'X-CSL: padding may be left out',
    headersRewritten((value) => value + '='.repeat(((4 - (value.length % 4)) % 4) % 3)),
  ],
  [
    'X-CSL: blanks inside a value are passed over',
    headersRewritten((value) => value.replaceAll(/[ \t]/g, '')),
  ],
  [
    'X-CSL: the first of two headers is taken',
    cslHeadersTarget((headers, kind) => {
      const read = readMessage(headers, kind);
      return {
        ...read,
        faults: new Set([...read.faults].filter((code) => code !== 'headers-repeated')),
      };
    }),
  ],
  [
    'X-CSL: a value of one NUL is thrown on',
    cslHeadersTarget((headers, kind) => {
      if (headers.some(([, value]) => value.includes('\0'))) throw new TypeError('NUL');
      return readMessage(headers, kind);
    }),
  ],
  [
    'X-CSL-Info1: the time is read as 32 bits',
    cslInfoTarget({
      info1: (bytes) => {
        const info = decodeInfo1(bytes);
        return info && { ...info, time: info.time % 2 ** 32 };
      },
      info2: decodeInfo2,
      number: parseNumber,
    }),
  ],
  [
    'numbers: other scripts’ digits are taken',
    cslInfoTarget({
      info1: decodeInfo1,
      info2: decodeInfo2,
      number: (text) => {
        const folded = parseNumber(text.normalize('NFKC'));
        return folded.ok ? folded : parseNumber(text);
      },
    }),
  ],
  [
    'PKCS#8: bytes behind the end are passed over',
    pkcs8Target({ strict: acceptingTrailing, file: readStoredFile }),
  ],
  [
    'PKCS#8: iterations are read as 16 bits',
    keyWith((stored) => ({
      ...stored,
      iterations: { ...stored.iterations, count: stored.iterations.count & 0xffff },
    })),
  ],
  [
    'PKCS#8: a PRF left out is taken for HMAC-SHA-256',
    keyWith((stored) => ({
      ...stored,
      prf: stored.prf.leftOut ? { ...stored.prf, name: 'hmacWithSHA256' } : stored.prf,
    })),
  ],
  [
    'PKCS#8: a salt is cut at 32 bytes',
    keyWith((stored) => ({
      ...stored,
      salt: { ...stored.salt, bytes: stored.salt.bytes.subarray(0, 32) },
    })),
  ],
  [
    'PKCS#8: the file reader passes a fault of the fields over',
    pkcs8Target({
      strict: parsePkcs8Envelope,
      file: (bytes) => {
        const facts = readStoredFile(bytes);
        const objects = facts.objects.map((object) => {
          const { content } = object;
          if (content.kind !== 'encrypted-pkcs8' || !content.protection) return object;
          const faults = content.protection.faults.filter(
            ({ code }) => code !== 'keystore-key-length',
          );
          return {
            ...object,
            content: { ...content, protection: { ...content.protection, faults } },
          };
        });
        return { ...facts, objects };
      },
    }),
  ],
  [
    'PEM: blanks at the ends of lines are passed over',
    pemTarget((text, label) => parsePem(text.replaceAll(/[ \t]+(?=\r?\n)/g, ''), label)),
  ],
  [
    'key agreement: an old INVITE is taken',
    cslConversationTarget({
      ...conversation,
      offer: (received, context) =>
        verifyOffer(
          received,
          context,
          offerChecks.filter(({ code }) => code !== 'time'),
        ),
    }),
  ],
  [
    'key agreement: a wrong tag in the 200 is taken',
    cslConversationTarget({
      ...conversation,
      answer: (pending, received, context) =>
        verifyAnswer(
          pending,
          received,
          context,
          answerChecks.filter(({ code }) => code !== 'tag'),
        ),
    }),
  ],
  [
    'key agreement: a refused ACK does not decide',
    cslConversationTarget({
      ...conversation,
      confirmation: (pending, headers) => {
        const copy = { ...pending, callerConfirmation: pending.callerConfirmation.slice() };
        const outcome = verifyConfirmation(copy, headers);
        if (outcome.ok) pending.callerConfirmation.fill(0);
        return outcome;
      },
    }),
  ],
];

/** Services with one fault each; each case crosses to their thread and back. */
const services: readonly (readonly [string, FuzzTarget])[] = [
  [
    'screen: a command may have further fields',
    screenCommandsTarget((text) => {
      const read = parseCommand(text);
      return read.ok ? read : parseCommand(text.replace(/,"[^"]*":(?:null|\d+)\}$/, '}'));
    }),
  ],
  ['registration: a body may have further fields', registrationTarget(reading(twoFields))],
  [
    'registration: a refused request leaves an enrolment behind',
    registrationTarget((name, request) => {
      const answer = askService(name, request);
      const isRefused = answer.text.includes('"enrolment/request"');
      return isRefused ? { ...answer, effects: ['enrolments.begin'] } : answer;
    }),
  ],
  [
    'administration: the token of a form is not asked for',
    administrationTarget(
      reading(({ body, ...request }) => ({
        ...request,
        body: body?.replace(/token=[^&]*/, `token=${formTokenOf(world.session)}`) ?? null,
      })),
    ),
  ],
  [
    'administration: another site may send forms',
    administrationTarget(
      reading(({ headers, ...request }) => ({
        ...request,
        headers: { ...headers, origin: `https://${world.host}`, 'sec-fetch-site': 'same-origin' },
      })),
    ),
  ],
];

describe('a fault in a parser is found within 20,000 cases', () => {
  it('ten and more are tried', () => {
    expect(planted.length).toBeGreaterThanOrEqual(10);
  });

  it.each([...planted, ...services])('%s', async (_fault, target) => {
    const order = { runs: 20_000, seed: 8, stopAfter: 1, shrinkFor: 500 };
    const { failures, runs } = await runTarget(target, order);
    const [failure] = failures;
    expect(failure, `nothing found in ${runs} cases`).toBeDefined();
    const again = replayCase(target, order.seed, failure?.path ?? '');
    expect(again?.failure).toMatchObject({ property: failure?.property, value: failure?.value });
  });
});
