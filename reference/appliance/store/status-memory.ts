import type { Connection } from './connection.ts';
import type { CertificateStore, StoreEvent } from './contract.ts';
import { textOf } from './rows.ts';

/** What every SIP request asks for, kept in memory beside the database and changed by what is committed. */
export interface StatusMemory {
  readonly statusOf: CertificateStore['statusOf'];
  readonly isBlocked: (number: string) => boolean;
  readonly take: (event: StoreEvent) => void;
  /** Reads everything from the database. */
  readonly load: (connection: Connection) => void;
}

export const createStatusMemory = (): StatusMemory => {
  const states = new Map<string, 'valid' | 'revoked'>();
  const blocked = new Set<string>();
  return {
    statusOf: (serial) => states.get(serial) ?? 'unknown',
    isBlocked: (number) => blocked.has(number),
    take: (event) => {
      if (event.kind === 'certificate-issued') states.set(event.serial, 'valid');
      if (event.kind === 'certificates-revoked') {
        for (const serial of event.serials) states.set(serial, 'revoked');
      }
      if (event.kind === 'number-blocked') blocked.add(event.number);
      if (event.kind === 'number-released') blocked.delete(event.number);
    },
    load: (connection) => {
      for (const row of connection.all('SELECT serial, state FROM certificates')) {
        states.set(textOf(row, 'serial'), textOf(row, 'state') === 'valid' ? 'valid' : 'revoked');
      }
      for (const row of connection.all('SELECT number FROM blocked_numbers')) {
        blocked.add(textOf(row, 'number'));
      }
    },
  };
};
