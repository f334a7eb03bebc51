/** Everything that bounds what clients can make the signalling service hold or do. Times are milliseconds. */
export interface SignallingLimits {
  /** For a TLS handshake, from the TCP connection on. */
  readonly handshakeTime: number;
  /** Connections in their handshake, whose owner is not known yet: in all, and from one address. */
  readonly handshaking: number;
  readonly handshakingPerAddress: number;
  /** Connections in all, from one address (many phones may share one behind a NAT), and of one user. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly connectionsPerUser: number;
  /** Without a message or keep-alive. */
  readonly idleTime: number;
  /** From a message's first byte to its last. */
  readonly messageTime: number;
  /** Messages and keep-alives of one connection: per second in the long run, and at once. One counts for each KB begun. */
  readonly messageRate: number;
  readonly messageBurst: number;
  /** Bytes that wait for a client that does not read. */
  readonly unreadBytes: number;
  /** Bytes of a message, body included. */
  readonly messageBytes: number;
  /** Transactions, those answered within the last 32 s included; transactions under way of one user. */
  readonly transactions: number;
  readonly transactionsPerUser: number;
  /** Calls under way in all, and begun by one user. */
  readonly calls: number;
  readonly callsPerUser: number;
}

/** Limits for some thousand phones. */
export const defaultLimits: SignallingLimits = {
  handshakeTime: 10_000,
  handshaking: 512,
  handshakingPerAddress: 128,
  connections: 10_000,
  connectionsPerAddress: 4096,
  connectionsPerUser: 3,
  // A phone that sends no keep-alive refreshes its registration at least once in the longest lifetime granted.
  idleTime: 7_260_000,
  messageTime: 10_000,
  // Far above what a phone sends, a twentieth of what one core handles.
  messageRate: 250,
  messageBurst: 1000,
  unreadBytes: 1_048_576,
  messageBytes: 65_536,
  transactions: 50_000,
  transactionsPerUser: 32,
  calls: 10_000,
  callsPerUser: 8,
};

/** Grants `burst` at once and `rate` a second in the long run. */
export interface TokenBucket {
  /** Takes one or `amount` at time `now` (milliseconds, never going back); false when there are fewer, and then takes none. */
  take(now: number, amount?: number): boolean;
}

/** A full bucket. */
export const createTokenBucket = (rate: number, burst: number): TokenBucket => {
  let tokens = burst;
  let filledAt: number | undefined;
  return {
    take(now, amount = 1) {
      tokens = Math.min(burst, tokens + ((now - (filledAt ?? now)) / 1000) * rate);
      filledAt = now;
      if (tokens < amount) return false;
      tokens -= amount;
      return true;
    },
  };
};
