import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { configuredPorts, interfacesOf } from '../configuration/interfaces.ts';
import { readCertificates } from '../configuration/pem-file.ts';
import { readConfiguration } from '../configuration/read.ts';
import type { ApplianceConfiguration } from '../configuration/schema.ts';
import { loadDebianWeakKeys } from '../enrolment/debian-weak-keys.ts';
import { deviceOf } from '../firewall/load.ts';
import { nftablesRules } from '../firewall/rules.ts';
import { openServiceAuthorities } from './authorities.ts';
import { random } from './context.ts';
import { openSms } from './sms.ts';

/** One thing that was checked. */
export interface Finding {
  readonly thing: string;
  /** Null where it is as it should be, else one line. */
  readonly problem: string | null;
  /** Whether the appliance starts in spite of it. */
  readonly isWarning?: boolean;
}

const tried = async (thing: string, work: () => unknown): Promise<Finding> => {
  try {
    await work();
    return { thing, problem: null };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { thing, problem: text.replaceAll(/\s*\n\s*/g, ' ') };
  }
};

/** The state folder, or the first one above it that is there. */
const requireWritable = async (folder: string): Promise<void> => {
  try {
    if (!(await stat(folder)).isDirectory())
      throw new Error(`state ${folder}: it is no folder; name another`);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (code === 'ENOENT' && dirname(folder) !== folder) return requireWritable(dirname(folder));
    if (code === null) throw error;
    throw new Error(`state ${folder}: it cannot be written (${code}); mend its permissions`, {
      cause: error,
    });
  }
};

const requireSides = async (configuration: ApplianceConfiguration): Promise<void> => {
  const { internet, administration } = configuration;
  for (const host of [internet.host, administration.host]) deviceOf(host);
};

/** Whether the firewall's rules follow from the configuration; on loopback, where nothing comes from outside, there are none. */
const requireRules = (configuration: ApplianceConfiguration): void => {
  if (configuration.internet.host === configuration.administration.host) return;
  nftablesRules(interfacesOf(configuration, configuredPorts(configuration), deviceOf));
};

/**
 * Looks at everything that the appliance of a configuration file needs, and changes nothing. Rejects with a ConfigurationError when
 * the file itself is wrong.
 */
export const checkAppliance = async (file: string): Promise<readonly Finding[]> => {
  const configuration = readConfiguration(file);
  const warnings: Finding[] = [];
  const warn = (code: string, detail: string): void => {
    warnings.push({ thing: code, problem: detail, isWarning: true });
  };
  const findings = [
    { thing: 'configuration', problem: null },
    await tried('authorities and their passphrase', async () => {
      const { authorities } = await openServiceAuthorities(
        configuration,
        { now: Date.now, randomBytes: random },
        warn,
      );
      await authorities.close();
    }),
    await tried('state folder', () => requireWritable(configuration.state)),
    await tried('authority of administrators', () => {
      const { clientAuthority } = configuration.administration;
      if (clientAuthority !== undefined)
        readCertificates('administration.clientAuthority', clientAuthority);
    }),
    await tried('list of weak keys', () => {
      const { weakKeys } = configuration.enrolment;
      if (weakKeys !== undefined) loadDebianWeakKeys(weakKeys, 'enrolment.weakKeys');
    }),
    await tried('SMS centre', () => openSms(configuration, warn).close()),
    await tried('addresses', () => requireSides(configuration)),
    await tried('firewall', () => requireRules(configuration)),
  ];
  return [...findings, ...warnings];
};
