import { z } from 'zod';
import { equal, fromBase64, latin1 } from '../../../reference/core/bytes.ts';
import { parsePemChain } from '../../../reference/core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../../../reference/core/pki/certificate.ts';
import { parseRequest, type ParsedRequest } from '../../../reference/core/pki/request.ts';
import { inconclusive, type Evidence, type Finding } from '../../campaign/scenario.ts';
import type { CarriedMessage } from '../../wire/facts-model.ts';
import type { HttpMessage } from '../../wire/http.ts';
import { onCapture, type CaptureView } from './capture-view.ts';

/** A certificate given for an enrolment. */
export interface Delivery {
  /** The token that the request for it gave back, null where it gave none. */
  readonly token: string | null;
  /** Body of the answer, bytes as text. */
  readonly body: string;
  /** The chain received, the phone's certificate first; empty where the body is no PEM. */
  readonly chain: readonly Certificate[];
}

/** One enrolment as it passed inside TLS. */
export interface EnrolmentOnWire {
  readonly number: string;
  /** The request as sent. */
  readonly csr: string;
  /** Null where it cannot be read. */
  readonly request: ParsedRequest | null;
  /** Every time a certificate was given for it. */
  readonly deliveries: readonly [Delivery, ...Delivery[]];
}

/** Every enrolment of the capture. */
export interface EnrolmentView extends CaptureView {
  readonly enrolments: readonly EnrolmentOnWire[];
  /** CommonNames of certificates for requested keys that came otherwise than as the answer to a token. */
  readonly unasked: readonly string[];
}

type Carried = CarriedMessage<HttpMessage>;

const requestBody = z.object({ number: z.string(), csr: z.string() });
const acceptedBody = z.object({ id: z.string() });
const tokenBody = z.object({ token: z.string() });

const jsonOf = <Schema extends z.ZodType>(
  entry: Carried | undefined,
  schema: Schema,
): z.infer<Schema> | null => {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(entry?.message.body)));
  } catch {
    return null;
  }
};

const targetOf = ({ message }: Carried): string =>
  message.kind === 'request' && message.method === 'POST' ? message.target : '';

/** The response that follows a request on its connection. */
const responseTo = (request: Carried, messages: readonly Carried[]): Carried | undefined =>
  messages.find(
    (entry) =>
      entry.session === request.session &&
      entry.message.kind === 'response' &&
      messages.indexOf(entry) > messages.indexOf(request),
  );

const isSuccess = ({ message }: Carried): boolean =>
  message.kind === 'response' && message.status >= 200 && message.status < 300;

const chainOf = (entry: Carried): readonly Certificate[] => {
  const chain = parsePemChain(latin1(entry.message.body), 'CERTIFICATE');
  if (!chain.ok) return [];
  return chain.value.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
};

/** A request for a certificate that was granted, with the answer. */
interface Grant {
  readonly answer: Carried;
  readonly delivery: Delivery;
}

const grantsOf = (id: string, messages: readonly Carried[]): readonly Grant[] =>
  messages.flatMap((entry) => {
    if (targetOf(entry) !== `/v1/enrolments/${id}/certificate`) return [];
    const answer = responseTo(entry, messages);
    if (!answer || !isSuccess(answer)) return [];
    const token = jsonOf(entry, tokenBody)?.token ?? null;
    const body = latin1(answer.message.body);
    return [{ answer, delivery: { token, body, chain: chainOf(answer) } }];
  });

/** A request in PEM, or, which is not as it should be, base64 without armour. */
const requestOf = (csr: string): ParsedRequest | null => {
  const der = fromBase64(csr.replaceAll(/\s/g, ''));
  const request = parseRequest(der.ok ? der.value : csr);
  return request.ok ? request.value : null;
};

interface Read {
  readonly enrolments: readonly EnrolmentOnWire[];
  readonly answers: ReadonlySet<Carried>;
}

const read = (messages: readonly Carried[]): Read => {
  const answers = new Set<Carried>();
  const enrolments = messages.flatMap((entry) => {
    const asked = targetOf(entry) === '/v1/enrolments' ? jsonOf(entry, requestBody) : null;
    const id = asked && jsonOf(responseTo(entry, messages), acceptedBody)?.id;
    const grants = typeof id === 'string' ? grantsOf(id, messages) : [];
    const [first, ...rest] = grants.map(({ delivery }) => delivery);
    if (!asked || !first) return [];
    for (const { answer } of grants) answers.add(answer);
    const { number, csr } = asked;
    return [{ number, csr, request: requestOf(csr), deliveries: [first, ...rest] as const }];
  });
  return { enrolments, answers };
};

const unaskedOf = (messages: readonly Carried[], { answers }: Read): readonly string[] => {
  const requested = messages.flatMap((entry) => {
    const request = requestOf(jsonOf(entry, requestBody)?.csr ?? '');
    return request ? [request.publicKey.spki] : [];
  });
  return messages
    .filter((entry) => entry.message.kind === 'response' && !answers.has(entry))
    .flatMap(chainOf)
    .filter(({ publicKey }) => requested.some((spki) => equal(spki, publicKey.spki)))
    .map(({ commonNames: [name] }) => (name?.kind === 'text' ? name.value : 'no name'));
};

/** Judges the enrolments of the capture; inconclusive with the reason where one of the two users' is not there. */
export const onEnrolments = (
  judge: (view: EnrolmentView) => Finding,
): ((evidence: Evidence) => Finding) =>
  onCapture((view) => {
    const messages = view.facts.httpMessages;
    const found = read(messages);
    const { caller, callee } = view.topology;
    const missing = [caller, callee].find(
      ({ number }) => !found.enrolments.some((each) => each.number === number),
    );
    if (missing)
      return inconclusive(
        `the capture shows no complete enrolment of ${missing.number}, as PEM in JSON (I-6)`,
        [view.path],
      );
    return judge({
      ...view,
      enrolments: found.enrolments,
      unasked: unaskedOf(messages, found),
    });
  });
