import type { NotApplicable } from './not-applicable-tls.ts';

/** What of families S and P is not tried, or only in part. Rows named here have scenarios for the rest of them. */
export const notApplicableSignalling: readonly NotApplicable[] = [
  {
    row: 'P3',
    reason: {
      en: 'The cost of a guess is measured and told, not judged: the target sets 2048 iterations (O12).',
      fr: 'Le coût d’un essai est mesuré et indiqué, non jugé : la cible fixe 2048 itérations (O12).',
    },
  },
  {
    row: 'P4',
    reason: {
      en: 'Core dumps and the memory of a locked phone are not looked into: the contract of a phone gives no way to either, and the target names none. Files, logs and traffic are searched.',
      fr: 'Les vidages mémoire et la mémoire d’un téléphone verrouillé ne sont pas examinés : le contrat d’un téléphone n’en donne aucun moyen et la cible n’en nomme pas. Fichiers, journaux et trafic sont fouillés.',
    },
  },
];
