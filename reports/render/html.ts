import { createHash } from 'node:crypto';
import type { Run } from '../model/run.ts';
import { renderClaims } from './html-claim-table.ts';
import { renderResult, renderUnsettled } from './html-claims.ts';
import { renderEnvironment, renderLeftOut, renderPlan } from './html-context.ts';
import { ladderStyle, renderDocuments } from './html-documents.ts';
import { renderPerson } from './html-person.ts';
import { renderInterpretations, renderObservations, renderThreats } from './html-registers.ts';
import { reportStyle } from './html-style.ts';
import { labels, type Labels } from './labels.ts';
import { markup, trusted, type Markup } from './markup.ts';
import { claimRows } from './standing.ts';

/** Allows this one style sheet, pictures inside the file if it has any, and nothing else: no script, no request, no form target. */
const contentPolicy = (style: string, pictures: boolean): string => {
  const hash = createHash('sha256').update(style).digest('base64');
  const images = pictures ? ' img-src data:;' : '';
  return `default-src 'none';${images} style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
};

const renderHeader = (run: Run, { text }: Labels, contents: readonly Part[]): Markup =>
  markup`<header><a class="skip" href="#result">${text.skip}</a><p class="eyebrow">${run.tool} ${run.version}</p><h1>${text.report}</h1>
<dl class="meta"><div><dt>${text.target}</dt><dd>${run.plan.target}</dd></div><div><dt>${text.run}</dt><dd>${run.run}</dd></div><div><dt>${text.started}</dt><dd><time datetime="${run.startedAt}">${run.startedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')}</time></dd></div></dl>
<nav aria-label="${text.contents}"><ul>${contents.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul></nav></header>`;

interface Part {
  readonly id: string;
  readonly title: string;
  readonly body: Markup | null;
}

/**
 * The report as one HTML file that needs no network and no script. Links to evidence are relative to the run folder, so the file
 * belongs at its top. The same run always gives the same text.
 */
export const renderHtml = (run: Run): string => {
  const words = labels[run.language];
  const { text } = words;
  const rows = claimRows(run);
  const parts: readonly Part[] = [
    { id: 'result', title: text.result, body: renderResult(run, rows, words) },
    { id: 'unsettled', title: text.unsettled, body: renderUnsettled(rows, words) },
    { id: 'claims', title: text.claims, body: renderClaims(run, rows, words) },
    { id: 'documents', title: text.documents, body: renderDocuments(run.documents, words) },
    { id: 'person', title: text.person, body: renderPerson(run, rows, words) },
    { id: 'left-out', title: text.leftOut, body: renderLeftOut(rows, words) },
    { id: 'threats', title: text.threats, body: renderThreats(run, words) },
    { id: 'observations', title: text.observations, body: renderObservations(run, words) },
    { id: 'interpretations', title: text.interpretations, body: renderInterpretations(run, words) },
    { id: 'environment', title: text.environment, body: renderEnvironment(run, words) },
    { id: 'how', title: text.how, body: renderPlan(run, words) },
  ];
  const present = parts.filter((part) => part.body !== null);
  const hasPictures = run.documents.some(({ kind }) => kind === 'image');
  const style = `${reportStyle}${ladderStyle(run.documents)}`;
  return markup`<!doctype html>
<html lang="${run.language}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${contentPolicy(style, hasPictures)}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>${text.report}: ${run.plan.target}, ${run.run}</title><style>${trusted(style)}</style></head>
<body>${renderHeader(run, words, present)}<main>${present.map((part) => part.body)}</main>
<footer>${run.tool} ${run.version} · ${run.run}</footer></body></html>
`.safe;
};
