import { describe, expect, it } from 'vitest';
import { concat } from '../bytes.ts';
import type { Certificate } from '../pki/certificate.ts';
import {
  certificateOf,
  firstRefusal,
  formatChecks,
  peerChecks,
  revocationChecks,
  type Check,
  type Revocation,
  type Subject,
} from './checks.ts';
import { readMessage, type CslMessage } from './message.ts';
import type { CslRefusal } from './refusal.ts';
import {
  callee,
  caller,
  filled,
  flipped,
  longer,
  now,
  offerContext,
  offerMessage,
} from './testing/exchange-support.ts';
import { history } from './testing/refusal-cases.ts';
import { certificateDer, certificateNamed } from './testing/vector-support.ts';

const received = offerMessage();
const message = readMessage(received.headers, 'offer');
const own = certificateNamed('b');
const chain = certificateNamed('clients');
const peer = certificateNamed('a');

const subject = (change: Partial<Subject> = {}): Subject => ({
  ...offerContext(),
  message,
  media: received.media,
  certificate: peer,
  chain,
  own: callee,
  requiredNumber: caller.number,
  addressed: true,
  previous: undefined,
  transcript: new Uint8Array(),
  ...change,
});

const checks: readonly Check<Subject>[] = [...formatChecks, ...peerChecks, ...revocationChecks];

/** Whether a subject passes the one check of this code. */
const passes = (code: CslRefusal, change: Partial<Subject> = {}): boolean => {
  const [check, ...more] = checks.filter((each) => each.code === code);
  expect(more).toEqual([]);
  if (!check) throw new Error(`no check of ${code}`);
  return check.check(subject(change));
};

const without = (...parts: readonly (keyof CslMessage)[]): Partial<Subject> => ({
  message: Object.fromEntries(
    Object.entries(message).filter(([name]) => !parts.some((part) => part === name)),
  ) as unknown as CslMessage,
});

const certified = (change: Partial<Certificate>): Partial<Subject> => ({
  certificate: { ...peer, ...change },
});
const extended = (change: Partial<Certificate['extensions']>): Partial<Subject> =>
  certified({ extensions: { ...peer.extensions, ...change } });
const withKey = (change: object): Partial<Subject> =>
  certified({ publicKey: { ...peer.publicKey, ...change } });

describe('every check', () => {
  it('passes what is right, but for the signature of another transcript', () => {
    expect(checks.filter(({ check }) => !check(subject())).map(({ code }) => code)).toEqual([
      'signature',
    ]);
  });

  it('of what the message does not have fails, total', () => {
    const nothing = subject({
      ...without('info1', 'info2', 'certificate', 'chain'),
      certificate: undefined,
      chain: undefined,
      previous: history('a', 'b'),
    });
    const failed = checks.filter(({ check }) => !check(nothing)).map(({ code }) => code);
    expect(failed).toEqual([
      'time',
      'public-value-range',
      'public-value-residue',
      'from-chain',
      'certificate-form',
      'key',
      'common-name',
      'key-identifier',
      'identity',
      'dialog-certificate',
      'issuer',
      'validity',
      'signature',
    ]);
  });
});

describe('reflection: a certificate, key or CommonName of the receiver’s own, or what it sent (I-2)', () => {
  const ownKey = own.publicKey;
  if (ownKey.algorithm !== 'rsa') throw new Error('fixture');
  const other = { publicValue: filled(256, 40), nonce: filled(32, 41) };
  const sent = message.info1;
  if (!sent) throw new Error('fixture');

  it.each<[string, Partial<Subject>]>([
    ['its certificate', { message: { ...message, certificate: certificateDer('b') } }],
    [
      'its certificate, which it cannot read',
      { message: { ...message, certificate: certificateDer('b') }, certificate: undefined },
    ],
    ['its key', withKey(ownKey)],
    ['the bits of its key under another algorithm', withKey({ ...ownKey, algorithm: 'other' })],
    ['its modulus with another exponent', withKey({ modulus: ownKey.modulus })],
    ['its CommonName', certified({ commonNames: own.commonNames })],
    [
      'its CommonName behind another',
      certified({ commonNames: [...peer.commonNames, ...own.commonNames] }),
    ],
    ['a public value of its own', { underWay: [{ ...other, publicValue: sent.publicValue }] }],
    ['a nonce of its own', { underWay: [{ ...other, nonce: sent.nonce }] }],
    [
      'a nonce of the second of its exchanges',
      { underWay: [other, { ...other, nonce: sent.nonce }] },
    ],
  ])('refuses %s', (_, change) => {
    expect(passes('reflection', change)).toBe(false);
  });

  it.each<[string, Partial<Subject>]>([
    ['what is nobody’s', {}],
    ['values of another exchange', { underWay: [other] }],
    ['no certificate', { ...without('certificate'), certificate: undefined }],
    [
      'a key where its own is not RSA',
      { own: { ...callee, certificate: certificateNamed('a-ec') } },
    ],
    ['no Info1', { ...without('info1'), underWay: [other] }],
    [
      'a modulus of an algorithm that is not RSA',
      withKey({ modulus: ownKey.modulus, algorithm: 'other' }),
    ],
    [
      'its number in a CommonName that is no text',
      certified({ commonNames: [{ kind: 'other' } as never] }),
    ],
  ])('lets %s pass', (_, change) => {
    expect(passes('reflection', change)).toBe(true);
  });
});

