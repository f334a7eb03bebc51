import { reportStyle } from '../render/html-style.ts';
import { markup, trusted, type Markup } from '../render/markup.ts';
import {
  outcomes,
  worstOutcome,
  type Cell,
  type DeviceEntry,
  type DeviceOutcome,
  type FarmResults,
} from './results.ts';

const tones: Readonly<Record<DeviceOutcome, 'fail' | 'doubt' | 'good' | 'quiet'>> = {
  fail: 'fail',
  flaky: 'doubt',
  inconclusive: 'doubt',
  unsupported: 'quiet',
  skipped: 'quiet',
  warn: 'doubt',
  pass: 'good',
};

const chip = (outcome: DeviceOutcome): Markup =>
  markup`<span class="chip tone-${tones[outcome]}">${outcome}</span>`;

const runsOf = ({ attempts }: Cell): readonly Markup[] =>
  attempts.map(
    ({ kind, run, took }, index) =>
      markup`<a href="${run}/report.html">attempt ${index + 1}</a> ${kind}, ${(took / 1000).toFixed(1)} s<br>`,
  );

const cellMarkup = (cells: readonly Cell[], device: DeviceEntry): Markup => {
  if (cells.length === 0)
    return markup`<td><span class="note">${device.standing === 'ran' ? 'not run' : device.standing}</span></td>`;
  return markup`<td>${cells.map(
    (cell) =>
      markup`<p>${chip(cell.outcome)} as ${cell.role} with ${cell.peer}</p>${cell.outcome === 'pass' ? null : markup`<p class="why">${cell.reason}</p>`}<p class="note">${runsOf(cell)}</p>`,
  )}</td>`;
};

const deviceHeader = ({ name, facts, standing, reason, until }: DeviceEntry): Markup =>
  markup`<th scope="row">${name}${facts && markup`<span class="basis">${facts.manufacturer} ${facts.model}, Android ${facts.android}, patch ${facts.securityPatch || 'unknown'}${facts.nature === 'device' ? null : markup`, ${facts.nature}`}</span>`}${standing === 'ran' ? reason !== undefined && markup`<span class="basis">${reason}</span>` : markup`<span class="basis">${standing}: ${reason ?? ''}${until !== undefined && `, until ${until}`}</span>`}</th>`;

interface Column {
  readonly scenario: string;
  readonly network: string;
}

const columnsOf = (cells: readonly Cell[]): readonly Column[] => [
  ...new Map(
    cells.map(({ scenario, network }) => [`${scenario}\n${network}`, { scenario, network }]),
  ).values(),
];

const grid = ({ devices, cells }: FarmResults): Markup => {
  const columns = columnsOf(cells);
  return markup`<div class="scroll" tabindex="0" role="group" aria-label="Phones and scenarios"><table><caption>Phones down, scenarios across; the worst of several attempts is told by flaky.</caption><thead><tr><th scope="col">Phone</th>${columns.map(({ scenario, network }) => markup`<th scope="col">${scenario}<span class="basis">${network}</span></th>`)}</tr></thead><tbody>${devices.map(
    (device) =>
      markup`<tr>${deviceHeader(device)}${columns.map(({ scenario, network }) =>
        cellMarkup(
          cells.filter(
            (cell) =>
              cell.device === device.name && cell.scenario === scenario && cell.network === network,
          ),
          device,
        ),
      )}</tr>`,
  )}</tbody></table></div>`;
};

const summary = ({ cells, skipped }: FarmResults): Markup => {
  const worst = worstOutcome(cells.map(({ outcome }) => outcome));
  const counts = outcomes
    .map((outcome) => ({ outcome, count: cells.filter((cell) => cell.outcome === outcome).length }))
    .filter(({ count }) => count > 0);
  return markup`<section class="result tone-${tones[worst]}" id="result"><h2>${skipped === undefined ? `The worst is: ${worst}` : 'Nothing was run'}</h2>${skipped !== undefined && markup`<p>${skipped}</p>`}<ul class="counts">${counts.map(({ outcome, count }) => markup`<li class="tone-${tones[outcome]}"><b>${count}</b>${outcome}</li>`)}</ul></section>`;
};

/** The page of a farm's run: every phone with every scenario. It loads nothing from anywhere. */
export const renderDeviceGrid = (results: FarmResults): string =>
  markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>discretio: ${results.farm}</title><style>${trusted(reportStyle)}</style></head>
<body><header><p class="eyebrow">discretio, phones</p><h1>${results.farm}</h1><dl class="meta"><div><dt>Started</dt><dd>${results.startedAt}</dd></div><div><dt>Took</dt><dd>${(results.took / 1000).toFixed(1)} s</dd></div></dl></header>
<main>${summary(results)}${grid(results)}</main><footer><p>Each attempt links to its own run with all evidence. What a screen shows is no evidence for stored keys.</p></footer></body></html>
`.safe;
