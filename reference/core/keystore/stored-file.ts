import { latin1 } from '../bytes.ts';
import type { Fault } from '../result.ts';
import { scanPem, type ScannedBlock } from './pem-scan.ts';
import {
  readDerContent,
  type ClearFormat,
  type ReadContent,
  type StoredContent,
} from './stored-content.ts';

/** Longest file that is read, in bytes: an RSA key of 16,384 bits in PEM has 13 KiB. */
export const maximumStoredFileSize = 65_536;

/** A fault with what its offset counts: bytes of the file, or bytes of the object's DER. */
export interface PlacedFault extends Fault {
  readonly within: 'file' | 'der';
}

/** One object of a file. */
export interface StoredObject {
  readonly content: StoredContent;
  /** Label of its armour; null outside PEM. */
  readonly label: string | null;
  /** Where it begins, in bytes of the file. */
  readonly offset: number;
  /** What keeps its own encoding from being strict, in bytes of its DER; the fields of its protection have their own. */
  readonly faults: readonly PlacedFault[];
}

/** What one stored file is, told from its bytes without any passphrase. */
export interface StoredFileFacts {
  /** In bytes. */
  readonly size: number;
  readonly encoding: 'pem' | 'der' | 'other';
  /** Empty for an empty or overlong file. */
  readonly objects: readonly StoredObject[];
  /** What keeps the file from being one strictly armoured object (RFC 7468 section 3), in bytes of the file. */
  readonly faults: readonly PlacedFault[];
  readonly carriageReturns: boolean;
}

/** Most objects that are read of one file. */
const maximumObjects = 8;

const binaryFormats: readonly (readonly [string, string])[] = [
  ['\xfe\xed\xfe\xed', 'Java key store (JKS)'],
  ['\xce\xce\xce\xce', 'Java key store (JCEKS)'],
  ['\x00\x00\x00\x01\x00\x00\x00\x14', 'Bouncy Castle key store'],
  ['\x00\x00\x00\x02\x00\x00\x00\x14', 'Bouncy Castle key store'],
  ['\x1e\xf1\xb5\xb0', 'Microsoft PVK key'],
];

const foreign = (format: string, encryption: string | null): StoredContent => ({
  kind: 'foreign',
  format,
  encryption,
});

