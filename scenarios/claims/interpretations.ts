import type { LocalText } from './claim.ts';
import type { Dated } from './references.ts';

/** One decision taken where the security target is silent. */
export interface Interpretation extends Dated {
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
    in2014: {
      en: 'A key exchange was to be signed and its keys confirmed (SIGMA; NIST SP 800-56A).',
      fr: 'Un échange de clés devait être signé et ses clés confirmées (SIGMA ; NIST SP 800-56A).',
    },
    now: {
      en: 'The same holds; RFC 8844 showed what an exchange that does not bind its identities loses.',
      fr: 'C’est toujours vrai ; la RFC 8844 a montré ce que perd un échange qui ne lie pas ses identités.',
    },
    references: ['RFC 2104', 'SIGMA', 'RFC 8844'],
  },
  {
    id: 'I-2',
    title: { en: 'Formats of the X-CSL headers', fr: 'Formats des en-têtes X-CSL' },
    text: {
      en: 'The target names four headers and gives no format. Here each occurs exactly once in the INVITE and in the 200, in canonical base64: From is the sender’s certificate in DER, From-Chain the certificate of the client authority, which must equal a stored one; Info1 carries version, group 14 of RFC 3526, time, nonce and public value; Info2 carries the signature, the tag or both, and alone goes into the ACK. Receivers check the public value’s range and residue, the freshness of time and nonce, and reflection, in one fixed order, so that a refusal always has one name.',
      fr: 'La cible nomme quatre en-têtes et ne donne aucun format. Ici chacun figure exactement une fois dans l’INVITE et dans la réponse 200, en base64 canonique : From est le certificat de l’émetteur en DER, From-Chain celui de l’autorité des clients, identique à un certificat déjà conservé ; Info1 porte la version, le groupe 14 de la RFC 3526, l’heure, le nonce et la valeur publique ; Info2 porte la signature, le code HMAC ou les deux, et figure seul dans l’ACK. Le destinataire vérifie l’intervalle et le résidu de la valeur publique, la fraîcheur de l’heure et du nonce, et la réflexion, dans un ordre fixe : un refus a toujours un seul nom.',
    },
    in2014: {
      en: 'Group 14 and a check of the public value were usual (NIST SP 800-56A Rev. 2).',
      fr: 'Le groupe 14 et la vérification de la valeur publique étaient d’usage (NIST SP 800-56A Rev. 2).',
    },
    now: {
      en: 'Named groups alone are accepted (NIST SP 800-56A Rev. 3, RFC 7919), as here.',
      fr: 'Seuls des groupes nommés sont admis (NIST SP 800-56A Rev. 3, RFC 7919), comme ici.',
    },
    references: ['RFC 3526', 'RFC 4648', 'NIST SP 800-56A Rev. 3'],
  },
  {
    id: 'I-3',
    title: { en: 'What is signed', fr: 'Ce qui est signé' },
    text: {
      en: 'The caller signs a transcript of Call-ID, both numbers, its certificate, its Diffie-Hellman data and its description of the media; the callee signs the hash of that offer with its own certificate, data and media. Every field is prefixed by its length, and a label keeps these signatures apart from any other use of the key. Numbers are written in the form + and at most 15 digits, and must equal the certificates’ CommonName byte for byte. Media is one Speex stream over RTP/SAVP; addresses, ports and stream identifiers are left out because the relay changes them.',
      fr: 'L’appelant signe un relevé qui comprend le Call-ID, les deux numéros, son certificat, ses données Diffie-Hellman et sa description du média ; l’appelé signe l’empreinte de cette offre avec son propre certificat, ses données et son média. Chaque champ est précédé de sa longueur, et une étiquette sépare ces signatures de tout autre usage de la clé. Les numéros s’écrivent + suivi de 15 chiffres au plus et doivent être identiques, octet pour octet, au CommonName des certificats. Le média est un seul flux Speex sur RTP/SAVP ; adresses, ports et identifiants de flux sont exclus, car le relais les modifie.',
    },
    in2014: {
      en: 'RFC 4474 signed identities and was hardly deployed; the X-CSL transcript takes its place.',
      fr: 'La RFC 4474 signait les identités et n’était guère déployée ; le relevé X-CSL en tient lieu.',
    },
    now: {
      en: 'RFC 8224 signs numbers; RFC 8862 wants media keys bound to the signalled identity.',
      fr: 'La RFC 8224 signe les numéros ; la RFC 8862 veut des clés média liées à l’identité signalée.',
    },
    references: ['RFC 3264', 'RFC 4474', 'RFC 8224'],
  },
  {
    id: 'I-4',
    title: { en: 'Derivation of the keys', fr: 'Dérivation des clés' },
    text: {
      en: 'The target does not say how SRTP keys come from the agreed secret. Here HKDF-SHA256 takes the 256-byte secret, both nonces as salt and the hash of the signed answer, and yields a confirmation key for each side and an SRTP master key and salt for each direction. The HMAC tag is made with the sender’s confirmation key. Session keys follow RFC 3711; a packet index never goes back under one key, and secrets are overwritten once used.',
      fr: 'La cible ne dit pas comment les clés SRTP proviennent du secret convenu. Ici HKDF-SHA256 reçoit le secret de 256 octets, les deux nonces comme sel et l’empreinte de la réponse signée, et fournit une clé de confirmation pour chaque côté, ainsi qu’une clé maîtresse SRTP et un sel pour chaque sens. Le code HMAC se calcule avec la clé de confirmation de l’émetteur. Les clés de session suivent la RFC 3711 ; l’indice de paquet ne recule jamais sous une même clé, et les secrets sont effacés dès qu’ils ont servi.',
    },
    in2014: {
      en: 'HKDF was already published and advised for secrets agreed by Diffie-Hellman.',
      fr: 'HKDF était déjà publié et conseillé pour les secrets convenus par Diffie-Hellman.',
    },
    now: {
      en: 'HKDF is what TLS 1.3 uses; no change is needed.',
      fr: 'HKDF est ce qu’emploie TLS 1.3 ; aucun changement n’est nécessaire.',
    },
    references: ['RFC 3711', 'RFC 5869'],
  },
  {
    id: 'I-5',
    title: { en: 'Session descriptions and the relay', fr: 'Descriptions de session et relais' },
    text: {
      en: 'Session descriptions never carry keys. RTCP uses the port after the one of RTP. The appliance changes addresses and ports only, so that audio passes through its relay, and the relay accepts the packets of a leg only from the address of that phone’s TLS connection.',
      fr: 'Les descriptions de session ne portent jamais de clé. RTCP emploie le port qui suit celui de RTP. L’appliance ne change que les adresses et les ports, afin que l’audio passe par son relais, et le relais n’accepte les paquets d’un correspondant que depuis l’adresse de la connexion TLS de son téléphone.',
    },
    in2014: {
      en: 'SDP security descriptions (RFC 4568) put keys into signalling and were common.',
      fr: 'Les descriptions de sécurité SDP (RFC 4568) mettaient les clés dans la signalisation et étaient courantes.',
    },
    now: {
      en: 'RFC 8862 rejects them for end-to-end protection; here they were never allowed.',
      fr: 'La RFC 8862 les écarte pour une protection de bout en bout ; ici elles n’ont jamais été admises.',
    },
    references: ['RFC 3550', 'RFC 4568', 'RFC 8862'],
  },
  {
    id: 'I-6',
    title: { en: 'Enrolment', fr: 'Enregistrement' },
    text: {
      en: 'The target describes a token and no protocol. Here enrolment is two JSON requests over HTTPS: number and certificate request, then the token received by SMS. The authority takes only the CommonName and the public key from the request. A token has at least 6 digits, lives 10 minutes, serves one certificate, dies after 5 wrong tries and is bound to its request; attempts are limited per number and address, and answers do not tell whether a number is known. Renewal needs the valid certificate and a new key.',
      fr: 'La cible décrit un jeton et aucun protocole. Ici l’enregistrement tient en deux requêtes JSON sur HTTPS : le numéro et la demande de certificat, puis le jeton reçu par SMS. L’autorité ne prend de la demande que le CommonName et la clé publique. Un jeton compte au moins 6 chiffres, vit 10 minutes, ne sert qu’à un certificat, meurt après 5 essais faux et reste lié à sa demande ; les essais sont limités par numéro et par adresse, et les réponses ne révèlent pas si un numéro est connu. Le renouvellement exige le certificat valide et une nouvelle clé.',
    },
    in2014: {
      en: 'A code sent by SMS was an accepted second proof (NIST SP 800-63-2).',
      fr: 'Un code envoyé par SMS était une seconde preuve admise (NIST SP 800-63-2).',
    },
    now: {
      en: 'It is a restricted means (NIST SP 800-63B), and limits on attempts are demanded (OWASP ASVS).',
      fr: 'C’est un moyen restreint (NIST SP 800-63B), et la limitation des essais est exigée (OWASP ASVS).',
    },
    references: ['NIST SP 800-63-2', 'NIST SP 800-63B', 'OWASP ASVS 4.0'],
  },
  {
    id: 'I-7',
    title: { en: 'Revocation', fr: 'Révocation' },
    text: {
      en: 'The target has the administrator revoke at once and names no mechanism. Here the appliance checks its store at every SIP handshake and request, publishes revocation lists, answers OCSP, and ends the revoked user’s live connections and calls; phones ask for their peer’s status before a call, and without an answer there is no call. Revoking also blocks the number until an administrator releases it, because a thief holds the SIM card too.',
      fr: 'Selon la cible, l’administrateur révoque immédiatement, sans qu’aucun mécanisme soit nommé. Ici l’appliance consulte son registre à chaque négociation TLS et à chaque requête SIP, publie des listes de révocation, répond en OCSP et met fin aux connexions et aux appels en cours de l’utilisateur révoqué ; les téléphones demandent l’état de leur correspondant avant un appel, et sans réponse il n’y a pas d’appel. La révocation bloque aussi le numéro jusqu’à ce qu’un administrateur le libère, car un voleur détient également la carte SIM.',
    },
    in2014: {
      en: 'Revocation lists and OCSP were the standard means; many clients went on without an answer.',
      fr: 'Listes de révocation et OCSP étaient les moyens usuels ; bien des clients continuaient sans réponse.',
    },
    now: {
      en: 'The means are the same; going on without an answer is seen as no check at all.',
      fr: 'Les moyens sont les mêmes ; continuer sans réponse revient à ne rien vérifier.',
    },
    references: ['RFC 5280', 'RFC 6960'],
  },
  {
    id: 'I-8',
    title: { en: 'The interfaces', fr: 'Les interfaces' },
    text: {
      en: 'On the Internet side only registration over HTTPS, SIP over TLS, the relay’s media ports and the revocation services answer. Administration is a web page on the administration link alone, with TLS 1.2 or 1.3 and the suites that browsers know; the suite of section 5.1 covers SIP and registration. The firewall’s rules and the services start from the same description. Phones check that the server’s certificate names the configured host and comes from the server authority.',
      fr: 'Du côté d’Internet, seuls répondent l’enregistrement en HTTPS, SIP sur TLS, les ports média du relais et les services de révocation. L’administration est une page web sur la seule liaison d’administration, en TLS 1.2 ou 1.3 avec les suites que connaissent les navigateurs ; la suite de la section 5.1 vaut pour SIP et l’enregistrement. Les règles du pare-feu et les services partent de la même description. Les téléphones vérifient que le certificat du serveur nomme l’hôte configuré et vient de l’autorité des serveurs.',
    },
    in2014: {
      en: 'A separate administration link and a filter that refuses by default were advised (ANSSI, 2013).',
      fr: 'Une liaison d’administration à part et un filtrage qui refuse par défaut étaient conseillés (ANSSI, 2013).',
    },
    now: {
      en: 'The same, with multi-factor authentication of administrators (ANSSI, 2021); server names are no longer read from the CommonName (RFC 9525).',
      fr: 'De même, avec une authentification multifacteur des administrateurs (ANSSI, 2021) ; le nom d’un serveur ne se lit plus dans le CommonName (RFC 9525).',
    },
    references: ['RFC 6125', 'RFC 9525', 'ANSSI, filtrage', 'ANSSI, administration'],
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
    in2014: {
      en: 'Nothing demanded that a change during a call be authenticated anew.',
      fr: 'Rien n’exigeait qu’un changement en cours d’appel soit de nouveau authentifié.',
    },
    now: {
      en: 'RFC 8862 rests on a signed identity for the offer (RFC 8224); chaining the exchanges does more.',
      fr: 'La RFC 8862 s’appuie sur une identité signée pour l’offre (RFC 8224) ; enchaîner les échanges fait davantage.',
    },
    references: ['RFC 3261', 'RFC 3264', 'RFC 8224', 'RFC 8862'],
  },
  {
    id: 'I-10',
    title: { en: 'The displayed identifier', fr: 'L’identifiant affiché' },
    text: {
      en: 'The Subject Key Identifier is the SHA-1 of the public key’s bits (RFC 5280, method 1). Both phones recompute all 20 bytes and refuse a certificate whose extension differs. The first 16 bytes are shown in lower-case hexadecimal, in groups of four digits.',
      fr: 'Le Subject Key Identifier est le SHA-1 des bits de la clé publique (RFC 5280, méthode 1). Les deux téléphones recalculent les 20 octets et refusent un certificat dont l’extension diffère. Les 16 premiers octets s’affichent en hexadécimal minuscule, par groupes de quatre chiffres.',
    },
    in2014: {
      en: 'SHA-1 as a key’s identifier was the usual method (RFC 5280).',
      fr: 'SHA-1 comme identifiant d’une clé était la méthode usuelle (RFC 5280).',
    },
    now: {
      en: 'A second key with a given identifier is still out of reach (128 bits shown); collisions of SHA-1 matter little here, and SHA-256 would be chosen today.',
      fr: 'Une seconde clé de même identifiant reste hors de portée (128 bits affichés) ; les collisions de SHA-1 comptent peu ici, et l’on choisirait SHA-256 aujourd’hui.',
    },
    references: ['RFC 5280', 'RFC 6194'],
  },
];
