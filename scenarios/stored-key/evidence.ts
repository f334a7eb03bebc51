import type { StoredFileFacts } from '../../reference/core/keystore/stored-file.ts';

/** Kind and size of a public key. */
export interface PublicKeySize {
  /** `RSA`, or the name of another algorithm. */
  readonly algorithm: string;
  /** Of the RSA modulus; null for other algorithms. */
  readonly bits: number | null;
  /** Of an RSA key. */
  readonly exponent: bigint | null;
}

/** What came of opening one object of a stored file. */
export type Opening =
  | {
      readonly kind: 'opened';
      /** What opened it; nothing for a key in clear. */
      readonly with: 'passphrase' | 'empty passphrase' | 'nothing';
      readonly publicKey: PublicKeySize;
      /** Whether the certificate's key verifies what this key signs; null without a certificate. */
      readonly belongs: boolean | null;
    }
  /** Nothing that has a key of its own, such as parameters. */
  | { readonly kind: 'none' }
  /** A public key or certificate, which needs no opening. */
  | { readonly kind: 'public'; readonly publicKey: PublicKeySize }
  /** It stayed closed, for the reason given; no passphrase was given, or the one given did not open it, or nothing here opens such a thing. */
  | {
      readonly kind: 'closed';
      readonly why: 'no-passphrase' | 'refused' | 'unsupported';
      readonly reason: string;
    };

/** One file, as named by the user. */
export interface StoredKeyFile {
  readonly name: string;
  readonly facts: StoredFileFacts;
  /** One for each of `facts.objects`, in their order. */
  readonly openings: readonly Opening[];
}

/** Time of one derivation, measured here: what one guess of a passphrase costs offline. */
export interface GuessCost {
  readonly prf: string;
  readonly iterations: number;
  /** In milliseconds, one processor core. */
  readonly milliseconds: number;
}

/** Everything that the verdicts on stored keys are told from. Holds no passphrase. */
export interface StoredKeyEvidence {
  readonly files: readonly StoredKeyFile[];
  readonly certificate: { readonly name: string; readonly publicKey: PublicKeySize } | null;
  /** Length in characters; null if none was given. */
  readonly passphraseLength: number | null;
  readonly guessCosts: readonly GuessCost[];
}

/** What the stored key is held against. */
export interface StoredKeyPolicy {
  readonly cipher: string;
  /** In bytes. */
  readonly ivLength: number;
  readonly prf: string;
  readonly iterations: number;
  /** In bytes. */
  readonly minimumSaltLength: number;
  readonly modulusBits: number;
  readonly exponent: bigint;
}

/**
 * The security target's word (sections 5.3 and 6.1). It says nothing of the salt: 8 bytes are what RFC 8018 section 4.1, whose
 * PBKDF2 it names, asks for at least.
 */
export const targetPolicy: StoredKeyPolicy = {
  cipher: 'aes-256-cbc',
  ivLength: 16,
  prf: 'hmacWithSHA256',
  iterations: 2048,
  minimumSaltLength: 8,
  modulusBits: 2048,
  exponent: 65537n,
};