/** What a file is that is neither PEM nor DER. */
const otherContent = (text: string): StoredContent => {
  const found = binaryFormats.find(([magic]) => text.startsWith(magic));
  if (found) return foreign(found[1], null);
  const [, version] = /^PuTTY-User-Key-File-(\d{1,3})\b/.exec(text) ?? [];
  if (version !== undefined) {
    const [, encryption = null] = /\nEncryption: ([!-~]{1,64})\r?\n/.exec(text) ?? [];
    return foreign(`PuTTY key, version ${version}`, encryption);
  }
  if (text.startsWith('---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----')) {
    return foreign('ssh.com private key', null);
  }
  if (/^---- BEGIN SSH2 PUBLIC KEY ----|^(ssh|ecdsa|sk)-[a-z0-9@.-]+ AAAA/.test(text)) {
    return { kind: 'no-private-key', what: 'SSH public key', der: null };
  }
  if (/^\s*\{[^]*"kty"\s*:/.test(text)) return foreign('JSON Web Key', null);
  return { kind: 'unknown', what: 'neither PEM nor DER' };
};

/** A string of RFC 4251 section 5 (length, then bytes) at an offset, as text. */
const sshString = (bytes: Uint8Array, offset: number): string | null => {
  if (offset + 4 > bytes.length) return null;
  const length = bytes.subarray(offset, offset + 4).reduce((sum, byte) => sum * 256 + byte, 0);
  const text = latin1(bytes.subarray(offset + 4, offset + 4 + Math.min(length, 64)));
  return text.length === length && /^[!-~]+$/.test(text) ? text : null;
};

/** The format of the file PROTOCOL.key of OpenSSH: magic, cipher, derivation. */
const openSshContent = (bytes: Uint8Array | null): StoredContent => {
  const magic = 'openssh-key-v1\0';
  if (bytes === null || latin1(bytes.subarray(0, magic.length)) !== magic) {
    return foreign('OpenSSH private key', null);
  }
  const cipher = sshString(bytes, magic.length);
  const derivation = cipher && sshString(bytes, magic.length + 4 + cipher.length);
  if (!cipher || !derivation) return foreign('OpenSSH private key', null);
  return foreign(
    'OpenSSH private key',
    cipher === 'none' ? 'none' : `${cipher} with ${derivation}`,
  );
};

const none = (what: string): StoredContent => ({ kind: 'no-private-key', what, der: null });
const clear = (format: ClearFormat): StoredContent => ({
  kind: 'key-in-clear',
  format,
  der: null,
  algorithm: null,
});

/** What a label promises (RFC 7468 sections 5 to 13, and older customs). */
const promises: ReadonlyMap<string, StoredContent> = new Map<string, StoredContent>([
  ['ENCRYPTED PRIVATE KEY', { kind: 'encrypted-pkcs8', der: null, protection: null }],
  ['PRIVATE KEY', clear('PKCS#8')],
  ['RSA PRIVATE KEY', clear('PKCS#1')],
  ['EC PRIVATE KEY', clear('SEC 1')],
  ['DSA PRIVATE KEY', clear('DSA')],
  ['PGP PRIVATE KEY BLOCK', foreign('OpenPGP private key', null)],
  ['PKCS12', foreign('PKCS#12', null)],
  ['CERTIFICATE', none('certificate')],
  ['X509 CERTIFICATE', none('certificate')],
  ['TRUSTED CERTIFICATE', none('trusted certificate')],
  ['CERTIFICATE REQUEST', none('certificate request')],
  ['NEW CERTIFICATE REQUEST', none('certificate request')],
  ['X509 CRL', none('signed list')],
  ['PUBLIC KEY', none('public key')],
  ['RSA PUBLIC KEY', none('PKCS#1 public key')],
  ['EC PARAMETERS', none('EC parameters')],
  ['DH PARAMETERS', none('Diffie-Hellman parameters')],
  ['PKCS7', none('PKCS#7 object')],
]);

/** What an object is, in words. */
export const contentName = (content: StoredContent): string => {
  switch (content.kind) {
    case 'encrypted-pkcs8':
      return 'encrypted PKCS#8';
    case 'key-in-clear':
      return `${content.format} in clear`;
    case 'traditional-encrypted':
      return `traditional PEM encryption (${content.label}, ${content.cipher})`;
    case 'foreign':
      return content.encryption === null
        ? content.format
        : `${content.format} (encryption: ${content.encryption})`;
    case 'no-private-key':
    case 'unknown':
      return content.what;
  }
};

/** What the structure shows, where it can be told; else what the label promises. */
const reconcile = (
  { content, fault }: ReadContent,
  { label, offset }: ScannedBlock,
): Omit<StoredObject, 'label' | 'offset'> => {
  const promised = promises.get(label);
  const broken: readonly PlacedFault[] = fault === null ? [] : [{ ...fault, within: 'der' }];
  if (content.kind === 'unknown') {
    const named = promised ?? { kind: 'unknown', what: `object labelled ${label}` };
    return { content: named, faults: named.kind === 'no-private-key' ? [] : broken };
  }
  if (promised !== undefined && contentName(promised) === contentName(content)) {
    return { content, faults: broken };
  }
  const detail = `labelled ${label}, holds ${contentName(content)}`;
  return { content, faults: [{ code: 'pem-label', offset, detail, within: 'file' }, ...broken] };
};

const blockContent = (block: ScannedBlock): Omit<StoredObject, 'label' | 'offset'> => {
  const { label, headers, der } = block;
  if (headers.get('Proc-Type')?.endsWith('ENCRYPTED') === true) {
    const cipher = headers.get('DEK-Info')?.split(',')[0]?.slice(0, 64) ?? 'no DEK-Info';
    return { content: { kind: 'traditional-encrypted', label, cipher }, faults: [] };
  }
  if (label === 'OPENSSH PRIVATE KEY') return { content: openSshContent(der), faults: [] };
  if (der !== null) return reconcile(readDerContent(der), block);
  const unknown: StoredContent = { kind: 'unknown', what: `object labelled ${label}` };
  return { content: promises.get(label) ?? unknown, faults: [] };
};

/** Null where no line begins an object. */
const pemFile = (text: string): Omit<StoredFileFacts, 'size'> | null => {
  const { blocks, faults, carriageReturns } = scanPem(text);
  if (blocks.length === 0) return null;
  const objects = blocks.slice(0, maximumObjects).map((block) => ({
    ...blockContent(block),
    label: block.label,
    offset: block.offset,
  }));
  const placed = faults.map((fault) => ({ ...fault, within: 'file' }) as const);
  return { encoding: 'pem', objects, faults: placed, carriageReturns };
};

const singleObject = (content: StoredContent, faults: readonly PlacedFault[] = []) =>
  ({ objects: [{ content, label: null, offset: 0, faults }], carriageReturns: false }) as const;

/**
 * Tells what a stored file is and names everything that can be read of it without a passphrase: PEM (RFC 7468), DER by its
 * first byte, or another format by its name. Total, and linear in the file's size; a file of more than
 * {@link maximumStoredFileSize} bytes is refused (`file-size`), as is an empty one (`file-empty`).
 */
export const readStoredFile = (bytes: Uint8Array): StoredFileFacts => {
  const size = bytes.length;
  const refused = (code: string, offset: number): StoredFileFacts => ({
    size,
    encoding: 'other',
    objects: [],
    faults: [{ code, offset, within: 'file' }],
    carriageReturns: false,
  });
  if (size === 0) return refused('file-empty', 0);
  if (size > maximumStoredFileSize) return refused('file-size', maximumStoredFileSize);
  const text = latin1(bytes);
  const pem = pemFile(text);
  if (pem) return { size, ...pem };
  const unarmoured: PlacedFault = {
    code: 'pem-begin',
    offset: 0,
    detail: 'no armour',
    within: 'file',
  };
  const base = { size, faults: [unarmoured] };
  if (bytes[0] !== 0x30) return { ...base, encoding: 'other', ...singleObject(otherContent(text)) };
  const { content, fault } = readDerContent(bytes);
  const faults: readonly PlacedFault[] = fault === null ? [] : [{ ...fault, within: 'der' }];
  return { ...base, encoding: 'der', ...singleObject(content, faults) };
};
