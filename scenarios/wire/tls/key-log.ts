import { fromHex } from '../../../reference/core/bytes.ts';

/** Secrets of the NSS key log format by label and client random (lower-case hexadecimal). */
export interface KeyLog {
  add(lines: readonly string[]): void;
  /** The secret of a label such as CLIENT_RANDOM, undefined when it is not in the log. */
  secret(label: string, clientRandom: string): Uint8Array | undefined;
  readonly size: number;
}

const LINE = /^([A-Z0-9_]+) ([0-9a-fA-F]{64}) ([0-9a-fA-F]+)\s*$/;

/** An empty key log; lines it does not understand are passed over, as the format asks. */
export const createKeyLog = (): KeyLog => {
  const secrets = new Map<string, Uint8Array>();
  return {
    add: (lines) => {
      for (const line of lines) {
        const [, label, random, secret] = LINE.exec(line) ?? [];
        if (label === undefined || random === undefined || secret === undefined) continue;
        const bytes = fromHex(secret);
        if (bytes.ok) secrets.set(`${label} ${random.toLowerCase()}`, bytes.value);
      }
    },
    secret: (label, clientRandom) => secrets.get(`${label} ${clientRandom}`),
    get size() {
      return secrets.size;
    },
  };
};
