import { concat, utf8 } from '../../reference/core/bytes.ts';
import { createDhGroupReader } from '../../reference/core/tls/dh-group-reader.ts';
import { exactTlsProfile, ffdhe2048 } from '../../reference/core/tls/profile.ts';
import { createKeyLog } from '../../scenarios/wire/tls/key-log.ts';
import * as wire from '../../scenarios/wire/tls/messages.ts';
import {
  createHandshakeReader,
  createRecordReader,
  looksLikeTls,
} from '../../scenarios/wire/tls/records.ts';
import { createTlsSession } from '../../scenarios/wire/tls/session.ts';
import * as attacker from '../../simulators/attackers/tls-client/incoming.ts';
import { readServerAnswer } from '../../simulators/attackers/tls-wire.ts';
import { tlsBodies, tlsFlights, tlsHandshake, tlsRecord } from '../generators/captures.ts';
import {
  bytesOfCase,
  mutatedCases,
  piecesOf,
  seedOf,
  type MutatedCase,
} from '../generators/mutations.ts';
import { sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

interface Read {
  readonly ok: boolean;
  readonly error?: { readonly code: string };
}

const codeOf = (result: Read): string => (result.ok ? 'ok' : (result.error?.code ?? ''));

const bodies = tlsBodies.map(([, body]) => body);
const suite = 0x009f;
const curveSuite = 0xc030;
const version = 0x0303;

/** What the attackers read where the wire's readers do: two implementations, of which the attackers’ takes what follows. */
const compare = (name: string, ours: Read, theirs: unknown): void => {
  if (ours.ok) sameValue(`differential: the attackers’ ${name}`, true, theirs !== null);
};

const compareHellos = (body: Uint8Array): readonly Read[] => {
  const client = wire.parseClientHello(body);
  const theirClient = attacker.readClientHello(body);
  if (client.ok && theirClient)
    sameValue(
      'differential: ClientHello',
      [client.value.suites, client.value.random],
      [theirClient.suites, theirClient.random],
    );
  const server = wire.parseServerHello(body);
  const theirServer = attacker.readServerHello(body);
  if (server.ok && theirServer)
    sameValue(
      'differential: ServerHello',
      [server.value.suite, server.value.random],
      [theirServer.suite, theirServer.random],
    );
  return [client, server];
};

const compareExchange = (body: Uint8Array): readonly Read[] => {
  const ours = wire.parseServerKeyExchange(body, suite, version);
  const theirs = attacker.readServerKeyExchange(body, suite, version);
  compare('ServerKeyExchange', ours, theirs);
  if (ours.ok && ours.value.kind === 'dhe' && theirs?.kind === 'dh')
    sameValue(
      'differential: ServerDHParams',
      [ours.value.prime, ours.value.generator, ours.value.publicValue],
      [theirs.prime, theirs.generator, theirs.publicValue],
    );
  attacker.readServerKeyExchange(body, curveSuite, version);
  return [ours, wire.parseServerKeyExchange(body, curveSuite, version)];
};

/** Bodies of handshake messages, each read by every reader. */
export const tlsMessages: FuzzTarget<MutatedCase> = {
  name: 'tls-messages',
  parsers: [
    'scenarios/wire/tls/messages.ts#parseClientHello',
    'scenarios/wire/tls/messages.ts#parseServerHello',
    'scenarios/wire/tls/messages.ts#parseCertificate',
    'scenarios/wire/tls/messages.ts#parseServerKeyExchange',
    'scenarios/wire/tls/messages.ts#parseCertificateRequest',
    'scenarios/wire/tls/messages.ts#parseCertificateVerify',
    'scenarios/wire/tls/messages.ts#parseClientDhPublic',
    'scenarios/wire/tls/messages.ts#parseNewSessionTicket',
    'simulators/attackers/tls-client/bytes.ts#readerOf',
    'simulators/attackers/tls-client/incoming.ts#readServerHello',
    'simulators/attackers/tls-client/incoming.ts#readClientHello',
    'simulators/attackers/tls-client/incoming.ts#readCertificates',
    'simulators/attackers/tls-client/incoming.ts#readServerKeyExchange',
    'simulators/attackers/tls-client/incoming.ts#readCertificateRequest',
    'simulators/attackers/tls-client/incoming.ts#cutHandshake',
  ],
  cases: mutatedCases(bodies.length),
  check: (made) => {
    const body = bytesOfCase(bodies, made);
    const certificate = wire.parseCertificate(body);
    compare('Certificate', certificate, attacker.readCertificates(body));
    const request = wire.parseCertificateRequest(body);
    compare('CertificateRequest', request, attacker.readCertificateRequest(body, version));
    attacker.cutHandshake(body);
    const results: readonly Read[] = [
      ...compareHellos(body),
      ...compareExchange(body),
      certificate,
      request,
      wire.parseCertificateVerify(body),
      wire.parseClientDhPublic(body),
      wire.parseNewSessionTicket(body),
    ];
    return results.map((result, index) => `${readers[index]} ${codeOf(result)}`);
  },
  reaches: [
    ...'ClientHello ServerHello DHE ECDHE Certificate CertificateRequest CertificateVerify ClientKeyExchange NewSessionTicket'
      .split(' ')
      .flatMap((name) => ['ok', 'handshake-truncated'].map((code) => `${name} ${code}`)),
    'ClientHello handshake-trailing',
    'ECDHE handshake-curve',
  ],
  file: (made) => ({ extension: 'bin', bytes: bytesOfCase(bodies, made) }),
};

const readers =
  'ClientHello ServerHello DHE ECDHE Certificate CertificateRequest CertificateVerify ClientKeyExchange NewSessionTicket'.split(
    ' ',
  );

/** A ServerKeyExchange with a prime of so many bytes, that of ffdhe2048 if it fits, and a public value. */
const groupOfSize = (length: number, value: number): Uint8Array =>
  concat(
    Uint8Array.of(length >> 8, length),
    Buffer.from(ffdhe2048.prime, 'hex').subarray(-length),
    Uint8Array.of(0, 1, 2, 0, 1, value),
  );

const alert = tlsRecord(21, Uint8Array.of(1, 112));
const flights: readonly Uint8Array[] = [
  concat(...tlsFlights.server),
  concat(...tlsFlights.client),
  concat(alert, tlsFlights.server[0]),
  concat(
    tlsRecord(22, tlsFlights.server[0].subarray(5, 60)),
    tlsRecord(22, tlsFlights.server[0].subarray(60)),
    tlsRecord(20, Uint8Array.of(1)),
  ),
  Uint8Array.of(0x80, 20, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 6, 1, 0, 0x80, 2, 0, 0x80, 1, 2, 3),
  tlsRecord(22, Uint8Array.of(12, 0, 0, 0)),
  Uint8Array.of(0x80, 3, 0, 0, 1),
  ...[groupOfSize(128, 9), groupOfSize(256, 0)].map((body) =>
    tlsRecord(22, tlsHandshake(12, body)),
  ),
  tlsRecord(22, concat(Uint8Array.of(12, 0, 0, 9), new Uint8Array(9))),
];

const recordsOf = (pieces: readonly Uint8Array[]) => {
  const reader = createRecordReader();
  const records: unknown[] = [];
  const fragments: Uint8Array[] = [];
  for (const piece of pieces) {
    const read = reader.push(piece, 0);
    records.push(...read.records);
    fragments.push(...read.records.map(({ fragment }) => fragment));
    // Once broken, a reader is done with.
    if (read.broken) return { records, fragments, code: read.broken.fault };
  }
  return { records, fragments, code: null };
};

const groupOf = (pieces: readonly Uint8Array[]) => {
  const reader = createDhGroupReader(exactTlsProfile);
  return pieces.reduce<ReturnType<typeof reader.push>>(
    (_, piece) => reader.push(piece),
    reader.push(new Uint8Array()),
  );
};

const messagesOf = (fragments: readonly Uint8Array[]): string => {
  const reader = createHandshakeReader();
  for (const fragment of fragments) {
    const read = reader.push(fragment);
    if (!read.ok) return read.error.code;
  }
  return 'messages';
};

/** Streams of TLS records: what a server sends, in any cut, read by the phone's guard, the wire and the scans. */
export const tlsRecords: FuzzTarget<MutatedCase> = {
  name: 'tls-records',
  parsers: [
    'reference/core/tls/dh-group-reader.ts#createDhGroupReader',
    'scenarios/wire/tls/records.ts#createRecordReader',
    'scenarios/wire/tls/records.ts#createHandshakeReader',
    'scenarios/wire/tls/records.ts#looksLikeTls',
    'scenarios/wire/tls/cursor.ts#cursorOf',
    'simulators/attackers/tls-wire.ts#readServerAnswer',
  ],
  cases: mutatedCases(flights.length),
  check: (made) => {
    const bytes = bytesOfCase(flights, made);
    const pieces = piecesOf(bytes, seedOf(made));
    const whole = recordsOf([bytes]);
    sameValue('the same records however cut', whole, recordsOf(pieces));
    const group = groupOf([bytes]);
    sameValue('the same group however cut', group, groupOf(pieces));
    const answer = readServerAnswer(bytes, 'TLSv1.2');
    const old = readServerAnswer(bytes, 'SSLv2');
    return [
      whole.code === null ? 'records' : whole.code.code,
      group.ok ? `group ${group.value}` : `group ${group.error.code}`,
      messagesOf(whole.fragments),
      `answer ${answer.kind}`,
      `SSL 2 ${old.kind}`,
      looksLikeTls(bytes) === true ? 'looks like TLS' : 'does not',
    ];
  },
  reaches: [
    ...'records record-type record-version record-length messages handshake-length'.split(' '),
    ...'again done record parameters missing size group public-value'
      .split(' ')
      .map((code) => `group ${code}`),
    ...'accepted alert incomplete garbage'.split(' ').map((kind) => `answer ${kind}`),
    ...'accepted sslv2-error'.split(' ').map((kind) => `SSL 2 ${kind}`),
    'looks like TLS',
    'does not',
  ],
  file: (made) => ({ extension: 'bin', bytes: bytesOfCase(flights, made) }),
};

const secret = '0'.repeat(96);
const logs: readonly Uint8Array[] = [
  `CLIENT_RANDOM ${'07'.repeat(32)} ${secret}\n`,
  `# comment\r\nCLIENT_RANDOM ${'0A'.repeat(32)} ${secret}\r\nEXPORTER_SECRET ${'0a'.repeat(32)} 00`,
].map(utf8);

/** Key logs, and sessions that are read with what they hold. */
export const tlsSessions: FuzzTarget<MutatedCase> = {
  name: 'tls-session',
  parsers: [
    'scenarios/wire/tls/key-log.ts#createKeyLog',
    'scenarios/wire/tls/handshake-state.ts#takeMessage',
    'scenarios/wire/tls/decrypt.ts#recordDecrypters',
  ],
  cases: mutatedCases(logs.length + 2),
  check: (made) => {
    const seed = seedOf(made);
    const keyLog = createKeyLog();
    const lines = made.base < logs.length ? bytesOfCase(logs, made) : (logs[0] ?? new Uint8Array());
    keyLog.add(new TextDecoder().decode(lines).split(/\r?\n/));
    const flight = made.base < logs.length ? flights : flights.slice(0, 2);
    const changed =
      made.base < logs.length ? (flight[0] ?? new Uint8Array()) : bytesOfCase(flight, made);
    const shapes: string[] = [];
    const session = createTlsSession(
      keyLog,
      { application: () => shapes.push('application'), notTls: () => shapes.push('not TLS') },
      true,
    );
    const other = flights[1] ?? new Uint8Array();
    session.data('client', other.subarray(0, 120), 0);
    for (const piece of piecesOf(changed, seed)) session.data('server', piece, 1);
    if (seed % 7 === 0) session.gap('client');
    if (seed % 11 === 0) session.conflict('server');
    session.data('client', other.subarray(120), 2);
    session.end();
    const facts = session.facts();
    return [facts.decrypted, `${keyLog.size} secrets`, ...shapes, 'ok'];
  },
  reaches: ['ok', '0 secrets', '1 secrets', '2 secrets', 'not TLS'],
  file: (made) => ({ extension: 'log', bytes: bytesOfCase(logs, made) }),
};
