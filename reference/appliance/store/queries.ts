import { certificateOf } from './certificates.ts';
import type { Connection } from './connection.ts';
import type { OverviewQueries, Subscriber } from './contract.ts';
import { enrolmentOf } from './enrolments.ts';
import { integerOf, textOf, type Row } from './rows.ts';

const subscriberOf = (row: Row): Subscriber => {
  const number = textOf(row, 'subscriber');
  const isBlocked = integerOf(row, 'is_blocked') === 1;
  const certificates = integerOf(row, 'certificates');
  if (row['serial'] === null) return { number, isBlocked, certificate: null, certificates };
  const { der: _, ...certificate } = certificateOf({ ...row, der: new Uint8Array() });
  return { number, isBlocked, certificate, certificates };
};

const subscribers =
  (connection: Connection): OverviewQueries['subscribers'] =>
  ({ search = '', after = '', limit }) =>
    connection
      .all(
        `WITH numbers (subscriber) AS (
           SELECT DISTINCT subject FROM certificates WHERE authority = 'client'
           UNION SELECT number FROM blocked_numbers)
         SELECT subscriber, c.serial, c.authority, c.subject, c.issued_at, c.not_after, c.renews, c.state, c.revoked_at, c.reason,
           EXISTS (SELECT 1 FROM blocked_numbers b WHERE b.number = subscriber) AS is_blocked,
           (SELECT count(*) FROM certificates n WHERE n.subject = subscriber AND n.authority = 'client') AS certificates
         FROM numbers LEFT JOIN certificates c ON c.position = (
           SELECT max(position) FROM certificates n WHERE n.subject = subscriber AND n.authority = 'client')
         WHERE subscriber > :after AND instr(subscriber, :search) > 0
         ORDER BY subscriber LIMIT :limit`,
        { after, search, limit },
      )
      .map(subscriberOf);

const stateConditions = {
  valid: `state = 'valid' AND not_after + 1000 > :at`,
  expired: `state = 'valid' AND not_after + 1000 <= :at`,
  revoked: `state = 'revoked'`,
} as const;

const certificates =
  (connection: Connection): OverviewQueries['certificates'] =>
  ({ subject, authority, state, at, after, limit }) => {
    const conditions = [
      ...(subject === undefined ? [] : ['subject = :subject']),
      ...(authority === undefined ? [] : ['authority = :authority']),
      ...(state === undefined ? [] : [stateConditions[state]]),
      ...(after === undefined
        ? []
        : ['position < (SELECT position FROM certificates WHERE serial = :after)']),
    ];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    return connection
      .all(`SELECT * FROM certificates ${where} ORDER BY position DESC LIMIT :limit`, {
        limit,
        ...(subject === undefined ? {} : { subject }),
        ...(authority === undefined ? {} : { authority }),
        ...(state === undefined || state === 'revoked' ? {} : { at }),
        ...(after === undefined ? {} : { after }),
      })
      .map(certificateOf);
  };

/** The admin pages' queries over a connection. */
export const createQueries = (connection: Connection): OverviewQueries => ({
  subscribers: subscribers(connection),
  certificates: certificates(connection),
  pendingEnrolments: (at, lifetime) =>
    connection
      .all(
        `SELECT * FROM enrolments WHERE state = 'pending' AND created_at > :since AND created_at <= :at
         ORDER BY created_at DESC, id`,
        { at, since: at - lifetime },
      )
      .map(enrolmentOf),
  counts: (at) => {
    const row = connection.get(
      `SELECT
         (SELECT count(DISTINCT subject) FROM certificates WHERE authority = 'client') AS subscribers,
         (SELECT count(*) FROM certificates WHERE state = 'valid' AND not_after + 1000 > :at) AS valid,
         (SELECT count(*) FROM certificates WHERE state = 'revoked') AS revoked,
         (SELECT count(*) FROM blocked_numbers) AS blocked,
         (SELECT count(*) FROM enrolments WHERE state = 'pending') AS pending,
         (SELECT coalesce(max(sequence), 0) FROM audit) AS audit,
         (SELECT count(*) FROM messages) AS messages`,
      { at },
    );
    const count = (column: string): number => (row === undefined ? 0 : integerOf(row, column));
    return {
      subscribers: count('subscribers'),
      validCertificates: count('valid'),
      revokedCertificates: count('revoked'),
      blockedNumbers: count('blocked'),
      pendingEnrolments: count('pending'),
      auditEntries: count('audit'),
      waitingMessages: count('messages'),
    };
  },
});
