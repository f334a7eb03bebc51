import type { Run } from '../model/run.ts';
import type { Labels } from './labels.ts';
import { markup, type Markup } from './markup.ts';
import { rowsOf, type ClaimRow } from './standing.ts';

/** The claims that the plan leaves out, each with the reason; nothing when there is none. */
export const renderLeftOut = (rows: readonly ClaimRow[], { text }: Labels): Markup | null => {
  const out = rowsOf(rows, 'left-out');
  if (out.length === 0) return null;
  return markup`<section id="left-out"><h2>${text.leftOut}</h2><div class="scroll" tabindex="0" role="group" aria-label="${text.leftOut}"><table><caption class="unseen">${text.leftOut}</caption><thead><tr><th scope="col">${text.claim}</th><th scope="col">${text.statement}</th><th scope="col">${text.reason}</th></tr></thead><tbody>${out.map((row) => markup`<tr><th scope="row">${row.claim.id}</th><td>${row.claim.text}</td><td>${row.reason}</td></tr>`)}</tbody></table></div></section>`;
};

/** What the run was made with. */
export const renderEnvironment = (run: Run, { text }: Labels): Markup => {
  const entries = [
    [text.version, `${run.tool} ${run.version}`],
    [text.node, run.environment.node],
    [text.openssl, run.environment.openssl],
    [text.platform, run.environment.platform],
    [text.capture, run.environment.capture],
    [text.codec, run.environment.codec],
  ];
  return markup`<section id="environment"><h2>${text.environment}</h2><dl class="grounds">${entries.map(([label, value]) => markup`<dt>${label ?? ''}</dt><dd>${value ?? ''}</dd>`)}</dl></section>`;
};

const activityTable = (run: Run, labels: Labels): Markup => {
  const { activities, text } = labels;
  const rows = run.activities.map(
    (activity) =>
      markup`<tr><th scope="row">${activity.id}</th><td>${activities[activity.status]}${activity.reason !== undefined && markup`${text.colon} ${activity.reason}`}</td><td class="numeric">${(activity.took / 1000).toFixed(2)} s</td></tr>`,
  );
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="${text.activities}"><table><caption>${text.activities} (${run.activities.length})</caption><thead><tr><th scope="col">${text.activity}</th><th scope="col">${text.status}</th><th scope="col">${text.took}</th></tr></thead><tbody>${rows}</tbody></table></div>`;
};

const scenarioTable = (run: Run, { text }: Labels): Markup => {
  const rows = run.plan.scenarios.map(
    (scenario) =>
      markup`<tr><th scope="row">${scenario.id}</th><td>${scenario.revision}</td><td>${scenario.claims.join(', ')}</td><td>${scenario.activities.join(', ')}</td></tr>`,
  );
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="${text.scenarios}"><table><caption>${text.scenarios} (${run.plan.scenarios.length})</caption><thead><tr><th scope="col">${text.scenario}</th><th scope="col">${text.revision}</th><th scope="col">${text.claimIds}</th><th scope="col">${text.activities}</th></tr></thead><tbody>${rows}</tbody></table></div>`;
};

/** The plan and what was done. */
export const renderPlan = (run: Run, labels: Labels): Markup => {
  const { text } = labels;
  const entries = [
    [text.target, run.plan.target],
    [text.seed, String(run.plan.seed)],
    [text.profile, run.plan.profile],
    [text.lab, run.plan.lab],
    [text.selected, run.plan.selected.join(', ') || text.none],
  ];
  return markup`<section id="how"><h2>${text.how}</h2><dl class="grounds">${entries.map(([label, value]) => markup`<dt>${label ?? ''}</dt><dd>${value ?? ''}</dd>`)}</dl>${activityTable(run, labels)}${scenarioTable(run, labels)}</section>`;
};
