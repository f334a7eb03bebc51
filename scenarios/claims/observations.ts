import type { LocalText } from './claim.ts';
import { observationsOnMechanisms } from './observations-on-mechanisms.ts';
import type { Dated } from './references.ts';

/** Something an evaluator should know that is no verdict on conformity. */
export interface Observation extends Dated {
  /** Such as O1; never changes. */
  readonly id: string;
  readonly text: LocalText;
}

/** What the security target, and any system built to it, leaves open. */
export const observations: readonly Observation[] = [
  {
    id: 'O1',
    text: {
      en: 'No function of section 5 counters the threat of a certificate obtained with someone else’s number (section 4).',
      fr: 'Aucune fonction de la section 5 ne contre la menace d’un certificat obtenu avec le numéro d’autrui (section 4).',
    },
    in2014: {
      en: 'The token of section 2.2 was the usual answer to this threat; it is described, not claimed as a function.',
      fr: 'Le jeton de la section 2.2 répondait d’ordinaire à cette menace ; il est décrit, non revendiqué comme fonction.',
    },
    now: {
      en: 'A target would claim enrolment, its limits and re-enrolment as functions to be tested.',
      fr: 'Une cible revendiquerait l’enregistrement, ses limites et le réenregistrement comme fonctions à éprouver.',
    },
    references: ['NIST SP 800-63-2', 'NIST SP 800-63B'],
  },
  {
    id: 'O2',
    text: {
      en: 'Revocation, administration and firewall appear in the description and the assumptions, not among the security functions.',
      fr: 'La révocation, l’administration et le pare-feu figurent dans la description et les hypothèses, pas parmi les fonctions de sécurité.',
    },
    in2014: {
      en: 'What a target leaves out of its functions was outside the certificate’s scope, as it is now.',
      fr: 'Ce qu’une cible omet de ses fonctions échappait à la portée du certificat, comme aujourd’hui.',
    },
    now: {
      en: 'Administration, filtering and revocation are expected among the functions of an exposed appliance.',
      fr: 'Administration, filtrage et révocation sont attendus parmi les fonctions d’une appliance exposée.',
    },
    references: ['ANSSI, filtrage', 'ANSSI, administration', 'RFC 5280'],
  },
  {
    id: 'O3',
    text: {
      en: 'The key exchange is said to be signed with an HMAC, and no key is named for it.',
      fr: 'L’échange de clés est dit signé à l’aide d’un HMAC, sans qu’aucune clé soit nommée.',
    },
    in2014: {
      en: 'An HMAC needs a key (RFC 2104, 1997); naming it was good practice then.',
      fr: 'Un HMAC demande une clé (RFC 2104, 1997) ; la nommer était déjà de bonne pratique.',
    },
    now: {
      en: 'The same; I-1 states the reading that is judged here.',
      fr: 'De même ; I-1 énonce la lecture retenue ici.',
    },
    references: ['RFC 2104', 'SIGMA'],
  },
  {
    id: 'O4',
    text: {
      en: 'SRTP is cited as RFC 3550 in section 5.1 and as RFC 3711 in section 6.2; only the latter defines it.',
      fr: 'SRTP est cité comme RFC 3550 en section 5.1 et comme RFC 3711 en section 6.2 ; seule la seconde le définit.',
    },
    in2014: {
      en: 'RFC 3711 had defined SRTP since 2004.',
      fr: 'La RFC 3711 définissait SRTP depuis 2004.',
    },
    now: {
      en: 'Unchanged; the slip has no effect on what is judged.',
      fr: 'Inchangé ; l’inexactitude est sans effet sur ce qui est jugé.',
    },
    references: ['RFC 3550', 'RFC 3711'],
  },
  {
    id: 'O5',
    text: {
      en: 'Nothing is said of random numbers, key derivation, SRTCP, the validation of Diffie-Hellman groups, certificate lifetimes, the authorities’ own keys, or the policy for tokens and passwords.',
      fr: 'Rien n’est dit des nombres aléatoires, de la dérivation des clés, de SRTCP, de la validation des groupes Diffie-Hellman, de la durée des certificats, des clés des autorités ni de la politique des jetons et des mots de passe.',
    },
    in2014: {
      en: 'RGS annexes B1 and B2 already had rules for random numbers, group parameters and the life of keys.',
      fr: 'Les annexes B1 et B2 du RGS avaient déjà des règles sur l’aléa, les paramètres de groupe et la vie des clés.',
    },
    now: {
      en: 'The same rules, stricter on groups (NIST SP 800-56A Rev. 3) and on passwords (ANSSI, 2021).',
      fr: 'Les mêmes règles, plus strictes sur les groupes (NIST SP 800-56A Rev. 3) et les mots de passe (ANSSI, 2021).',
    },
    references: [
      'RFC 4086',
      'NIST SP 800-56A Rev. 2',
      'ANSSI RGS 2.0, annexe B1, version 2.03',
      'ANSSI RGS 2.0, annexe B2',
      'ANSSI, mots de passe',
    ],
  },
  {
    id: 'O6',
    text: {
      en: 'The client authority signs on demand, so its key is presumably online inside the appliance that faces the Internet.',
      fr: 'L’autorité des clients signe à la demande : sa clé se trouve donc vraisemblablement en ligne, dans l’appliance exposée à Internet.',
    },
    in2014: {
      en: 'Issuing keys were to be kept in protected hardware, away from exposed services.',
      fr: 'Les clés d’émission étaient à garder dans un matériel protégé, loin des services exposés.',
    },
    now: {
      en: 'The same; short-lived certificates and an issuing key of limited rights reduce the harm.',
      fr: 'De même ; des certificats brefs et une clé d’émission aux droits limités réduisent le dommage.',
    },
    references: ['ANSSI RGS 2.0, annexe B2', 'NIST SP 800-57 Part 1 Rev. 5'],
  },
  {
    id: 'O7',
    text: {
      en: 'The displayed identifier belongs to the key and never changes; it is not a short string of the session in progress.',
      fr: 'L’identifiant affiché appartient à la clé et ne change jamais ; ce n’est pas une chaîne propre à la session en cours.',
    },
    in2014: {
      en: 'ZRTP compared a short string of each session (RFC 6189); a static fingerprint was as common.',
      fr: 'ZRTP comparait une courte chaîne de chaque session (RFC 6189) ; une empreinte fixe était aussi courante.',
    },
    now: {
      en: 'A static fingerprint remains sound if compared once by another way; a session’s string also reveals a server in the middle of this very call.',
      fr: 'Une empreinte fixe reste sûre si elle est comparée une fois par une autre voie ; une chaîne de session révèle aussi un serveur interposé dans l’appel même.',
    },
    references: ['RFC 6189'],
  },
  {
    id: 'O8',
    text: {
      en: 'Forward secrecy is clearly meant; a server that reuses its Diffie-Hellman value (T5), or a public value used in two calls (K8), would void it.',
      fr: 'La confidentialité persistante est manifestement voulue ; un serveur qui réemploie sa valeur Diffie-Hellman (T5), ou une valeur publique servant à deux appels (K8), l’annulerait.',
    },
    in2014: {
      en: 'Ephemeral Diffie-Hellman was advised; that servers reuse their value for hours was usual.',
      fr: 'Diffie-Hellman éphémère était conseillé ; qu’un serveur réemploie sa valeur des heures durant était courant.',
    },
    now: {
      en: 'Reuse is discouraged (RFC 9325) since the Raccoon attack (CVE-2020-1968).',
      fr: 'Le réemploi est déconseillé (RFC 9325) depuis l’attaque Raccoon (CVE-2020-1968).',
    },
    references: ['RFC 5246', 'RFC 7919', 'RFC 9325'],
  },
  {
    id: 'O9',
    text: {
      en: 'Whoever operates the signalling server sees who calls whom, when and for how long.',
      fr: 'Qui exploite le serveur de signalisation voit qui appelle qui, quand et combien de temps.',
    },
    in2014: {
      en: 'RFC 7258 (2014) had just named the gathering of such data an attack.',
      fr: 'La RFC 7258 (2014) venait de qualifier d’attaque la collecte de telles données.',
    },
    now: {
      en: 'Messengers hide some of it; SIP through one server cannot.',
      fr: 'Des messageries en cachent une part ; SIP passant par un seul serveur ne le peut pas.',
    },
    references: ['RFC 7258', 'NIST SP 800-58'],
  },
  {
    id: 'O10',
    text: {
      en: 'A message received by SMS is weak proof of owning a number: SIM swaps and interception are outside the product’s reach.',
      fr: 'Un SMS reçu prouve mal qu’un numéro est le sien : l’échange frauduleux de carte SIM et l’interception échappent au produit.',
    },
    in2014: {
      en: 'SMS was accepted as a second proof (NIST SP 800-63-2).',
      fr: 'Le SMS était admis comme seconde preuve (NIST SP 800-63-2).',
    },
    now: {
      en: 'It is restricted: the risk must be assessed and told, and another means offered (NIST SP 800-63B).',
      fr: 'Il est restreint : le risque doit être évalué et annoncé, et un autre moyen offert (NIST SP 800-63B).',
    },
    references: ['NIST SP 800-63-2', 'NIST SP 800-63B'],
  },
  ...observationsOnMechanisms,
];
