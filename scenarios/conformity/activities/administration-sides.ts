import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import type { Appliance, ApplianceDescription, Endpoint } from '../../../devices/contract.ts';
import { createMaliciousUser } from '../../../simulators/attackers/malicious-user.ts';
import { askOnHost } from '../../../simulators/attackers/on-host.ts';
import type { ScanOrder, ScanResult } from '../../../simulators/attackers/port-scan.ts';
import { byWayOf, isNeighbour, linkLocalOf } from '../../../simulators/attackers/port-scan-way.ts';
import { requestPage } from '../../../simulators/attackers/web-client.ts';
import { nodeProgram } from '../../../simulators/lab/host-process.ts';
import type { Activity, World } from '../../campaign/activity.ts';
import type { sidesSchema } from './administration-sides-evidence.ts';
import { administrationOf, atDesk, visitOf } from './administration-visits.ts';

type Sides = z.infer<typeof sidesSchema>;

const program = fileURLToPath(
  new URL('../../../simulators/attackers/port-scan-program.ts', import.meta.url),
);

/** Milliseconds. */
const limits = { patience: 250, step: 8_000, end: 2_000 } as const;

/** A number of this activity's own. */
const number = '+33639980052';

/** UDP ports at which something might be: those of usual services. */
const usualUdp = [
  7, 19, 53, 67, 69, 111, 123, 137, 161, 389, 443, 500, 514, 623, 1194, 1900, 3478, 4500, 5060,
  5061, 5353, 11_211, 51_820,
] as const;

/** TCP ports that are looked at where not all are. */
const lowTcp = Array.from({ length: 1024 }, (_, index) => index + 1);

/** Paths at which administration pages are usually found. */
const likelyPaths = ['/', '/sign-in', '/login', '/admin', '/subscribers'] as const;

/** Scans from a host of the lab. */
const scanFrom = async (world: World, host: string, order: ScanOrder): Promise<ScanResult> => {
  const process = world.site.start(host, nodeProgram(program, []));
  try {
    return (await askOnHost(process)(order)) as ScanResult;
  } finally {
    await process.stop(limits.end);
  }
};

const scanAll = async (
  world: World,
  at: ApplianceDescription,
  page: Endpoint,
): Promise<Sides['scans']> => {
  const { sip, registration, relay } = at;
  const declared = [sip.port, registration.port, page.port];
  const middle = (relay.first + relay.last) >> 1;
  const udp = [...new Set([...usualUdp, ...declared, relay.first, middle, relay.last])];
  const some = [...new Set([...lowTcp, ...declared])];
  const { patience } = limits;
  const whole = (address: string): ScanOrder => ({ address, tcp: 'all', udp, patience });
  const [internet, administration] = await Promise.all([
    scanFrom(world, 'testbed', whole(sip.host)),
    scanFrom(world, 'administrator', whole(page.host)),
  ]);
  const part = (address: string) =>
    scanFrom(world, 'testbed', { address, tcp: some, udp, patience });
  const [routed, linkLocal] = await Promise.all([
    byWayOf(sip.host, page.host, () => part(page.host)),
    linkLocalOf(sip.host).then(async (address) => {
      if (address === null) return null;
      const found = await part(address);
      return { ...found, isNeighbour: await isNeighbour(address) };
    }),
  ]);
  return { internet, administration, routed, linkLocal } as Sides['scans'];
};

/** A user on the Internet side does what users do, so that a silent service is known for one. */
const useServices = async (appliance: Appliance, at: ApplianceDescription) => {
  const user = createMaliciousUser(at);
  try {
    const readToken = (of: string) => appliance.readToken(of, limits.step);
    const enrolled = (await user.enrol(number, readToken, limits.step)).kind;
    const registered =
      enrolled === 'enrolled' ? (await user.register(number, limits.step)).kind : 'not tried';
    return { enrolled, registered };
  } finally {
    user.close();
  }
};

const lookElsewhere = async ({ registration, trust }: ApplianceDescription) => {
  const visits = [];
  for (const path of likelyPaths) {
    const outcome = await requestPage({
      endpoint: registration,
      trust: trust.root,
      method: 'GET',
      path,
      headers: { accept: 'text/html' },
      version: 'TLSv1.2',
      deadlineMs: limits.step,
    });
    visits.push(visitOf({ path, redirects: [], cookies: [], outcome }));
  }
  return visits;
};

const attachmentsOf = ({ site }: World): Sides['attachments'] =>
  (site.topology?.hosts.find(({ name }) => name === 'appliance')?.attachments ?? []).map(
    ({ segment, ipv4, ipv6 }) => ({
      segment,
      addresses: [ipv4, ipv6].filter((address) => address !== undefined),
    }),
  );

/** Looks at the appliance from the Internet and from the administration link: what answers on each side, and what does not. */
export const administrationSides: Activity = {
  id: 'administration-sides',
  title: 'the appliance is scanned from the Internet and from the administration link',
  effect: 'connects to every TCP port of both sides, enrols one number and reads the firewall',
  disturbs: false,
  lab: 'hosts',
  needs: ['administer', 'show-firewall', 'enrol', 'read-token'],
  expected: 6_000,
  after: [],
  captured: false,
  async run(world) {
    const appliance = await world.appliance();
    const at = await appliance.describe();
    const { endpoint } = await administrationOf(appliance);
    if (!appliance.firewallRules) throw new Error('the appliance shows no firewall here');
    await world.write('rules.txt', await appliance.firewallRules());
    const { sip, registration, relay } = at;
    const used = await useServices(appliance, at);
    const page = await atDesk(world, async (desk) => visitOf(await desk.visitor().open('/')));
    const found: Sides = {
      attachments: attachmentsOf(world),
      services: { sip, registration, relay, administration: endpoint },
      scans: await scanAll(world, at, endpoint),
      controls: { page, ...used },
      elsewhere: await lookElsewhere(at),
    };
    await world.write('sides.json', found);
  },
};
