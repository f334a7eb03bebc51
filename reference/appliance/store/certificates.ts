import { toHex } from '../../core/bytes.ts';
import { sha256 } from '../../core/primitives/hash.ts';
import { appendAudit } from './audit-log.ts';
import type { Connection, Emit } from './connection.ts';
import type {
  CertificateStore,
  IssueOutcome,
  IssuingAuthority,
  NewCertificate,
  RevocationReason,
  StoredCertificate,
} from './contract.ts';
import { modulusOf } from './modulus.ts';
import { bytesOf, integerOf, orNull, textOf, wordOf, type Row } from './rows.ts';
import type { StatusMemory } from './status-memory.ts';

const reasons = ['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation'] as const;

/** The reason in a row. */
export const reasonOf = (row: Row): RevocationReason => wordOf(row, 'reason', reasons);

/** A certificate's row. */
export const certificateOf = (row: Row): StoredCertificate => ({
  serial: textOf(row, 'serial'),
  authority: wordOf(row, 'authority', ['client', 'server']),
  subject: textOf(row, 'subject'),
  der: bytesOf(row, 'der'),
  issuedAt: integerOf(row, 'issued_at'),
  notAfter: integerOf(row, 'not_after'),
  renews: orNull(row, 'renews', textOf),
  state: wordOf(row, 'state', ['valid', 'revoked']),
  revokedAt: orNull(row, 'revoked_at', integerOf),
  reason: row['reason'] === null ? null : reasonOf(row),
});

/** SHA-256 of the modulus: one key has several encodings. Of all bytes where they are no RSA key. */
const modulusHash = (publicKey: Uint8Array): string =>
  toHex(sha256(modulusOf(publicKey) ?? publicKey));

const isModulusKnown = (connection: Connection, hash: string): boolean =>
  connection.get('SELECT 1 FROM certificates WHERE modulus_hash = :hash', { hash }) !== undefined;

/** Whether any certificate is for this modulus. */
export const isKeyKnown = (connection: Connection, publicKey: Uint8Array): boolean =>
  isModulusKnown(connection, modulusHash(publicKey));

/** The certificate of a serial. */
export const findCertificate = (
  connection: Connection,
  serial: string,
): StoredCertificate | undefined => {
  const row = connection.get('SELECT * FROM certificates WHERE serial = :serial', { serial });
  return row === undefined ? undefined : certificateOf(row);
};

/** Records a certificate inside the transaction under way. */
export const insertCertificate = (
  connection: Connection,
  emit: Emit,
  made: {
    readonly certificate: NewCertificate;
    /** Of its key. */
    readonly hash: string;
    readonly authority: IssuingAuthority;
    readonly subject: string;
    readonly at: number;
    readonly actor: string;
    /** Serial of the certificate renewed. */
    readonly renews?: string;
    readonly detail: Readonly<Record<string, string>>;
  },
): StoredCertificate => {
  const { certificate, hash, authority, subject, at, actor } = made;
  const { serial, der, notAfter } = certificate;
  const renews = made.renews ?? null;
  connection.run(
    `INSERT INTO certificates (serial, authority, subject, modulus_hash, der, issued_at, not_after, renews)
     VALUES (:serial, :authority, :subject, :hash, :der, :at, :notAfter, :renews)`,
    {
      serial,
      authority,
      subject,
      hash,
      der,
      at,
      notAfter,
      renews,
    },
  );
  const detail = { serial, authority, notAfter, ...made.detail };
  appendAudit(connection, emit, { at, actor, action: 'certificate/issued', subject, detail });
  emit({ kind: 'certificate-issued', serial, subject, authority });
  const valid = { state: 'valid', revokedAt: null, reason: null } as const;
  return { serial, authority, subject, der, issuedAt: at, notAfter, renews, ...valid };
};

/** Revokes valid certificates of one subject inside the transaction under way; each is audited. */
export const revokeCertificates = (
  connection: Connection,
  emit: Emit,
  revocation: {
    readonly certificates: readonly Pick<StoredCertificate, 'serial' | 'authority' | 'subject'>[];
    readonly reason: RevocationReason;
    readonly at: number;
    readonly by: string;
  },
): void => {
  const { certificates, reason, at, by } = revocation;
  for (const { serial, authority, subject } of certificates) {
    connection.run(
      `UPDATE certificates SET state = 'revoked', revoked_at = :at, reason = :reason
       WHERE serial = :serial AND state = 'valid'`,
      { serial, at, reason },
    );
    const detail = { serial, authority, reason };
    const action = 'certificate/revoked';
    appendAudit(connection, emit, { at, actor: by, action, subject, detail });
  }
  const [first] = certificates;
  if (first === undefined) return;
  const { authority, subject } = first;
  const serials = certificates.map(({ serial }) => serial);
  const number = authority === 'client' ? subject : null;
  emit({ kind: 'certificates-revoked', serials, number, authority, reason });
};

