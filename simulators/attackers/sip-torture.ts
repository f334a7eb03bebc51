import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../reference/core/sip/fixtures/rfc4475/', import.meta.url);

/** The messages of RFC 4475 as the RFC has them, by name. */
export const tortureMessages = (): readonly {
  readonly name: string;
  readonly bytes: Uint8Array;
}[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.dat'))
    .toSorted()
    .map((file) => ({
      name: file.slice(0, -'.dat'.length),
      bytes: new Uint8Array(readFileSync(new URL(file, folder))),
    }));
