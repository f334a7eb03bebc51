import { toBase64 } from '../../../reference/core/bytes.ts';
import { offerPlainSip } from '../../../simulators/attackers/plain-sip.ts';
import { shownChain } from '../../../simulators/attackers/shown-chain.ts';
import { scanTls } from '../../../simulators/attackers/tls-scan.ts';
import type { Activity } from '../../campaign/activity.ts';

/** Milliseconds for each connection of the scan. */
const deadlineMs = 3_000;

/** The only profile that section 5.1 allows. */
const onlyProfile = { version: 'TLSv1.2', suite: 0x009f } as const;

/** The port that RFC 3261 gives to SIP in clear. */
const plainPort = 5060;

/** Every version and suite offered to both TLS ports, and SIP in clear to the SIP port and to 5060. */
export const scan: Activity = {
  id: 'scan',
  title: 'both TLS ports are offered every version and suite, and SIP in clear',
  effect: 'opens some hundred TLS connections to each of the two ports, and sends SIP in clear',
  disturbs: false,
  needs: [],
  after: [],
  captured: false,
  async run(world) {
    const { sip, registration, trust } = await (await world.appliance()).describe();
    const options = { deadlineMs, expected: onlyProfile };
    await world.write('sip.json', await scanTls(sip, options));
    const ports = [
      { service: 'sip', endpoint: sip },
      { service: 'registration', endpoint: registration },
    ] as const;
    const servers = await Promise.all(
      ports.map(async ({ service, endpoint }) => ({
        service,
        host: endpoint.host,
        chain: (await shownChain(endpoint, deadlineMs)).map(toBase64),
      })),
    );
    await world.write('servers.json', { at: Date.now(), trust, servers });
    const places = [sip.port, plainPort].flatMap((port) =>
      (['tcp', 'udp'] as const).map((transport) => ({ port, transport })),
    );
    const plain = await Promise.all(
      places.map(async ({ port, transport }) => ({
        port,
        transport,
        attempts: await offerPlainSip(
          { endpoint: { host: sip.host, port }, transport },
          deadlineMs,
        ),
      })),
    );
    await world.write('plain-sip.json', plain);
    // Behind the offers in clear, so that it also shows that the appliance was still there.
    await world.write('registration.json', await scanTls(registration, options));
  },
};
