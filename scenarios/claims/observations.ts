import type { LocalText } from './claim.ts';

/** Something an evaluator should know that is no verdict on conformity. */
export interface Observation {
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
  },
  {
    id: 'O2',
    text: {
      en: 'Revocation, administration and firewall appear in the description and the assumptions, not among the security functions.',
      fr: 'La révocation, l’administration et le pare-feu figurent dans la description et les hypothèses, pas parmi les fonctions de sécurité.',
    },
  },
  {
    id: 'O3',
    text: {
      en: 'The key exchange is said to be signed with an HMAC, and no key is named for it.',
      fr: 'L’échange de clés est dit signé à l’aide d’un HMAC, sans qu’aucune clé soit nommée.',
    },
  },
  {
    id: 'O4',
    text: {
      en: 'SRTP is cited as RFC 3550 in section 5.1 and as RFC 3711 in section 6.2; only the latter defines it.',
      fr: 'SRTP est cité comme RFC 3550 en section 5.1 et comme RFC 3711 en section 6.2 ; seule la seconde le définit.',
    },
  },
  {
    id: 'O5',
    text: {
      en: 'Nothing is said of random numbers, key derivation, SRTCP, the validation of Diffie-Hellman groups, certificate lifetimes, the authorities’ own keys, or the policy for tokens and passwords.',
      fr: 'Rien n’est dit des nombres aléatoires, de la dérivation des clés, de SRTCP, de la validation des groupes Diffie-Hellman, de la durée des certificats, des clés des autorités ni de la politique des jetons et des mots de passe.',
    },
  },
  {
    id: 'O6',
    text: {
      en: 'The client authority signs on demand, so its key is presumably online inside the appliance that faces the Internet.',
      fr: 'L’autorité des clients signe à la demande : sa clé se trouve donc vraisemblablement en ligne, dans l’appliance exposée à Internet.',
    },
  },
  {
    id: 'O7',
    text: {
      en: 'The displayed identifier belongs to the key and never changes; it is not a short string of the session in progress.',
      fr: 'L’identifiant affiché appartient à la clé et ne change jamais ; ce n’est pas une chaîne propre à la session en cours.',
    },
  },
  {
    id: 'O8',
    text: {
      en: 'Forward secrecy is clearly meant; a server that reuses its Diffie-Hellman value (T5), or a public value used in two calls (K8), would void it.',
      fr: 'La confidentialité persistante est manifestement voulue ; un serveur qui réemploie sa valeur Diffie-Hellman (T5), ou une valeur publique servant à deux appels (K8), l’annulerait.',
    },
  },
  {
    id: 'O9',
    text: {
      en: 'Whoever operates the signalling server sees who calls whom, when and for how long.',
      fr: 'Qui exploite le serveur de signalisation voit qui appelle qui, quand et combien de temps.',
    },
  },
  {
    id: 'O10',
    text: {
      en: 'A message received by SMS is weak proof of owning a number: SIM swaps and interception are outside the product’s reach.',
      fr: 'Un SMS reçu prouve mal qu’un numéro est le sien : l’échange frauduleux de carte SIM et l’interception échappent au produit.',
    },
  },
  {
    id: 'O11',
    text: {
      en: 'Diffie-Hellman and RSA of 2048 bits fall short of present guidance for use beyond 2030 (3072 bits), and no post-quantum plan is given.',
      fr: 'Diffie-Hellman et RSA de 2048 bits restent en deçà des recommandations actuelles pour un usage au-delà de 2030 (3072 bits), et aucune transition post-quantique n’est prévue.',
    },
  },
  {
    id: 'O12',
    text: {
      en: 'PBKDF2 with 2048 iterations compares with some 600,000 advised today, and AES-CBC protects the stored key without integrity.',
      fr: 'PBKDF2 avec 2048 itérations se compare à quelque 600 000 conseillées aujourd’hui, et AES-CBC protège la clé conservée sans intégrité.',
    },
  },
  {
    id: 'O13',
    text: {
      en: 'HMAC-SHA1 with an 80-bit tag remains sound in SRTP; no action is needed.',
      fr: 'HMAC-SHA1 avec un code de 80 bits reste solide dans SRTP ; aucune action n’est nécessaire.',
    },
  },
  {
    id: 'O14',
    text: {
      en: 'TLS 1.2 is the only version allowed; TLS 1.3 would be a change of the target.',
      fr: 'TLS 1.2 est la seule version admise ; TLS 1.3 demanderait un changement de la cible.',
    },
  },
  {
    id: 'O15',
    text: {
      en: 'Identity rests on the CommonName alone; subjectAltName is not mentioned.',
      fr: 'L’identité repose sur le seul CommonName ; subjectAltName n’est pas mentionné.',
    },
  },
  {
    id: 'O16',
    text: {
      en: 'The component versions listed have long been out of support; their known faults are to be probed, never inferred from a version.',
      fr: 'Les versions de composants énumérées ne sont plus maintenues depuis longtemps ; leurs défauts connus sont à éprouver, jamais à déduire d’une version.',
    },
  },
  {
    id: 'O17',
    text: {
      en: 'No update mechanism and no handling of vulnerabilities is claimed.',
      fr: 'Aucun mécanisme de mise à jour ni aucun traitement des vulnérabilités n’est revendiqué.',
    },
  },
  {
    id: 'O18',
    text: {
      en: 'RFC 3261 demands UDP and TCP transports and a cipher suite that section 5.1 excludes.',
      fr: 'La RFC 3261 exige les transports UDP et TCP et une suite de chiffrement que la section 5.1 exclut.',
    },
  },
  {
    id: 'O19',
    text: {
      en: 'A hostile signalling server can still drop, delay and end calls, make a phone ring with an offer up to 5 minutes old, and see who calls whom and when; if it also holds the client authority’s key, it can issue a certificate for any number, and only the displayed identifiers reveal that.',
      fr: 'Un serveur de signalisation hostile peut toujours écarter, retarder et interrompre des appels, faire sonner un téléphone avec une offre vieille de 5 minutes au plus, et voir qui appelle qui et quand ; s’il détient aussi la clé de l’autorité des clients, il peut émettre un certificat pour n’importe quel numéro, ce que seuls les identifiants affichés révèlent.',
    },
  },
];
