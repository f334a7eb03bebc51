/** An address and TCP or UDP port that an attacker talks to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** PEM texts of the three authorities that a phone stores (target 5.2). */
export interface TrustCertificates {
  readonly root: string;
  readonly clientAuthority: string;
  readonly serverAuthority: string;
}

/** The code of a socket or TLS error, such as ECONNREFUSED, else its message. */
export const errorCode = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
};

/** A promise's value, or a rejection once `deadlineMs` milliseconds have passed. */
export const within = <Value>(promise: Promise<Value>, deadlineMs: number): Promise<Value> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('deadline')), deadlineMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
