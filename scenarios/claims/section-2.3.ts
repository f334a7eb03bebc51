import type { Claim } from './claim.ts';

/** Section 2.3 of the security target: environment of use. */
export const sectionTwoThree: readonly Claim[] = [
  {
    id: '2.3.a',
    section: '2.3',
    basis: 'stated',
    shownBy: ['active', 'state'],
    text: {
      en: 'the appliance holds all services: signalling, SIP proxy, certification authority, firewall',
      fr: 'l’appliance contient tous les services : signalisation, mandataire SIP, autorité de certification, pare-feu',
    },
    interpretations: ['I-8'],
  },
  {
    id: '2.3.b',
    section: '2.3',
    basis: 'stated',
    shownBy: ['person'],
    text: {
      en: 'it is delivered as a preinstalled hardware appliance',
      fr: 'elle est livrée préinstallée, sous forme d’appliance matérielle',
    },
    interpretations: [],
  },
  {
    id: '2.3.c',
    section: '2.3',
    basis: 'stated',
    shownBy: ['person', 'device'],
    text: {
      en: 'recommended phone: Samsung Galaxy S4',
      fr: 'téléphone recommandé : Samsung Galaxy S4',
    },
    interpretations: [],
  },
  {
    id: '2.3.2.a',
    section: '2.3.2',
    basis: 'stated',
    shownBy: ['person', 'device'],
    text: {
      en: 'the client runs on Android 5.0.1 or later; the server on Ubuntu Server 14.04 LTS',
      fr: 'le client fonctionne sous Android 5.0.1 ou plus récent ; le serveur sous Ubuntu Server 14.04 LTS',
    },
    interpretations: [],
  },
  {
    id: '2.3.3.a',
    section: '2.3.3',
    basis: 'stated',
    shownBy: ['active', 'person'],
    text: {
      en: 'the appliance faces the Internet on one side and the administration station, point to point, on another, without passing by the local network',
      fr: 'l’appliance donne d’un côté sur Internet et de l’autre, en point à point, sur le poste d’administration, sans passer par le réseau local',
    },
    interpretations: ['I-8'],
  },
  {
    id: '2.3.3.b',
    section: '2.3.3',
    basis: 'implied',
    shownBy: ['active', 'attack'],
    text: {
      en: 'nothing of administration answers on the Internet side',
      fr: 'rien de l’administration ne répond du côté d’Internet',
    },
    interpretations: ['I-8'],
  },
  {
    id: '2.3.4.a',
    section: '2.3.4',
    basis: 'stated',
    shownBy: ['person'],
    text: {
      en: 'component versions are those listed (client 1.2.0, Kamailio 4.0.0, OpenSSL 1.0.1f and 1.0.2…, Apache 2.4.7 …)',
      fr: 'les versions des composants sont celles de la liste (client 1.2.0, Kamailio 4.0.0, OpenSSL 1.0.1f et 1.0.2…, Apache 2.4.7…)',
    },
    interpretations: [],
  },
];
