import type { z } from 'zod';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { displaysSchema } from './activities/call-evidence.ts';
import type { sidesSchema } from './activities/administration-sides-evidence.ts';
import { describeVisit } from './views/administration-view.ts';
import { callActivity } from './views/capture-view.ts';
import { worst } from './views/worst.ts';
import {
  onSides,
  portsOf,
  sidesActivity as id,
  sidesPath as path,
  unheard,
  undeclared,
} from './views/sides-view.ts';

type Sides = z.infer<typeof sidesSchema>;

const rulesPath = `evidence/${id}/rules.txt`;

/** An input chain that drops what no rule admits, as nft and as iptables-save print it. */
const dropsByDefault = /hook input[^;\n]*;\s*policy drop|^:INPUT DROP\b/m;

/** A packet filter whose default is to drop: a firewall, and not only rules. */
const judgeFirewall = (evidence: Evidence): Finding | null => {
  const rules = evidence.text(id, 'rules.txt');
  if (rules === null) return inconclusive('the rules of the firewall are not among the evidence');
  if (rules.trim() === '')
    return fail('no firewall is loaded', 'rules of a packet filter', 'none', [rulesPath]);
  if (dropsByDefault.test(rules)) return null;
  return /^table |^\*filter/m.test(rules)
    ? fail(
        'the firewall admits what no rule names',
        'an input chain that drops by default',
        'none that does',
        [rulesPath],
      )
    : inconclusive('the rules are in a notation that this version cannot read', [rulesPath]);
};

/** All services are at addresses of one host. */
const judgeAddresses = ({ attachments, services }: Sides): Finding | null => {
  const own = new Set(attachments.flatMap(({ addresses }) => addresses));
  if (own.size === 0) return inconclusive('the addresses of the appliance are not known', [path]);
  const elsewhere = Object.entries(services).find(([, { host }]) => !own.has(host));
  return elsewhere
    ? fail(
        'a service is not at the appliance',
        `one of ${[...own].join(', ')}`,
        `${elsewhere[0]} at ${elsewhere[1].host}`,
        [path],
      )
    : null;
};

/** Signalling server, proxy and relay did their work in the call between the phones. */
const judgeCall = (evidence: Evidence): Finding | null => {
  const displays = evidence.json(callActivity, 'displays.json', displaysSchema);
  if (!displays) return inconclusive('what the phones showed is not among the evidence');
  const received = Object.values(displays).map(({ packetsReceived }) => packetsReceived);
  return received.length > 1 && received.every((packets) => packets > 0)
    ? null
    : inconclusive('the call did not pass through the appliance', [
        `evidence/${callActivity}/displays.json`,
      ]);
};

const judgeServices = onSides((sides, evidence) => {
  const { controls } = sides;
  const bad = worst([
    judgeFirewall(evidence),
    judgeAddresses(sides),
    judgeCall(evidence),
    controls.enrolled === 'enrolled'
      ? null
      : inconclusive(`the certification authority gave no certificate: ${controls.enrolled}`, [
          path,
        ]),
    unheard(sides),
  ]);
  return (
    bad ??
    pass(
      'signalling, proxy and relay, the certification authority and a firewall are at the addresses of the appliance and work',
      [path, rulesPath],
    )
  );
});

/** The segment of an address of the appliance. */
const segmentOf = ({ attachments }: Sides, address: string): string | undefined =>
  attachments.find(({ addresses }) => addresses.includes(address))?.segment;

const judgeSides = onSides((sides) => {
  const { services, scans } = sides;
  const { sip, administration } = services;
  const [outside, inside] = [segmentOf(sides, sip.host), segmentOf(sides, administration.host)];
  if (outside === undefined || inside === undefined)
    return inconclusive('the addresses of the appliance are not known', [path]);
  if (outside === inside)
    return fail(
      'the administration link is no link of its own',
      'a link between appliance and administrator alone',
      `both on ${outside}`,
      [path],
    );
  const strange = undeclared(scans.administration, [administration.port]);
  if (strange.length > 0)
    return fail(
      'more than the page answers on the administration link',
      `port ${administration.port} alone`,
      portsOf(strange),
      [path],
    );
  return (
    unheard(sides) ??
    pass(
      `the Internet side (${outside}) serves users, the administration link (${inside}) the page alone: of 65,535 TCP ports ${administration.port}`,
      [path],
    )
  );
});

/** Nothing of the page on the Internet side: neither its port there, nor a page of its kind at another service. */
const judgeInternetSide = onSides((sides) => {
  const { services, scans, elsewhere } = sides;
  const strange = undeclared(scans.internet, [services.sip.port, services.registration.port]);
  if (strange.length > 0)
    return fail(
      'something that is no declared service answers on the Internet side',
      `ports ${services.registration.port} and ${services.sip.port} alone`,
      portsOf(strange),
      [path],
    );
  const page = elsewhere.find(({ outcome }) => outcome.kind === 'answered' && outcome.asksPassword);
  if (page)
    return fail(
      'a page that asks for a password is on the Internet side',
      'no such page',
      describeVisit(page),
      [path],
    );
  const unanswered = elsewhere.find(({ outcome }) => outcome.kind !== 'answered');
  if (unanswered || elsewhere.length === 0)
    return inconclusive('the registration service was not asked for pages, or did not answer', [
      path,
    ]);
  return (
    unheard(sides) ??
    pass(
      `of 65,535 TCP ports on the Internet side two answer, SIP and registration, and neither has a page for administrators`,
      [path],
    )
  );
});

const base = {
  revision: 1,
  needs: ['administer', 'show-firewall', 'enrol', 'read-token'],
} as const;

/** Section 2.3: what the appliance holds, and what it shows on which side. Judged where it has a host of its own. */
export const sectionTwoThree: readonly Scenario[] = [
  {
    ...base,
    id: '2.3/all-services',
    claims: ['2.3.a'],
    activities: [callActivity, id],
    judge: judgeServices,
  },
  { ...base, id: '2.3.3/two-sides', claims: ['2.3.3.a'], activities: [id], judge: judgeSides },
  {
    ...base,
    id: '2.3.3/nothing-on-internet-side',
    claims: ['2.3.3.b'],
    activities: [id],
    judge: judgeInternetSide,
  },
];
