import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  configurationSchema,
  contradictionsOf,
  type ApplianceConfiguration,
  type SecretSource,
} from './schema.ts';
import { parseDescription, type DescriptionKind } from './yaml-description.ts';

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

const kind: DescriptionKind<typeof configurationSchema> = {
  what: 'configuration',
  schema: configurationSchema,
  wayOut,
  separator: ' ',
  errorOf: (message, options) => new ConfigurationError(message, options),
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
  const { value, problem } = parseDescription(kind, file, text);
  const [contradiction] = contradictionsOf(value);
  if (contradiction) throw problem(contradiction.path, contradiction.message);
  return withPaths(file, value);
};

/** Reads the configuration of an appliance. Throws a {@link ConfigurationError}. */
export const readConfiguration = (file: string): ApplianceConfiguration =>
  parseConfiguration(file, readText(file));
