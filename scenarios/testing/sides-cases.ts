import type { z } from 'zod';
import { sidesSchema } from '../conformity/activities/administration-sides-evidence.ts';
import { without, withJson, withOutcome, withText, type Alteration } from './altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from './judge-cases.ts';

type Sides = z.infer<typeof sidesSchema>;
type Scans = Sides['scans'];
type Outcome = Sides['controls']['page']['outcome'];

const activity = 'administration-sides';

const services = '2.3/all-services';
const sides = '2.3.3/two-sides';
const outside = '2.3.3/nothing-on-internet-side';
const routed = 'attacks/A1/routed-administration';
const ports = 'attacks/A4/open-ports';
const every = [services, sides, outside, routed, ports];

const inSides = (change: (found: Sides) => unknown): Alteration =>
  withJson(activity, 'sides.json', sidesSchema, change);

/** One scan, changed in place. */
const scan = (
  which: keyof Scans,
  change: (found: NonNullable<Scans[keyof Scans]>, all: Sides) => void,
): Alteration =>
  inSides((found) => {
    const one = found.scans[which];
    if (one) change(one, found);
  });

const open = (which: keyof Scans, port: number): Alteration =>
  scan(which, ({ tcp }) => void tcp.open.push(port));

const answering = (which: keyof Scans, port: number): Alteration =>
  scan(which, ({ udp }) => void udp.answered.push(port));

const controls = (change: Partial<Sides['controls']>): Alteration =>
  inSides((found) => ({ ...found, controls: { ...found.controls, ...change } }));

const silent = (outcome: Outcome): Alteration =>
  inSides((found) => {
    found.controls.page.outcome = outcome;
  });

const shared: readonly JudgeCase[] = every.flatMap((id) => [
  undecided(id, 'no scans', /not among the evidence/, without(activity, 'sides.json')),
  undecided(
    id,
    'scans of the wrong shape',
    /not among the evidence/,
    withText(activity, 'sides.json', () => '{}'),
  ),
  undecided(
    id,
    'an activity that failed',
    /activity administration-sides/,
    withOutcome(activity, { status: 'failed', reason: 'no route' }),
  ),
  undecided(id, 'nobody registered', /the control: nobody/, controls({ registered: 'closed' })),
  undecided(
    id,
    'no page on the administration link',
    /the control: the page/,
    silent({ kind: 'deadline' }),
  ),
  undecided(
    id,
    'a scan that was cut short',
    /only 65534 of 65535/,
    scan('internet', ({ tcp }) => {
      tcp.untried = 1;
    }),
  ),
  undecided(
    id,
    'a scan that missed SIP',
    /did not find port/,
    scan('internet', ({ tcp }, found) => {
      tcp.open = [found.services.registration.port];
    }),
  ),
  undecided(
    id,
    'a scan that missed the page',
    /did not find port/,
    scan('administration', ({ tcp }) => {
      tcp.open = [];
    }),
  ),
]);

const rules = (text: string): Alteration => withText(activity, 'rules.txt', () => text);

const serviceCases: readonly JudgeCase[] = [
  failing(services, 'no rules loaded', /no firewall/, rules('\n')),
  failing(
    services,
    'rules that admit by default',
    /no rule names/,
    withText(activity, 'rules.txt', (text) => text.replaceAll('policy drop', 'policy accept')),
  ),
  failing(
    services,
    'rules for forwarding alone',
    /no rule names/,
    withText(activity, 'rules.txt', (text) => text.replace('hook input', 'hook output')),
  ),
  tolerated(
    services,
    'another packet filter',
    /work$/,
    rules('*filter\n:INPUT DROP [0:0]\nCOMMIT'),
  ),
  undecided(services, 'an unknown notation', /cannot read/, rules('block in all')),
  undecided(services, 'no rules kept', /rules of the firewall/, without(activity, 'rules.txt')),
  failing(
    services,
    'registration at another machine',
    /not at the appliance/,
    inSides((found) => {
      found.services.registration.host = '203.0.113.77';
    }),
  ),
  undecided(
    services,
    'an appliance without known addresses',
    /addresses of the appliance/,
    inSides((found) => ({ ...found, attachments: [] })),
  ),
  undecided(services, 'no certificate', /no certificate/, controls({ enrolled: 'refused' })),
  undecided(services, 'no displays of the call', /phones showed/, without('call', 'displays.json')),
  undecided(
    services,
    'a call without audio',
    /did not pass/,
    withText('call', 'displays.json', (text) =>
      text.replaceAll(/"packetsReceived":\s*\d+/g, '"packetsReceived": 0'),
    ),
  ),
];

