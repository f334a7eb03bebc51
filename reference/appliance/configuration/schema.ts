import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';

const port = z.int().min(0).max(65_535);

/** An address of a host as a text; not `0.0.0.0` or `::`, because certificates, SDP and firewall rules name it. */
const address = z
  .string()
  .refine((text) => isIP(text) !== 0, 'is not an IPv4 or IPv6 address')
  .refine(
    (text) => text !== '0.0.0.0' && !/^[0:]+$/.test(text),
    'must be one address of this host, not all of them',
  );

const hostName = z
  .string()
  .max(253)
  .regex(
    /^(?=.*[A-Za-z])([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/,
    'is not a DNS name',
  );

const path = z.string().min(1).max(4096);

/** Linux: at most 15 bytes, no slash or blank; the quotation mark would end a string of nftables. */
const device = z
  .string()
  .regex(/^[A-Za-z0-9_.@-]{1,15}$/, 'is not the name of a network interface');

const secretSource = z
  .union(
    [
      z.strictObject({ file: path.describe('a file of which the first line is the secret') }),
      z.strictObject({
        credential: z
          .string()
          .regex(/^[A-Za-z0-9_.-]{1,255}$/, 'is not the name of a credential')
          .describe('name of a credential of systemd (LoadCredential=)'),
      }),
    ],
    'secrets are never written here; give { file: PATH } or { credential: NAME }',
  )
  .describe('where the secret is: a file that only the service may read, or a credential');

const simulated = z.strictObject({
  kind: z.literal('simulated').describe('keeps the texts in memory: for trials only'),
});

const smpp = z.strictObject({
  kind: z.literal('smpp').describe('an SMPP 3.4 centre'),
  host: z.union([hostName, address]).describe('the centre'),
  port: port.min(1).default(2775).describe('its port'),
  tls: z.boolean().default(false).describe('whether the connection is TLS'),
  ca: path.optional().describe('PEM of whom its certificate leads to; else the system’s'),
  systemId: z.string().min(1).max(15).describe('the account (system_id)'),
  password: secretSource,
  sender: z.string().min(1).max(20).describe('what the texts show as their sender'),
});

const http = z.strictObject({
  kind: z.literal('http').describe('a gateway that takes HTTP requests'),
  url: z
    .url({ protocol: /^https?$/ })
    .describe('where requests go; {number} and {text} are put in'),
  method: z.enum(['GET', 'POST', 'PUT']).default('POST').describe('how'),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(1024))
    .default({})
    .describe('header fields; {secret} is put in'),
  body: z
    .string()
    .max(4096)
    .optional()
    .describe('template of the body: {number}, {text}, {secret}'),
  secret: secretSource.optional(),
});

const signallingLimits = z
  .strictObject({
    connections: z.int().min(1).describe('TLS connections in all'),
    connectionsPerAddress: z.int().min(1).describe('of one address; many phones may share one'),
    connectionsPerUser: z.int().min(1).describe('of one certificate'),
    handshaking: z.int().min(1).describe('connections in their handshake, in all'),
    handshakingPerAddress: z
      .int()
      .min(1)
      .describe('connections in their handshake, of one address'),
    calls: z.int().min(1).describe('calls under way in all'),
    callsPerUser: z.int().min(1).describe('calls under way that one user began'),
  })
  .partial()
  .describe('of the SIP service; its own defaults for what is left out');

const firewallLimits = z
  .strictObject({
    connectionsPerSecond: z
      .int()
      .min(1)
      .max(100_000)
      .default(500)
      .describe('new TCP connections of one source (IPv4 address, IPv6 /64) in the long run'),
    connectionBurst: z.int().min(1).max(1_000_000).default(2000).describe('at once'),
  })
  .prefault({})
  .describe('of the rules on the Internet side');

const internet = z.strictObject({
  host: address.describe('address of the Internet side'),
  device: device.optional().describe('its interface; found by the address when left out'),
  sip: z
    .strictObject({
      port: port.default(5061).describe('of SIP over TLS'),
      domains: z
        .array(z.union([hostName, address], 'is neither a DNS name nor an address'))
        .max(16)
        .default([])
        .describe('SIP domains that it answers for, besides the address and names'),
    })
    .prefault({}),
  registration: z
    .strictObject({ port: port.default(443).describe('of HTTPS: enrolment, CRL and OCSP') })
    .prefault({}),
  relay: z
    .strictObject({
      first: port.min(1024).default(20_000).describe('first UDP port; a call takes four'),
      last: port.min(1024).default(29_999).describe('last UDP port'),
      mode: z
        .enum(['plain', 'batch'])
        .default('batch')
        .describe('batch: many datagrams a turn, on Linux; plain everywhere'),
    })
    .prefault({}),
});

const administration = z.strictObject({
  host: address.describe('address of the administration side'),
  device: device.optional().describe('its interface; found by the address when left out'),
  port: port.default(8443).describe('of the web page'),
  names: z
    .array(hostName)
    .max(16)
    .default([])
    .describe('DNS names under which browsers may ask for the page, besides its address'),
  clientAuthority: path
    .optional()
    .describe('PEM of an authority: only browsers with a certificate from it get in'),
});

/** Everything that the appliance is told. {@link readConfiguration} makes it from a file. */
export const configurationSchema = z.strictObject({
  names: z
    .array(hostName)
    .max(16)
    .default([])
    .describe('DNS names by which phones find the appliance; its certificates carry them'),
  internet: internet.describe('the side that phones reach'),
  administration: administration.describe('the side that administrators reach'),
  state: path.describe('folder of the database, its key and the control socket'),
  backups: path
    .optional()
    .describe('folder for the backups that the page makes; it makes none when left out'),
  authorities: z
    .strictObject({
      folder: path.describe('folder that the ceremony wrote the authorities to'),
      passphrase: secretSource,
    })
    .describe('client and server authority; the root stays offline'),
  enrolment: z
    .strictObject({
      weakKeys: path
        .optional()
        .describe('list of known weak keys, as of Debian’s openssl-blacklist; none when left out'),
    })
    .prefault({})
    .describe('what a key must be'),
  sms: z
    .discriminatedUnion('kind', [simulated, smpp, http])
    .describe('how tokens reach the owners of numbers'),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('what is written at least'),
      destination: z
        .union([z.enum(['stdout', 'stderr']), path])
        .default('stdout')
        .describe('stdout, stderr, or a file, which SIGHUP opens anew'),
    })
    .prefault({})
    .describe('lines of JSON without secrets'),
  metrics: z
    .strictObject({
      host: address.default('127.0.0.1').describe('a loopback address, or the administration side'),
      port: port.default(9464).describe('of /metrics, /health/live and /health/ready'),
    })
    .optional()
    .describe('measurements and health over HTTP; none when left out'),
  limits: z
    .strictObject({
      stopSeconds: z
        .number()
        .min(0)
        .max(300)
        .default(5)
        .describe('how long stopping may take: calls are told, answers awaited'),
      signalling: signallingLimits.default({}),
      firewall: firewallLimits,
    })
    .prefault({})
    .describe('bounds'),
});

