import type { Claim } from './claim.ts';

/** Section 2.2 of the security target: use of the product. */
export const sectionTwoTwo: readonly Claim[] = [
  {
    id: '2.2.a',
    section: '2.2',
    basis: 'stated',
    shownBy: ['wire', 'state'],
    text: {
      en: 'the terminal itself generates its private key and a certificate request (RSA 2048, SHA-256)',
      fr: 'le terminal génère lui-même sa clé privée et une demande de certificat (RSA 2048, SHA-256)',
    },
    interpretations: ['I-6'],
  },
  {
    id: '2.2.b',
    section: '2.2',
    basis: 'stated',
    shownBy: ['call', 'attack'],
    text: {
      en: 'the request is signed only after a check: a token is sent to the user, who gives it back to prove the phone number',
      fr: 'la demande n’est signée qu’après une vérification : un jeton est envoyé à l’utilisateur, qui le restitue pour prouver que le numéro de téléphone est le sien',
    },
    interpretations: ['I-6'],
  },
  {
    id: '2.2.c',
    section: '2.2',
    basis: 'stated',
    shownBy: ['call', 'attack'],
    text: {
      en: 'only an enrolled user, connected to a data network, can call',
      fr: 'seul un utilisateur enregistré et connecté à un réseau de données peut appeler',
    },
    interpretations: [],
  },
  {
    id: '2.2.d',
    section: '2.2',
    basis: 'stated',
    shownBy: ['wire', 'call'],
    text: {
      en: 'the signalling server relates the two users; the audio then passes through the proxy server',
      fr: 'le serveur de signalisation met les deux utilisateurs en relation ; l’audio passe ensuite par le serveur mandataire',
    },
    interpretations: ['I-5'],
  },
  {
    id: '2.2.e',
    section: '2.2',
    basis: 'stated',
    shownBy: ['call', 'active', 'attack'],
    text: {
      en: 'an administrator connects directly to the server over an Ethernet link and authenticates on a web interface',
      fr: 'un administrateur se connecte directement au serveur par une liaison Ethernet et s’authentifie sur une interface web',
    },
    interpretations: ['I-8'],
  },
  {
    id: '2.2.f',
    section: '2.2',
    basis: 'implied',
    shownBy: ['wire', 'state'],
    text: {
      en: 'the private key never leaves the terminal',
      fr: 'la clé privée ne quitte jamais le terminal',
    },
    interpretations: [],
  },
  {
    id: '2.2.g',
    section: '2.2',
    basis: 'implied',
    shownBy: ['wire'],
    text: {
      en: 'audio never goes directly between terminals',
      fr: 'l’audio ne va jamais directement d’un terminal à l’autre',
    },
    interpretations: ['I-5'],
  },
];