const sideCases: readonly JudgeCase[] = [
  failing(
    sides,
    'SIP on the administration link',
    /more than the page/,
    scan('administration', ({ tcp }, found) => void tcp.open.push(found.services.sip.port)),
  ),
  failing(
    sides,
    'UDP on the administration link',
    /more than the page/,
    answering('administration', 161),
  ),
  failing(
    sides,
    'both sides on one link',
    /no link of its own/,
    inSides((found) => {
      const addresses = found.attachments.flatMap((each) => each.addresses);
      return { ...found, attachments: [{ segment: 'internet', addresses }] };
    }),
  ),
  undecided(
    sides,
    'an appliance without known addresses',
    /addresses of the appliance/,
    inSides((found) => ({ ...found, attachments: [] })),
  ),
];

const outsideCases: readonly JudgeCase[] = [
  failing(
    outside,
    'the page on the Internet side',
    /no declared service/,
    scan('internet', ({ tcp }, found) => void tcp.open.push(found.services.administration.port)),
  ),
  failing(
    outside,
    'a remote shell on the Internet side',
    /no declared service/,
    open('internet', 22),
  ),
  failing(
    outside,
    'a UDP service on the Internet side',
    /no declared service/,
    answering('internet', 161),
  ),
  failing(
    outside,
    'a sign-in page at the registration service',
    /asks for a password/,
    inSides((found) => {
      const [first] = found.elsewhere;
      if (first?.outcome.kind === 'answered') first.outcome.asksPassword = true;
    }),
  ),
  undecided(
    outside,
    'no answer of the registration service',
    /was not asked for pages/,
    inSides((found) => {
      const [first] = found.elsewhere;
      if (first) first.outcome = { kind: 'failed', reason: 'ECONNRESET' };
    }),
  ),
  undecided(
    outside,
    'no path asked for',
    /was not asked for pages/,
    inSides((found) => ({ ...found, elsewhere: [] })),
  ),
];

const routedCases: readonly JudgeCase[] = [
  failing(
    routed,
    'the page reached by way of the appliance',
    /by way of the appliance/,
    scan('routed', ({ tcp }, found) => void tcp.open.push(found.services.administration.port)),
  ),
  failing(routed, 'a port reached over IPv6', /over IPv6/, open('linkLocal', 22)),
  failing(
    routed,
    'UDP by way of the appliance',
    /by way of the appliance/,
    answering('routed', 53),
  ),
  undecided(
    routed,
    'a scan of few ports',
    /not every port/,
    scan('routed', ({ tcp }) => {
      tcp.scanned = 10;
    }),
  ),
  undecided(
    routed,
    'a scan of another address',
    /was not the one/,
    scan('routed', (found) => {
      found.address = '10.200.0.2';
    }),
  ),
  tolerated(
    routed,
    'no IPv6',
    /no IPv6 address/,
    inSides((found) => ({ ...found, scans: { ...found.scans, linkLocal: null } })),
  ),
];

const portCases: readonly JudgeCase[] = [
  failing(ports, 'one port more on the Internet side', /nobody declared/, open('internet', 8080)),
  failing(
    ports,
    'one port more on the administration link',
    /nobody declared/,
    open('administration', 9464),
  ),
  failing(ports, 'a UDP service', /nobody declared/, answering('internet', 53)),
  undecided(
    ports,
    'no UDP tried',
    /no UDP port/,
    scan('internet', ({ udp }) => {
      udp.scanned = 0;
    }),
  ),
];

/** What scans of an appliance on a host of its own must and must not show. */
export const sidesCases: readonly JudgeCase[] = [
  ...shared,
  ...serviceCases,
  ...sideCases,
  ...outsideCases,
  ...routedCases,
  ...portCases,
];
