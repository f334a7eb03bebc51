import { appendAudit } from './audit-log.ts';
import { findCertificate, isKeyKnown, replaceCertificates } from './certificates.ts';
import type { Connection, Emit } from './connection.ts';
import type { EnrolmentEnd, EnrolmentStore, StoredEnrolment, TokenOutcome } from './contract.ts';
import type { StoreKey } from './key-file.ts';
import { bytesOf, integerOf, orNull, textOf, wordOf, type Row } from './rows.ts';
import type { StatusMemory } from './status-memory.ts';

const ends = ['tries', 'expired', 'blocked', 'not-sent', 'restored', 'superseded'] as const;
const actor = 'registration';

/** An enrolment's row. */
export const enrolmentOf = (row: Row): StoredEnrolment => ({
  id: textOf(row, 'id'),
  number: textOf(row, 'number'),
  publicKey: bytesOf(row, 'public_key'),
  createdAt: integerOf(row, 'created_at'),
  wrongTries: integerOf(row, 'wrong_tries'),
  state: wordOf(row, 'state', ['pending', 'issued', 'dead']),
  end: row['ending'] === null ? null : wordOf(row, 'ending', ends),
  serial: orNull(row, 'serial', textOf),
});

const find = (connection: Connection, id: string): Row | undefined =>
  connection.get('SELECT * FROM enrolments WHERE id = :id', { id });

/** Kills a pending enrolment inside the transaction under way. */
export const killEnrolment = (
  connection: Connection,
  emit: Emit,
  killed: {
    readonly id: string;
    readonly number: string;
    readonly end: EnrolmentEnd;
    readonly at: number;
    readonly by?: string;
  },
): void => {
  const { id, number, end, at, by } = killed;
  connection.run(
    `UPDATE enrolments SET state = 'dead', ending = :end WHERE id = :id AND state = 'pending'`,
    { id, end },
  );
  const detail = { enrolment: id, end };
  const action = 'enrolment/died';
  appendAudit(connection, emit, { at, actor: by ?? actor, action, subject: number, detail });
};

type Attempt = Parameters<EnrolmentStore['tryToken']>[0];

const countWrong = (
  connection: Connection,
  emit: Emit,
  { id, number, wrongTries, state }: StoredEnrolment,
  { at, tries }: Attempt,
): TokenOutcome => {
  const detail = { enrolment: id, tries: wrongTries + 1 };
  const action = 'enrolment/token-wrong';
  appendAudit(connection, emit, { at, actor, action, subject: number, detail });
  connection.run('UPDATE enrolments SET wrong_tries = wrong_tries + 1 WHERE id = :id', { id });
  if (state === 'pending' && wrongTries + 1 >= tries) {
    killEnrolment(connection, emit, { id, number, end: 'tries', at });
  }
  return { kind: 'wrong' };
};

const tryToken = (
  connection: Connection,
  key: StoreKey,
  emit: Emit,
  attempt: Attempt,
): TokenOutcome => {
  const { id, token, at, lifetime, tries } = attempt;
  const row = find(connection, id);
  if (row === undefined) return { kind: 'unknown' };
  const enrolment = enrolmentOf(row);
  const { state, end, createdAt, number, wrongTries, serial } = enrolment;
  if (end === 'expired' || at < createdAt || at - createdAt >= lifetime) {
    if (state === 'pending') killEnrolment(connection, emit, { id, number, end: 'expired', at });
    return { kind: 'expired' };
  }
  // A blocked number's enrolment answers as every other one does to wrong tokens: whoever asks does not learn of the block.
  const isHidden = end === 'blocked';
  if (wrongTries >= tries || (state === 'dead' && !isHidden)) return { kind: 'dead' };
  const isRight = key.isToken(id, token, bytesOf(row, 'token_hash'));
  if (isHidden || !isRight) return countWrong(connection, emit, enrolment, attempt);
  const certificate = serial === null ? null : (findCertificate(connection, serial) ?? null);
  if (certificate?.state === 'revoked') return { kind: 'dead' };
  return { kind: 'right', enrolment, certificate };
};