/** What was read, with every default in its place. */
export type ApplianceConfiguration = z.output<typeof configurationSchema>;

/** Where a secret is; never the secret itself. */
export type SecretSource = ApplianceConfiguration['authorities']['passphrase'];

/** A contradiction between fields: the field, and what is wrong with it. */
export interface Contradiction {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const isLoopback = (host: string): boolean => host === '::1' || host.startsWith('127.');

/** What each field alone cannot show. */
export const contradictionsOf = ({
  internet,
  administration,
  metrics,
  sms,
}: ApplianceConfiguration): readonly Contradiction[] => {
  const found: Contradiction[] = [];
  const say = (where: string, message: string) => found.push({ path: where.split('.'), message });
  const { relay, sip, registration } = internet;
  if (relay.last - (relay.first + (relay.first % 2)) < 3)
    say('internet.relay.last', 'leaves no four ports for a call; give a larger range');
  if (sip.port !== 0 && sip.port === registration.port)
    say('internet.registration.port', 'is the port of SIP too; choose another');
  if (administration.host === internet.host && !isLoopback(administration.host))
    say('administration.host', 'is the Internet side’s; give the address of a link of its own');
  if (
    administration.host === internet.host &&
    administration.port !== 0 &&
    [sip.port, registration.port].includes(administration.port)
  )
    say('administration.port', 'is used on the same address already; choose another');
  if (metrics && !isLoopback(metrics.host) && metrics.host !== administration.host)
    say('metrics.host', 'must be a loopback address or that of the administration side');
  if (
    metrics &&
    metrics.host === administration.host &&
    metrics.port !== 0 &&
    metrics.port === administration.port
  )
    say('metrics.port', 'is the port of the administration page; choose another');
  if (sms.kind === 'smpp' && sms.ca !== undefined && !sms.tls)
    say('sms.ca', 'is of no use without TLS; set sms.tls, or remove it');
  return found;
};

/** An address as it stands in a URL or before a port. */
export const inUrl = (host: string): string => (isIPv6(host) ? `[${host}]` : host);
