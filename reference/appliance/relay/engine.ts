import type { Side } from './session.ts';

/** A call's sockets under way; messages take effect in order. */
export interface EngineCall {
  setPhone(side: Side, address: string, signalledPort: number): void;
  moved(side: Side, address: string): void;
  /** Closes the sockets; resolves once the ports are free. */
  end(): Promise<void>;
}

/** How datagrams move: one socket each by Node, or many at once by the C library. */
export interface RelayEngine<Pair = unknown> {
  /** Binds an RTP port and the next for RTCP, at once; null when one of them is taken. */
  bind(port: number): Pair | null;
  /** Gives back what was bound and never joined. */
  release(pair: Pair): Promise<void>;
  /** Begins to relay between two pairs, counting in figures that were made by {@link RelayEngine.figures}. */
  join(pairs: Readonly<Record<Side, Pair>>, figures: Float64Array): EngineCall;
  /** An array to count in. */
  figures(): Float64Array;
  /** Resolves once nothing is left; calls were ended before. */
  close(): Promise<void>;
}
