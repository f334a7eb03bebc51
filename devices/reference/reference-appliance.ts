import { randomBytes } from 'node:crypto';
import { oneTimePassword } from '../../reference/appliance/admin/password.ts';
import { startAppliance } from '../../reference/appliance/appliance.ts';
import { loadedRules } from '../../reference/appliance/firewall/load.ts';
import type { ApplianceParts } from '../../reference/appliance/parts.ts';
import { createSmsCentre } from '../../simulators/sms/centre.ts';
import type { Appliance, Capability, RefusalEntry, Site } from '../contract.ts';
import { capabilities } from './capabilities.ts';

/** UDP ports of the relay: below those that the system hands out, so that no phone's own port is among them. */
const relayPorts = { first: 20_000, last: 29_999 } as const;

/** The segment of the administration link. */
const administrationSegment = 'administration';

/** The administrator of the test. */
const accountName = 'evaluator';

/** Where the page can be, null on hosts without an administration link. */
const administrationHost = (site: Site): string | null => {
  try {
    return site.address('appliance', administrationSegment);
  } catch {
    return null;
  }
};

const without = (...absent: readonly Capability[]): ReadonlySet<Capability> =>
  new Set([...capabilities].filter((capability) => !absent.includes(capability)));

/** What this appliance can do: it has rules to show only where it loaded some. */
const capabilitiesOf = (site: Site, hasPage: boolean): ReadonlySet<Capability> =>
  without(
    ...(site.ownsHost ? [] : (['show-firewall'] as const)),
    ...(hasPage ? [] : (['administer'] as const)),
  );

const start = async (site: Site, parts: ApplianceParts) => {
  const refusals: RefusalEntry[] = [];
  const sms = createSmsCentre();
  const host = site.address('appliance');
  const pageHost = administrationHost(site);
  const account = {
    name: accountName,
    password: oneTimePassword((length) => new Uint8Array(randomBytes(length))),
  };
  const appliance = await startAppliance(
    {
      host,
      sipPort: 0,
      registrationPort: 0,
      relay: { host, ...relayPorts },
      ...(pageHost === null ? {} : { administration: { host: pageHost, port: 0, account } }),
      sms,
      firewall: site.ownsHost,
      onRefusal: (refusal) => refusals.push(refusal),
    },
    parts,
  );
  return { appliance, refusals, sms, account };
};

/** Starts the appliance of the reference: its simulated SMS centre is read where a user would read the phone. */
export const startReferenceAppliance = async (
  site: Site,
  parts: ApplianceParts,
): Promise<Appliance> => {
  const { appliance, refusals, sms, account } = await start(site, parts);
  const { sip, registration, relay, trust, administration } = appliance;
  return {
    capabilities: capabilitiesOf(site, administration !== null),
    describe: () => Promise.resolve({ sip, registration, relay, trust }),
    async readToken(number, deadline) {
      const { text } = await sms.waitFor(number, deadline);
      const token = /\b\d{6,}\b/.exec(text)?.[0];
      if (token === undefined) throw new Error(`the SMS to ${number} holds no token`);
      return token;
    },
    refusals: () => Promise.resolve([...refusals]),
    async revoke(number) {
      appliance.revocation.revokeNumber({ number, by: 'evaluator', reason: 'keyCompromise' });
    },
    async release(number) {
      if (!appliance.revocation.releaseNumber({ number, by: 'evaluator' }))
        throw new Error(`${number} is not blocked; revoke it first`);
    },
    ...(administration === null
      ? {}
      : {
          administration: () =>
            Promise.resolve({
              endpoint: administration,
              trust: trust.root,
              account: account.name,
              password: account.password,
            }),
        }),
    ...(site.ownsHost ? { firewallRules: loadedRules } : {}),
    stop: () => appliance.stop(),
  };
};