describe('the form of a client certificate (I-2)', () => {
  const usage = peer.extensions.keyUsage ?? new Set();
  it.each<[string, Partial<Subject>]>([
    ['no certificate', { certificate: undefined }],
    ['another signature algorithm', certified({ signatureAlgorithm: '1.2.840.113549.1.1.5' })],
    ['no KeyUsage', extended({ keyUsage: undefined as never })],
    ['no digitalSignature', extended({ keyUsage: new Set(['keyEncipherment']) as never })],
    ['keyCertSign', extended({ keyUsage: new Set([...usage, 'keyCertSign']) as never })],
    ['cRLSign', extended({ keyUsage: new Set([...usage, 'cRLSign']) as never })],
    ['no ExtendedKeyUsage', extended({ extendedKeyUsage: undefined as never })],
    ['serverAuth alone', extended({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] })],
    ['an authority', extended({ basicConstraints: { authority: true } })],
    ['a critical extension that nobody knows', extended({ unknownCritical: ['1.2.3'] })],
  ])('refuses %s', (_, change) => {
    expect(passes('certificate-form', change)).toBe(false);
  });

  it.each<[string, Partial<Subject>]>([
    ['further uses', extended({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] })],
    ['no BasicConstraints', extended({ basicConstraints: undefined as never })],
    ['BasicConstraints of no authority', extended({ basicConstraints: { authority: false } })],
  ])('lets %s pass', (_, change) => {
    expect(passes('certificate-form', change)).toBe(true);
  });
});

describe('key, name and identity', () => {
  it.each<[string, object]>([
    ['an algorithm other than RSA', { algorithm: 'other' }],
    ['2047 bits', { modulusBits: 2047 }],
    ['2049 bits', { modulusBits: 2049 }],
    ['the exponent 3', { exponent: 3n }],
    ['the exponent 65539', { exponent: 65_539n }],
  ])('refuses a key of %s', (_, change) => {
    expect(passes('key', withKey(change))).toBe(false);
  });

  it('compares all 20 bytes of the key identifier (I-10)', () => {
    const subjectKeyIdentifier = peer.extensions.subjectKeyIdentifier ?? new Uint8Array();
    for (const changed of [flipped(0), flipped(19), longer])
      expect(
        passes('key-identifier', extended({ subjectKeyIdentifier: changed(subjectKeyIdentifier) })),
      ).toBe(false);
    expect(passes('key-identifier', extended({ subjectKeyIdentifier: undefined as never }))).toBe(
      false,
    );
  });

  it.each<[string, Partial<Subject>]>([
    ['another number', { requiredNumber: callee.number }],
    ['a To that is not the own number', { addressed: false }],
    ['no CommonName', certified({ commonNames: [] })],
    [
      'a CommonName that is no text',
      certified({ commonNames: [{ kind: 'other', value: caller.number } as never] }),
    ],
  ])('refuses %s as identity', (_, change) => {
    expect(passes('identity', change)).toBe(false);
  });

  it.each([-1, 0, 1, 3])('requires one CommonName in number form (case %#)', (count) => {
    const names = Array.from({ length: Math.max(0, count) }, () => peer.commonNames).flat();
    expect(passes('common-name', certified({ commonNames: names }))).toBe(count === 1);
  });
});

describe('a dialog’s certificates (I-9)', () => {
  it('are those of its first exchange', () => {
    expect(passes('dialog-certificate', { previous: history('a', 'b') })).toBe(true);
    expect(passes('dialog-certificate', { previous: history('a-renewed', 'b') })).toBe(false);
    expect(passes('dialog-certificate', { previous: history('a', 'b-renewed') })).toBe(false);
    expect(
      passes('dialog-certificate', { ...without('certificate'), previous: history('a', 'b') }),
    ).toBe(false);
  });
});

