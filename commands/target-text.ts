import { claims } from '../scenarios/claims/catalogue.ts';
import { printedSection } from '../scenarios/claims/claim.ts';
import { passagesOf } from '../scenarios/claims/target-text.ts';
import { CommandProblem } from './command-problem.ts';
import { readUpTo } from './input-file.ts';

/** Bytes that a security target's plain text may have. */
const largest = 1 << 20;

const isPdf = (bytes: Uint8Array): boolean =>
  new TextDecoder('latin1').decode(bytes.subarray(0, 5)) === '%PDF-';

/** The evaluator's own copy of the security target, as text; throws a CommandProblem when the file is none that claims can be quoted from. */
export const readTargetText = async (path: string): Promise<string> => {
  const refuse = (reason: string): never => {
    throw new CommandProblem(`--target-text ${path}: ${reason}`);
  };
  const wayOut = 'give the security target as plain text';
  const thing = `--target-text ${path}`;
  const bytes = await readUpTo(path, largest + 1, { thing, wayOut });
  if (bytes.length > largest) refuse('it has more than 1 MiB; give the security target alone');
  if (isPdf(bytes)) refuse('it is a PDF file; make plain text of it first, as pdftotext does');
  const text = decode(bytes) ?? refuse('it is no UTF-8 text; save it as UTF-8');
  const wanted = new Set(claims.map(printedSection));
  if (!passagesOf(text).some(({ section }) => wanted.has(section)))
    refuse(
      'no section of the security target was found in it; headings begin a line with their number, such as 5.1',
    );
  return text;
};

const decode = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};
