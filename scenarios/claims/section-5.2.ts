import type { Claim } from './claim.ts';

/** Section 5.2 of the security target: authentication. */
export const sectionFiveTwo: readonly Claim[] = [
  {
    id: '5.2.a',
    section: '5.2',
    basis: 'stated',
    shownBy: ['call', 'attack'],
    text: {
      en: 'a user authenticates to the servers and to other users with a certificate',
      fr: 'un utilisateur s’authentifie auprès des serveurs et des autres utilisateurs avec un certificat',
    },
    interpretations: ['I-1', 'I-2', 'I-3'],
  },
  {
    id: '5.2.b',
    section: '5.2',
    basis: 'stated',
    shownBy: ['state', 'attack'],
    text: {
      en: 'three certificates are stored on the phone: the root, the intermediate authority for clients, the intermediate authority for servers; the chain is verified with them',
      fr: 'trois certificats sont conservés sur le téléphone : la racine, l’autorité intermédiaire des clients et celle des serveurs ; ils servent à vérifier la chaîne',
    },
    interpretations: ['I-2'],
  },
  {
    id: '5.2.c',
    section: '5.2',
    basis: 'stated',
    shownBy: ['attack'],
    text: {
      en: "clients verify the peer's chain of trust",
      fr: 'les clients vérifient la chaîne de confiance de leur correspondant',
    },
    interpretations: ['I-2', 'I-7'],
  },
  {
    id: '5.2.d',
    section: '5.2',
    basis: 'stated',
    shownBy: ['attack'],
    text: {
      en: "the callee verifies that the caller's certificate CommonName is the caller's number",
      fr: 'l’appelé vérifie que le CommonName du certificat de l’appelant est le numéro de l’appelant',
    },
    interpretations: ['I-3'],
  },
  {
    id: '5.2.e',
    section: '5.2',
    basis: 'stated',
    shownBy: ['call', 'device'],
    text: {
      en: 'both terminals show, in hexadecimal, the first 16 bytes of the Subject Key Identifier of both certificates ("Local … Peer …"), and one\'s Local is the other\'s Peer',
      fr: 'les deux terminaux affichent en hexadécimal les 16 premiers octets du Subject Key Identifier des deux certificats (« Local … Peer … »), et le Local de l’un est le Peer de l’autre',
    },
    interpretations: ['I-10'],
  },
  {
    id: '5.2.f',
    section: '5.2',
    basis: 'implied',
    shownBy: ['attack'],
    text: {
      en: "the caller verifies that the callee's certificate CommonName is the number it called",
      fr: 'l’appelant vérifie que le CommonName du certificat de l’appelé est le numéro qu’il a composé',
    },
    interpretations: ['I-3'],
  },
  {
    id: '5.2.g',
    section: '5.2',
    basis: 'implied',
    shownBy: ['attack'],
    text: {
      en: 'each intermediate authority is good only for its own kind of certificate',
      fr: 'chaque autorité intermédiaire ne vaut que pour son propre genre de certificats',
    },
    interpretations: ['I-2', 'I-8'],
  },
];
