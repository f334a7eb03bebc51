import type { NotTried } from './not-applicable.ts';

/** Every row of X and E but one has a scenario; of these rows something remains that cannot be tried or told here. */
export const notTriedX509: readonly NotTried[] = [
  {
    row: 'X2',
    what: 'certificates that the target’s own authorities issued for the other kind',
    reason: {
      en: 'The keys of the target’s authorities are not given. Phones are tried with authorities of the testbed’s own, which issue anything (X2/caller, X2/callee, X2/server); the SIP port is shown what an outsider and a user can make (X2/client).',
      fr: 'Les clés des autorités de la cible ne sont pas remises. Les téléphones sont essayés avec des autorités du banc, qui émettent tout (X2/caller, X2/callee, X2/server) ; le port SIP se voit montrer ce qu’un tiers et un utilisateur peuvent fabriquer (X2/client).',
    },
  },
  {
    row: 'X7',
    what: 'the device’s clock wrong, and an authority that has expired',
    reason: {
      en: 'The clock of the target is not the testbed’s to set, and a phone refuses to store an authority that has expired. That a certificate is refused outside its validity is tried with the certificates’ own dates.',
      fr: 'L’horloge de la cible n’appartient pas au banc, et un téléphone refuse de stocker une autorité expirée. Le refus d’un certificat hors de sa validité est essayé par les dates des certificats.',
    },
  },
  {
    row: 'X9',
    what: 'ROCA and Debian keys in certificates of peers, one modulus for two users',
    reason: {
      en: 'Whether a key is weak is decided where it is certified: E8/weak-keys asks the registration service with ROCA keys, with primes close together and with a key of another number. The list of Debian’s keys (CVE-2008-0166) is not part of this testbed.',
      fr: 'La faiblesse d’une clé se décide à la certification : E8/weak-keys présente au service d’enregistrement des clés ROCA, des nombres premiers voisins et la clé d’un autre numéro. La liste des clés de Debian (CVE-2008-0166) ne fait pas partie de ce banc.',
    },
  },
  {
    row: 'X13',
    what: 'a certificate that an authority of the operating system’s store really issued',
    reason: {
      en: 'No such authority issues one for this test, and the store of the phone’s system is not the testbed’s to change. That the phone trusts only the three it stores is tried with a chain of a public authority, and with authorities of the testbed’s own that are not stored.',
      fr: 'Aucune de ces autorités n’en émet pour cet essai, et le magasin du système du téléphone n’appartient pas au banc. Que le téléphone ne se fie qu’aux trois certificats stockés est essayé avec la chaîne d’une autorité publique et avec des autorités du banc non stockées.',
    },
  },
  {
    row: 'E2',
    what: 'a token that has expired',
    reason: {
      en: 'A token lives ten minutes, longer than the whole campaign; the tests of the reference show it with a clock of their own.',
      fr: 'Un jeton vit dix minutes, plus que toute la campagne ; les essais de la référence le montrent avec leur propre horloge.',
    },
  },
  {
    row: 'E4',
    what: 'the text that tells the owner of a new certificate',
    reason: {
      en: 'Of texts, a target shows only the tokens; the tests of the reference read the notice itself.',
      fr: 'Des messages, une cible ne montre que les jetons ; les essais de la référence lisent l’avis lui-même.',
    },
  },
  {
    row: 'E9',
    what: 'texts to premium numbers',
    reason: {
      en: 'A target that fails would send them, at the cost of whoever evaluates it. How many texts one number gets is limited by E1/number-limit.',
      fr: 'Une cible défaillante les enverrait, aux frais de l’évaluateur. Le nombre de messages par numéro est borné par E1/number-limit.',
    },
  },
  {
    row: 'E10',
    what: 'SIM swap, interception of texts',
    reason: {
      en: 'They happen in the operator’s network, out of the product’s reach: an observation, not a test.',
      fr: 'Ils ont lieu dans le réseau de l’opérateur, hors de portée du produit : une observation, non un essai.',
    },
  },
];
