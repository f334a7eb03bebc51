/** Ports of one service, both ends included. */
export interface ExposedService {
  /** What answers there, in words. */
  readonly purpose: string;
  readonly protocol: 'tcp' | 'udp';
  readonly first: number;
  readonly last: number;
}

/** New TCP connections from the Internet that one source (IPv4 address, IPv6 /64) may begin: per second in the long run, and at once. */
export interface ConnectionLimits {
  readonly connectionsPerSecond: number;
  readonly connectionBurst: number;
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
  /** {@link defaultConnectionLimits} when absent. */
  readonly limits?: ConnectionLimits;
}

/** Far above what a network full of phones or a probe (1000 connections) begins, far below what TLS handshakes would cost a core. */
export const defaultConnectionLimits: ConnectionLimits = {
  connectionsPerSecond: 500,
  connectionBurst: 2000,
};

const portsOf = ({ first, last }: ExposedService): string =>
  first === last ? String(first) : `${first}-${last}`;

const admit = (device: string, services: readonly ExposedService[]): readonly string[] =>
  services.map(
    (service) =>
      `    iifname "${device}" ${service.protocol} dport ${portsOf(service)} accept comment "${service.purpose}"`,
  );

/** IPv6 hosts find each other by these, from the same link only (RFC 4861 section 6.1, RFC 4890 section 4.4.1); nothing answers an echo request. */
const neighbourDiscovery = 'nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert';

/** Sources remembered, and how long (seconds) after their last new connection; beyond that number the newest go uncounted. */
const newcomers = (family: 4 | 6): string =>
  `  set newcomers${family} { type ipv${family}_addr; size 65535; flags dynamic,timeout; timeout 60s; }`;

/** Only what would be admitted counts, so that a scan of closed ports uses up nothing. */
const restrain = (
  device: string,
  services: readonly ExposedService[],
  { connectionsPerSecond, connectionBurst }: ConnectionLimits,
): readonly string[] => {
  const ports = services.filter(({ protocol }) => protocol === 'tcp').map(portsOf);
  if (ports.length === 0) return [];
  const over = `limit rate over ${connectionsPerSecond}/second burst ${connectionBurst} packets`;
  // The key's family makes each rule apply to packets of that family alone.
  const rule = (family: 4 | 6, source: string): string =>
    `    iifname "${device}" tcp dport { ${ports.join(', ')} } ct state new add @newcomers${family} { ${source} ${over} } drop comment "too many connections of one source"`;
  return [rule(4, 'ip saddr'), rule(6, 'ip6 saddr & ffff:ffff:ffff:ffff::')];
};

const sameDevice = (device: string): Error =>
  new Error(
    `firewall: Internet and administration side are both on ${device}, where no rule can tell them apart; give the administration a link of its own`,
  );

const checkPorts = (services: readonly ExposedService[]): void => {
  const open = services.find(({ first }) => first === 0);
  if (open)
    throw new Error(`firewall: ${open.purpose} has port 0, so no rule can name it; give it a port`);
};

/**
 * The appliance's rules for nftables, IPv4 and IPv6 alike: what the description names gets in on its own side, answers get in,
 * everything else is dropped, and nothing is forwarded. Throws one line when the description leaves the sides or a port open.
 */
export const nftablesRules = ({
  internet,
  administration,
  limits,
}: ApplianceInterfaces): string => {
  if (administration?.device === internet.device) throw sameDevice(internet.device);
  checkPorts([...internet.services, ...(administration?.services ?? [])]);
  return [
    'table inet discretio',
    'delete table inet discretio',
    'table inet discretio {',
    newcomers(4),
    newcomers(6),
    '  chain input {',
    '    type filter hook input priority filter; policy drop;',
    '    iif lo accept',
    '    ct state established,related accept',
    '    ct state invalid drop',
    `    icmpv6 type { ${neighbourDiscovery} } ip6 hoplimit 255 accept`,
    ...restrain(internet.device, internet.services, limits ?? defaultConnectionLimits),
    ...admit(internet.device, internet.services),
    ...(administration ? admit(administration.device, administration.services) : []),
    '  }',
    '  chain forward {',
    '    type filter hook forward priority filter; policy drop;',
    '  }',
    '}',
    '',
  ].join('\n');
};
