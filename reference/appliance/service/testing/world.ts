import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdCeremony } from '../../authorities/ceremony.ts';
import { parseConfiguration } from '../../configuration/read.ts';
import type { ApplianceConfiguration } from '../../configuration/schema.ts';
import { createLog } from '../../logging/log.ts';
import { startService, type RunningService } from '../compose.ts';
import type { ServiceWorld } from '../context.ts';

export const passphrase = 'correct horse battery staple';

/** A folder with authorities, a passphrase file and a configuration for the loopback interface, on ports that the system chooses. */
export interface ServiceFolder {
  readonly folder: string;
  readonly file: string;
  /** The configuration's text, with a line changed. */
  readonly text: (from?: string, to?: string) => string;
  remove(): void;
}

/** What simulated lines name in their session descriptions: no port of the relay. */
const portOfLines = 40_000;

/** A UDP port that was free a moment ago, with room for a range behind it. */
const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return Math.abs(port - portOfLines) < 200 ? freePort() : Math.min(port, 65_000);
};

export const makeServiceFolder = async (): Promise<ServiceFolder> => {
  const folder = mkdtempSync(join(tmpdir(), 'appliance-'));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'passphrase'), `${passphrase}\n`, { mode: 0o600 });
  await holdCeremony({
    rootFolder: join(folder, 'root'),
    folder: join(folder, 'authorities'),
    rootPassphrase: Buffer.from('another passphrase, kept apart'),
    passphrase: Buffer.from(passphrase),
    now: Date.now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  });
  const first = await freePort();
  const configuration = `internet:
  host: 127.0.0.1
  sip: { port: 0 }
  registration: { port: 0 }
  relay: { first: ${first}, last: ${first + 99}, mode: plain }
administration: { host: 127.0.0.1, port: 0 }
state: state
authorities: { folder: authorities, passphrase: { file: passphrase } }
sms: { kind: simulated }
metrics: { port: 0 }
limits: { stopSeconds: 2 }
`;
  const file = join(folder, 'appliance.yaml');
  writeFileSync(file, configuration);
  return {
    folder,
    file,
    text: (from = '', to = '') => configuration.replace(from, to),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** An appliance in this process, with everything that its log and its terminal were told. */
export interface ServedHere {
  readonly service: RunningService;
  readonly configuration: ApplianceConfiguration;
  readonly lines: readonly string[];
  readonly shown: readonly string[];
}

export const serveHere = async (
  { file, text }: ServiceFolder,
  change: Partial<Pick<ServiceWorld, 'now' | 'repeat'>> & { readonly text?: string } = {},
): Promise<ServedHere> => {
  const lines: string[] = [];
  const shown: string[] = [];
  const configuration = parseConfiguration(file, change.text ?? text());
  const log = createLog({ write: (line: string) => void lines.push(line) }, 'debug');
  const service = await startService(configuration, {
    log,
    now: change.now ?? Date.now,
    showPassword: (line) => void shown.push(line),
    ...(change.repeat === undefined ? {} : { repeat: change.repeat }),
  });
  return { service, configuration, lines, shown };
};
