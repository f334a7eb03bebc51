import { appendAudit } from './audit-log.ts';
import { reasonOf, revokeCertificates, validCertificatesOf } from './certificates.ts';
import type { Connection } from './connection.ts';
import type { NumberStore } from './contract.ts';
import { killEnrolment } from './enrolments.ts';
import { integerOf, textOf } from './rows.ts';
import type { StatusMemory } from './status-memory.ts';

/** Numbers over a connection. */
export const createNumberStore = (connection: Connection, memory: StatusMemory): NumberStore => ({
  revokeNumber: ({ number, by, reason, at }) =>
    connection.write((emit) => {
      const alreadyBlocked = memory.isBlocked(number);
      const certificates = validCertificatesOf(connection, number);
      const pending = connection.all(
        `SELECT id FROM enrolments WHERE number = :number AND state = 'pending'`,
        { number },
      );
      if (!alreadyBlocked) {
        connection.run('INSERT INTO blocked_numbers VALUES (:number, :at, :by, :reason)', {
          number,
          at,
          by,
          reason,
        });
        emit({ kind: 'number-blocked', number });
      }
      revokeCertificates(connection, emit, { certificates, reason, at, by });
      for (const row of pending) {
        const id = textOf(row, 'id');
        killEnrolment(connection, emit, { id, number, end: 'blocked', at, by });
      }
      const detail = {
        reason,
        certificates: certificates.length,
        enrolments: pending.length,
        alreadyBlocked,
      };
      appendAudit(connection, emit, {
        at,
        actor: by,
        action: 'number/revoked',
        subject: number,
        detail,
      });
      const serials = certificates.map(({ serial }) => serial);
      return { serials, enrolmentsKilled: pending.length, alreadyBlocked };
    }),
  releaseNumber: ({ number, by, at }) =>
    connection.write((emit) => {
      const released = connection.run('DELETE FROM blocked_numbers WHERE number = :number', {
        number,
      });
      if (released === 0) return false;
      appendAudit(connection, emit, {
        at,
        actor: by,
        action: 'number/released',
        subject: number,
        detail: {},
      });
      emit({ kind: 'number-released', number });
      return true;
    }),
  isBlocked: memory.isBlocked,
  blocked: () =>
    connection.all('SELECT * FROM blocked_numbers ORDER BY blocked_at DESC, number').map((row) => ({
      number: textOf(row, 'number'),
      at: integerOf(row, 'blocked_at'),
      by: textOf(row, 'blocked_by'),
      reason: reasonOf(row),
    })),
});
