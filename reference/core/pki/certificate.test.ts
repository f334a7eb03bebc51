import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, toHex } from '../bytes.ts';
import { issuedBy, keyIdentifierOf, parseCertificate, type Certificate } from './certificate.ts';
import { parseDer, type DerNode } from './der.ts';

const { certificates } = JSON.parse(
  readFileSync(new URL('../csl/fixtures/csl.json', import.meta.url), 'utf8'),
) as { readonly certificates: { readonly pem: Readonly<Record<string, string>> } };

const names = Object.keys(certificates.pem);

const nodeCertificate = (name: string): X509Certificate =>
  new X509Certificate(certificates.pem[name] ?? '');

const derOf = (name: string): Uint8Array => new Uint8Array(nodeCertificate(name).raw);

const parsed = (name: string): Certificate => {
  const certificate = parseCertificate(derOf(name));
  if (!certificate.ok) throw new Error(`${name}: ${certificate.error.code}`);
  return certificate.value;
};

const encode = (tag: number, content: Uint8Array): Uint8Array => {
  const { length } = content;
  const head =
    length < 128
      ? [tag, length]
      : length < 256
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 255];
  return concat(new Uint8Array(head), content);
};

/** Encodes a tree again with the element at `path` replaced. */
const replaced = (
  node: DerNode,
  path: readonly number[],
  by: (node: DerNode) => Uint8Array,
): Uint8Array => {
  const [index, ...rest] = path;
  if (index === undefined) return by(node);
  const children = node.children.map((child, position) =>
    position === index ? replaced(child, rest, by) : child.bytes,
  );
  return encode(node.tag, concat(...children));
};

const altered = (path: readonly number[], by: (node: DerNode) => Uint8Array): Uint8Array => {
  const root = parseDer(derOf('a'));
  if (!root.ok) throw new Error(root.error.code);
  return replaced(root.value, path, by);
};

const hex = (text: string) => (): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const extension =
  (content: string) =>
  (node: DerNode): Uint8Array =>
    encode(
      0xa3,
      encode(
        0x30,
        concat(...(node.children[0]?.children ?? []).map(({ bytes }) => bytes), hex(content)()),
      ),
    );

const tbs = { version: [0, 0], serial: [0, 1], algorithm: [0, 2], validity: [0, 4], spki: [0, 6] };
const extensions = [0, 7];

describe.each(names)('%s, against X509Certificate', (name) => {
  const certificate = parsed(name);
  const node = nodeCertificate(name);

  it('has the same fields', () => {
    expect(toHex(certificate.serial).replace(/^0+/, '').toUpperCase()).toBe(
      node.serialNumber.replace(/^0+/, ''),
    );
    expect(certificate.notBefore).toBe(node.validFromDate.getTime());
    expect(certificate.notAfter).toBe(node.validToDate.getTime());
    expect(certificate.extensions.basicConstraints?.authority ?? false).toBe(node.ca);
    expect(certificate.extensions.extendedKeyUsage).toEqual(node.keyUsage);
    expect(toHex(certificate.publicKey.spki)).toBe(
      node.publicKey.export({ format: 'der', type: 'spki' }).toString('hex'),
    );
  });

  it('has the same names', () => {
    const lines = node.subject.split('\n').filter((line) => line.startsWith('CN='));
    expect(certificate.commonNames).toHaveLength(lines.length);
    const texts = certificate.commonNames.map((each) => (each.kind === 'text' ? each.value : ''));
    expect(lines.map((line) => line.replaceAll('\\', ''))).toEqual(
      texts.map((text) => `CN=${text}`),
    );
  });

  it('has the same key', () => {
    const details = node.publicKey.asymmetricKeyDetails;
    const { publicKey } = certificate;
    expect(publicKey.algorithm).toBe(node.publicKey.asymmetricKeyType === 'rsa' ? 'rsa' : 'other');
    expect(publicKey.algorithm === 'rsa' ? publicKey.modulusBits : undefined).toBe(
      details?.modulusLength,
    );
    expect(publicKey.algorithm === 'rsa' ? publicKey.exponent : undefined).toBe(
      details?.publicExponent,
    );
  });

  it('has the same issuers among all', () => {
    for (const other of ['root', 'clients', 'servers', 'clients-reissued', 'rogue-clients', name]) {
      const authority = nodeCertificate(other);
      const signed = node.verify(authority.publicKey) && node.issuer === authority.subject;
      expect([other, issuedBy(certificate, parsed(other))]).toEqual([other, signed]);
    }
  });
});

