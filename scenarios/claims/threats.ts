import type { LocalText } from './claim.ts';

/** M as in menace; T names the attacks on TLS. */
export type ThreatId = 'M1' | 'M2';

/** One threat that the security target names. */
export interface Threat {
  readonly id: ThreatId;
  /** Where the target states it. */
  readonly section: string;
  readonly text: LocalText;
}

/** The threats of section 4, all by an external attacker. */
export const threats: readonly Threat[] = [
  {
    id: 'M1',
    section: '4',
    text: {
      en: 'an external attacker decrypts what passes between a terminal and a server, or between two terminals',
      fr: 'un attaquant externe déchiffre ce qui passe entre un terminal et un serveur, ou entre deux terminaux',
    },
  },
  {
    id: 'M2',
    section: '4',
    text: {
      en: 'an external attacker takes a user’s identity by obtaining a certificate with the same phone number',
      fr: 'un attaquant externe prend l’identité d’un utilisateur en obtenant un certificat portant le même numéro de téléphone',
    },
  },
];
