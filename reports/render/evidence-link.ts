import { checkEvidencePath } from '../evidence/paths.ts';
import { markup, type Markup } from './markup.ts';

/** A path of the run folder as a relative link; a path that would leave the folder stays plain text. */
export const evidenceLink = (path: string): Markup => {
  const safe = checkEvidencePath(path).ok && path.isWellFormed();
  if (!safe) return markup`<code>${path}</code>`;
  return markup`<a href="./${path.split('/').map(encodeURIComponent).join('/')}">${path}</a>`;
};
