import { z } from 'zod';
import { latin1 } from '../../../reference/core/bytes.ts';
import { parsePemChain } from '../../../reference/core/keystore/pem.ts';
import { parseCertificate, type Certificate } from '../../../reference/core/pki/certificate.ts';
import { parseRequest, type ParsedRequest } from '../../../reference/core/pki/request.ts';
import { inconclusive, type Evidence, type Finding } from '../../campaign/scenario.ts';
import type { CarriedMessage } from '../../wire/facts-model.ts';
import type { HttpMessage } from '../../wire/http.ts';
import { onCapture, type CaptureView } from './capture-view.ts';

/** One enrolment as it passed inside TLS. */
export interface EnrolmentOnWire {
  readonly number: string;
  /** The request as sent, PEM. */
  readonly csr: string;
  readonly request: ParsedRequest;
  /** The token given back, and whether a certificate was already on the wire before. */
  readonly token: string;
  readonly tokenAt: number;
  readonly certificateAt: number;
  /** The chain received; the phone's certificate first. */
  readonly chain: readonly Certificate[];
}

/** Every enrolment of the capture. */
export interface EnrolmentView extends CaptureView {
  readonly enrolments: readonly EnrolmentOnWire[];
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

const statusOf = (entry: Carried | undefined): number =>
  entry?.message.kind === 'response' ? entry.message.status : 0;

const chainOf = (entry: Carried | undefined): readonly Certificate[] => {
  const chain = parsePemChain(latin1(entry?.message.body ?? new Uint8Array()), 'CERTIFICATE');
  if (!chain.ok) return [];
  return chain.value.flatMap((der) => {
    const certificate = parseCertificate(der);
    return certificate.ok ? [certificate.value] : [];
  });
};

const completed = (id: string, messages: readonly Carried[]) => {
  const attempts = messages.filter(
    (entry) => targetOf(entry) === `/v1/enrolments/${id}/certificate`,
  );
  const given = attempts.find((entry) => statusOf(responseTo(entry, messages)) === 201);
  const token = jsonOf(given, tokenBody)?.token;
  const answer = given && responseTo(given, messages);
  return given && answer && token !== undefined ? { given, answer, token } : null;
};

const enrolmentsOf = (messages: readonly Carried[]): readonly EnrolmentOnWire[] =>
  messages.flatMap((entry) => {
    if (targetOf(entry) !== '/v1/enrolments') return [];
    const asked = jsonOf(entry, requestBody);
    const id = jsonOf(responseTo(entry, messages), acceptedBody)?.id;
    const request = asked && parseRequest(asked.csr);
    const end = id === undefined ? null : completed(id, messages);
    if (!asked || !request?.ok || !end) return [];
    return [
      {
        number: asked.number,
        csr: asked.csr,
        request: request.value,
        token: end.token,
        tokenAt: end.given.at,
        certificateAt: end.answer.at,
        chain: chainOf(end.answer),
      },
    ];
  });

/** Judges the enrolments of the capture; inconclusive with the reason where one of the two users' is not there. */
export const onEnrolments = (
  judge: (view: EnrolmentView) => Finding,
): ((evidence: Evidence) => Finding) =>
  onCapture((view) => {
    const enrolments = enrolmentsOf(view.facts.httpMessages);
    const { caller, callee } = view.topology;
    const missing = [caller, callee].find(
      ({ number }) => !enrolments.some((each) => each.number === number),
    );
    if (missing)
      return inconclusive(
        `the capture shows no complete enrolment of ${missing.number}, as PEM in JSON (I-6)`,
        [view.path],
      );
    return judge({ ...view, enrolments });
  });
