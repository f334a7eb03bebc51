import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import {
  configurationSchema,
  contradictionsOf,
  type ApplianceConfiguration,
  type SecretSource,
} from './schema.ts';

/** Bytes; the example has 4,000. */
const maximumLength = 65_536;

/** A configuration that cannot be used: one line with file, line, field, reason and way out. Holds no value of the file. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
};

const wayOut = 'docs/appliance/appliance.example.yaml shows every field';

const readText = (file: string): string => {
  try {
    const { size } = statSync(file);
    if (size > maximumLength)
      throw new ConfigurationError(
        `configuration ${file}: ${size} bytes are more than ${maximumLength}; is it the right file?`,
      );
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8' : reasons[code];
    throw new ConfigurationError(
      `configuration ${file}: ${reason ?? `cannot be read (${code})`}; give the path with --config`,
      { cause: error },
    );
  }
};

const lineOf = (document: Document, lines: LineCounter, path: readonly PropertyKey[]): number => {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
};

const nameOf = (path: readonly PropertyKey[]): string =>
  path.map(String).join('.') || 'the whole file';

/** The first fault of a value, as the field, what is wrong, and what to do. */
const describe = (issue: z.core.$ZodIssue): { path: readonly PropertyKey[]; text: string } => {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    // A key may be a mistaken value: only names are shown.
    const shown = /^[A-Za-z]{1,32}$/.test(key) ? ` ${key}` : '';
    return { path: issue.path, text: `has an unknown field${shown}; remove it, ${wayOut}` };
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const reason = missing ? 'is missing' : issue.message;
  return {
    path: issue.path,
    text: `${reason.replace(/^[A-Z]/, (first) => first.toLowerCase())}; ${wayOut}`,
  };
};

const parse = (file: string, text: string): { document: Document; lines: LineCounter } => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    const what = fault.code.toLowerCase().replaceAll('_', ' ');
    throw new ConfigurationError(
      `configuration ${file}:${line}: column ${col}: this is no YAML (${what}); mend it, ${wayOut}`,
    );
  }
  return { document, lines };
};

const valueOf = (file: string, document: Document): unknown => {
  try {
    // Aliases could make a short file expand without bounds.
    return document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw new ConfigurationError(
      `configuration ${file}: aliases are not taken; write the value out, ${wayOut}`,
      { cause: error },
    );
  }
};

/** Folders and files are meant from the configuration's own folder. */
const withPaths = (file: string, configuration: ApplianceConfiguration): ApplianceConfiguration => {
  const from = dirname(resolve(file));
  const at = (path: string): string => resolve(from, path);
  const source = (secret: SecretSource): SecretSource =>
    'file' in secret ? { file: at(secret.file) } : secret;
  const { administration, authorities, backups, enrolment, log, sms, state } = configuration;
  const { clientAuthority } = administration;
  const { destination } = log;
  const isStream = destination === 'stdout' || destination === 'stderr';
  return {
    ...configuration,
    state: at(state),
    ...(backups === undefined ? {} : { backups: at(backups) }),
    administration: {
      ...administration,
      ...(clientAuthority === undefined ? {} : { clientAuthority: at(clientAuthority) }),
    },
    enrolment: enrolment.weakKeys === undefined ? {} : { weakKeys: at(enrolment.weakKeys) },
    authorities: { folder: at(authorities.folder), passphrase: source(authorities.passphrase) },
    log: { ...log, destination: isStream ? destination : at(destination) },
    sms:
      sms.kind === 'smpp'
        ? {
            ...sms,
            password: source(sms.password),
            ...(sms.ca === undefined ? {} : { ca: at(sms.ca) }),
          }
        : sms.kind === 'http' && sms.secret
          ? { ...sms, secret: source(sms.secret) }
          : sms,
  };
};

/** Makes a configuration of the text of a file. Throws a {@link ConfigurationError} about the first thing that is wrong. */
export const parseConfiguration = (file: string, text: string): ApplianceConfiguration => {
  const { document, lines } = parse(file, text);
  const parsed = configurationSchema.safeParse(valueOf(file, document));
  const refuse = (path: readonly PropertyKey[], reason: string): never => {
    const line = lineOf(document, lines, path);
    throw new ConfigurationError(`configuration ${file}:${line}: ${nameOf(path)} ${reason}`);
  };
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (!issue) throw parsed.error;
    const { path, text: reason } = describe(issue);
    return refuse(path, reason);
  }
  const [contradiction] = contradictionsOf(parsed.data);
  if (contradiction) return refuse(contradiction.path, contradiction.message);
  return withPaths(file, parsed.data);
};

/** Reads the configuration of an appliance. Throws a {@link ConfigurationError}. */
export const readConfiguration = (file: string): ApplianceConfiguration =>
  parseConfiguration(file, readText(file));
