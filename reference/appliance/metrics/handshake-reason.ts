/** What a refused handshake's message says, by what it contains; the first that fits counts. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/unsupported.protocol|wrong.version|version.too.low/i, 'protocol version'],
  [/no.shared.cipher|no.suitable|no.shared.group/i, 'no shared suite'],
  [/did.not.return.a.certificate|peer.did.not/i, 'no client certificate'],
  [/certificate.?.?revoked|cert.?.?revoked/i, 'certificate revoked'],
  [/certificate|unknown.ca|verify|unable.to/i, 'client certificate'],
  [/http.request|not.ssl|unexpected.message|record|length|packet|decode|parse/i, 'malformed'],
  [/timeout/i, 'timeout'],
  [/alert/i, 'client alert'],
  [/ECONNRESET|EPIPE|socket|hang.?up|disconnected/i, 'connection lost'],
];

/** One of a few words for why a TLS handshake was refused; the message itself could say anything. */
export const handshakeReason = (message: string): string =>
  reasons.find(([pattern]) => pattern.test(message))?.[1] ?? 'other';
