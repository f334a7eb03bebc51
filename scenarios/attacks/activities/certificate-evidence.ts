import { z } from 'zod';

/** The activities' ids. */
export const phonesActivity = 'certificate-phones';
export const portActivity = 'certificate-port';

/** What a phone did with one certificate of a peer: content of `called.json`, where it was called, and `calling.json`, where it called. */
export const peerAttemptSchema = z.object({
  /** Row of the catalogue; empty for the control, which stands first and last. */
  row: z.string(),
  name: z.string(),
  tolerable: z.boolean(),
  accepted: z.boolean(),
  answer: z.union([z.number(), z.string()]),
  /** Codes that the phone logged meanwhile. */
  refusals: z.array(z.string()),
});
export const peerAttemptsSchema = z.array(peerAttemptSchema);
export type PeerAttempt = z.infer<typeof peerAttemptSchema>;

/** What a phone did at a server with one certificate: content of `servers.json`. */
export const serverAttemptSchema = z.object({
  row: z.string(),
  name: z.string(),
  tolerable: z.boolean(),
  registered: z.boolean(),
  /** Connections that came, bytes that were said inside TLS, and alerts. */
  connections: z.number(),
  bytes: z.number(),
  alerts: z.array(z.number()),
  refusals: z.array(z.string()),
});
export const serverAttemptsSchema = z.array(serverAttemptSchema);
export type ServerAttempt = z.infer<typeof serverAttemptSchema>;

/** What the appliance's SIP port did with one certificate of a client: content of `port.json`. */
export const portAttemptSchema = z.object({
  row: z.string(),
  name: z.string(),
  tolerable: z.boolean(),
  /** First line of what was answered inside TLS. */
  answer: z.string().nullable(),
  end: z.string(),
  established: z.boolean(),
  alerts: z.array(z.number()),
  refusals: z.array(z.string()),
});
export const portAttemptsSchema = z.array(portAttemptSchema);
export type PortAttempt = z.infer<typeof portAttemptSchema>;
