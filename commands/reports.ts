import type { EvidenceStore } from '../reports/evidence/store.ts';
import type { Run } from '../reports/model/run.ts';
import { renderHtml } from '../reports/render/html.ts';
import { renderJunit } from '../reports/render/junit.ts';

/** Writes `run.json`, the reports made from it, and the manifest over everything in the run folder. */
export const writeReports = async (run: Run, store: EvidenceStore): Promise<void> => {
  await store.write('run.json', run);
  await store.write('report.html', renderHtml(run));
  await store.write('junit.xml', renderJunit(run));
  await store.sealManifest();
};
