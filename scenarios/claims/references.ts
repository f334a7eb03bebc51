import type { LocalText } from './claim.ts';

/** Published documents that the registers cite: number or issuer and title, and the year of that edition. */
export const references = {
  'RFC 2104': ['HMAC: Keyed-Hashing for Message Authentication', 1997],
  'RFC 2818': ['HTTP Over TLS', 2000],
  'RFC 2898': ['PKCS #5: Password-Based Cryptography Specification Version 2.0', 2000],
  'RFC 3261': ['SIP: Session Initiation Protocol', 2002],
  'RFC 3264': ['An Offer/Answer Model with the Session Description Protocol (SDP)', 2002],
  'RFC 3526': ['More Modular Exponential (MODP) Diffie-Hellman groups for IKE', 2003],
  'RFC 3550': ['RTP: A Transport Protocol for Real-Time Applications', 2003],
  'RFC 3711': ['The Secure Real-time Transport Protocol (SRTP)', 2004],
  'RFC 4086': ['Randomness Requirements for Security', 2005],
  'RFC 4474': ['Enhancements for Authenticated Identity Management in SIP', 2006],
  'RFC 4568': ['SDP Security Descriptions for Media Streams', 2006],
  'RFC 4648': ['The Base16, Base32, and Base64 Data Encodings', 2006],
  'RFC 5246': ['The Transport Layer Security (TLS) Protocol Version 1.2', 2008],
  'RFC 5280': ['Internet X.509 Public Key Infrastructure Certificate and CRL Profile', 2008],
  'RFC 5764': ['DTLS Extension to Establish Keys for SRTP', 2010],
  'RFC 5869': ['HMAC-based Extract-and-Expand Key Derivation Function (HKDF)', 2010],
  'RFC 6125': ['Representation and Verification of Domain-Based Service Identity in TLS', 2011],
  'RFC 6189': ['ZRTP: Media Path Key Agreement for Unicast Secure RTP', 2011],
  'RFC 6194': ['Security Considerations for the SHA-0 and SHA-1 Message-Digest Algorithms', 2011],
  'RFC 6960': ['X.509 Internet PKI Online Certificate Status Protocol (OCSP)', 2013],
  'RFC 7258': ['Pervasive Monitoring Is an Attack', 2014],
  'RFC 7714': ['AES-GCM Authenticated Encryption in SRTP', 2015],
  'RFC 7919': ['Negotiated Finite Field Diffie-Hellman Ephemeral Parameters for TLS', 2016],
  'RFC 8018': ['PKCS #5: Password-Based Cryptography Specification Version 2.1', 2017],
  'RFC 8224': ['Authenticated Identity Management in SIP', 2018],
  'RFC 8446': ['The Transport Layer Security (TLS) Protocol Version 1.3', 2018],
  'RFC 8844': ['Unknown Key-Share Attacks on Uses of TLS with SDP', 2021],
  'RFC 8862': ['Best Practices for Securing RTP Media Signaled with SIP', 2021],
  'RFC 9325': ['Recommendations for Secure Use of TLS and DTLS', 2022],
  'RFC 9525': ['Service Identity in TLS', 2023],
  'NIST SP 800-40 Rev. 3': ['Guide to Enterprise Patch Management Technologies', 2013],
  'NIST SP 800-40 Rev. 4': ['Guide to Enterprise Patch Management Planning', 2022],
  'NIST SP 800-52 Rev. 1': ['Guidelines for the Selection and Use of TLS Implementations', 2014],
  'NIST SP 800-52 Rev. 2': ['Guidelines for the Selection and Use of TLS Implementations', 2019],
  'NIST SP 800-56A Rev. 2': ['Pair-Wise Key Establishment Using Discrete Logarithms', 2013],
  'NIST SP 800-56A Rev. 3': ['Pair-Wise Key Establishment Using Discrete Logarithms', 2018],
  'NIST SP 800-57 Part 1 Rev. 3': ['Recommendation for Key Management', 2012],
  'NIST SP 800-57 Part 1 Rev. 5': ['Recommendation for Key Management', 2020],
  'NIST SP 800-58': ['Security Considerations for Voice Over IP Systems', 2005],
  'NIST SP 800-63-2': ['Electronic Authentication Guideline', 2013],
  'NIST SP 800-63B': ['Digital Identity Guidelines: Authentication and Lifecycle', 2017],
  'NIST SP 800-107 Rev. 1': ['Applications Using Approved Hash Algorithms', 2012],
  'NIST SP 800-132': ['Recommendation for Password-Based Key Derivation', 2010],
  'NIST IR 8547': ['Transition to Post-Quantum Cryptography Standards, public draft', 2024],
  'FIPS 203': ['Module-Lattice-Based Key-Encapsulation Mechanism Standard', 2024],
  'ANSSI RGS 2.0, annexe B1, version 2.03': [
    'Choix et dimensionnement des mécanismes cryptographiques',
    2014,
  ],
  'ANSSI RGS 2.0, annexe B2': ['Gestion des clés utilisées dans les mécanismes', 2012],
  'ANSSI-PG-083, version 2.04': ['Guide des mécanismes cryptographiques', 2020],
  'ANSSI DAT-NT-14': ['Sécurisation d’une architecture de téléphonie sur IP', 2013],
  'ANSSI, filtrage': ['Politique de filtrage réseau d’un pare-feu', 2013],
  'ANSSI, administration': ['Administration sécurisée des systèmes d’information, v3.0', 2021],
  'ANSSI, TLS': ['Recommandations de sécurité relatives à TLS, version 1.2', 2020],
  'ANSSI, mots de passe': ['Authentification multifacteur et mots de passe', 2021],
  'ANSSI, post-quantique': ['Avis sur la migration vers la cryptographie post-quantique', 2022],
  'OWASP Top 10': ['A9, Using Components with Known Vulnerabilities', 2013],
  'OWASP Password Storage Cheat Sheet': ['PBKDF2', 2023],
  'OWASP ASVS 4.0': ['Application Security Verification Standard', 2019],
  'OWASP MASVS 2.0': ['Mobile Application Security Verification Standard', 2023],
  SIGMA: ['H. Krawczyk, The SIGn-and-MAc Approach to Authenticated Diffie-Hellman', 2003],
} as const satisfies Readonly<Record<string, readonly [title: string, year: number]>>;

/** The name of a document of {@link references}. */
export type Reference = keyof typeof references;

/** A document as the reports print it: name, title, year. */
export const printedReference = (name: Reference): string => {
  const [title, year] = references[name];
  return `${name}: ${title} (${year})`;
};

/** The same matter seen from two dates, and where each view is published. */
export interface Dated {
  /** What was recommended or usual in 2014, when the target was being written. */
  readonly in2014: LocalText;
  /** What is recommended now. */
  readonly now: LocalText;
  readonly references: readonly Reference[];
}
