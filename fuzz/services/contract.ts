import { fromLatin1 } from '../../reference/core/bytes.ts';

/** A request as it arrives, without its connection. */
export interface ServiceRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** In one character for each byte; null without a body. */
  readonly body: string | null;
}

/** A request as a client would write it. */
export const requestText = ({ method, url, headers, body }: ServiceRequest): Uint8Array => {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return fromLatin1([`${method} ${url} HTTP/1.1`, ...head, '', body ?? ''].join('\r\n'));
};

/** What came of it. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** What was done to the store, as `certificates.revoke`. */
  readonly effects: readonly string[];
  /** Texts sent to phones. */
  readonly texts: number;
}

/** Answers one request, from the same state whatever came before it. */
export type Service = (request: ServiceRequest) => Promise<ServiceAnswer>;

/** The services that can be asked. */
export type ServiceName = 'registration' | 'administration';

/** Fixed values of the services' worlds. */
export const world = {
  number: '+33639980004',
  /** An enrolment that has begun, its token, and another whose token is dead. */
  enrolment: 'a'.repeat(32),
  token: '123456',
  otherEnrolment: 'b'.repeat(32),
  /** Milliseconds since 1970 of every request. */
  now: 1_772_366_400_000,
  administrator: 'alice',
  password: 'a quiet green river',
  /** The administrator's session and the host of the pages. */
  session: '5'.repeat(64),
  host: '192.0.2.1:8443',
  /** Of a subscriber's certificate, and of a server's. */
  serial: '0102030405060708',
  serverSerial: '0908070605040302',
} as const;
