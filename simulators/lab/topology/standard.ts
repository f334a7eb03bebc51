import { type CheckedTopology, checkTopology } from './check.ts';
import type { LabHost, Link, Segment, Topology } from './schema.ts';

/** How the standard world may differ. */
export interface StandardOptions {
  /** Names of the phones' hosts, each on an access network of its own. */
  readonly phones: readonly string[];
  /** Of every access network's router. */
  readonly translation: 'none' | 'port-restricted' | 'symmetric';
  readonly family: 'ipv4' | 'ipv6';
  /** Of every phone. */
  readonly link?: Link;
}

/** The phones that the scenarios use. */
export const standardPhones = ['alice', 'bob', 'carol', 'dave', 'erin', 'grace', 'heidi'] as const;

/** The name by which phones find the appliance. */
const applianceName = 'appliance.example';

const internet = 'internet';
const administration = 'administration';

/** As RFC 5952 writes it, because hosts are known by the very text. */
const ipv6Network = (network: number): string =>
  network === 0 ? '2001:db8' : `2001:db8:${network}`;

/** An address of either family: the same host number in both. */
const at = (options: StandardOptions, network: number, host: number) =>
  options.family === 'ipv4'
    ? { ipv4: network === 0 ? `203.0.113.${host}` : `10.${network}.0.${host}` }
    : { ipv6: `${ipv6Network(network)}::${host}` };

const prefix = (options: StandardOptions, network: number) =>
  options.family === 'ipv4'
    ? { ipv4: network === 0 ? '203.0.113.0/24' : `10.${network}.0.0/24` }
    : { ipv6: `${ipv6Network(network)}::/64` };

const access = (
  options: StandardOptions,
  phone: string,
  index: number,
): { readonly segment: Segment; readonly hosts: readonly LabHost[] } => {
  const segment = `access-${phone}`;
  const network = index + 1;
  const router = `router-${phone}`;
  const { translation } = options;
  return {
    segment: { name: segment, ...prefix(options, network) },
    hosts: [
      {
        name: phone,
        role: 'phone',
        gateway: router,
        attachments: [
          { segment, ...at(options, network, 2), ...(options.link ? { link: options.link } : {}) },
        ],
      },
      {
        name: router,
        role: 'router',
        attachments: [
          { segment, ...at(options, network, 1) },
          { segment: internet, ...at(options, 0, 100 + network) },
        ],
        ...(translation === 'none' ? {} : { translation: { kind: translation, into: internet } }),
      },
    ],
  };
};

/**
 * The world of the security target: each phone on an access network behind a router, the appliance on the Internet with an
 * administration link of its own (target 2.3.3), the testbed as one more host of the Internet, and an attacker beside the
 * first phone.
 */
export const standardTopology = (options: StandardOptions): CheckedTopology => {
  const networks = options.phones.map((phone, index) => access(options, phone, index));
  const topology: Topology = {
    name: 'standard',
    segments: [
      { name: internet, ...prefix(options, 0) },
      { name: administration, ...prefix(options, 200) },
      ...networks.map(({ segment }) => segment),
    ],
    hosts: [
      {
        name: 'appliance',
        role: 'appliance',
        aliases: [applianceName],
        attachments: [
          { segment: internet, ...at(options, 0, 10) },
          { segment: administration, ...at(options, 200, 1) },
        ],
      },
      {
        name: 'administrator',
        role: 'administration',
        attachments: [{ segment: administration, ...at(options, 200, 2) }],
      },
      ...networks.flatMap(({ hosts }) => hosts),
      ...options.phones.slice(0, 1).map((phone): LabHost => ({
        name: `beside-${phone}`,
        role: 'attacker',
        gateway: `router-${phone}`,
        attachments: [{ segment: `access-${phone}`, ...at(options, 1, 66) }],
      })),
    ],
    testbed: { segment: internet, ...at(options, 0, 66) },
  };
  const checked = checkTopology(topology);
  if (checked.ok) return checked.value;
  const faults = checked.error.map(({ at: place, problem }) => `${place}: ${problem}`);
  throw new Error(`the standard topology cannot be built: ${faults.join('; ')}`);
};

/** The world in which an evaluation runs unless told otherwise. */
export const usualTopology = (): CheckedTopology =>
  standardTopology({ phones: standardPhones, translation: 'none', family: 'ipv4' });
