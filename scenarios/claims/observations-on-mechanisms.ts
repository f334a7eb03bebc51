import type { Observation } from './observations.ts';

/** O11 to O19: on the mechanisms chosen, their age and what they cannot do. */
export const observationsOnMechanisms: readonly Observation[] = [
  {
    id: 'O11',
    text: {
      en: 'Diffie-Hellman and RSA of 2048 bits fall short of present guidance for use beyond 2030 (3072 bits), and no post-quantum plan is given.',
      fr: 'Diffie-Hellman et RSA de 2048 bits restent en deçà des recommandations actuelles pour un usage au-delà de 2030 (3072 bits), et aucune transition post-quantique n’est prévue.',
    },
    in2014: {
      en: '2048 bits met RGS annex B1 for use until 2030, 3072 bits being asked beyond; NIST said the same.',
      fr: '2048 bits respectaient l’annexe B1 du RGS pour un usage jusqu’en 2030, 3072 bits étant demandés au-delà ; le NIST disait de même.',
    },
    now: {
      en: 'The end of that period is near; 3072 bits at least for anything new, and hybrid post-quantum key agreement for what must stay secret long.',
      fr: 'La fin de cette période est proche ; 3072 bits au moins pour tout ce qui est nouveau, et un échange hybride post-quantique pour ce qui doit rester secret longtemps.',
    },
    references: [
      'ANSSI RGS 2.0, annexe B1, version 2.03',
      'NIST SP 800-57 Part 1 Rev. 3',
      'ANSSI-PG-083, version 2.04',
      'ANSSI, post-quantique',
      'NIST IR 8547',
      'FIPS 203',
    ],
  },
  {
    id: 'O12',
    text: {
      en: 'PBKDF2 with 2048 iterations compares with some 600,000 advised today, and AES-CBC protects the stored key without integrity.',
      fr: 'PBKDF2 avec 2048 itérations se compare à quelque 600 000 conseillées aujourd’hui, et AES-CBC protège la clé conservée sans intégrité.',
    },
    in2014: {
      en: 'NIST SP 800-132 (2010) asked for 1,000 iterations at least; 2048 was OpenSSL’s default.',
      fr: 'Le NIST SP 800-132 (2010) demandait au moins 1 000 itérations ; 2048 était la valeur par défaut d’OpenSSL.',
    },
    now: {
      en: '600,000 iterations with HMAC-SHA256 (OWASP, 2023), or a memory-hard function, and authenticated encryption.',
      fr: '600 000 itérations avec HMAC-SHA256 (OWASP, 2023), ou une fonction coûteuse en mémoire, et un chiffrement authentifié.',
    },
    references: ['RFC 2898', 'RFC 8018', 'NIST SP 800-132', 'OWASP Password Storage Cheat Sheet'],
  },
  {
    id: 'O13',
    text: {
      en: 'HMAC-SHA1 with an 80-bit tag remains sound in SRTP; no action is needed.',
      fr: 'HMAC-SHA1 avec un code de 80 bits reste solide dans SRTP ; aucune action n’est nécessaire.',
    },
    in2014: {
      en: 'Sound: collisions of SHA-1 do not weaken HMAC (RFC 6194), and 80 bits suffice for packets checked online.',
      fr: 'Solide : les collisions de SHA-1 n’affaiblissent pas HMAC (RFC 6194), et 80 bits suffisent pour des paquets vérifiés en ligne.',
    },
    now: {
      en: 'Still sound; new designs take AES-GCM (RFC 7714).',
      fr: 'Toujours solide ; les conceptions nouvelles prennent AES-GCM (RFC 7714).',
    },
    references: ['RFC 3711', 'RFC 6194', 'NIST SP 800-107 Rev. 1', 'RFC 7714'],
  },
  {
    id: 'O14',
    text: {
      en: 'TLS 1.2 is the only version allowed; TLS 1.3 would be a change of the target.',
      fr: 'TLS 1.2 est la seule version admise ; TLS 1.3 demanderait un changement de la cible.',
    },
    in2014: {
      en: 'TLS 1.2 alone was the strictest choice there was.',
      fr: 'TLS 1.2 seul était le choix le plus strict possible.',
    },
    now: {
      en: 'TLS 1.2 with this suite is still acceptable; TLS 1.3 is preferred (ANSSI, 2020; NIST SP 800-52 Rev. 2).',
      fr: 'TLS 1.2 avec cette suite reste acceptable ; TLS 1.3 est préféré (ANSSI, 2020 ; NIST SP 800-52 Rev. 2).',
    },
    references: [
      'RFC 5246',
      'NIST SP 800-52 Rev. 1',
      'RFC 8446',
      'NIST SP 800-52 Rev. 2',
      'ANSSI, TLS',
    ],
  },
  {
    id: 'O15',
    text: {
      en: 'Identity rests on the CommonName alone; subjectAltName is not mentioned.',
      fr: 'L’identité repose sur le seul CommonName ; subjectAltName n’est pas mentionné.',
    },
    in2014: {
      en: 'RFC 2818 and 6125 already preferred subjectAltName and tolerated the CommonName.',
      fr: 'Les RFC 2818 et 6125 préféraient déjà subjectAltName et toléraient le CommonName.',
    },
    now: {
      en: 'RFC 9525 no longer lets a server be named by its CommonName; for a user’s number nothing forbids it.',
      fr: 'La RFC 9525 n’admet plus qu’un serveur soit nommé par son CommonName ; pour le numéro d’un utilisateur, rien ne l’interdit.',
    },
    references: ['RFC 2818', 'RFC 6125', 'RFC 9525'],
  },
  {
    id: 'O16',
    text: {
      en: 'The component versions listed have long been out of support; their known faults are to be probed, never inferred from a version.',
      fr: 'Les versions de composants énumérées ne sont plus maintenues depuis longtemps ; leurs défauts connus sont à éprouver, jamais à déduire d’une version.',
    },
    in2014: {
      en: 'Some were still maintained when the target was written; OpenSSL 1.0.1f lacked the correction of Heartbleed (CVE-2014-0160) unless the distribution had added it, and a beta was among them.',
      fr: 'Certaines étaient encore maintenues à l’écriture de la cible ; OpenSSL 1.0.1f n’avait pas la correction de Heartbleed (CVE-2014-0160) sauf ajout par la distribution, et une bêta figurait parmi elles.',
    },
    now: {
      en: 'None is maintained by its authors any more; a system that runs them as they are is to be replaced.',
      fr: 'Aucune n’est plus maintenue par ses auteurs ; un système qui les emploie telles quelles est à remplacer.',
    },
    references: ['NIST SP 800-40 Rev. 3', 'OWASP Top 10', 'NIST SP 800-40 Rev. 4'],
  },
  {
    id: 'O17',
    text: {
      en: 'No update mechanism and no handling of vulnerabilities is claimed.',
      fr: 'Aucun mécanisme de mise à jour ni aucun traitement des vulnérabilités n’est revendiqué.',
    },
    in2014: {
      en: 'A first-level certificate covered one version, and no update was asked for.',
      fr: 'Un certificat de premier niveau couvrait une version, et aucune mise à jour n’était demandée.',
    },
    now: {
      en: 'Updates and the handling of vulnerabilities are part of what a buyer and the law ask.',
      fr: 'Mises à jour et traitement des vulnérabilités font partie de ce que demandent l’acheteur et la loi.',
    },
    references: ['NIST SP 800-40 Rev. 3', 'NIST SP 800-40 Rev. 4', 'OWASP MASVS 2.0'],
  },
  {
    id: 'O18',
    text: {
      en: 'RFC 3261 demands UDP and TCP transports and a cipher suite that section 5.1 excludes.',
      fr: 'La RFC 3261 exige les transports UDP et TCP et une suite de chiffrement que la section 5.1 exclut.',
    },
    in2014: {
      en: 'RFC 3261 (2002) demanded TLS_RSA_WITH_AES_128_CBC_SHA, without forward secrecy; leaving it out was right.',
      fr: 'La RFC 3261 (2002) exigeait TLS_RSA_WITH_AES_128_CBC_SHA, sans confidentialité persistante ; l’écarter était juste.',
    },
    now: {
      en: 'RFC 9325 advises against such suites; a strict profile over TLS alone is good practice.',
      fr: 'La RFC 9325 déconseille de telles suites ; un profil strict sur TLS seul est de bonne pratique.',
    },
    references: ['RFC 3261', 'RFC 5246'],
  },
  {
    id: 'O19',
    text: {
      en: 'A hostile signalling server can still drop, delay and end calls, make a phone ring with an offer up to 5 minutes old, and see who calls whom and when; if it also holds the client authority’s key, it can issue a certificate for any number, and only the displayed identifiers reveal that.',
      fr: 'Un serveur de signalisation hostile peut toujours écarter, retarder et interrompre des appels, faire sonner un téléphone avec une offre vieille de 5 minutes au plus, et voir qui appelle qui et quand ; s’il détient aussi la clé de l’autorité des clients, il peut émettre un certificat pour n’importe quel numéro, ce que seuls les identifiants affichés révèlent.',
    },
    in2014: {
      en: 'Trusting the call server was the rule in telephony over IP (ANSSI DAT-NT-14); end-to-end keys went beyond it.',
      fr: 'Se fier au serveur d’appels était la règle en téléphonie sur IP (ANSSI DAT-NT-14) ; des clés de bout en bout allaient plus loin.',
    },
    now: {
      en: 'The server is expected to learn and to be able to forge as little as possible; logs of issued certificates would show such an issue.',
      fr: 'On attend du serveur qu’il apprenne et puisse falsifier le moins possible ; un journal public des certificats émis montrerait une telle émission.',
    },
    references: ['ANSSI DAT-NT-14', 'RFC 5764', 'RFC 8862'],
  },
];
