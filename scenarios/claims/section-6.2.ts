import type { Claim } from './claim.ts';

/** Section 6.2 of the security target: processing of data. */
export const sectionSixTwo: readonly Claim[] = [
  {
    id: '6.2.a',
    section: '6.2',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['wire', 'active'],
    text: {
      en: 'signalling follows SIP (RFC 3261), except where 5.1 forbids it (RFC 3261 demands UDP, TCP and an older suite)',
      fr: 'la signalisation suit SIP (RFC 3261), sauf où la section 5.1 l’interdit (la RFC 3261 exige UDP, TCP et une suite plus ancienne)',
    },
    counters: [],
    interpretations: ['I-3', 'I-9'],
  },
  {
    id: '6.2.b',
    section: '6.2',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['wire', 'call'],
    text: {
      en: 'X-CSL-Info1 and X-CSL-Info2 carry the data of the Diffie-Hellman exchange, for caller and callee',
      fr: 'X-CSL-Info1 et X-CSL-Info2 portent les données de l’échange Diffie-Hellman, pour l’appelant comme pour l’appelé',
    },
    counters: [],
    interpretations: ['I-2', 'I-9'],
  },
  {
    id: '6.2.c',
    section: '6.2',
    paragraphs: [1],
    basis: 'stated',
    level: 'binding',
    shownBy: ['wire', 'call'],
    text: {
      en: "X-CSL-From and X-CSL-From-Chain carry the certificate and the client authority's certificate, for caller and callee",
      fr: 'X-CSL-From et X-CSL-From-Chain portent le certificat et celui de l’autorité des clients, pour l’appelant comme pour l’appelé',
    },
    counters: [],
    interpretations: ['I-2'],
  },
  {
    id: '6.2.d',
    section: '6.2',
    paragraphs: [1, 2],
    basis: 'stated',
    level: 'binding',
    shownBy: ['wire'],
    text: {
      en: 'audio is Speex narrowband in RTP (RFC 3550), then SRTP (RFC 3711) with no further processing',
      fr: 'l’audio est du Speex en bande étroite dans RTP (RFC 3550), puis SRTP (RFC 3711), sans autre traitement',
    },
    counters: ['M1'],
    interpretations: ['I-2', 'I-3', 'I-4'],
  },
  {
    id: '6.2.e',
    section: '6.2',
    paragraphs: [1, 2],
    basis: 'stated',
    level: 'binding',
    shownBy: ['wire'],
    text: {
      en: 'encrypted data sent to the registration service follows HTTPS over TLS 1.2',
      fr: 'les données chiffrées envoyées au service d’enregistrement suivent HTTPS sur TLS 1.2',
    },
    counters: ['M1'],
    interpretations: ['I-6'],
  },
  {
    id: '6.2.f',
    section: '6.2',
    paragraphs: [2],
    basis: 'stated',
    level: 'binding',
    shownBy: ['wire'],
    text: {
      en: 'encrypted signalling follows TLS 1.2 (RFC 5246) with no further processing',
      fr: 'la signalisation chiffrée suit TLS 1.2 (RFC 5246), sans autre traitement',
    },
    counters: ['M1'],
    interpretations: [],
  },
];
