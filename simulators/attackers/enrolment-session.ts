import { Agent, request } from 'node:https';
import { concat, latin1, utf8 } from '../../reference/core/bytes.ts';
import { errorCode } from './endpoint.ts';
import { exactTlsProfile, type HttpOutcome, type RegistrationTarget } from './enrolment-client.ts';

/** One request as it is sent. */
export interface EnrolmentQuestion {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text or bytes as they are, anything else as JSON; none without. */
  readonly body?: unknown;
}

/** What was answered, how long that took (milliseconds), and the names of the answer's headers. */
export interface EnrolmentAnswer {
  readonly outcome: HttpOutcome;
  readonly took: number;
  readonly headers: readonly string[];
}

/** Requests to a registration service over connections that are kept, from an address of the asker's own where it has several. */
export interface EnrolmentSession {
  ask(question: EnrolmentQuestion): Promise<EnrolmentAnswer>;
  close(): void;
}

export interface SessionOptions {
  /** Milliseconds for each answer. */
  readonly deadlineMs: number;
  /** Local address; the system's choice unless given. */
  readonly from?: string;
}

const longestBody = 65_536;

/** Another address of this host from which a service on loopback can be asked, so that what is counted by address does not meet others; none elsewhere. */
export const addressApart = (service: string, last: number): { readonly from?: string } =>
  process.platform === 'linux' && service.startsWith('127.') ? { from: `127.0.0.${last}` } : {};

const bytesOf = (body: unknown): Uint8Array => {
  if (body === undefined) return new Uint8Array(0);
  if (body instanceof Uint8Array) return body;
  return utf8(typeof body === 'string' ? body : JSON.stringify(body));
};

const askOnce = (
  target: RegistrationTarget,
  agent: Agent,
  { deadlineMs, from }: SessionOptions,
  question: EnrolmentQuestion,
): Promise<EnrolmentAnswer> =>
  new Promise((resolve) => {
    const { method = 'POST', path, headers = {} } = question;
    const { host, port } = target.registration;
    const body = bytesOf(question.body);
    const began = performance.now();
    let names: readonly string[] = [];
    const finish = (outcome: HttpOutcome): void => {
      clearTimeout(timer);
      resolve({ outcome, took: performance.now() - began, headers: names });
    };
    const call = request({
      ...exactTlsProfile,
      host,
      port,
      path,
      method,
      agent,
      // Else a Host header would be taken for the name in the certificate.
      servername: '',
      ca: [target.trust.root, target.trust.serverAuthority],
      ...(from === undefined ? {} : { localAddress: from }),
      headers: {
        'content-type': 'application/json',
        ...(body.length > 0 ? { 'content-length': String(body.length) } : {}),
        ...headers,
      },
    });
    const timer = setTimeout(() => {
      call.destroy();
      finish({ kind: 'deadline' });
    }, deadlineMs);
    call.on('error', (error) => finish({ kind: 'failed', reason: errorCode(error) }));
    call.on('response', (response) => {
      names = Object.keys(response.headers).toSorted();
      let received: Uint8Array = new Uint8Array(0);
      response.on('data', (chunk: Uint8Array) => {
        received = concat(received, chunk);
        if (received.length > longestBody) call.destroy(new Error('answer too long'));
      });
      response.on('error', (error) => finish({ kind: 'failed', reason: errorCode(error) }));
      response.on('end', () =>
        finish({ kind: 'answered', status: response.statusCode ?? 0, body: latin1(received) }),
      );
    });
    call.end(Buffer.from(body));
  });

/** Opens nothing yet: connections are made as they are needed, and kept. Answers never reject. */
export const openEnrolmentSession = (
  target: RegistrationTarget,
  options: SessionOptions,
): EnrolmentSession => {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    ask: (question) => askOnce(target, agent, options, question),
    close: () => agent.destroy(),
  };
};
