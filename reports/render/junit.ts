import type { Run } from '../model/run.ts';
import { markup, type Markup } from './markup.ts';
import { bySection, claimRows, type ClaimRow } from './standing.ts';
import { oneLine } from './text.ts';

const explain = (row: ClaimRow): string =>
  [
    row.claim.text,
    row.verdict?.expected === undefined ? '' : `expected: ${row.verdict.expected}`,
    row.verdict?.observed === undefined ? '' : `observed: ${row.verdict.observed}`,
    row.verdict?.evidence ? `evidence: ${row.verdict.evidence.join(', ')}` : '',
    row.claim.basis === 'ours' ? `basis: ours (${row.claim.interpretations.join(', ')})` : '',
    row.replay === null ? '' : `replay: ${row.replay}`,
  ]
    .filter((line) => line !== '')
    .join('\n');

const outcome = (row: ClaimRow): Markup | null => {
  const message = oneLine(row.reason ?? row.standing);
  switch (row.standing) {
    case 'pass':
      return null;
    case 'warn':
      return markup`<system-out>warn: ${message}\n${explain(row)}</system-out>`;
    case 'fail':
      return markup`<failure message="${message}" type="fail">${explain(row)}</failure>`;
    case 'inconclusive':
    case 'unsupported':
      return markup`<error message="${message}" type="${row.standing}">${explain(row)}</error>`;
    case 'person':
      return markup`<skipped message="for a person to judge"/>`;
    case 'skipped':
    case 'left-out':
    case 'not-planned':
      return markup`<skipped message="${message}"/>`;
  }
};

const testCase = (row: ClaimRow): Markup =>
  markup`    <testcase classname="${row.claim.section}" name="${oneLine(`${row.claim.id} ${row.claim.text}`)}">${outcome(row)}</testcase>\n`;

const suite = (run: Run, section: string, rows: readonly ClaimRow[]): Markup => {
  const count = (...standings: readonly ClaimRow['standing'][]) =>
    rows.filter((row) => standings.includes(row.standing)).length;
  return markup`  <testsuite name="${section}" tests="${rows.length}" failures="${count('fail')}" errors="${count('inconclusive', 'unsupported')}" skipped="${count('skipped', 'person', 'left-out', 'not-planned')}" timestamp="${run.startedAt}">
${rows.map(testCase)}  </testsuite>\n`;
};

/** One case on the run itself, so that an interrupted run never shows as passed. */
const runSuite = (run: Run): Markup => {
  const broken = run.status === 'incomplete';
  const error = markup`<error message="${oneLine(run.ended ?? 'incomplete')}" type="incomplete"/>`;
  const seconds = run.activities.reduce((total, activity) => total + activity.took, 0) / 1000;
  return markup`  <testsuite name="run" tests="1" failures="0" errors="${broken ? 1 : 0}" skipped="0" timestamp="${run.startedAt}" time="${seconds.toFixed(3)}">
    <testcase classname="run" name="the run is complete">${broken && error}</testcase>
  </testsuite>\n`;
};

/**
 * The run as JUnit XML: a suite per claim section, a case per claim. A failed claim is a failure; inconclusive and unsupported
 * ones are errors; skipped, left-out and a person's claims are skipped; a warning passes with its text as output.
 */
export const renderJunit = (run: Run): string =>
  markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${run.tool} ${run.version}">
${runSuite(run)}${[...bySection(claimRows(run))].map(([section, rows]) => suite(run, section, rows))}</testsuites>
`.safe;
