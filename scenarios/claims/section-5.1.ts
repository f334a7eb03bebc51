import type { Claim } from './claim.ts';

/** Section 5.1 of the security target: encryption. */
export const sectionFiveOne: readonly Claim[] = [
  {
    id: '5.1.a',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'active'],
    text: { en: 'SIP sessions use TLS 1.2', fr: 'les sessions SIP utilisent TLS 1.2' },
    interpretations: [],
  },
  {
    id: '5.1.b',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'active'],
    text: {
      en: 'SIP sessions result in DHE-RSA-AES256-GCM-SHA384 (0x009F)',
      fr: 'les sessions SIP aboutissent à DHE-RSA-AES256-GCM-SHA384 (0x009F)',
    },
    interpretations: [],
  },
  {
    id: '5.1.c',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'active'],
    text: {
      en: 'SIP: the Diffie-Hellman modulus is 2048 bits',
      fr: 'SIP : le module Diffie-Hellman compte 2048 bits',
    },
    interpretations: [],
  },
  {
    id: '5.1.d',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'active'],
    text: {
      en: 'registration sessions use TLS 1.2',
      fr: 'les sessions d’enregistrement utilisent TLS 1.2',
    },
    interpretations: [],
  },
  {
    id: '5.1.e',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'active'],
    text: {
      en: 'registration sessions use DHE-RSA-AES256-GCM-SHA384',
      fr: 'les sessions d’enregistrement utilisent DHE-RSA-AES256-GCM-SHA384',
    },
    interpretations: [],
  },
  {
    id: '5.1.f',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'active'],
    text: {
      en: 'registration: the Diffie-Hellman modulus is 2048 bits',
      fr: 'enregistrement : le module Diffie-Hellman compte 2048 bits',
    },
    interpretations: [],
  },
  {
    id: '5.1.g',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'attack'],
    text: {
      en: 'audio is SRTP with AES-CM-128-HMAC-SHA1-80: every audio packet carries an 80-bit tag that verifies',
      fr: 'l’audio est en SRTP avec AES-CM-128-HMAC-SHA1-80 : chaque paquet audio porte un code d’authentification de 80 bits, exact',
    },
    interpretations: ['I-4'],
  },
  {
    id: '5.1.h',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'call'],
    text: {
      en: 'the audio codec is Speex narrowband (8 kHz)',
      fr: 'le codec audio est Speex en bande étroite (8 kHz)',
    },
    interpretations: ['I-3'],
  },
  {
    id: '5.1.i',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'attack'],
    text: {
      en: 'the SRTP keys come from a Diffie-Hellman exchange with a 2048-bit modulus',
      fr: 'les clés SRTP proviennent d’un échange Diffie-Hellman dont le module compte 2048 bits',
    },
    interpretations: ['I-2', 'I-4'],
  },
  {
    id: '5.1.j',
    section: '5.1',
    basis: 'stated',
    shownBy: ['wire', 'attack'],
    text: {
      en: 'that exchange is signed, with HMAC-SHA2-256',
      fr: 'cet échange est signé, avec HMAC-SHA2-256',
    },
    interpretations: ['I-1', 'I-2', 'I-3', 'I-4'],
  },
  {
    id: '5.1.k',
    section: '5.1',
    basis: 'implied',
    shownBy: ['active', 'attack'],
    text: {
      en: 'SIP port: every other version and suite is refused',
      fr: 'port SIP : toute autre version et toute autre suite sont refusées',
    },
    interpretations: [],
  },
  {
    id: '5.1.l',
    section: '5.1',
    basis: 'implied',
    shownBy: ['active', 'attack'],
    text: {
      en: 'registration port: every other version and suite is refused',
      fr: 'port d’enregistrement : toute autre version et toute autre suite sont refusées',
    },
    interpretations: [],
  },
  {
    id: '5.1.m',
    section: '5.1',
    basis: 'implied',
    shownBy: ['wire', 'attack'],
    text: {
      en: 'no audio in clear, and RTCP protected like RTP',
      fr: 'aucun audio en clair, et RTCP protégé comme RTP',
    },
    interpretations: ['I-4', 'I-5'],
  },
];
