import { generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { toPem } from '../../core/keystore/pem.ts';
import { issueCertificate, type RsaSigner } from '../../core/pki/issue.ts';
import {
  clientAuthorityProfile,
  clientProfile,
  rootProfile,
  serverAuthorityProfile,
  serverProfile,
  type CertificateProfile,
} from '../../core/pki/profiles.ts';

const day = 86_400_000;
/** How long certificates are valid, in milliseconds. */
const lifetime = { root: 20 * 365 * day, authority: 10 * 365 * day, leaf: 730 * day } as const;
/** Certificates begin this much in the past, so that a phone whose clock is behind accepts them (as I-2 allows). */
const clockTolerance = 300_000;

/** An authority: its certificate, and the use of its key without the key itself. */
export interface Authority {
  /** DER. */
  readonly certificate: Uint8Array;
  /** PEM. */
  readonly pem: string;
  readonly sign: RsaSigner;
}

/** A server's private key (PKCS#8) and its chain (own certificate, server authority), both PEM. */
export interface ServerCredentials {
  readonly privateKey: string;
  readonly certificateChain: string;
}

export interface Authorities {
  readonly root: Authority;
  readonly clientAuthority: Authority;
  readonly serverAuthority: Authority;
  /** The three certificates that ship inside the phone, PEM (target 5.2, 6.1). */
  readonly trust: {
    readonly root: string;
    readonly clientAuthority: string;
    readonly serverAuthority: string;
  };
  /** DER of a new certificate for a number and a SubjectPublicKeyInfo (DER), both verified by the caller. */
  issueClientCertificate(number: string, publicKey: Uint8Array): Promise<Uint8Array>;
  /** A new key with a certificate for these hosts (IPv4 addresses or DNS names), the first being the CommonName. */
  issueServerCertificate(hosts: readonly [string, ...string[]]): Promise<ServerCredentials>;
}

export interface AuthoritiesOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** CommonNames of the authorities. */
  readonly names?: {
    readonly root: string;
    readonly clientAuthority: string;
    readonly serverAuthority: string;
  };
}

const defaultNames = {
  root: 'Discretio Root Authority',
  clientAuthority: 'Discretio Client Authority',
  serverAuthority: 'Discretio Server Authority',
} as const;

interface KeyPair {
  readonly privateKey: KeyObject;
  /** DER of the SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

const generateRsa = promisify(generateKeyPair);
const signAsync = promisify(sign);

/** RSA 2048, e = 65537 (target 6.1). */
const newKeyPair = async (): Promise<KeyPair> => {
  const pair = await generateRsa('rsa', { modulusLength: 2048, publicExponent: 0x1_00_01 });
  return {
    privateKey: pair.privateKey,
    spki: new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })),
  };
};

const signerOf =
  (key: KeyObject): RsaSigner =>
  async (message) =>
    new Uint8Array(await signAsync('sha256', message, key));

/** 16 random bytes, positive and of full length as an INTEGER (RFC 5280 section 4.1.2.2). */
const newSerial = (randomBytes: AuthoritiesOptions['randomBytes']): Uint8Array => {
  const serial = Uint8Array.from(randomBytes(16));
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
};

/** Makes the three authorities of target 5.2 with new keys. The root's key stays inside: it signs nothing after this. */
export const createAuthorities = async (options: AuthoritiesOptions): Promise<Authorities> => {
  const names = options.names ?? defaultNames;
  const [rootKeys, clientKeys, serverKeys] = await Promise.all([
    newKeyPair(),
    newKeyPair(),
    newKeyPair(),
  ]);
  const issue = (
    profile: CertificateProfile,
    subject: { readonly commonName: string; readonly hosts?: readonly string[] },
    publicKey: Uint8Array,
    issuer: { readonly certificate?: Uint8Array; readonly sign: RsaSigner },
    validFor: number,
  ): Promise<Uint8Array> => {
    const now = options.now();
    const dates = { notBefore: now - clockTolerance, notAfter: now + validFor };
    const serial = newSerial(options.randomBytes);
    return issueCertificate({ profile, subject, publicKey, issuer, serial, ...dates });
  };
  const makeAuthority = async (
    profile: CertificateProfile,
    commonName: string,
    keys: KeyPair,
    issuer: Authority | undefined,
  ): Promise<Authority> => {
    const own = signerOf(keys.privateKey);
    const validFor = issuer === undefined ? lifetime.root : lifetime.authority;
    const der = await issue(profile, { commonName }, keys.spki, issuer ?? { sign: own }, validFor);
    return { certificate: der, pem: toPem('CERTIFICATE', der), sign: own };
  };
  const root = await makeAuthority(rootProfile, names.root, rootKeys, undefined);
  const [clientAuthority, serverAuthority] = await Promise.all([
    makeAuthority(clientAuthorityProfile, names.clientAuthority, clientKeys, root),
    makeAuthority(serverAuthorityProfile, names.serverAuthority, serverKeys, root),
  ]);
  return {
    root,
    clientAuthority,
    serverAuthority,
    trust: {
      root: root.pem,
      clientAuthority: clientAuthority.pem,
      serverAuthority: serverAuthority.pem,
    },
    issueClientCertificate: (number, publicKey) =>
      issue(clientProfile, { commonName: number }, publicKey, clientAuthority, lifetime.leaf),
    issueServerCertificate: async (hosts) => {
      const keys = await newKeyPair();
      const subject = { commonName: hosts[0], hosts };
      const der = await issue(serverProfile, subject, keys.spki, serverAuthority, lifetime.leaf);
      return {
        privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        certificateChain: toPem('CERTIFICATE', der) + serverAuthority.pem,
      };
    },
  };
};
