import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { startAppliance } from '../reference/appliance/appliance.ts';
import type { Authorities } from '../reference/appliance/authorities/authorities.ts';
import { applianceParts, type ApplianceParts } from '../reference/appliance/parts.ts';
import { toPem } from '../reference/core/keystore/pem.ts';
import { kamailioParts } from '../devices/kamailio/parts.ts';
import { createSmsCentre } from '../simulators/sms/centre.ts';
import { host, type Engine, type SignallingWorld } from './signalling-world.ts';

/**
 * One whole appliance in a process of its own: `node signalling-worker.ts embedded|kamailio USERS`. It prints its world as one line of
 * JSON, and ends with its standard input.
 */

const relayPorts = {
  embedded: { first: 20_000, last: 23_999 },
  kamailio: { first: 24_000, last: 27_999 },
} as const;

/** A load is one address, and each of its users calls far more often than a person. */
const signallingLimits = {
  messageRate: 1e6,
  messageBurst: 1e6,
  transactions: 1e6,
  handshakingPerAddress: 512,
};

const enginesOf = async (engine: Engine) => {
  if (engine === 'embedded') return { parts: applianceParts, clear: () => Promise.resolve() };
  const { parts, clear } = await kamailioParts();
  return { parts: { ...applianceParts, ...parts }, clear };
};

/** Users' certificates come straight from the authority: the store has never heard of them, and is asked all the same. */
const takingUnknown =
  ({ clientStatus }: ApplianceParts): ApplianceParts['clientStatus'] =>
  (store) => {
    const check = clientStatus(store);
    return (certificate) => {
      const status = check(certificate);
      return status === 'unknown' ? 'good' : status;
    };
  };

/** Users share one key because making keys is slow. */
const worldOf = async (
  authorities: Authorities,
  port: number,
  users: number,
): Promise<SignallingWorld> => {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = new Uint8Array(keys.publicKey.export({ type: 'spki', format: 'der' }));
  const certified: { readonly number: string; readonly certificate: string }[] = [];
  for (let index = 0; index < users; index += 1) {
    const number = `+336398${String(index).padStart(5, '0')}`;
    const der = await authorities.issueClientCertificate(number, spki);
    const certificate = toPem('CERTIFICATE', der) + authorities.trust.clientAuthority;
    certified.push({ number, certificate });
  }
  return {
    port,
    trust: authorities.trust,
    credentials: await authorities.issueServerCertificate([host]),
    users: certified,
    clientKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

const run = async (engine: Engine, users: number): Promise<void> => {
  const { parts, clear } = await enginesOf(engine);
  const made: Authorities[] = [];
  const appliance = await startAppliance(
    {
      host,
      sipPort: 0,
      registrationPort: 0,
      relay: { host, ...relayPorts[engine] },
      sms: createSmsCentre(),
      signallingLimits,
      onRefusal: ({ code, detail }) => process.stderr.write(`${engine}: ${code}: ${detail}\n`),
    },
    {
      ...parts,
      clientStatus: takingUnknown(parts),
      async createAuthorities(world) {
        const authorities = await parts.createAuthorities(world);
        made.push(authorities);
        return authorities;
      },
    },
  ).catch(async (error: unknown) => {
    await clear();
    throw error;
  });
  const [authorities] = made;
  if (authorities === undefined) throw new Error('the appliance made no authorities');
  const ended = once(process.stdin.resume(), 'end');
  process.stdout.write(
    `${JSON.stringify(await worldOf(authorities, appliance.sip.port, users))}\n`,
  );
  await ended;
  await appliance.stop();
  await clear();
};

await run(process.argv[2] === 'kamailio' ? 'kamailio' : 'embedded', Number(process.argv[3]));
