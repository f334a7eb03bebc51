import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../../../reference/core/bytes.ts';
import { aes256GcmDecrypt } from '../../../reference/core/primitives/gcm.ts';
import { prfSha384 } from '../../../reference/core/primitives/prf.ts';
import { ffdhe2048, modp2048 } from '../../../reference/core/tls/profile.ts';
import { hasTool } from '../testing/tools.ts';
import { knownGroup } from './groups.ts';
import { createKeyLog } from './key-log.ts';
import * as messages from './messages.ts';
import { createHandshakeReader, createRecordReader, looksLikeTls } from './records.ts';
import { createTlsSession } from './session.ts';
import { keyExchangeOf, suiteName } from './suites.ts';

const openssl = hasTool('openssl', 'version');
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const vector = (size: 1 | 2 | 3, content: Uint8Array): Uint8Array =>
  concat(
    Uint8Array.from(
      { length: size },
      (_, index) => (content.length >> (8 * (size - 1 - index))) & 255,
    ),
    content,
  );
const record = (type: number, fragment: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type, 3, 3), vector(2, fragment));
const handshake = (type: number, body: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type), vector(3, body));

const random = new Uint8Array(32).fill(7);
const versions = concat(Uint8Array.of(0, 43), vector(2, Uint8Array.of(4, 3, 4, 3, 3)));
const clientHello = concat(
  Uint8Array.of(3, 3),
  random,
  vector(1, new Uint8Array()),
  vector(2, Uint8Array.of(0, 0x9f, 0x13, 1)),
  vector(1, Uint8Array.of(0)),
  vector(
    2,
    concat(
      versions,
      Uint8Array.of(0, 0),
      vector(2, vector(2, concat(Uint8Array.of(0), vector(2, Uint8Array.of(104, 46, 120))))),
    ),
  ),
);
const serverHello = concat(
  Uint8Array.of(3, 3),
  random,
  vector(1, new Uint8Array()),
  Uint8Array.of(0, 0x9f, 0),
);
const exchange = concat(
  vector(2, Uint8Array.of(0x0f, 1)),
  vector(2, Uint8Array.of(2)),
  vector(2, Uint8Array.of(0, 9)),
  Uint8Array.of(4, 1),
  vector(2, new Uint8Array(4)),
);
const request = concat(
  vector(1, Uint8Array.of(1, 64)),
  vector(2, Uint8Array.of(4, 1, 8, 4)),
  vector(2, vector(2, Uint8Array.of(48, 0))),
);

describe('handshake messages', () => {
  it('a ClientHello with its extensions', () => {
    expect(messages.parseClientHello(clientHello)).toMatchObject({
      value: {
        version: 0x0303,
        suites: [0x009f, 0x1301],
        supportedVersions: [0x0304, 0x0303],
        serverName: 'h.x',
      },
    });
  });

  it('a ServerKeyExchange of a DHE suite', () => {
    expect(messages.parseServerKeyExchange(exchange, 0x009f, 0x0303)).toEqual({
      ok: true,
      value: {
        kind: 'dhe',
        prime: Uint8Array.of(0x0f, 1),
        generator: Uint8Array.of(2),
        publicValue: Uint8Array.of(0, 9),
        signatureAlgorithm: 0x0401,
      },
    });
  });

  it('a CertificateRequest, and a Certificate message with two certificates', () => {
    expect(messages.parseCertificateRequest(request)).toMatchObject({
      value: { certificateTypes: [1, 64], signatureAlgorithms: [0x0401, 0x0804] },
    });
    const chain = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    const body = vector(3, concat(...chain.map((der) => vector(3, der))));
    expect(messages.parseCertificate(body)).toEqual({ ok: true, value: chain });
  });

  it.each([
    ['cut', clientHello.subarray(0, 20), 'handshake-truncated', 2],
    [
      'followed by more',
      concat(clientHello, Uint8Array.of(0)),
      'handshake-trailing',
      clientHello.length,
    ],
  ])('a ClientHello %s is refused at its offset', (_name, body, code, offset) => {
    expect(messages.parseClientHello(body)).toMatchObject({ error: { code, offset } });
  });

  test.prop([
    fc.constantFrom(clientHello, serverHello, exchange, request),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 }),
    fc.nat(),
  ])('mutations are read or refused within the bytes, by every parser', (whole, changes, cut) => {
    const body = whole.slice(0, cut % (whole.length + 1));
    for (const [at, value] of changes) if (body.length > 0) body[at % body.length] = value;
    const results = [
      messages.parseClientHello(body),
      messages.parseServerHello(body),
      messages.parseCertificate(body),
      messages.parseServerKeyExchange(body, 0x009f, 0x0303),
      messages.parseServerKeyExchange(body, 0xc030, 0x0303),
      messages.parseCertificateRequest(body),
      messages.parseCertificateVerify(body),
      messages.parseClientDhPublic(body),
      messages.parseNewSessionTicket(body),
    ];
    for (const result of results) {
      if (!result.ok) expect(result.error.offset).toBeLessThanOrEqual(body.length);
    }
  });
});

