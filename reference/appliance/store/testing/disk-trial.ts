import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ApplianceStore } from '../contract.ts';
import { openStore } from '../open.ts';
import { begin, enrol, start } from './fixtures.ts';

/** On a small file system of its own: fills the disk under a store and prints, as JSON, what became of its operations. */
const [disk = '', wanted] = process.argv.slice(2);
const folder = join(disk, 'state');
const filler = join(disk, 'filler');

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'done';
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    return typeof code === 'string' ? `${code}: ${message}` : message;
  }
};

const fillDisk = (): void => {
  const handle = openSync(filler, 'w');
  try {
    for (;;) if (writeSync(handle, new Uint8Array(4096)) < 4096) break;
  } catch {
    // Full: what this is for.
  } finally {
    closeSync(handle);
  }
};

/** A setting changed is a line in the log, and the first time one of its own. */
const report = (store: ApplianceStore): object => {
  const serial = enrol(store, 'a');
  const id = begin(store, 'b', { number: '+33687654321' });
  fillDisk();
  const revocation = {
    number: '+33612345678',
    by: 'alice',
    reason: 'unspecified',
    at: start,
  } as const;
  const lines = [...store.exportLines()].length;
  let full = 'done';
  // Pages already given to the log are filled first.
  let committed = 0;
  for (let attempt = 0; full === 'done' && attempt < 2000; attempt += 1) {
    full = codeOf(() => store.settings.set('filler', 'x'.repeat(3000), 'alice', start));
    if (full === 'done') committed += 1;
  }
  const revoked = codeOf(() => store.numbers.revokeNumber(revocation));
  const during = {
    status: store.certificates.statusOf(serial),
    isBlocked: store.numbers.isBlocked(revocation.number),
    enrolment: store.enrolments.get(id)?.state,
    log: store.audit.verify().ok,
    added: [...store.exportLines()].length - lines - committed - Math.min(committed, 1),
  };
  rmSync(filler);
  const again = codeOf(() => store.numbers.revokeNumber(revocation));
  return {
    full,
    revoked,
    during,
    again,
    status: store.certificates.statusOf(serial),
    log: store.audit.verify().ok,
  };
};

if (wanted === 'read-only') {
  process.stdout.write(JSON.stringify({ opened: codeOf(() => openStore(folder, start).close()) }));
} else {
  const store = openStore(folder, start);
  process.stdout.write(`${JSON.stringify(report(store))}\n`);
  store.close();
}