describe('the authority', () => {
  it('is one of those stored, byte for byte', () => {
    const root = certificateNamed('root');
    expect(passes('from-chain', { clientAuthorities: [] })).toBe(false);
    expect(passes('from-chain', { clientAuthorities: [root] })).toBe(false);
    expect(passes('from-chain', { clientAuthorities: [root, chain] })).toBe(true);
    const changed = { ...message, chain: flipped(40)(chain.der) };
    expect(passes('from-chain', { message: changed })).toBe(false);
    expect(passes('from-chain', { message: { ...message, chain: chain.der.slice(0, -1) } })).toBe(
      false,
    );
  });

  it('issued the certificate', () => {
    expect(passes('issuer', { chain: undefined })).toBe(false);
    expect(passes('issuer', { certificate: undefined })).toBe(false);
    expect(passes('issuer', { chain: certificateNamed('servers') })).toBe(false);
    expect(passes('issuer', certified({ signature: flipped(0)(peer.signature) }))).toBe(false);
  });

  it.each<[string, (moment: Partial<Certificate>) => Partial<Subject>]>([
    ['of the certificate', (validity) => ({ certificate: { ...peer, ...validity } })],
    ['of its authority', (validity) => ({ chain: { ...chain, ...validity } })],
  ])('validity %s holds both ends (RFC 5280 section 4.1.2.5)', (_, at) => {
    expect(passes('validity', at({ notBefore: now }))).toBe(true);
    expect(passes('validity', at({ notBefore: now + 1 }))).toBe(false);
    expect(passes('validity', at({ notAfter: now - 999 }))).toBe(true);
    expect(passes('validity', at({ notAfter: now - 1000 }))).toBe(false);
  });

  it('and both are there to be valid', () => {
    expect(passes('validity', { certificate: undefined })).toBe(false);
    expect(passes('validity', { chain: undefined })).toBe(false);
  });
});

describe('time and revocation', () => {
  it.each([
    [0, true],
    [300_000, true],
    [-300_000, true],
    [300_001, false],
    [-300_001, false],
  ])('a clock %i ms off: %j', (offset, passed) => {
    expect(passes('time', { now: now + offset })).toBe(passed);
  });

  it.each<[Revocation, CslRefusal | undefined]>([
    ['good', undefined],
    ['revoked', 'revoked'],
    ['unavailable', 'revocation-unavailable'],
    ['not-consulted', 'revocation-unavailable'],
  ])('%s: %s', (revocation, code) => {
    expect(firstRefusal(subject({ revocation }), revocationChecks)?.code).toBe(code);
  });
});

it('the signature is over the whole transcript', () => {
  const transcript = filled(100, 50);
  const signature = caller.sign(transcript);
  const signed = (bytes: Uint8Array, over: Uint8Array): boolean =>
    passes('signature', {
      message: { ...message, info2: { version: 1, parts: 1, signature: bytes } },
      transcript: over,
    });
  expect(signed(signature, transcript)).toBe(true);
  expect(signed(signature, concat(transcript, new Uint8Array(1)))).toBe(false);
  expect(signed(flipped(100)(signature), transcript)).toBe(false);
  expect(passes('signature', without('info2'))).toBe(false);
  const info2 = { version: 1, parts: 1, signature };
  const signedBy = (certificate: Certificate | undefined): boolean =>
    passes('signature', { message: { ...message, info2 }, transcript, certificate });
  expect(signedBy(peer)).toBe(true);
  expect(signedBy(undefined)).toBe(false);
  const publicKey = {
    ...peer.publicKey,
    algorithm: 'other' as const,
    oid: '1.2.840.113549.1.1.10',
  };
  expect(signedBy({ ...peer, publicKey })).toBe(false);
});

describe('firstRefusal', () => {
  it('names the first check that fails, of the message as a whole', () => {
    const list: readonly Check<number>[] = [
      { code: 'time', check: (value) => value > 1 },
      { code: 'media', check: (value) => value > 2 },
    ];
    expect(firstRefusal(1, list)).toEqual({ code: 'time', offset: -1 });
    expect(firstRefusal(2, list)).toEqual({ code: 'media', offset: -1 });
    expect(firstRefusal(3, list)).toBeUndefined();
  });

  it('certificateOf gives nothing for what is none', () => {
    expect(certificateOf(certificateDer('a'))?.commonNames).toEqual(peer.commonNames);
    expect(certificateOf(new Uint8Array([0x30, 0]))).toBeUndefined();
    expect(certificateOf(undefined)).toBeUndefined();
  });
});