describe('parseCertificate', () => {
  it('reads the uses of a client certificate', () => {
    const { extensions: read, signatureAlgorithm } = parsed('a');
    expect(read.keyUsage).toEqual(new Set(['digitalSignature']));
    expect(read.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(read.unknownCritical).toEqual([]);
    expect(signatureAlgorithm).toBe('1.2.840.113549.1.1.11');
    expect(toHex(read.subjectKeyIdentifier ?? new Uint8Array())).toBe(
      toHex(keyIdentifierOf(parsed('a'))),
    );
    expect(parsed('clients').extensions.keyUsage?.has('keyCertSign')).toBe(true);
  });

  it.each([
    ['der-trailing', concat(derOf('a'), new Uint8Array(1))],
    ['der-end', derOf('a').slice(0, -1)],
    ['der-end', new Uint8Array()],
    ['certificate-form', new Uint8Array([0x30, 0])],
    [
      'certificate-form',
      altered([0], ({ content }) => encode(0x30, concat(content, hex('0500')()))),
    ],
    ['certificate-version', altered(tbs.version, hex('a003 020101'))],
    [
      'certificate-version',
      altered([0], ({ children }) =>
        encode(0x30, concat(...children.slice(1).map(({ bytes }) => bytes))),
      ),
    ],
    ['certificate-serial', altered(tbs.serial, hex('020100'))],
    ['certificate-serial', altered(tbs.serial, hex('0201ff'))],
    ['certificate-serial', altered(tbs.serial, hex(`0215 01${'00'.repeat(20)}`))],
    ['certificate-algorithm', altered(tbs.algorithm, hex('300b06092a864886f70d01010b'))],
    ['certificate-algorithm', altered([1], hex('300d06092a864886f70d0101050500'))],
    ['certificate-name', altered([0, 5], hex('3002 3100'))],
    ['certificate-name', altered([0, 5], hex('300e 310c 300a 0603550403 0c03 2bff31'))],
    ['certificate-name', altered([0, 5], hex('300d 310b 3009 0603550403 1302 2b40'))],
    ['certificate-time', altered([...tbs.validity, 0], hex('170b 3235303130313030303030'))],
    ['certificate-time', altered([...tbs.validity, 0], hex('170d 3235303233303030303030305a'))],
    ['certificate-time', altered([...tbs.validity, 0], hex('180f 32303235303130313030303030305a'))],
    ['certificate-time', altered(tbs.validity, hex('3000'))],
    ['certificate-key', altered([...tbs.spki, 1], hex('0305 00 3002 0500'))],
    ['certificate-signature', altered([2], hex('0302 0180'))],
    ['extension-form', altered(extensions, hex('a302 3000'))],
    ['extension-form', altered(extensions, hex('a306 3004 3002 0500'))],
    ['extension-repeated', altered(extensions, extension('300b 0603551d0f 0404 03020780'))],
    ['extension-default', altered(extensions, extension('300c 06032a0304 010100 0402 0500'))],
    ['extension-default', altered(extensions, hex('a310 300e 300c 0603551d13 0405 3003010100'))],
    ['extension-value', altered(extensions, hex('a30f 300d 300b 0603551d0f 0404 03020600'))],
    ['extension-value', altered(extensions, hex('a30d 300b 3009 0603551d25 0402 3000'))],
    ['extension-value', altered(extensions, hex('a30d 300b 3009 0603551d11 0402 3000'))],
    ['extension-value', altered(extensions, hex('a312 3010 300e 0603551d11 0407 3005 8703010203'))],
    ['extension-value', altered(extensions, hex('a30d 300b 3009 0603551d0e 0402 0500'))],
    ['extension-value', altered(extensions, hex('a30d 300b 3009 0603551d23 0402 0500'))],
    ['der-trailing', altered(extensions, hex('a30e 300c 300a 0603551d13 0403 300000'))],
  ])('refuses with %s (case %#)', (code, der) => {
    const outcome = parseCertificate(der);
    expect(outcome).toMatchObject({ ok: false, error: { code } });
    expect(outcome.ok ? Infinity : outcome.error.offset).toBeLessThanOrEqual(der.length);
  });

  it('collects names of a server and critical extensions it does not know', () => {
    const list = [
      '3015 0603551d11 040e 300c 8204 61 2e 62 63 8704 7f000001',
      '300b 06032a0304 0101ff 0401 ff',
      '3012 0603551d13 0101ff 0408 3006 0101ff 020100',
      '300f 0603551d23 0408 3006 8004 01020304',
    ].map((text) => hex(text)());
    const outcome = parseCertificate(
      altered(extensions, () => encode(0xa3, encode(0x30, concat(...list)))),
    );
    expect(outcome).toMatchObject({
      ok: true,
      value: {
        extensions: {
          subjectAltName: { dnsNames: ['a.bc'], ipAddresses: [new Uint8Array([127, 0, 0, 1])] },
          unknownCritical: ['1.2.3.4'],
          basicConstraints: { authority: true, pathLength: 0 },
          authorityKeyIdentifier: new Uint8Array([1, 2, 3, 4]),
        },
      },
    });
  });

  it('names the type of a CommonName that is neither UTF-8 nor printable', () => {
    const der = altered([0, 5], hex('300d 310b 3009 0603550403 1402 2b31'));
    expect(parseCertificate(der)).toMatchObject({
      value: { commonNames: [{ kind: 'other', tag: 0x14 }] },
    });
  });

  test.prop([fc.constantFrom(...names), fc.nat(), fc.integer({ min: 1, max: 255 })], {
    numRuns: 300,
  })('a changed byte never passes for the same issuer’s certificate', (name, at, mask) => {
    const der = derOf(name);
    const index = at % der.length;
    der[index] = (der[index] ?? 0) ^ mask;
    const outcome = parseCertificate(der);
    const issuers = names.map(parsed);
    if (outcome.ok)
      expect(issuers.some((authority) => issuedBy(outcome.value, authority))).toBe(false);
    else expect(outcome.error.offset).toBeLessThanOrEqual(der.length);
  });
});
