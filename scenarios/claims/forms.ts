import type { LocalText } from './claim.ts';

/** What a person is asked who judges a claim that no program judges, or not alone; the report carries it with room for the answer. */
export interface PersonForm {
  readonly claim: string;
  /** Why a person has to. */
  readonly why: LocalText;
  readonly question: LocalText;
  readonly lookAt: readonly LocalText[];
}

/** The form's identifier. */
export const formId = ({ claim }: Pick<PersonForm, 'claim'>): string => `person/${claim}`;

/** Every form, in the order of the claims. */
export const forms: readonly PersonForm[] = [
  {
    claim: '2.1.i',
    why: {
      en: 'Whether something is published, under which licence, and whether the product was built from it, is outside what a program sees of a target.',
      fr: 'Qu’une chose soit publiée, sous quelle licence, et que le produit en soit issu échappe à ce qu’un programme voit d’une cible.',
    },
    question: {
      en: 'Is the whole solution, client, server and their own libraries, available as open source?',
      fr: 'Toute la solution, client, serveur et leurs propres bibliothèques, est-elle disponible en logiciel libre ?',
    },
    lookAt: [
      {
        en: 'the address from which the source code can be had, and its revision',
        fr: 'l’adresse d’où le code source s’obtient, et sa révision',
      },
      {
        en: 'the licence of each component, the administration page and the sslisl network layers included',
        fr: 'la licence de chaque composant, page d’administration et couches réseau sslisl comprises',
      },
      {
        en: 'whether the delivered client and server can be rebuilt from it',
        fr: 'si le client et le serveur livrés peuvent en être reconstruits',
      },
    ],
  },
  {
    claim: '2.3.b',
    why: {
      en: 'How the product is delivered is seen at the delivery, not on its network.',
      fr: 'La façon dont le produit est livré se voit à la livraison, non sur son réseau.',
    },
    question: {
      en: 'Is the server delivered as a hardware appliance on which everything is installed?',
      fr: 'Le serveur est-il livré sous forme d’appliance matérielle où tout est installé ?',
    },
    lookAt: [
      {
        en: 'the delivered hardware: maker, model, serial number, seals',
        fr: 'le matériel livré : constructeur, modèle, numéro de série, scellés',
      },
      {
        en: 'what has to be installed or changed before first use, by the delivered guide',
        fr: 'ce qui reste à installer ou à changer avant le premier emploi, d’après le guide livré',
      },
      {
        en: 'the services present at first start: signalling, SIP proxy, certification authority, firewall',
        fr: 'les services présents au premier démarrage : signalisation, mandataire SIP, autorité de certification, pare-feu',
      },
    ],
  },
  {
    claim: '2.3.c',
    why: {
      en: 'Which model is recommended stands in the documents; that it works needs that phone in hand.',
      fr: 'Le modèle recommandé figure dans les documents ; qu’il convienne se constate téléphone en main.',
    },
    question: {
      en: 'Is the Samsung Galaxy S4 recommended, and does the client enrol, register and call on it?',
      fr: 'Le Samsung Galaxy S4 est-il recommandé, et le client s’y enregistre-t-il, s’y connecte-t-il et y appelle-t-il ?',
    },
    lookAt: [
      {
        en: 'the model recommended by the delivered guide',
        fr: 'le modèle recommandé par le guide livré',
      },
      {
        en: 'the phone’s model number and system version, as it shows them',
        fr: 'le numéro de modèle et la version du système, tels que le téléphone les affiche',
      },
      {
        en: 'an enrolment and a call in each direction, with the identifiers that both phones show',
        fr: 'un enregistrement et un appel dans chaque sens, avec les identifiants que les deux téléphones affichent',
      },
    ],
  },
  {
    claim: '2.3.2.a',
    why: {
      en: 'Systems are recognised on the devices themselves; what they say of themselves over a network proves nothing.',
      fr: 'Les systèmes se reconnaissent sur les appareils mêmes ; ce qu’ils disent d’eux sur un réseau ne prouve rien.',
    },
    question: {
      en: 'Does the client run on Android 5.0.1 or later, and the server on Ubuntu Server 14.04 LTS?',
      fr: 'Le client fonctionne-t-il sous Android 5.0.1 ou plus récent, et le serveur sous Ubuntu Server 14.04 LTS ?',
    },
    lookAt: [
      {
        en: 'the Android version in the phone’s settings, and the lowest one the installed client accepts',
        fr: 'la version d’Android dans les réglages du téléphone, et la plus basse que le client installé accepte',
      },
      {
        en: 'the server’s /etc/os-release and its installed packages, read at its console',
        fr: 'le fichier /etc/os-release du serveur et ses paquets installés, lus à sa console',
      },
    ],
  },
  {
    claim: '2.3.3.a',
    why: {
      en: 'A scenario shows which side answers; where a cable leads and who can reach it only a person sees.',
      fr: 'Un scénario montre de quel côté on répond ; où mène un câble et qui l’atteint, seule une personne le voit.',
    },
    question: {
      en: 'Is the administration station connected to the appliance directly, without passing by the local network?',
      fr: 'Le poste d’administration est-il relié directement à l’appliance, sans passer par le réseau local ?',
    },
    lookAt: [
      {
        en: 'the cable from the appliance’s administration port to the station, along its whole length',
        fr: 'le câble du port d’administration de l’appliance au poste, sur toute sa longueur',
      },
      {
        en: 'other network connections of the station, wireless ones included',
        fr: 'les autres connexions réseau du poste, sans fil comprises',
      },
      {
        en: 'the room in which the appliance stands, and who may enter it',
        fr: 'le local où se trouve l’appliance, et qui peut y entrer',
      },
    ],
  },
  {
    claim: '2.3.4.a',
    why: {
      en: 'A banner is a hint and never a proof: versions are read from packages and binaries on the devices.',
      fr: 'Une bannière est un indice, jamais une preuve : les versions se lisent dans les paquets et binaires des appareils.',
    },
    question: {
      en: 'Are the versions of all components those that section 2.3.4 lists?',
      fr: 'Les versions de tous les composants sont-elles celles que la section 2.3.4 énumère ?',
    },
    lookAt: [
      {
        en: 'the client: its own version and that of the OpenSSL library inside the application package',
        fr: 'le client : sa propre version et celle de la bibliothèque OpenSSL contenue dans le paquet de l’application',
      },
      {
        en: 'the server: installed packages and binaries of Kamailio, OpenSSL, Apache and web.py, and the sslisl layers',
        fr: 'le serveur : paquets et binaires installés de Kamailio, OpenSSL, Apache et web.py, et les couches sslisl',
      },
      {
        en: 'corrections that the distribution applied without changing the version',
        fr: 'les corrections que la distribution a appliquées sans changer la version',
      },
    ],
  },
  {
    claim: '6.1.e',
    why: {
      en: 'A key does not tell which function made it; the source code and the linked library do.',
      fr: 'Une clé ne dit pas quelle fonction l’a faite ; le code source et la bibliothèque liée le disent.',
    },
    question: {
      en: 'Are all keys generated by the OpenSSL functions that section 6.1 names, from the versions named?',
      fr: 'Toutes les clés sont-elles générées par les fonctions d’OpenSSL que nomme la section 6.1, dans les versions nommées ?',
    },
    lookAt: [
      {
        en: 'the calls of RSA_generate_key_ex, DH_generate_key and DH_compute_key in the source code or the binary',
        fr: 'les appels de RSA_generate_key_ex, DH_generate_key et DH_compute_key dans le code source ou le binaire',
      },
      {
        en: 'which OpenSSL each program is linked with, and how its random generator is seeded',
        fr: 'avec quel OpenSSL chaque programme est lié, et comment son générateur d’aléa est initialisé',
      },
      {
        en: 'other places in which keys or exponents are made',
        fr: 'les autres endroits où des clés ou des exposants sont produits',
      },
    ],
  },
];
