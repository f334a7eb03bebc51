import type { EvidenceStore } from '../reports/evidence/store.ts';
import type { Run } from '../reports/model/run.ts';
import { renderHtml } from '../reports/render/html.ts';
import { renderJson } from '../reports/render/json.ts';
import { renderJunit } from '../reports/render/junit.ts';
import { summaryLines } from '../reports/render/terminal.ts';

/** Writes `run.json`, the reports made from it, and the manifest over everything in the run folder; gives the SHA-256 (hexadecimal) of the manifest. */
export const writeReports = async (run: Run, store: EvidenceStore): Promise<string> => {
  await store.write('run.json', run);
  await store.write('report.html', renderHtml(run));
  await store.write('junit.xml', renderJunit(run));
  return store.sealManifest();
};

const manifestLabels = {
  en: 'SHA-256 of manifest.json:',
  fr: 'SHA-256 de manifest.json\u00a0:',
} as const;

/** Prints a run on standard output: the one JSON object, or the summary, whose last line but one has the manifest's hash, to be kept elsewhere. */
export const printRun = (run: Run, folder: string, manifest: string, json: boolean): void => {
  const hash = `${manifestLabels[run.language]} ${manifest}`;
  if (json) {
    console.log(JSON.stringify(renderJson(run, folder), null, 2));
    process.stderr.write(`${hash}\n`);
    return;
  }
  const lines = summaryLines(run, { colour: process.stdout.isTTY, folder });
  console.log([...lines.slice(0, -1), hash, ...lines.slice(-1)].join('\n'));
};
