import type { ApplianceInterfaces, ExposedService } from '../firewall/rules.ts';
import type { ApplianceConfiguration } from './schema.ts';

/** Ports that the services have: those of the configuration, or those that the system chose for port 0. */
export interface BoundPorts {
  readonly sip: number;
  readonly registration: number;
  readonly administration: number;
  readonly metrics: number | null;
}

/** The ports that a configuration names. */
export const configuredPorts = ({
  internet,
  administration,
  metrics,
}: ApplianceConfiguration): BoundPorts => ({
  sip: internet.sip.port,
  registration: internet.registration.port,
  administration: administration.port,
  metrics: metrics?.port ?? null,
});

const tcp = (purpose: string, port: number): ExposedService => ({
  purpose,
  protocol: 'tcp',
  first: port,
  last: port,
});

/**
 * What the appliance shows on each side, from the values that its services start with (interpretations I-8). `deviceOf` finds the
 * interface of an address whose name is not configured.
 */
export const interfacesOf = (
  configuration: ApplianceConfiguration,
  ports: BoundPorts,
  deviceOf: (address: string) => string,
): ApplianceInterfaces => {
  const { internet, administration, metrics, limits } = configuration;
  const { relay } = internet;
  const measured =
    metrics && ports.metrics !== null && metrics.host === administration.host
      ? [tcp('metrics and health', ports.metrics)]
      : [];
  return {
    internet: {
      device: internet.device ?? deviceOf(internet.host),
      services: [
        tcp('registration, CRL and OCSP over HTTPS', ports.registration),
        tcp('SIP over TLS', ports.sip),
        { purpose: 'media relay', protocol: 'udp', first: relay.first, last: relay.last },
      ],
    },
    administration: {
      device: administration.device ?? deviceOf(administration.host),
      services: [tcp('administration page', ports.administration), ...measured],
    },
    limits: limits.firewall,
  };
};
