import type { z } from 'zod';
import { inconclusive, type Evidence, type Finding } from '../../campaign/scenario.ts';
import type { scanSchema } from '../activities/administration-sides-evidence.ts';
import { sidesSchema } from '../activities/administration-sides-evidence.ts';
import { describeVisit, isRefusedSignIn } from './administration-view.ts';

/** The activity that looked at both sides. */
export const sidesActivity = 'administration-sides';

/** What it left. */
export const sidesPath = `evidence/${sidesActivity}/sides.json`;

type Sides = z.infer<typeof sidesSchema>;
type Scan = z.infer<typeof scanSchema>;

/** A judge of what was seen from both sides. */
export const onSides =
  (judge: (sides: Sides, evidence: Evidence) => Finding) =>
  (evidence: Evidence): Finding => {
    const sides = evidence.json(sidesActivity, 'sides.json', sidesSchema);
    return sides
      ? judge(sides, evidence)
      : inconclusive('what answers on each side is not among the evidence');
  };

/** What answered and was not declared: TCP ports that took a connection, UDP ports from which anything came. */
export const undeclared = (
  { tcp, udp }: Scan,
  declared: readonly number[],
): readonly { readonly protocol: 'TCP' | 'UDP'; readonly port: number }[] => [
  ...tcp.open
    .filter((port) => !declared.includes(port))
    .map((port) => ({ protocol: 'TCP' as const, port })),
  ...udp.answered.map((port) => ({ protocol: 'UDP' as const, port })),
];

/** Ports in words, the first few of many. */
export const portsOf = (
  ports: readonly { readonly protocol: string; readonly port: number }[],
): string => {
  const named = ports.slice(0, 8).map(({ protocol, port }) => `${protocol} ${port}`);
  const more = ports.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

const allPorts = 65_535;

const incomplete = (scan: Scan, side: string, known: readonly number[]): Finding | null => {
  const { scanned, untried, open } = scan.tcp;
  if (scanned < allPorts || untried > 0)
    return inconclusive(
      `only ${scanned - untried} of ${allPorts} TCP ports were tried on ${side}`,
      [sidesPath],
    );
  const silent = known.filter((port) => !open.includes(port));
  return silent.length > 0
    ? inconclusive(`the control: the scan of ${side} did not find port ${silent.join(', ')}`, [
        sidesPath,
      ])
    : null;
};

/** Why silence would prove nothing: a scan that was not whole or missed what is there, a service or page that did not work. */
export const unheard = ({ scans, services, controls }: Sides): Finding | null => {
  const { sip, registration, administration } = services;
  if (controls.registered !== 'registered')
    return inconclusive(
      `the control: nobody could register from the Internet side: ${controls.registered}`,
      [sidesPath],
    );
  if (!isRefusedSignIn(controls.page))
    return inconclusive(
      `the control: the page did not answer on the administration link: ${describeVisit(controls.page)}`,
      [sidesPath],
    );
  return (
    incomplete(scans.internet, 'the Internet side', [registration.port, sip.port]) ??
    incomplete(scans.administration, 'the administration link', [administration.port])
  );
};
