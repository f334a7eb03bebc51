import type { EvidenceDocument } from '../../reports/model/document.ts';
import type { ExpectationOutcome, Plan, Run } from '../../reports/model/run.ts';
import type { Expectation, Judgement, Verdict } from '../../reports/model/verdict.ts';
import type { ExpectedOutcome } from './expectation.ts';

/** What a run's expectations are compared with. */
interface Judged {
  readonly judgements: readonly Judgement[];
  readonly verdicts: readonly Verdict[];
}

const noteOf = ({ reason, link, expires }: ExpectedOutcome): Expectation => ({
  reason,
  link,
  expires,
});

/** Whether it still counted when the run began; `startedAt` in RFC 3339, UTC. */
const counts = ({ expires }: ExpectedOutcome, startedAt: string): boolean =>
  startedAt.slice(0, 'YYYY-MM-DD'.length) <= expires;

/** The outcome as it is, with the word that it was expected; what it is does not change. */
const marked = <Outcome extends Verdict>(outcome: Outcome, known: ExpectedOutcome): Outcome => ({
  ...outcome,
  reason: `expected until ${known.expires} (${known.reason}, ${known.link}): ${outcome.reason ?? 'no reason given'}`,
  expectation: noteOf(known),
});

/** Marks every judgement that an expectation about its scenario foresaw. */
export const markJudgements = (
  judgements: readonly Judgement[],
  expectations: readonly ExpectedOutcome[],
  startedAt: string,
): readonly Judgement[] =>
  judgements.map((judgement) => {
    const known = expectations.find(
      (each) =>
        each.scenario === judgement.scenario &&
        each.kind === judgement.kind &&
        counts(each, startedAt),
    );
    return known ? marked(judgement, known) : judgement;
  });

/** Marks every verdict that an expectation about its claim foresaw, unless a scenario's expectation did. */
export const markVerdicts = (
  verdicts: readonly Verdict[],
  expectations: readonly ExpectedOutcome[],
  startedAt: string,
): readonly Verdict[] =>
  verdicts.map((verdict) => {
    if (verdict.expectation) return verdict;
    const known = expectations.find(
      (each) =>
        each.claim === verdict.claim && each.kind === verdict.kind && counts(each, startedAt),
    );
    return known ? marked(verdict, known) : verdict;
  });

const standingOf = (
  expected: ExpectedOutcome,
  { judgements, verdicts }: Judged,
  startedAt: string,
): ExpectationOutcome['standing'] => {
  const found =
    expected.claim === undefined
      ? judgements.filter(({ scenario }) => scenario === expected.scenario)
      : verdicts.filter(({ claim }) => claim === expected.claim);
  if (!counts(expected, startedAt)) return 'expired';
  if (found.length === 0) return 'not judged';
  if (found.some(({ kind }) => kind === expected.kind)) return 'as expected';
  return found.every(({ kind }) => kind === 'pass') ? 'unexpected pass' : 'otherwise';
};

/** How each expectation came out. */
export const expectationOutcomes = (
  expectations: readonly ExpectedOutcome[],
  judged: Judged,
  startedAt: string,
): ExpectationOutcome[] =>
  expectations.map((expected) => ({
    ...expected,
    standing: standingOf(expected, judged, startedAt),
  }));

const words = {
  en: {
    title: 'Expectations of this target',
    columns: ['Of', 'Expected', 'Came out', 'Reason', 'Link', 'Until'],
    leftOut: 'Scenarios left out of this run',
    leftOutColumns: ['Scenario', 'Claims', 'Reason'],
    standings: {
      'as expected': 'as expected',
      'unexpected pass': 'unexpected pass: the run fails; take the expectation away',
      otherwise: 'otherwise',
      expired: 'expired: it counts as none',
      'not judged': 'not judged in this run',
    },
  },
  fr: {
    title: 'Ce qui est attendu de cette cible',
    columns: ['De', 'Attendu', 'Constaté', 'Motif', 'Lien', 'Jusqu’au'],
    leftOut: 'Scénarios hors de cette exécution',
    leftOutColumns: ['Scénario', 'Exigences', 'Motif'],
    standings: {
      'as expected': 'comme attendu',
      'unexpected pass': 'réussite inattendue\u00a0: l’exécution échoue ; retirer cette attente',
      otherwise: 'autrement',
      expired: 'échu\u00a0: compte pour rien',
      'not judged': 'non jugé dans cette exécution',
    },
  },
} as const;

/** Tables of what was expected and of the scenarios left out, for the report; none of what is empty. */
export const planDocuments = (
  outcomes: readonly ExpectationOutcome[],
  { scenariosLeftOut = [] }: Plan,
  language: Run['language'],
): readonly EvidenceDocument[] => {
  const { title, columns, standings, leftOut, leftOutColumns } = words[language];
  const expected = outcomes.map(({ claim, scenario, kind, standing, reason, link, expires }) => [
    claim ?? scenario ?? '',
    kind,
    standings[standing],
    reason,
    link,
    expires,
  ]);
  const out = scenariosLeftOut.map(({ id, claims, reason }) => [id, claims.join(', '), reason]);
  return [
    { kind: 'table', title, columns: [...columns], rows: expected },
    { kind: 'table', title: leftOut, columns: [...leftOutColumns], rows: out },
  ].filter(({ rows }) => rows.length > 0) as EvidenceDocument[];
};
