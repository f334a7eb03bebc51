import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { tlsOptionsOf } from '../simulators/load/line.ts';
import { startOwnProcess, type OwnProcess } from './own-process.ts';
import type { SignallingWorld } from './signalling-world.ts';

const program = '/usr/sbin/kamailio';

const modules = [
  'kex',
  'corex',
  'tls',
  'tm',
  'sl',
  'rr',
  'pv',
  'maxfwd',
  'textops',
  'siputils',
  'usrloc',
  'registrar',
];

/** Registrar and proxy that do what the appliance does: identity by certificate, routing back on the phone's connection. */
const configurationOf = (host: string, port: number, tlsFile: string): string => `#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
tcp_children=1
enable_tls=yes
listen=tls:${host}:${port}
tcp_rd_buf_size=65536
tcp_max_connections=4096
tls_max_connections=4096
tcp_connection_lifetime=3605
auto_aliases=no
dns=no
rev_dns=no
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("tls", "config", "${tlsFile}")
modparam("rr", "enable_full_lr", 1)
modparam("usrloc", "db_mode", 0)
request_route {
  if (!mf_process_maxfwd_header("70")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if ($fU != $tls_peer_subject_cn) { sl_send_reply("403", "Forbidden"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (is_method("REGISTER")) {
    if ($tU != $tls_peer_subject_cn) { sl_send_reply("403", "Forbidden"); exit; }
    save("location", "0x04");
    exit;
  }
  set_forward_no_connect();
  if (has_totag()) {
    if (loose_route()) t_relay();
    exit;
  }
  record_route();
  if (!lookup("location")) { sl_send_reply("480", "Temporarily Unavailable"); exit; }
  t_relay();
}
`;

const tlsConfigurationOf = (path: (name: string) => string): string => `[server:default]
method = TLSv1.2
verify_certificate = yes
require_certificate = yes
private_key = ${path('server.key')}
certificate = ${path('server.pem')}
ca_list = ${path('trust.pem')}
cipher_list = DHE-RSA-AES256-GCM-SHA384
`;

/** Kamailio takes no port 0: one that was free a moment ago. */
const freePort = async (host: string): Promise<number> => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const answers = async (world: SignallingWorld, port: number): Promise<boolean> => {
  const tls = {
    privateKey: world.clientKey,
    trust: [world.trust.root, world.trust.serverAuthority],
  };
  const options = tlsOptionsOf({ host: world.host, port }, tls, world.users[0]?.certificate ?? '');
  const socket = connect(options);
  const done = await Promise.race([
    once(socket, 'secureConnect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return done;
};

/** Starts Kamailio with the world's certificates; null when it is not installed. */
export const startKamailio = async (
  world: SignallingWorld,
): Promise<{ readonly process: OwnProcess; readonly port: number } | null> => {
  if (!existsSync(program)) return null;
  const path = (name: string): string => join(world.folder, name);
  const port = await freePort(world.host);
  writeFileSync(path('server.key'), world.credentials.privateKey);
  writeFileSync(path('server.pem'), world.credentials.certificateChain);
  writeFileSync(path('trust.pem'), world.trust.root + world.trust.clientAuthority);
  writeFileSync(path('tls.cfg'), tlsConfigurationOf(path));
  writeFileSync(path('kamailio.cfg'), configurationOf(world.host, port, path('tls.cfg')));
  const options = ['-f', path('kamailio.cfg'), '-DD', '-E', '-P', path('pid'), '-m', '1024'];
  const started = startOwnProcess(program, [...options, '-M', '16', '-Y', world.folder], 'ignore');
  const deadline = performance.now() + 10_000;
  while (!(await answers(world, port)))
    if (performance.now() > deadline) {
      await started.end();
      throw new Error(`kamailio does not answer within 10 s; try: ${program} -c -f FILE`);
    }
  return { process: started, port };
};
