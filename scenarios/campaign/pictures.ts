import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  imageDocument,
  mostImageBytes,
  type EvidenceDocument,
} from '../../reports/model/document.ts';

/** Pictures that one report shows; further ones remain among the evidence. */
const mostPictures = 12;

/** A document for each PNG file among a run's evidence, in the order of their paths; a file that is none, or too large, has none. */
export const pictureDocuments = async (run: string): Promise<readonly EvidenceDocument[]> => {
  const folder = join(run, 'evidence');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile() && /\.png$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(run, '/').length))
    .sort();
  const documents: EvidenceDocument[] = [];
  for (const path of paths) {
    if (documents.length === mostPictures) break;
    const bytes = await readFile(join(run, path)).catch(() => null);
    const shown = bytes && bytes.length <= mostImageBytes ? imageDocument(path, bytes) : null;
    if (shown) documents.push(shown);
  }
  return documents;
};
