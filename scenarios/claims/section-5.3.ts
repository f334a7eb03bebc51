import type { Claim } from './claim.ts';

/** Section 5.3 of the security target: protection of keys. */
export const sectionFiveThree: readonly Claim[] = [
  {
    id: '5.3.a',
    section: '5.3',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['state', 'attack'],
    text: {
      en: "the client's private key is kept as PKCS#8 in PEM, encrypted with AES-256-CBC",
      fr: 'la clé privée du client est conservée en PKCS#8 au format PEM, chiffrée avec AES-256-CBC',
    },
    counters: ['M1'],
    interpretations: [],
  },
  {
    id: '5.3.b',
    section: '5.3',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['state'],
    text: {
      en: 'its key derivation is PBKDF2 with HMAC-SHA256 and 2048 iterations',
      fr: 'sa clé de chiffrement est dérivée par PBKDF2 avec HMAC-SHA256 et 2048 itérations',
    },
    counters: ['M1'],
    interpretations: [],
  },
];
