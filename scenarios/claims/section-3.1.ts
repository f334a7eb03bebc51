import type { Claim } from './claim.ts';

/** Section 3.1 of the security target: user data. */
export const sectionThreeOne: readonly Claim[] = [
  {
    id: '3.1.a',
    section: '3.1',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['state', 'attack'],
    text: {
      en: 'the private key stored on the phone stays consistent with its public key',
      fr: 'la clé privée conservée sur le téléphone reste cohérente avec sa clé publique',
    },
    counters: [],
    interpretations: [],
  },
  {
    id: '3.1.b',
    section: '3.1',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['state', 'wire', 'attack'],
    text: {
      en: 'the private key is protected by a password; both stay confidential (not in files, logs, traffic, backups in clear)',
      fr: 'la clé privée est protégée par un mot de passe ; tous deux restent confidentiels (jamais en clair dans les fichiers, les journaux, le trafic ou les sauvegardes)',
    },
    counters: ['M1'],
    interpretations: [],
  },
  {
    id: '3.1.c',
    section: '3.1',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['attack'],
    text: {
      en: "the user's certificate stays intact: a modified one is refused",
      fr: 'le certificat de l’utilisateur reste intègre : un certificat modifié est refusé',
    },
    counters: [],
    interpretations: ['I-2'],
  },
  {
    id: '3.1.d',
    section: '3.1',
    paragraphs: [2],
    basis: 'stated',
    level: 'binding',
    shownBy: ['wire', 'attack'],
    text: {
      en: 'communication between two users stays confidential',
      fr: 'la communication entre deux utilisateurs reste confidentielle',
    },
    counters: ['M1'],
    interpretations: ['I-1', 'I-2', 'I-3', 'I-4', 'I-9'],
  },
];