/** Valid client certificates of a number, expired ones too. */
export const validCertificatesOf = (
  connection: Connection,
  number: string,
): readonly StoredCertificate[] =>
  connection
    .all(
      `SELECT * FROM certificates
       WHERE subject = :number AND authority = 'client' AND state = 'valid' ORDER BY position`,
      { number },
    )
    .map(certificateOf);

/** Records a number's new certificate in place of its older ones, with the notice to its owner, inside the transaction under way. */
export const replaceCertificates = (
  connection: Connection,
  emit: Emit,
  made: {
    readonly certificate: NewCertificate;
    readonly number: string;
    readonly at: number;
    readonly notice: string;
    readonly renews?: string;
    readonly detail: Readonly<Record<string, string>>;
  },
): IssueOutcome => {
  const { certificate, number, at, notice, detail } = made;
  const hash = modulusHash(certificate.publicKey);
  if (isModulusKnown(connection, hash)) return { kind: 'key-known' };
  const by = 'registration';
  const older = validCertificatesOf(connection, number);
  revokeCertificates(connection, emit, { certificates: older, reason: 'superseded', at, by });
  const issued = {
    certificate,
    hash,
    authority: 'client',
    subject: number,
    at,
    actor: by,
  } as const;
  const renews = made.renews === undefined ? {} : { renews: made.renews };
  const stored = insertCertificate(connection, emit, { ...issued, ...renews, detail });
  if (older.length > 0) {
    connection.run(
      'INSERT INTO messages (number, text, created_at, due_at) VALUES (:number, :text, :at, :at)',
      { number, text: notice, at },
    );
    emit({ kind: 'message-queued' });
  }
  const superseded = older.map(({ serial }) => serial);
  return { kind: 'issued', certificate: stored, superseded };
};

/** Certificates over a connection. */
export const createCertificateStore = (
  connection: Connection,
  memory: StatusMemory,
): CertificateStore => ({
  addServer: ({ certificate, host, at }) => {
    const hash = modulusHash(certificate.publicKey);
    const made = {
      certificate,
      hash,
      authority: 'server',
      subject: host,
      at,
      actor: 'system',
    } as const;
    connection.write((emit) => insertCertificate(connection, emit, { ...made, detail: {} }));
  },
  renew: ({ serial, certificate, at, notice }) =>
    connection.write((emit) => {
      const old = findCertificate(connection, serial);
      const isGood =
        old?.state === 'valid' && old.authority === 'client' && at < old.notAfter + 1000;
      if (!isGood || memory.isBlocked(old.subject)) return { kind: 'refused' };
      const detail = { renews: serial };
      const made = { certificate, number: old.subject, at, notice, renews: serial, detail };
      return replaceCertificates(connection, emit, made);
    }),
  get: (serial) => findCertificate(connection, serial),
  findByKey: (publicKey) => {
    const row = connection.get(
      `SELECT * FROM certificates WHERE modulus_hash = :hash AND authority = 'client'`,
      { hash: modulusHash(publicKey) },
    );
    return row === undefined ? undefined : certificateOf(row);
  },
  statusOf: memory.statusOf,
  isRevoked: (serial) => memory.statusOf(serial) === 'revoked',
  revokedOf: (authority, at) =>
    connection
      .all(
        `SELECT serial, revoked_at, reason FROM certificates
         WHERE authority = :authority AND state = 'revoked' AND not_after + 1000 > :at
         ORDER BY revoked_at, position`,
        { authority, at },
      )
      .map((row) => ({
        serial: textOf(row, 'serial'),
        revokedAt: integerOf(row, 'revoked_at'),
        reason: reasonOf(row),
      })),
  revoke: ({ serial, by, reason, at }) =>
    connection.write((emit) => {
      const certificate = findCertificate(connection, serial);
      if (certificate?.state !== 'valid') return false;
      revokeCertificates(connection, emit, { certificates: [certificate], reason, at, by });
      return true;
    }),
});
