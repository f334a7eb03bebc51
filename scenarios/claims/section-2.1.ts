import type { Claim } from './claim.ts';

/** Section 2.1 of the security target: general description. */
export const sectionTwoOne: readonly Claim[] = [
  {
    id: '2.1.a',
    section: '2.1',
    basis: 'stated',
    shownBy: ['call'],
    text: {
      en: 'the system is a mobile client, a SIP signalling server, and a PKI made of a certification authority and a registration authority offered as a web service',
      fr: 'le système réunit un client mobile, un serveur de signalisation SIP et une infrastructure à clés publiques faite d’une autorité de certification et d’une autorité d’enregistrement offerte comme service web',
    },
    interpretations: [],
  },
  {
    id: '2.1.b',
    section: '2.1',
    basis: 'stated',
    shownBy: ['call', 'active', 'attack'],
    text: {
      en: 'every terminal owns a private key and a certificate and authenticates with them to the servers and to other users',
      fr: 'chaque terminal détient une clé privée et un certificat, et s’en sert pour s’authentifier auprès des serveurs et des autres utilisateurs',
    },
    interpretations: ['I-1', 'I-2', 'I-3'],
  },
  {
    id: '2.1.c',
    section: '2.1',
    basis: 'stated',
    shownBy: ['wire', 'active'],
    text: {
      en: 'terminal to registration server: confidential over HTTPS',
      fr: 'entre le terminal et le serveur d’enregistrement : confidentialité par HTTPS',
    },
    interpretations: [],
  },
  {
    id: '2.1.d',
    section: '2.1',
    basis: 'stated',
    shownBy: ['wire', 'active'],
    text: {
      en: 'terminal to signalling server: SIP inside TLS',
      fr: 'entre le terminal et le serveur de signalisation : SIP à l’intérieur de TLS',
    },
    interpretations: [],
  },
  {
    id: '2.1.e',
    section: '2.1',
    basis: 'stated',
    shownBy: ['wire', 'call'],
    text: {
      en: 'audio is encrypted with a secret agreed by Diffie-Hellman through the signalling connection',
      fr: 'l’audio est chiffré avec un secret convenu par Diffie-Hellman à travers la connexion de signalisation',
    },
    interpretations: ['I-2', 'I-4'],
  },
  {
    id: '2.1.f',
    section: '2.1',
    basis: 'stated',
    shownBy: ['call', 'device'],
    text: {
      en: "communication runs over a mobile operator's data channel (4G, 3G, EDGE…) or Wi-Fi",
      fr: 'la communication emprunte le canal de données d’un opérateur mobile (4G, 3G, EDGE…) ou le Wi-Fi',
    },
    interpretations: [],
  },
  {
    id: '2.1.g',
    section: '2.1',
    basis: 'stated',
    shownBy: ['call', 'attack'],
    text: {
      en: 'the servers authenticate to the terminal (the other half of mutual authentication): a server with another certificate is refused',
      fr: 'les serveurs s’authentifient auprès du terminal (l’autre moitié de l’authentification mutuelle) : un serveur muni d’un autre certificat est refusé',
    },
    interpretations: ['I-8'],
  },
  {
    id: '2.1.h',
    section: '2.1',
    basis: 'implied',
    shownBy: ['wire', 'active'],
    text: { en: 'no SIP in clear on any port', fr: 'pas de SIP en clair, sur aucun port' },
    interpretations: [],
  },
  {
    id: '2.1.i',
    section: '2.1',
    basis: 'stated',
    shownBy: ['person'],
    text: {
      en: 'the whole solution is available as open source',
      fr: 'toute la solution est disponible en logiciel libre',
    },
    interpretations: [],
  },
];
