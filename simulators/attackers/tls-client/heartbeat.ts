/**
 * A heartbeat request whose claimed length is a lie (CVE-2014-0160): more than the payload, and less than payload and padding, so
 * that whoever believes it returns only bytes it was sent.
 */
export const overlongHeartbeat = {
  kind: 'heartbeat',
  type: 1,
  claimedLength: 24,
  payload: new Uint8Array(16).fill(0x68),
  padding: new Uint8Array(16).fill(0x70),
} as const;
