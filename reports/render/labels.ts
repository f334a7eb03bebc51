import type { ClaimText, Run } from '../model/run.ts';
import type { Standing } from './standing.ts';

/** The fixed words of the reports in one language. */
export interface Labels {
  readonly standings: Readonly<Record<Standing, string>>;
  /** Headings of the unsettled claims, by standing. */
  readonly groups: Readonly<
    Record<Extract<Standing, 'fail' | 'inconclusive' | 'unsupported' | 'skipped'>, string>
  >;
  readonly bases: Readonly<Record<ClaimText['basis'], string>>;
  readonly levels: Readonly<Record<NonNullable<ClaimText['level']>, string>>;
  readonly exits: Readonly<Record<Run['exit'], string>>;
  readonly statuses: Readonly<Record<Run['status'], string>>;
  readonly activities: Readonly<Record<Run['activities'][number]['status'], string>>;
  readonly text: Readonly<Record<keyof typeof english, string>>;
}

const english = {
  report: 'Conformity report',
  target: 'Target',
  run: 'Run',
  folder: 'Run folder',
  started: 'Started',
  exitCode: 'Exit code',
  contents: 'Contents',
  skip: 'Skip to the result',
  result: 'Result',
  unsettled: 'What keeps the result from being clean',
  expected: 'Expected',
  observed: 'Observed',
  nothingJudged: 'Nothing was judged: what was selected is for a person',
  onlyExpected: 'No claim fails, but something passes that was expected not to',
  partial: 'Judged by some of their scenarios only',
  passesUnexpectedly: 'passes, though it was expected not to: take the expectation away',
  expiredExpectation:
    'was expected otherwise until a day that is past: the expectation counts no more',
  restForPerson: 'Every selected claim that a program can judge holds; the others are for a person',
  evidence: 'Evidence',
  replay: 'Run it again',
  reason: 'Reason',
  scenario: 'Scenario',
  basis: 'Basis',
  oursNote:
    'This claim is our own decision where the security target is silent. Its failure is not a non-conformity of the target.',
  oursCount: 'Failures on our own decisions, which are no non-conformity of the target:',
  claims: 'All claims',
  claimsCaption: 'Claims of the security target, by section',
  claim: 'Claim',
  verdict: 'Verdict',
  section: 'Section',
  statement: 'Statement',
  grounds: 'Statement and grounds',
  claimIds: 'Claims',
  colon: ':',
  judgements: 'Judgements, scenario by scenario',
  basisNote:
    'Stated: the security target says it. Implied: it follows from the target. Ours: a decision of the interpretation register, whose failure says nothing against the target.',
  restsOn: 'Rests on',
  documents: 'What the evidence shows',
  ladderNote: 'Times are milliseconds since the first packet. Open a message to read it in full.',
  person: 'For a person to judge',
  personNote:
    'No program can judge these claims alone. The form may be filled in here and printed, or printed and filled in by hand.',
  met: 'met',
  notMet: 'not met',
  undecided: 'cannot tell',
  seen: 'What was examined, and what was seen',
  examiner: 'Examined by',
  date: 'Date',
  leftOut: 'Left out of this run',
  notSelected: 'that were not selected',
  observations: 'Observations',
  observationsNote: 'Worth knowing; none of them is a verdict on conformity.',
  interpretations: 'Interpretation register',
  interpretationsNote:
    'Where the security target is silent, these decisions are ours. Each is listed with the claims that rest on it.',
  environment: 'Environment',
  node: 'Node.js',
  openssl: 'OpenSSL',
  platform: 'Platform',
  capture: 'Capture',
  codec: 'Audio codec',
  version: 'Version of the tool',
  how: 'How it was run',
  seed: 'Seed',
  profile: 'Profile',
  lab: 'Network',
  selected: 'Claims selected',
  activities: 'Activities',
  activity: 'Activity',
  status: 'Status',
  took: 'Duration',
  scenarios: 'Scenarios',
  revision: 'Revision',
  none: 'none',
  picture: 'Picture',
  in2014: 'In 2014',
  now: 'Now',
  references: 'References',
  levelNote:
    'Binding: a property or function that the target commits to. Descriptive: a fact of its description. Assumed: left to people or surroundings. Recommended: advice.',
  paragraph: 'paragraph',
  ownCopy: 'Your copy of the security target',
  ownCopyNote:
    'Passages are quoted, unaltered, from the copy of the security target that was given with --target-text.',
  threats: 'Threats',
  threatsNote: 'The threats that the target names, with the claims that stand against them.',
  counteredBy: 'Countered by',
  counters: 'Counters',
  gap: 'Gap in the target',
  lookAt: 'What to look at',
  formWhy: 'Why a person',
  form: 'Form',
};

