import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '../../../core/bytes.ts';
import type { CeremonyOrder } from '../ceremony.ts';

export const passphrase = utf8('what opens the authorities');
export const rootPassphrase = utf8('what opens the root');

/** Bytes that are the same in each run and never repeat in one. */
const deterministic = (): ((length: number) => Uint8Array) => {
  let count = 0;
  return (length) => {
    count += 1;
    const digest = createHash('sha512').update(String(count)).digest();
    return new Uint8Array(digest.subarray(0, length));
  };
};

/** An order for a ceremony in a new temporary folder. */
export const ceremonyOrder = (): CeremonyOrder & { readonly place: string } => {
  const place = mkdtempSync(join(tmpdir(), 'discretio-ceremony-'));
  return {
    place,
    rootFolder: join(place, 'root'),
    folder: join(place, 'appliance'),
    rootPassphrase,
    passphrase,
    hosts: ['sip.example', '127.0.0.1'],
    now: Date.now,
    randomBytes: deterministic(),
  };
};
