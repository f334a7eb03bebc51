import type { LocalText } from './claim.ts';

/** One heading of the security target. */
export interface Section {
  readonly number: string;
  readonly title: LocalText;
}

const section = (number: string, en: string, fr: string): Section => ({
  number,
  title: { en, fr },
});

/** The sections of the security target in their order, under our own wording of their titles. */
export const sections: readonly Section[] = [
  section('1', 'Identification', 'Identification'),
  section('2', 'The product', 'Le produit'),
  section('2.1', 'General description', 'Description générale'),
  section('2.2', 'How it is used', 'Utilisation'),
  section('2.3', 'Environment of use', 'Environnement d’utilisation'),
  section('2.3.1', 'Hardware', 'Matériel'),
  section('2.3.2', 'Systems', 'Systèmes'),
  section('2.3.3', 'Physical environment', 'Environnement physique'),
  section('2.3.4', 'Versions', 'Versions'),
  section('3', 'Assets', 'Biens sensibles'),
  section('3.1', 'User data', 'Données des utilisateurs'),
  section('4', 'Threats', 'Menaces'),
  section('5', 'Security functions', 'Fonctions de sécurité'),
  section('5.1', 'Encryption', 'Chiffrement'),
  section('5.2', 'Authentication', 'Authentification'),
  section('5.3', 'Protection of keys', 'Protection des clés'),
  section('6', 'Cryptographic mechanisms', 'Mécanismes cryptographiques'),
  section('6.1', 'Key management', 'Gestion des clés'),
  section('6.2', 'Processing of data', 'Traitement des données'),
  section('7', 'Glossary', 'Glossaire'),
];
