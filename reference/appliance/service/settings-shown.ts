import type { ApplianceConfiguration } from '../configuration/schema.ts';

/** Fields whose values may hold a secret that somebody wrote in spite of all warnings. */
const hidden: ReadonlySet<string> = new Set(['headers', 'body', 'url']);

const shown = (name: string, value: unknown): readonly (readonly [string, string])[] => {
  if (value === undefined) return [];
  const [last = ''] = name.split('.').slice(-1);
  if (hidden.has(last)) return [[name, '(set, not shown)']];
  if (Array.isArray(value)) return [[name, value.join(', ')]];
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
      shown(name === '' ? key : `${name}.${key}`, inner),
    );
  return [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
};

/** The configuration as the administration page shows it: every field, of secrets only where they are. */
export const settingsShown = (
  configuration: ApplianceConfiguration,
): readonly (readonly [name: string, value: string])[] => shown('', configuration);
