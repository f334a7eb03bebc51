import { listValues, type SipRequest } from '../message/message.ts';
import { type NameAddress, parseNameAddress } from '../message/name-address.ts';
import { userOf } from '../message/uri.ts';

export interface IdentityContext {
  /** CommonName of the TLS client's certificate, as verified by the TLS layer. */
  readonly commonName: string;
  readonly request: SipRequest;
  readonly from: NameAddress;
  readonly to: NameAddress;
}

/** Says why a request may not come from this TLS client, in words for its Warning header; undefined when it may. */
export type IdentityRule = (context: IdentityContext) => string | undefined;

/**
 * The TLS client's CommonName must be From's user part, byte for byte; on REGISTER To's and every Contact's too, `*` aside
 * (target 5.2: a user authenticates to the servers with the certificate).
 */
export const commonNameOwnsFrom: IdentityRule = ({ commonName, request, from, to }) => {
  if (commonName === '') return 'no CommonName';
  if (userOf(from.uri) !== commonName) return 'From is not the certificate owner';
  if (request.method !== 'REGISTER') return undefined;
  if (userOf(to.uri) !== commonName) return 'To is not the certificate owner';
  const foreign = listValues(request, 'Contact').some((value) => {
    const contact = parseNameAddress(value);
    return value !== '*' && !(contact.ok && userOf(contact.value.uri) === commonName);
  });
  return foreign ? 'Contact is not the certificate owner' : undefined;
};
