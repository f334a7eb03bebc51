import { createTokenBucket, type TokenBucket } from '../../core/sip/proxy/limits.ts';

/** What one address and one connection may ask for. */
export interface AdminLimits {
  /** Bytes of a request's body and of its head. */
  readonly body: number;
  readonly head: number;
  /** Milliseconds for the handshake, for a whole request to arrive, and for an idle connection. */
  readonly handshake: number;
  readonly request: number;
  readonly idle: number;
  readonly connections: number;
  /** Requests of an address: at once, and a second in the long run. */
  readonly requestBurst: number;
  readonly requestRate: number;
  /** The same of sign-ins, each of which costs a quarter of a second. */
  readonly signInBurst: number;
  readonly signInRate: number;
}

/** For a few administrators by hand. */
export const adminLimits: AdminLimits = {
  body: 16_384,
  head: 16_384,
  handshake: 10_000,
  request: 10_000,
  idle: 30_000,
  connections: 100,
  requestBurst: 200,
  requestRate: 20,
  signInBurst: 20,
  signInRate: 1 / 6,
};

const mostAddresses = 1000;

/** Whether one more from this address is within the limit. Forgets the address that came first when there are too many. */
export const createAddressLimit = (
  rate: number,
  burst: number,
  now: () => number,
): ((address: string) => boolean) => {
  const buckets = new Map<string, TokenBucket>();
  let latest = 0;
  return (address) => {
    // A clock that goes back stands still here.
    latest = Math.max(latest, now());
    const bucket = buckets.get(address) ?? createTokenBucket(rate, burst);
    buckets.set(address, bucket);
    const [first] = buckets.keys();
    if (buckets.size > mostAddresses && first !== undefined) buckets.delete(first);
    return bucket.take(latest);
  };
};
