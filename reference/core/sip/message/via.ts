import { type Fault, fault, ok, type Result } from '../../result.ts';
import { parseHostPort } from './host.ts';
import { formatParameters, parameter, type Parameters, parseParameters } from './parameters.ts';

/** One Via value (RFC 3261 section 20.42). */
export interface Via {
  /** As written; absent when it is 2.0. */
  readonly version?: string;
  /** Upper case, such as `TLS`. */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: Parameters;
}

export type ViaFaultCode = 'sip/via' | 'sip/parameter';

/** Begins every branch made by RFC 3261 rules (section 8.1.1.7). */
export const BRANCH_COOKIE = 'z9hG4bK';

/** RFC 3261 section 25.1, sent-protocol: blanks around the slashes; the version is any token. */
const PROTOCOL =
  /^SIP[ \t]*\/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*\/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+/i;

/** Reads one Via value, as the list of Via headers gives it. */
export const parseVia = (text: string): Result<Via, Fault<ViaFaultCode>> => {
  const protocol = PROTOCOL.exec(text);
  if (protocol === null) return fault('sip/via', 0);
  const place = parseHostPort(text, protocol[0].length, 'via');
  if (place === undefined) return fault('sip/via', protocol[0].length);
  const parameters = parseParameters(text, place.next);
  if (!parameters.ok) return parameters;
  const [, version = '', transport = ''] = protocol;
  return ok({
    ...(version === '2.0' ? {} : { version }),
    transport: transport.toUpperCase(),
    host: place.host,
    port: place.port,
    parameters: parameters.value,
  });
};

export const formatVia = (via: Via): string => {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `SIP/${via.version ?? '2.0'}/${via.transport} ${via.host}${port}${formatParameters(via.parameters)}`;
};

/** The branch, when it was made by RFC 3261 rules: it begins with the cookie, and something stands behind it. */
export const branchOf = (via: Via): string | undefined => {
  const branch = parameter(via.parameters, 'branch');
  const made = branch?.startsWith(BRANCH_COOKIE) === true && branch.length > BRANCH_COOKIE.length;
  return made ? branch : undefined;
};

/** host:port in lower case, the port of TLS when none is written (RFC 3261 section 18.2.2). */
export const sentBy = (via: Via): string => `${via.host.toLowerCase()}:${via.port ?? 5061}`;

/** Fills `received` and `rport` as the receiving server does (RFC 3261 section 18.2.1, RFC 3581 section 4). */
export const stampVia = (via: Via, address: string, port: number): Via => {
  const asked = parameter(via.parameters, 'rport') !== undefined;
  const kept = via.parameters.filter(([name]) => !/^(?:received|rport)$/i.test(name));
  const host = via.host.replaceAll(/[[\]]/g, '');
  const needed = asked || host.toLowerCase() !== address.toLowerCase();
  return {
    ...via,
    parameters: [
      ...kept,
      ...(needed ? [['received', address] as const] : []),
      ...(asked ? [['rport', String(port)] as const] : []),
    ],
  };
};