describe('records', () => {
  test.prop([fc.integer({ min: 1, max: 30 })])(
    'any cut gives the same records and messages',
    (cut) => {
      const stream = concat(
        record(22, handshake(1, clientHello).subarray(0, 50)),
        record(22, handshake(1, clientHello).subarray(50)),
        record(21, Uint8Array.of(2, 40)),
      );
      const records = createRecordReader();
      const found: number[] = [];
      const splitter = createHandshakeReader();
      for (let at = 0; at < stream.length; at += cut) {
        for (const { type, fragment } of records.push(stream.subarray(at, at + cut), at).records) {
          if (type !== 22) found.push(type);
          const split = type === 22 ? splitter.push(fragment) : null;
          if (split?.ok) found.push(...split.value.map((message) => message.body.length));
        }
      }
      expect(found).toEqual([clientHello.length, 21]);
    },
  );

  it('what stops being TLS is told with its offset and its bytes', () => {
    const text = new TextEncoder().encode('INVITE sip:a SIP/2.0\r\n');
    const { records, broken } = createRecordReader().push(concat(record(23, random), text), 0);
    expect(records).toHaveLength(1);
    expect(broken).toEqual({ fault: { code: 'record-type', offset: 37 }, rest: text });
  });

  it('tells TLS from text, and waits while it cannot', () => {
    expect(looksLikeTls(record(22, handshake(1, clientHello)))).toBe(true);
    expect(looksLikeTls(new TextEncoder().encode('GET / HTTP/1.1'))).toBe(false);
    expect(looksLikeTls(Uint8Array.of(22, 3))).toBe(null);
  });
});

const sealed = record(22, new Uint8Array(40).fill(9));
const changeCipherSpec = record(20, Uint8Array.of(1));
const sessionOf = (...stretches: readonly (readonly ['client' | 'server', Uint8Array])[]) => {
  const session = createTlsSession(
    createKeyLog(),
    { application: () => {}, notTls: () => {} },
    true,
  );
  stretches.forEach(([side, bytes], at) => session.data(side, bytes, at));
  session.end();
  return session.facts();
};
const hellos = [
  ['client', record(22, handshake(1, clientHello))],
  ['server', record(22, handshake(2, serverHello))],
] as const;

describe('sessions', () => {
  it('an abbreviated handshake is a resumption', () => {
    const facts = sessionOf(
      ...hellos,
      ['server', concat(changeCipherSpec, sealed)],
      ['client', concat(changeCipherSpec, sealed)],
    );
    expect(facts).toMatchObject({
      resumed: true,
      established: true,
      decrypted: 'no-key',
      dh: null,
    });
  });

  it('a full handshake is none; a client whose Finished is answered by an alert is not in', () => {
    const flight = [handshake(12, exchange), handshake(14, new Uint8Array())];
    const facts = sessionOf(
      ...hellos,
      ['server', record(22, concat(...flight))],
      ['client', concat(changeCipherSpec, sealed)],
      ['server', record(21, Uint8Array.of(2, 48))],
    );
    expect(facts).toMatchObject({
      resumed: false,
      established: false,
      dh: {
        bits: 12,
        generator: '02',
        serverPublicBits: 4,
        group: null,
        signatureAlgorithm: 0x0401,
      },
      alerts: [{ from: 'server', level: 2, description: 48 }],
    });
  });

  it('handshake records behind Finished are a renegotiation', () => {
    const both = concat(changeCipherSpec, sealed);
    expect(sessionOf(...hellos, ['server', both], ['client', both]).renegotiation).toBe(false);
    const again = sessionOf(...hellos, ['server', both], ['client', concat(both, sealed)]);
    expect(again.renegotiation).toBe(true);
  });
});

describe('primitives and names', () => {
  it.skipIf(!openssl)(
    `the PRF equals OpenSSL's${openssl ? '' : ' (skipped: openssl is missing)'}`,
    () => {
      const secret = new Uint8Array(48).fill(3);
      const options = [
        'kdf',
        '-keylen',
        '72',
        '-kdfopt',
        'digest:SHA384',
        '-kdfopt',
        `hexsecret:${toHex(secret)}`,
      ];
      const seed = `hexseed:${toHex(concat(new TextEncoder().encode('key expansion'), random))}`;
      const output = execFileSync('openssl', [...options, '-kdfopt', seed, 'TLS1-PRF']).toString();
      expect(toHex(prfSha384(secret, 'key expansion', random, 72))).toBe(
        output.trim().replaceAll(':', '').toLowerCase(),
      );
    },
  );

  test.prop([bytes32, fc.uint8Array(), fc.uint8Array(), fc.nat()])(
    'AES-256-GCM opens what was sealed and refuses any changed bit',
    (key, additional, plain, flip) => {
      const nonce = new Uint8Array(12).fill(1);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additional);
      const sealed = concat(cipher.update(plain), cipher.final(), cipher.getAuthTag());
      expect(aes256GcmDecrypt(key, nonce, additional, sealed)).toEqual({ ok: true, value: plain });
      const changed = sealed.map((byte, at) => (at === flip % sealed.length ? byte ^ 1 : byte));
      expect(aes256GcmDecrypt(key, nonce, additional, changed)).toMatchObject({
        error: { code: 'gcm-tag' },
      });
    },
  );

  it('published groups by their primes', () => {
    expect(knownGroup(ffdhe2048.prime)).toBe('ffdhe2048');
    expect(knownGroup(`00${modp2048.prime.toUpperCase()}`)).toBe('modp2048');
    expect(knownGroup('17')).toBe(null);
  });

  it('suites by their numbers', () => {
    expect([0x009f, 0xc030, 0x1302, 0xfefe].map(suiteName)).toEqual([
      'DHE-RSA-AES256-GCM-SHA384',
      'ECDHE-RSA-AES256-GCM-SHA384',
      'TLS_AES_256_GCM_SHA384',
      '0xFEFE',
    ]);
    expect([0x009f, 0xc030, 0x009d].map(keyExchangeOf)).toEqual(['dhe', 'ecdhe', 'other']);
  });

  test.prop([fc.string()])('a key log passes over lines it does not know', (line) => {
    const keyLog = createKeyLog();
    keyLog.add([line, `CLIENT_RANDOM ${'AB'.repeat(32)} 0102`]);
    expect(keyLog.secret('CLIENT_RANDOM', 'ab'.repeat(32))).toEqual(Uint8Array.of(1, 2));
  });
});
