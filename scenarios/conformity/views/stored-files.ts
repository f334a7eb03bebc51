import { parsePemChain } from '../../../reference/core/keystore/pem.ts';
import type { Evidence } from '../../campaign/scenario.ts';
import { secretSearchSchema } from '../activities/call-evidence.ts';
import { callActivity } from './capture-view.ts';

/** A file of a phone's storage; the path is relative to the run folder. */
export interface StoredFileView {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

/** Every file that a phone stores, by the list of what was searched; a reason where the list or a listed file is not among the evidence. */
export const storedFiles = (
  evidence: Evidence,
  phone: string,
): readonly [StoredFileView, ...StoredFileView[]] | string => {
  const search = evidence.json(callActivity, 'secrets-in-storage.json', secretSearchSchema);
  const prefix = `stored/${phone}/`;
  const files: StoredFileView[] = [];
  for (const { name } of search?.places ?? []) {
    if (!name.startsWith(prefix)) continue;
    const text = evidence.text(callActivity, name);
    if (text === null) return `${name}, which was stored, is not among the evidence`;
    files.push({ name: name.slice(prefix.length), path: `evidence/${callActivity}/${name}`, text });
  }
  const [first, ...rest] = files;
  return first ? [first, ...rest] : `the files that ${phone} stores are not among the evidence`;
};

/** Files that hold a private key, or bear the name that one has. */
export const keyFiles = (files: readonly StoredFileView[]): readonly StoredFileView[] =>
  files.filter(({ name, text }) => name === 'private-key.pem' || text.includes('PRIVATE KEY-----'));

/** Every certificate in the files, as DER. */
export const storedCertificates = (files: readonly StoredFileView[]): readonly Uint8Array[] =>
  files.flatMap(({ text }) => {
    const chain = parsePemChain(text, 'CERTIFICATE');
    return chain.ok ? chain.value : [];
  });
