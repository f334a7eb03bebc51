import { PropertyFault } from '../target.ts';

/** How often the slower libraries are asked: once in so many cases that are read here. */
export const sampling = 4;

/** A development package, or null where it is not installed. */
export const optional = <Module>(load: () => Promise<Module>): Promise<Module | null> =>
  load().catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
      return null;
    throw error;
  });

/** What another library makes of bytes, or its complaint. */
export const asked = <Value>(
  read: () => Value,
): { readonly value: Value } | { readonly complaint: string } => {
  try {
    return { value: read() };
  } catch (error) {
    return { complaint: error instanceof Error ? error.message : String(error) };
  }
};

/** A complaint of a library's that is no finding, and why. */
export interface Known {
  readonly complaint: RegExp;
  readonly why: string;
}

/** The value that a library read, or null where its refusal is a known difference. */
export const readBy = <Value>(
  library: string,
  read: () => Value,
  known: readonly Known[],
): Value | null => {
  const outcome = asked(read);
  if ('value' in outcome) return outcome.value;
  if (known.some(({ complaint }) => complaint.test(outcome.complaint))) return null;
  throw new PropertyFault(`differential: ${library}`, 'read', outcome.complaint);
};
