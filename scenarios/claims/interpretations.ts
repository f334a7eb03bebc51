import type { LocalText } from './claim.ts';

/** One decision taken where the security target is silent. */
export interface Interpretation {
  /** Such as I-1; never changes. */
  readonly id: string;
  readonly title: LocalText;
  /** One paragraph. */
  readonly text: LocalText;
}

/** The interpretation register, printed in every report beside the claims that rest on it. */
export const interpretations: readonly Interpretation[] = [
  {
    id: 'I-1',
    title: {
      en: 'What “signed with HMAC-SHA2-256” means',
      fr: 'Ce que veut dire « signés à l’aide d’un HMAC-SHA2-256 »',
    },
    text: {
      en: 'The target names an HMAC and no key. A MAC alone does not prove who owns a certificate, and a signature alone is not an HMAC. Both are therefore required, as in SIGMA: each side signs with the RSA key of its certificate (PKCS#1 v1.5, SHA-256) and proves with an HMAC-SHA256 tag, keyed from the agreed secret, that it derived the same secret. A session in which either is missing or wrong ends before any audio is sent or played.',
      fr: 'La cible nomme un HMAC et aucune clé. Un code d’authentification seul ne prouve pas à qui appartient un certificat, et une signature seule n’est pas un HMAC. Les deux sont donc exigés, à la manière de SIGMA : chaque côté signe avec la clé RSA de son certificat (PKCS#1 v1.5, SHA-256) et prouve, par un code HMAC-SHA256 dont la clé vient du secret convenu, qu’il a calculé le même secret. Si l’un ou l’autre manque ou est faux, la session prend fin avant tout envoi et toute restitution d’audio.',
    },
  },
  {
    id: 'I-2',
    title: { en: 'Formats of the X-CSL headers', fr: 'Formats des en-têtes X-CSL' },
    text: {
      en: 'The target names four headers and gives no format. Here each occurs exactly once in the INVITE and in the 200, in canonical base64: From is the sender’s certificate in DER, From-Chain the certificate of the client authority, which must equal a stored one; Info1 carries version, group 14 of RFC 3526, time, nonce and public value; Info2 carries the signature, the tag or both, and alone goes into the ACK. Receivers check the public value’s range and residue, the freshness of time and nonce, and reflection, in one fixed order, so that a refusal always has one name.',
      fr: 'La cible nomme quatre en-têtes et ne donne aucun format. Ici chacun figure exactement une fois dans l’INVITE et dans la réponse 200, en base64 canonique : From est le certificat de l’émetteur en DER, From-Chain celui de l’autorité des clients, identique à un certificat déjà conservé ; Info1 porte la version, le groupe 14 de la RFC 3526, l’heure, le nonce et la valeur publique ; Info2 porte la signature, le code HMAC ou les deux, et figure seul dans l’ACK. Le destinataire vérifie l’intervalle et le résidu de la valeur publique, la fraîcheur de l’heure et du nonce, et la réflexion, dans un ordre fixe : un refus a toujours un seul nom.',
    },
  },
  {
    id: 'I-3',
    title: { en: 'What is signed', fr: 'Ce qui est signé' },
    text: {
      en: 'The caller signs a transcript of Call-ID, both numbers, its certificate, its Diffie-Hellman data and its description of the media; the callee signs the hash of that offer with its own certificate, data and media. Every field is prefixed by its length, and a label keeps these signatures apart from any other use of the key. Numbers are written in the form + and at most 15 digits, and must equal the certificates’ CommonName byte for byte. Media is one Speex stream over RTP/SAVP; addresses, ports and stream identifiers are left out because the relay changes them.',
      fr: 'L’appelant signe un relevé qui comprend le Call-ID, les deux numéros, son certificat, ses données Diffie-Hellman et sa description du média ; l’appelé signe l’empreinte de cette offre avec son propre certificat, ses données et son média. Chaque champ est précédé de sa longueur, et une étiquette sépare ces signatures de tout autre usage de la clé. Les numéros s’écrivent + suivi de 15 chiffres au plus et doivent être identiques, octet pour octet, au CommonName des certificats. Le média est un seul flux Speex sur RTP/SAVP ; adresses, ports et identifiants de flux sont exclus, car le relais les modifie.',
    },
  },
  {
    id: 'I-4',
    title: { en: 'Derivation of the keys', fr: 'Dérivation des clés' },
    text: {
      en: 'The target does not say how SRTP keys come from the agreed secret. Here HKDF-SHA256 takes the 256-byte secret, both nonces as salt and the hash of the signed answer, and yields a confirmation key for each side and an SRTP master key and salt for each direction. The HMAC tag is made with the sender’s confirmation key. Session keys follow RFC 3711; a packet index never goes back under one key, and secrets are overwritten once used.',
      fr: 'La cible ne dit pas comment les clés SRTP proviennent du secret convenu. Ici HKDF-SHA256 reçoit le secret de 256 octets, les deux nonces comme sel et l’empreinte de la réponse signée, et fournit une clé de confirmation pour chaque côté, ainsi qu’une clé maîtresse SRTP et un sel pour chaque sens. Le code HMAC se calcule avec la clé de confirmation de l’émetteur. Les clés de session suivent la RFC 3711 ; l’indice de paquet ne recule jamais sous une même clé, et les secrets sont effacés dès qu’ils ont servi.',
    },
  },
  {
    id: 'I-5',
    title: { en: 'Session descriptions and the relay', fr: 'Descriptions de session et relais' },
    text: {
      en: 'Session descriptions never carry keys. RTCP uses the port after the one of RTP. The appliance changes addresses and ports only, so that audio passes through its relay, and the relay accepts the packets of a leg only from the address of that phone’s TLS connection.',
      fr: 'Les descriptions de session ne portent jamais de clé. RTCP emploie le port qui suit celui de RTP. L’appliance ne change que les adresses et les ports, afin que l’audio passe par son relais, et le relais n’accepte les paquets d’un correspondant que depuis l’adresse de la connexion TLS de son téléphone.',
    },
  },
  {
    id: 'I-6',
    title: { en: 'Enrolment', fr: 'Enregistrement' },
    text: {
      en: 'The target describes a token and no protocol. Here enrolment is two JSON requests over HTTPS: number and certificate request, then the token received by SMS. The authority takes only the CommonName and the public key from the request. A token has at least 6 digits, lives 10 minutes, serves one certificate, dies after 5 wrong tries and is bound to its request; attempts are limited per number and address, and answers do not tell whether a number is known. Renewal needs the valid certificate and a new key.',
      fr: 'La cible décrit un jeton et aucun protocole. Ici l’enregistrement tient en deux requêtes JSON sur HTTPS : le numéro et la demande de certificat, puis le jeton reçu par SMS. L’autorité ne prend de la demande que le CommonName et la clé publique. Un jeton compte au moins 6 chiffres, vit 10 minutes, ne sert qu’à un certificat, meurt après 5 essais faux et reste lié à sa demande ; les essais sont limités par numéro et par adresse, et les réponses ne révèlent pas si un numéro est connu. Le renouvellement exige le certificat valide et une nouvelle clé.',
    },
  },
  {
    id: 'I-7',
    title: { en: 'Revocation', fr: 'Révocation' },
    text: {
      en: 'The target has the administrator revoke at once and names no mechanism. Here the appliance checks its store at every SIP handshake and request, publishes revocation lists, answers OCSP, and ends the revoked user’s live connections and calls; phones ask for their peer’s status before a call, and without an answer there is no call. Revoking also blocks the number until an administrator releases it, because a thief holds the SIM card too.',
      fr: 'Selon la cible, l’administrateur révoque immédiatement, sans qu’aucun mécanisme soit nommé. Ici l’appliance consulte son registre à chaque négociation TLS et à chaque requête SIP, publie des listes de révocation, répond en OCSP et met fin aux connexions et aux appels en cours de l’utilisateur révoqué ; les téléphones demandent l’état de leur correspondant avant un appel, et sans réponse il n’y a pas d’appel. La révocation bloque aussi le numéro jusqu’à ce qu’un administrateur le libère, car un voleur détient également la carte SIM.',
    },
  },
  {
    id: 'I-8',
    title: { en: 'The interfaces', fr: 'Les interfaces' },
    text: {
      en: 'On the Internet side only registration over HTTPS, SIP over TLS, the relay’s media ports and the revocation services answer. Administration is a web page on the administration link alone, with TLS 1.2 or 1.3 and the suites that browsers know; the suite of section 5.1 covers SIP and registration. The firewall’s rules and the services start from the same description. Phones check that the server’s certificate names the configured host and comes from the server authority.',
      fr: 'Du côté d’Internet, seuls répondent l’enregistrement en HTTPS, SIP sur TLS, les ports média du relais et les services de révocation. L’administration est une page web sur la seule liaison d’administration, en TLS 1.2 ou 1.3 avec les suites que connaissent les navigateurs ; la suite de la section 5.1 vaut pour SIP et l’enregistrement. Les règles du pare-feu et les services partent de la même description. Les téléphones vérifient que le certificat du serveur nomme l’hôte configuré et vient de l’autorité des serveurs.',
    },
  },
  {
    id: 'I-9',
    title: {
      en: 'Repetitions, forking, changes during a call',
      fr: 'Répétitions, bifurcation, changements en cours d’appel',
    },
    text: {
      en: 'Repeated messages get the stored answer and never a second exchange. The first ACK decides: a wrong or missing tag ends the call. Nothing is played or sent before the other side is verified. A number has one contact and calls never fork. A change during a call is a fresh, complete exchange chained to the previous one, with the same two certificates; without X-CSL headers it is refused.',
      fr: 'Un message répété reçoit la réponse déjà conservée, jamais un second échange. Le premier ACK décide : un code HMAC faux ou absent met fin à l’appel. Rien n’est restitué ni envoyé avant que l’autre côté soit vérifié. Un numéro n’a qu’un contact, et un appel ne bifurque jamais. Un changement en cours d’appel est un nouvel échange complet, enchaîné au précédent, avec les deux mêmes certificats ; sans en-têtes X-CSL, il est refusé.',
    },
  },
  {
    id: 'I-10',
    title: { en: 'The displayed identifier', fr: 'L’identifiant affiché' },
    text: {
      en: 'The Subject Key Identifier is the SHA-1 of the public key’s bits (RFC 5280, method 1). Both phones recompute all 20 bytes and refuse a certificate whose extension differs. The first 16 bytes are shown in lower-case hexadecimal, in groups of four digits.',
      fr: 'Le Subject Key Identifier est le SHA-1 des bits de la clé publique (RFC 5280, méthode 1). Les deux téléphones recalculent les 20 octets et refusent un certificat dont l’extension diffère. Les 16 premiers octets s’affichent en hexadécimal minuscule, par groupes de quatre chiffres.',
    },
  },
];
