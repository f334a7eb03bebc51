/** Ports of one service, both ends included. */
export interface ExposedService {
  /** What answers there, in words. */
  readonly purpose: string;
  readonly protocol: 'tcp' | 'udp';
  readonly first: number;
  readonly last: number;
}

/** Everything that may be reached from outside; nothing else answers (interpretations I-8). Services start from the same values. */
export interface ApplianceInterfaces {
  /** The Internet side (target 2.3.3). */
  readonly internet: { readonly device: string; readonly services: readonly ExposedService[] };
  /** The administration link; absent while there is none. */
  readonly administration?: {
    readonly device: string;
    readonly services: readonly ExposedService[];
  };
}

const portsOf = ({ first, last }: ExposedService): string =>
  first === last ? String(first) : `${first}-${last}`;

const admit = (device: string, services: readonly ExposedService[]): readonly string[] =>
  services.map(
    (service) =>
      `    iifname "${device}" ${service.protocol} dport ${portsOf(service)} accept comment "${service.purpose}"`,
  );

/** IPv6 hosts find each other by these (RFC 4890 section 4.4.1); nothing answers an echo request. */
const neighbourDiscovery = 'nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert';

/** The appliance's rules for nftables: what the description names gets in, answers get in, everything else is dropped, and nothing is forwarded. */
export const nftablesRules = ({ internet, administration }: ApplianceInterfaces): string =>
  [
    'table inet discretio',
    'delete table inet discretio',
    'table inet discretio {',
    '  chain input {',
    '    type filter hook input priority filter; policy drop;',
    '    iif lo accept',
    '    ct state established,related accept',
    '    ct state invalid drop',
    `    icmpv6 type { ${neighbourDiscovery} } accept`,
    ...admit(internet.device, internet.services),
    ...(administration ? admit(administration.device, administration.services) : []),
    '  }',
    '  chain forward {',
    '    type filter hook forward priority filter; policy drop;',
    '  }',
    '}',
    '',
  ].join('\n');
