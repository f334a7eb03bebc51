/** A part of the attack catalogue that no scenario tries, and why. */
export interface NotTried {
  /** Row of the catalogue. */
  readonly row: string;
  /** What of the row is meant. */
  readonly what: string;
  readonly reason: { readonly en: string; readonly fr: string };
}

/** Every row has a scenario; of these rows something remains that cannot be tried or told here. */
export const notTried: readonly NotTried[] = [
  {
    row: 'K2',
    what: 'a modulus of 512 bits or composite, a generator of 1',
    reason: {
      en: 'X-CSL-Info1 names a group by a number and carries no modulus and no generator: there is nothing to propose but another number, which K2/other-group tries.',
      fr: 'X-CSL-Info1 désigne un groupe par un numéro et ne porte ni module ni générateur : on ne peut proposer qu’un autre numéro, ce qu’essaie K2/other-group.',
    },
  },
  {
    row: 'K10',
    what: 'two certificates alike in the 16 bytes shown',
    reason: {
      en: 'A second key for 16 given bytes of a SHA-1 hash takes about 2^128 tries; a certificate that only claims the identifier is tried by K10/displayed-identifier.',
      fr: 'Une seconde clé pour 16 octets donnés d’une empreinte SHA-1 demande environ 2^128 essais ; un certificat qui ne fait que prétendre à l’identifiant est essayé par K10/displayed-identifier.',
    },
  },
  {
    row: 'K13',
    what: 'a secret with a leading zero byte where the phone is called',
    reason: {
      en: 'The callee chooses its value last, so that a caller cannot bring it about; the same derivation is tried for certain where the phone calls, and by the vectors of the key agreement.',
      fr: 'L’appelé choisit sa valeur en dernier, si bien qu’un appelant ne peut pas provoquer ce cas ; la même dérivation est essayée à coup sûr quand le téléphone appelle, et par les vecteurs de l’accord de clés.',
    },
  },
  {
    row: 'R1',
    what: 'a NULL cipher under a right tag',
    reason: {
      en: 'Only the holder of the key can make such a packet, and no receiver can tell it from encrypted noise. That a phone sends none is shown from the capture (5.1.g, 5.1.m).',
      fr: 'Seul le détenteur de la clé peut fabriquer un tel paquet, et aucun récepteur ne le distingue d’un bruit chiffré. Que le téléphone n’en envoie pas est montré par la capture (5.1.g, 5.1.m).',
    },
  },
  {
    row: 'R4',
    what: 'a rollover during a hold',
    reason: {
      en: 'A hold is a new key agreement with new keys and a new SSRC, whose first sequence number is below 2^15: no stream goes on across it (I-4, I-9), which R5-R6/keystream shows.',
      fr: 'Une mise en attente est un nouvel accord de clés avec de nouvelles clés et un nouveau SSRC, dont le premier numéro de séquence est inférieur à 2^15 : aucun flux ne se poursuit au-delà (I-4, I-9), ce que montre R5-R6/keystream.',
    },
  },
];
