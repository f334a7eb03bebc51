import type { Claim } from './claim.ts';

/** Section 4 of the security target: threats. */
export const sectionFour: readonly Claim[] = [
  {
    id: '4.a',
    section: '4',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['attack'],
    text: {
      en: 'an external attacker cannot decrypt what passes between a terminal and a server, or between two terminals',
      fr: 'un attaquant externe ne peut déchiffrer ni ce qui passe entre un terminal et un serveur, ni ce qui passe entre deux terminaux',
    },
    counters: ['M1'],
    interpretations: ['I-1', 'I-2', 'I-3', 'I-4'],
  },
  {
    id: '4.b',
    section: '4',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['attack'],
    text: {
      en: "an external attacker cannot obtain a certificate with someone else's phone number",
      fr: 'un attaquant externe ne peut obtenir un certificat portant le numéro de téléphone d’autrui',
    },
    counters: ['M2'],
    interpretations: ['I-6', 'I-7'],
  },
  {
    id: '4.c',
    section: '4',
    paragraphs: [2],
    basis: 'stated',
    level: 'assumed',
    shownBy: ['call'],
    text: {
      en: 'when a user reports a lost or stolen phone, the administrator revokes its certificate at once (an assumption of the target about people) and the system lets him',
      fr: 'quand un utilisateur signale un téléphone perdu ou volé, l’administrateur révoque aussitôt son certificat (hypothèse de la cible sur les personnes) et le système le lui permet',
    },
    counters: [],
    interpretations: ['I-7'],
  },
  {
    id: '4.d',
    section: '4',
    paragraphs: [2],
    basis: 'ours',
    level: 'assumed',
    shownBy: ['call', 'attack'],
    text: {
      en: 'a revoked certificate opens no new session, and live ones end',
      fr: 'un certificat révoqué n’ouvre aucune nouvelle session, et les sessions en cours prennent fin',
    },
    counters: [],
    interpretations: ['I-7'],
  },
];