const french: Labels['text'] = {
  report: 'Rapport de conformité',
  target: 'Cible',
  run: 'Exécution',
  folder: 'Dossier de l’exécution',
  started: 'Début',
  exitCode: 'Code de sortie',
  contents: 'Sommaire',
  skip: 'Aller au résultat',
  result: 'Résultat',
  unsettled: 'Ce qui empêche un résultat sans réserve',
  expected: 'Attendu',
  observed: 'Constaté',
  nothingJudged: 'Rien n’a été jugé : ce qui est choisi revient à une personne',
  onlyExpected:
    'Aucun énoncé n’échoue, mais quelque chose réussit alors que le contraire était attendu',
  partial: 'Jugés par une partie de leurs scénarios seulement',
  passesUnexpectedly: 'réussit alors que le contraire était attendu\u00a0: retirez cette attente',
  expiredExpectation:
    'était attendu autrement jusqu’à un jour passé\u00a0: cette attente ne compte plus',
  restForPerson:
    'Toutes les exigences retenues qu’un programme peut juger sont satisfaites\u00a0; les autres reviennent à une personne',
  evidence: 'Preuves',
  replay: 'Rejouer',
  reason: 'Motif',
  scenario: 'Scénario',
  basis: 'Fondement',
  oursNote:
    'Cette exigence est notre décision là où la cible de sécurité se tait. Son échec n’est pas une non-conformité de la cible.',
  oursCount:
    'Échecs sur nos propres décisions, qui ne sont pas des non-conformités de la cible\u00a0:',
  claims: 'Toutes les exigences',
  claimsCaption: 'Exigences de la cible de sécurité, par section',
  claim: 'Exigence',
  verdict: 'Verdict',
  section: 'Section',
  statement: 'Énoncé',
  grounds: 'Énoncé et motifs',
  claimIds: 'Exigences',
  colon: '\u00a0:',
  judgements: 'Jugements, scénario par scénario',
  basisNote:
    'Énoncé\u00a0: la cible de sécurité le dit. Déduit\u00a0: cela découle de la cible. Décision\u00a0: choix de notre registre d’interprétation, dont l’échec ne dit rien contre la cible.',
  restsOn: 'Repose sur',
  documents: 'Ce que montrent les preuves',
  ladderNote:
    'Les temps sont en millisecondes depuis le premier paquet. Ouvrir un message pour le lire en entier.',
  person: 'À juger par une personne',
  personNote:
    'Aucun programme ne peut juger seul ces exigences. Le formulaire se remplit ici avant impression, ou à la main après.',
  met: 'satisfaite',
  notMet: 'non satisfaite',
  undecided: 'indécidable',
  seen: 'Ce qui a été examiné, et ce qui a été constaté',
  examiner: 'Examiné par',
  date: 'Date',
  leftOut: 'Hors de cette exécution',
  notSelected: 'qui n’ont pas été choisis',
  observations: 'Observations',
  observationsNote: 'Bonnes à connaître\u00a0; aucune n’est un verdict de conformité.',
  interpretations: 'Registre d’interprétation',
  interpretationsNote:
    'Là où la cible de sécurité se tait, ces décisions sont les nôtres. Chacune est suivie des exigences qui reposent sur elle.',
  environment: 'Environnement',
  node: 'Node.js',
  openssl: 'OpenSSL',
  platform: 'Plateforme',
  capture: 'Capture',
  codec: 'Codec audio',
  version: 'Version de l’outil',
  how: 'Déroulement',
  seed: 'Graine',
  profile: 'Profil',
  lab: 'Réseau',
  selected: 'Exigences retenues',
  activities: 'Activités',
  activity: 'Activité',
  status: 'État',
  took: 'Durée',
  scenarios: 'Scénarios',
  revision: 'Révision',
  none: 'aucun',
  picture: 'Image',
  in2014: 'En 2014',
  now: 'Aujourd’hui',
  references: 'Références',
  levelNote:
    'Engageant\u00a0: propriété ou fonction à laquelle la cible s’engage. Descriptif\u00a0: fait de sa description. Supposé\u00a0: laissé aux personnes ou à l’environnement. Recommandé\u00a0: conseil.',
  paragraph: 'paragraphe',
  ownCopy: 'Votre exemplaire de la cible de sécurité',
  ownCopyNote:
    'Les passages sont cités, sans changement, de l’exemplaire de la cible de sécurité donné par --target-text.',
  threats: 'Menaces',
  threatsNote: 'Les menaces que nomme la cible, avec les exigences qui s’y opposent.',
  counteredBy: 'Contrée par',
  counters: 'S’oppose à',
  gap: 'Lacune de la cible',
  lookAt: 'À examiner',
  formWhy: 'Pourquoi une personne',
  form: 'Formulaire',
};

