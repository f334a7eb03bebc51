import { destination, pino, type DestinationStream } from 'pino';
import { scrub } from './scrub.ts';

/** How much a line matters; lines below the configured level are not written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A service that listens, as the log and the ready line name it. */
export interface LoggedEndpoints {
  readonly registration: string;
  readonly sip: string;
  readonly relay: string;
  readonly administration: string;
  readonly metrics: string | null;
}

/**
 * The appliance's log: one line of JSON for each event, with `time`, `level` and a stable `code`. There is no way to log an object:
 * each event has its function, which takes the fields that the line may have and no other, and every text is scrubbed.
 */
export interface ApplianceLog {
  starting(version: string, folder: string): void;
  ready(endpoints: LoggedEndpoints): void;
  stopping(signal: string, calls: number): void;
  stopped(milliseconds: number): void;
  /** The appliance cannot go on, or could not start. */
  failed(reason: string): void;
  /** Something works less well than it should. */
  warning(code: string, detail: string): void;
  /** A client, packet or request was refused; `code` is the refusing service's. */
  refused(code: string, detail: string): void;
  certificateIssued(serial: string, subject: string, authority: string): void;
  certificatesRevoked(serials: number, subject: string | null, reason: string): void;
  numberBlocked(number: string): void;
  numberReleased(number: string): void;
  revocationListPublished(authority: string, number: number, nextUpdate: number): void;
  /** A text left, or could not; never what it said. */
  messageSent(number: string): void;
  messageFailed(number: string, reason: string): void;
  /** An operation of `discretio admin`; its arguments are in the audit log. */
  administered(operation: string, by: string, done: boolean): void;
  callEnded(callId: string, packets: number, bytes: number): void;
  /** Opens a file anew, for the rotation of logs. */
  reopen(): void;
}

/** Where lines go and which. */
export interface LogOptions {
  readonly level: LogLevel;
  /** `stdout`, `stderr` or a file, made readable by its owner alone. */
  readonly destination: string;
}

const descriptors: Readonly<Record<string, number>> = { stdout: 1, stderr: 2 };

const open = ({ destination: place }: LogOptions) => {
  const descriptor = descriptors[place];
  const stream = destination({
    dest: descriptor ?? place,
    // Written when the event is, so that a crash loses none.
    sync: true,
    ...(descriptor === undefined ? { mode: 0o600, append: true } : {}),
  });
  // A reader that has gone, or a full disk, must not stop the telephone service.
  stream.on('error', () => undefined);
  return stream;
};

type Field = string | number | boolean | null;

/** A log that writes to a stream. */
export const createLog = (
  stream: DestinationStream,
  level: LogLevel,
  reopen: () => void = () => undefined,
): ApplianceLog => {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  const write = (
    at: LogLevel,
    code: string,
    fields: Readonly<Record<string, Field>> = {},
  ): void => {
    const clean = Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? scrub(value) : value,
    ]);
    logger[at]({ code: scrub(code), ...Object.fromEntries(clean) });
  };
  return {
    starting: (version, folder) => write('info', 'appliance/starting', { version, folder }),
    ready: ({ registration, sip, relay, administration, metrics }) =>
      write('info', 'appliance/ready', { registration, sip, relay, administration, metrics }),
    stopping: (signal, calls) => write('info', 'appliance/stopping', { signal, calls }),
    stopped: (milliseconds) => write('info', 'appliance/stopped', { milliseconds }),
    failed: (reason) => write('error', 'appliance/failed', { reason }),
    warning: (code, detail) => write('warn', code, { detail }),
    refused: (code, detail) => write('warn', code, { detail }),
    certificateIssued: (serial, subject, authority) =>
      write('info', 'certificate/issued', { serial, subject, authority }),
    certificatesRevoked: (serials, subject, reason) =>
      write('info', 'certificate/revoked', { serials, subject, reason }),
    numberBlocked: (number) => write('info', 'number/blocked', { number }),
    numberReleased: (number) => write('info', 'number/released', { number }),
    revocationListPublished: (authority, number, nextUpdate) =>
      write('info', 'revocation-list/published', {
        authority,
        number,
        nextUpdate: new Date(nextUpdate).toISOString(),
      }),
    messageSent: (number) => write('info', 'message/sent', { number }),
    messageFailed: (number, reason) => write('warn', 'message/failed', { number, reason }),
    administered: (operation, by, done) =>
      write(done ? 'info' : 'warn', 'administration/operation', { operation, by, done }),
    callEnded: (callId, packets, bytes) => write('info', 'call/ended', { callId, packets, bytes }),
    reopen,
  };
};

/** Opens the appliance's log. Throws one line when its file cannot be written. */
export const openLog = (options: LogOptions): ApplianceLog => {
  try {
    const stream = open(options);
    const isFile = descriptors[options.destination] === undefined;
    return createLog(stream, options.level, isFile ? () => stream.reopen() : undefined);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(
      `log ${options.destination}: cannot be written (${reason}); name another file in log.destination or mend its permissions`,
      { cause: error },
    );
  }
};
