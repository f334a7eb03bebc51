import { deviceOf } from './load.ts';
import type { ApplianceInterfaces, ExposedService } from './rules.ts';

/** Where the services of an appliance were started. */
export interface StartedServices {
  /** Address of the Internet side. */
  readonly host: string;
  /** TCP ports. */
  readonly registration: number;
  readonly sip: number;
  /** UDP ports of the media relay, both included. */
  readonly relay: { readonly first: number; readonly last: number };
  /** Null where there is no administration page. */
  readonly administration: { readonly host: string; readonly port: number } | null;
}

const tcp = (purpose: string, port: number): ExposedService => ({
  purpose,
  protocol: 'tcp',
  first: port,
  last: port,
});

/** What an appliance shows on each side, from the values that its services started with (interpretations I-8). */
export const exposedBy = (services: StartedServices): ApplianceInterfaces => {
  const { host, registration, sip, relay, administration } = services;
  return {
    internet: {
      device: deviceOf(host),
      services: [
        tcp('registration over HTTPS', registration),
        tcp('SIP over TLS', sip),
        { purpose: 'media relay', protocol: 'udp', first: relay.first, last: relay.last },
      ],
    },
    ...(administration === null
      ? {}
      : {
          administration: {
            device: deviceOf(administration.host),
            services: [tcp('administration page', administration.port)],
          },
        }),
  };
};