const en: Labels = {
  standings: {
    fail: 'fail',
    inconclusive: 'inconclusive',
    unsupported: 'unsupported',
    skipped: 'skipped',
    warn: 'warning',
    pass: 'pass',
    person: 'for a person',
    'left-out': 'left out',
    'not-planned': 'not in the plan',
  },
  groups: {
    fail: 'Failed',
    inconclusive: 'Inconclusive',
    unsupported: 'Unsupported by the target',
    skipped: 'Skipped',
  },
  bases: { stated: 'stated', implied: 'implied', ours: 'ours' },
  levels: {
    binding: 'binding',
    descriptive: 'descriptive',
    assumed: 'assumed',
    recommended: 'recommended',
  },
  exits: {
    0: 'Every selected claim holds',
    1: 'At least one claim fails',
    2: 'Not conclusive',
    64: 'The command was used wrongly',
  },
  statuses: { complete: 'The run is complete', incomplete: 'The run is incomplete' },
  activities: {
    done: 'done',
    failed: 'failed',
    unsupported: 'unsupported',
    interrupted: 'interrupted',
  },
  text: english,
};

const fr: Labels = {
  standings: {
    fail: 'échec',
    inconclusive: 'non concluant',
    unsupported: 'non pris en charge',
    skipped: 'omis',
    warn: 'réserve',
    pass: 'réussite',
    person: 'à une personne',
    'left-out': 'écartée',
    'not-planned': 'hors du plan',
  },
  groups: {
    fail: 'Échecs',
    inconclusive: 'Non concluants',
    unsupported: 'Non pris en charge par la cible',
    skipped: 'Omis',
  },
  bases: { stated: 'énoncé', implied: 'déduit', ours: 'décision' },
  levels: {
    binding: 'engageant',
    descriptive: 'descriptif',
    assumed: 'supposé',
    recommended: 'recommandé',
  },
  exits: {
    0: 'Toutes les exigences retenues sont satisfaites',
    1: 'Une exigence au moins échoue',
    2: 'Non concluant',
    64: 'La commande a été mal employée',
  },
  statuses: { complete: 'L’exécution est complète', incomplete: 'L’exécution est incomplète' },
  activities: {
    done: 'faite',
    failed: 'échouée',
    unsupported: 'non prise en charge',
    interrupted: 'interrompue',
  },
  text: french,
};

/** The fixed words of the reports, by language. */
export const labels: Readonly<Record<Run['language'], Labels>> = { en, fr };
