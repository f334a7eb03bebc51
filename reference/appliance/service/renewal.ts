import type { ServerCredentials } from '../authorities/types.ts';

/** Does work again and again, first after one interval (milliseconds); gives what ends that. */
export type Repeat = (work: () => void, interval: number) => () => void;

/** A TLS server whose certificate can be replaced while it runs. */
export interface RenewableServer {
  /** Such as `sip`, as its file is called. */
  readonly server: string;
  /** What it presents now: PEM. */
  certificateChain: string;
  /** Its credentials, or new ones when it is time; `notAfter` in milliseconds since 1970. */
  readonly look: () => Promise<ServerCredentials & { readonly notAfter: number }>;
  /** Presents other credentials from now on. */
  readonly use: (credentials: ServerCredentials) => void;
  readonly onRenewed: (notAfter: number) => void;
}

const day = 86_400_000;

/** By the system's clock; keeps no process alive. */
export const repeatBySystem: Repeat = (work, interval) => {
  const timer = setInterval(work, interval).unref();
  return () => clearInterval(timer);
};

const renew = async (one: RenewableServer): Promise<void> => {
  const { notAfter, ...credentials } = await one.look();
  if (credentials.certificateChain === one.certificateChain) return;
  one.use(credentials);
  one.certificateChain = credentials.certificateChain;
  one.onRenewed(notAfter);
};

/** Keeps the certificates of servers renewed. */
export interface Renewal {
  /** Looks now; never rejects. */
  look(): Promise<void>;
  /** Ends the looking; resolves when what is under way is done. */
  close(): Promise<void>;
}

/**
 * Looks once a day whether a server's certificate is due, months before its end, and lets the running server present the new one.
 * `warn` is told what failed; it is tried again a day later.
 */
export const keepRenewed = (
  servers: readonly RenewableServer[],
  repeat: Repeat,
  warn: (code: string, detail: string) => void,
): Renewal => {
  let under: Promise<void> = Promise.resolve();
  const lookAtAll = async (): Promise<void> => {
    for (const one of servers)
      await renew(one).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        warn('certificate/not-renewed', `certificate of the server ${one.server}: ${reason}`);
      });
  };
  const look = (): Promise<void> => {
    under = under.then(lookAtAll);
    return under;
  };
  const stop = repeat(() => void look(), day);
  return {
    look,
    async close() {
      stop();
      await under;
    },
  };
};