/** Kills whatever else was asked for a number that has its certificate now: an older token must not undo it. */
const supersede = (connection: Connection, emit: Emit, number: string, at: number): void => {
  const rows = connection.all(
    `SELECT id FROM enrolments WHERE number = :number AND state = 'pending'`,
    { number },
  );
  for (const row of rows)
    killEnrolment(connection, emit, { id: textOf(row, 'id'), number, end: 'superseded', at });
};

/** Enrolments over a connection. */
export const createEnrolmentStore = (
  connection: Connection,
  key: StoreKey,
  memory: StatusMemory,
): EnrolmentStore => ({
  begin: ({ id, number, publicKey, requestHash, token, at }) =>
    connection.write((emit) => {
      const isBlocked = memory.isBlocked(number);
      const [state, ending] = isBlocked ? ['dead', 'blocked'] : ['pending', null];
      const tokenHash = key.tokenHash(id, token);
      connection.run(
        `INSERT INTO enrolments (id, number, public_key, request_hash, token_hash, created_at, state, ending)
         VALUES (:id, :number, :publicKey, :requestHash, :tokenHash, :at, :state, :ending)`,
        {
          id,
          number,
          publicKey,
          requestHash,
          tokenHash,
          at,
          state: state ?? '',
          ending: ending ?? null,
        },
      );
      const action = isBlocked ? 'enrolment/refused-blocked' : 'enrolment/requested';
      const detail = { enrolment: id, request: requestHash };
      appendAudit(connection, emit, { at, actor, action, subject: number, detail });
      return isBlocked ? 'blocked' : 'pending';
    }),
  notSent: (id, at) =>
    connection.write((emit) => {
      const row = find(connection, id);
      if (row === undefined) return;
      const { state, number, end: ending } = enrolmentOf(row);
      const end = 'not-sent';
      if (state === 'pending') killEnrolment(connection, emit, { id, number, end, at });
      if (ending !== 'blocked') return;
      connection.run('UPDATE enrolments SET ending = :end WHERE id = :id', { id, end });
    }),
  get: (id) => {
    const row = find(connection, id);
    return row === undefined ? undefined : enrolmentOf(row);
  },
  countSince: (number, time) => {
    const row = connection.get(
      `SELECT count(*) AS n FROM enrolments
       WHERE number = :number AND created_at > :time AND ending IS NOT 'not-sent'`,
      { number, time },
    );
    return row === undefined ? 0 : integerOf(row, 'n');
  },
  tryToken: (attempt) => connection.write((emit) => tryToken(connection, key, emit, attempt)),
  issue: ({ id, certificate, at, notice }) =>
    connection.write((emit) => {
      const row = find(connection, id);
      if (row === undefined) return { kind: 'refused' };
      const { state, number, serial } = enrolmentOf(row);
      const winner = serial === null ? undefined : findCertificate(connection, serial);
      if (winner?.state === 'valid') return { kind: 'issued', certificate: winner, superseded: [] };
      if (state !== 'pending' || memory.isBlocked(number)) return { kind: 'refused' };
      const detail = { enrolment: id };
      const made = { certificate, number, at, notice, detail };
      const outcome = replaceCertificates(connection, emit, made);
      if (outcome.kind === 'issued') {
        connection.run(`UPDATE enrolments SET state = 'issued', serial = :serial WHERE id = :id`, {
          id,
          serial: certificate.serial,
        });
        supersede(connection, emit, number, at);
      }
      return outcome;
    }),
  isKeyKnown: (publicKey) => isKeyKnown(connection, publicKey),
  forget: (time) => {
    connection.write(() =>
      connection.run('DELETE FROM enrolments WHERE created_at <= :time', { time }),
    );
  },
});
