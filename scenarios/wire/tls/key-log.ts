import { fromHex } from '../../../reference/core/bytes.ts';

/** Secrets of the NSS key log format by label and client random (lower-case hexadecimal). */
export interface KeyLog {
  /** False when there are more than are kept. */
  add(lines: readonly string[]): boolean;
  /** The secret of a label such as CLIENT_RANDOM, undefined when it is not in the log. */
  secret(label: string, clientRandom: string): Uint8Array | undefined;
  /** Whether a secret came after it had been asked for in vain: what was read before has to be read again. */
  readonly late: boolean;
  readonly size: number;
}

const LINE = /^([A-Z0-9_]+) ([0-9a-fA-F]{64}) ([0-9a-fA-F]+)\s*$/;
/** Secrets kept, and questions without an answer remembered. */
const MAX_SECRETS = 100_000;
/** Longest secret of any version in hexadecimal digits is 96; more is no secret. */
const MAX_DIGITS = 512;

/** An empty key log; lines it does not understand are passed over, as the format asks. */
export const createKeyLog = (): KeyLog => {
  const secrets = new Map<string, Uint8Array>();
  const missed = new Set<string>();
  let late = false;
  const addLine = (line: string): boolean => {
    const [, label, random, secret] = LINE.exec(line) ?? [];
    if (label === undefined || random === undefined || secret === undefined) return true;
    const bytes = fromHex(secret.slice(0, MAX_DIGITS));
    const name = `${label} ${random.toLowerCase()}`;
    if (!bytes.ok) return true;
    if (secrets.size >= MAX_SECRETS && !secrets.has(name)) return false;
    secrets.set(name, bytes.value);
    late ||= missed.has(name);
    return true;
  };
  return {
    add: (lines) => lines.map(addLine).every(Boolean),
    secret: (label, clientRandom) => {
      const name = `${label} ${clientRandom}`;
      const found = secrets.get(name);
      if (!found && missed.size < MAX_SECRETS) missed.add(name);
      return found;
    },
    get late() {
      return late;
    },
    get size() {
      return secrets.size;
    },
  };
};
