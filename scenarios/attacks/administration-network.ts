import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import {
  onSides,
  portsOf,
  sidesActivity,
  sidesPath,
  undeclared,
  unheard,
} from '../conformity/views/sides-view.ts';
import { floodSchema } from './activities/administration-flood.ts';

const flooding = 'registration-flood';
const floodPath = `evidence/${flooding}/flood.json`;

/** Nothing answers at the page's address from the Internet side, however packets get there. */
const judgeRouted = onSides((sides) => {
  const { routed, linkLocal } = sides.scans;
  const ways = [
    { way: 'by way of the appliance', scan: routed },
    ...(linkLocal ? [{ way: 'over IPv6', scan: linkLocal }] : []),
  ];
  const answering = ways.find(({ scan }) => undeclared(scan, []).length > 0);
  if (answering)
    return fail(
      `something answers ${answering.way}`,
      'nothing',
      `${portsOf(undeclared(answering.scan, []))} at ${answering.scan.address}`,
      [sidesPath],
    );
  const untried = ways.find(
    ({ scan }) =>
      scan.tcp.untried > 0 || scan.tcp.scanned < 1024 || scan.tcp.refused + scan.tcp.silent === 0,
  );
  if (untried) return inconclusive(`not every port was tried ${untried.way}`, [sidesPath]);
  if (routed.address !== sides.services.administration.host)
    return inconclusive('the address of the page was not the one that was tried', [sidesPath]);
  const ipv6 =
    linkLocal === null
      ? 'the appliance has no IPv6 address there'
      : linkLocal.isNeighbour
        ? 'nor over IPv6'
        : 'over IPv6 the appliance is not there at all';
  return (
    unheard(sides) ??
    pass(
      `of ${routed.tcp.scanned} TCP ports at ${routed.address} by way of the appliance none answers; ${ipv6}`,
      [sidesPath],
    )
  );
});

/** What answers on both sides is what is declared, also by UDP, where silence proves nothing. */
const judgeOpenPorts = onSides((sides) => {
  const { services, scans } = sides;
  const strange = [
    ...undeclared(scans.internet, [services.sip.port, services.registration.port]),
    ...undeclared(scans.administration, [services.administration.port]),
  ];
  if (strange.length > 0)
    return fail(
      'something answers that nobody declared',
      'the declared services alone',
      portsOf(strange),
      [sidesPath],
    );
  if (scans.internet.udp.scanned === 0 || scans.administration.udp.scanned === 0)
    return inconclusive('no UDP port was tried', [sidesPath]);
  return (
    unheard(sides) ??
    pass(
      `every TCP port of both sides and ${scans.internet.udp.scanned} UDP ports were tried: ${services.registration.port}, ${services.sip.port} and ${services.administration.port} answer alone (a UDP service that takes only its own messages would be silent)`,
      [sidesPath],
    )
  );
});

/** Requests that make a flood. */
const leastFlood = 30;

const judgeFlood = (evidence: Evidence): Finding => {
  const found = evidence.json(flooding, 'flood.json', floodSchema);
  if (!found) return inconclusive('the flood is not among the evidence');
  const { before, during, after, flood } = found;
  const count = Object.values(flood.answers).reduce((sum, each) => sum + each, 0);
  const summary = Object.entries(flood.answers)
    .map(([name, each]) => `${each} × ${name}`)
    .join(', ');
  if (!before.heard)
    return inconclusive('the control: there was no call before the flood', [floodPath]);
  if (count < leastFlood)
    return inconclusive(`${count} requests are no flood: ${summary}`, [floodPath]);
  if (!during.heard)
    return after.heard
      ? fail(
          'a flood of the registration service stops calls',
          'a call as before and after it',
          `none during it (${during.endedBy ?? 'nobody answered in time'}); ${summary}`,
          [floodPath],
        )
      : inconclusive('there was no call during the flood, and none after it', [floodPath]);
  return pass(
    `a call took ${during.took} ms with its audio during ${count} requests in ${flood.took} ms (${summary}), ${before.took} ms before it`,
    [floodPath],
  );
};

const scanned = {
  revision: 1,
  claims: ['2.3.3.b'],
  activities: [sidesActivity],
  needs: ['administer', 'show-firewall', 'enrol', 'read-token'],
} as const;

/** Attacks on what answers on each side, and by a flood (catalogue A1, A4). */
export const administrationNetworkAttacks: readonly Scenario[] = [
  { ...scanned, id: 'attacks/A1/routed-administration', judge: judgeRouted },
  { ...scanned, id: 'attacks/A4/open-ports', judge: judgeOpenPorts },
  {
    revision: 1,
    id: 'attacks/A4/registration-flood',
    claims: ['2.2.d'],
    activities: [flooding],
    needs: ['enrol', 'call'],
    judge: judgeFlood,
  },
];
