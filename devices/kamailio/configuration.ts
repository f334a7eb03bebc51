import { relayWords, routing } from './routing.ts';

/** Where one Kamailio listens and what it works with. */
export interface KamailioSettings {
  /** Address of the Internet side, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path of tls.cfg. */
  readonly tlsFile: string;
  /** Path of the control socket. */
  readonly controlSocket: string;
  /** Address and port of the relay's ng protocol. */
  readonly relayControl: string;
  /** What the routes show to the appliance's own relay; absent where it is rtpengine. */
  readonly relayToken?: string;
  /** CommonName of the client authority: whose certificates are phones' (target 5.2). */
  readonly clientAuthorityName: string;
}

/** Files that Kamailio's TLS side reads. */
export interface TlsFiles {
  readonly privateKey: string;
  readonly certificateChain: string;
  /** PEM of root and client authority. */
  readonly trust: string;
  /** PEM lists of the root and the client authority: OpenSSL asks for one of each link of the chain. */
  readonly lists: string;
}

const modules = (
  'kex corex tls tm sl rr pv maxfwd textops textopsx siputils xlog sanity crypto ' +
  'usrloc registrar nathelper htable tcpops rtimer ctl rtpengine'
).split(' ');

/** Host of a SIP URI: IPv6 in brackets. */
export const uriHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/** Regular expressions of the server's own address: as a URI has it, with the port or without, and as its Via has it. */
const ownPlaces = ({ host, port }: KamailioSettings) => {
  const literal = uriHost(host).replaceAll(/[[\].]/g, (sign) =>
    sign === '.' ? '[.]' : `\\${sign}`,
  );
  return { ownAddress: `${literal}(:${port})?`, ownVia: `${literal}:${port}([ ;,]|$)` };
};

/** A string of Kamailio's configuration; throws on what would end it. */
const quoted = (text: string): string => {
  if (/["\\\r\n#$]/.test(text))
    throw new Error(`kamailio: "${text}" cannot stand in its configuration; choose another name`);
  return `"${text}"`;
};

const parameters = (settings: KamailioSettings): readonly (readonly [string, string, string])[] => [
  ['tls', 'config', quoted(settings.tlsFile)],
  ['tls', 'connection_timeout', '10'],
  ['ctl', 'binrpc', quoted(`unix:${settings.controlSocket}`)],
  ['rr', 'enable_full_lr', '1'],
  ['tm', 'fr_timer', '32000'],
  ['tm', 'fr_inv_timer', '180000'],
  ['usrloc', 'db_mode', '0'],
  ['usrloc', 'timer_interval', '1'],
  ['usrloc', 'handle_lost_tcp', '1'],
  ['registrar', 'max_expires', '3600'],
  ['registrar', 'default_expires', '3600'],
  ['registrar', 'max_contacts', '0'],
  ['nathelper', 'received_avp', '"$avp(received)"'],
  ['registrar', 'received_avp', '"$avp(received)"'],
  ['htable', 'htable', '"blocked=>size=8"'],
  ['htable', 'htable', '"denied=>size=8"'],
  ['htable', 'htable', '"closing=>size=6"'],
  ['htable', 'htable', '"owners=>size=10"'],
  ['htable', 'htable', '"asked=>size=10;autoexpire=300;updateexpire=1"'],
  ['htable', 'htable', '"calls=>size=10;autoexpire=43200;updateexpire=0"'],
  ['tcpops', 'closed_event', '1'],
  ['rtimer', 'timer', '"name=closing;interval=20000u;mode=1;"'],
  ['rtimer', 'exec', '"timer=closing;route=CLOSING"'],
  ['rtpengine', 'rtpengine_sock', quoted(`udp:${settings.relayControl}`)],
  ['rtpengine', 'rtpengine_disable_tout', '1'],
  ['rtpengine', 'rtpengine_retr', '2'],
];

/**
 * kamailio.cfg of one appliance: registrar and proxy of 2.2 with the identity rule of 5.2, over mutual TLS only. One process reads
 * all connections: with more, 5.6.3 crashes under OpenSSL 3 (its issue 3791).
 */
export const kamailioConfiguration = (settings: KamailioSettings): string => `#!KAMAILIO
# Made by the testbed from the appliance's description; changes are lost.
debug=1
log_stderror=yes
log_color=no
fork=yes
children=1
tcp_children=1
enable_tls=yes
listen=tls:${uriHost(settings.host)}:${settings.port}
auto_aliases=no
# The SIP domain, whatever the port.
alias="${uriHost(settings.host)}"
dns=no
rev_dns=no
server_signature=no
sip_warning=0
tcp_rd_buf_size=65536
tcp_max_connections=4096
tls_max_connections=4096
# Until the first request; then as long as a registration.
tcp_connection_lifetime=10
tcp_accept_no_cl=no
tcp_no_connect=yes

${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}

${parameters(settings)
  .map(([module, name, value]) => `modparam("${module}", "${name}", ${value})`)
  .join('\n')}

${routing({
  clientAuthorityName: quoted(settings.clientAuthorityName),
  ...ownPlaces(settings),
  relay: relayWords(settings.relayToken),
})}`;

/** tls.cfg: the one suite of target 5.1; the group follows the server's key, so RSA 2048 gives 2048 bits. */
export const tlsConfiguration = (files: TlsFiles): string => `[server:default]
method = TLSv1.2
verify_certificate = yes
require_certificate = yes
private_key = ${files.privateKey}
certificate = ${files.certificateChain}
ca_list = ${files.trust}
crl = ${files.lists}
cipher_list = DHE-RSA-AES256-GCM-SHA384

[client:default]
method = TLSv1.2
verify_certificate = yes
require_certificate = yes
ca_list = ${files.trust}
cipher_list = DHE-RSA-AES256-GCM-SHA384
`;
