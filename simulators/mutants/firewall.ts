import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { loadFirewall } from '../../reference/appliance/firewall/load.ts';
import {
  nftablesRules,
  type ApplianceInterfaces,
  type ExposedService,
} from '../../reference/appliance/firewall/rules.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import type { Mutant } from './mutant.ts';

const admitting = (
  { internet, ...others }: ApplianceInterfaces,
  more: readonly ExposedService[],
): ApplianceInterfaces => ({
  ...others,
  internet: { ...internet, services: [...internet.services, ...more] },
});

const tcp = (port: number): ExposedService => ({
  purpose: 'more than is declared',
  protocol: 'tcp',
  first: port,
  last: port,
});

/** Drops nothing but what a rule drops. */
const acceptingByDefault: ApplianceParts['loadFirewall'] = async (interfaces) => {
  const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end(nftablesRules(interfaces).replaceAll('policy drop', 'policy accept'));
  await once(child, 'close');
};

/** Something answers on the Internet side that nobody declared. */
const oneMore: ApplianceParts['loadFirewall'] = async (interfaces) => {
  const server = createServer((socket) => socket.end('220 ready\r\n'));
  server.listen(0, '0.0.0.0').unref();
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await loadFirewall(admitting(interfaces, [tcp(port)]));
};

/** The administration’s own services, admitted from the Internet side as well. */
const administrationFromOutside: ApplianceParts['loadFirewall'] = (interfaces) =>
  loadFirewall(admitting(interfaces, interfaces.administration?.services ?? []));

/** A second page, on the Internet side. */
const pageOutside = (): Pick<ApplianceParts, 'startAdministration' | 'loadFirewall'> => {
  const ports: number[] = [];
  return {
    startAdministration: async (options) => {
      const host = options.configuration.find(([name]) => name === 'internet.host')?.[1];
      const outside = await applianceParts.startAdministration({
        ...options,
        ...(host === undefined ? {} : { host, names: [host] }),
      });
      const page = await applianceParts.startAdministration(options);
      ports.push(outside.endpoint.port);
      return {
        ...page,
        close: async () => {
          await outside.close();
          await page.close();
        },
      };
    },
    loadFirewall: (interfaces) => loadFirewall(admitting(interfaces, ports.map(tcp))),
  };
};

const signInPage =
  '<!doctype html><title>Sign in</title><form method="post" action="/sign-in"><input name="name"><input type="password" name="password"><button>Sign in</button></form>';

/** The registration service has a page for administrators, too. */
const pageAtRegistration: ApplianceParts['startRegistration'] = (options) =>
  applianceParts.startRegistration({
    ...options,
    addResources: (app) => {
      options.addResources?.(app);
      app.get('/', (_request, reply) => reply.type('text/html').send(signInPage));
    },
  });

/** Appliances that show on one side what belongs on the other, or nowhere. */
export const firewallMutants: readonly Mutant[] = (
  [
    {
      id: 'firewall-not-loaded',
      fault: 'the appliance loads no rules into its firewall',
      claims: ['2.3.a'],
      because: /no firewall is loaded/,
      parts: { appliance: { loadFirewall: () => Promise.resolve() } },
    },
    {
      id: 'firewall-accepts-by-default',
      fault: 'the firewall lets in what no rule names',
      claims: ['2.3.a'],
      because: /admits what no rule names/,
      parts: { appliance: { loadFirewall: acceptingByDefault } },
    },
    {
      id: 'one-port-more',
      fault: 'a service that nobody declared answers on the Internet side',
      claims: ['2.3.3.b'],
      because: /no declared service answers on the Internet side|that nobody declared/,
      parts: { appliance: { loadFirewall: oneMore } },
    },
    {
      id: 'administration-from-outside',
      fault: 'the page’s own address answers whoever comes from the Internet side',
      claims: ['2.3.3.b'],
      because: /something answers by way of the appliance/,
      parts: { appliance: { loadFirewall: administrationFromOutside } },
    },
    {
      id: 'page-on-internet-side',
      fault: 'the administration page is on the Internet side as well',
      claims: ['2.3.3.b'],
      because: /no declared service answers on the Internet side/,
      parts: { appliance: pageOutside() },
    },
    {
      id: 'page-at-registration',
      fault: 'the registration service has a page for administrators',
      claims: ['2.3.3.b'],
      because: /a page that asks for a password is on the Internet side/,
      parts: { appliance: { startRegistration: pageAtRegistration } },
    },
  ] as const
).map((mutant) => ({ ...mutant, lab: 'netns' }));
