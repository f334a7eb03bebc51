import type { WireFacts } from '../wire/facts-model.ts';

/** What an evaluator should know of a capture that is no verdict on a claim. */
export const captureObservations = (
  facts: WireFacts,
): readonly { readonly id: string; readonly text: string }[] => [
  ...facts.problems.map(({ code, offset, detail }) => ({
    id: 'capture-problem',
    text: `${code} at byte ${offset}${detail === undefined ? '' : `: ${detail}`}`,
  })),
  ...facts.tlsSessions
    .filter(({ service }) => service === 'other')
    .map(({ client, server, suiteName }) => ({
      id: 'tls-elsewhere',
      text: `TLS from ${client.host}:${client.port} to ${server.host}:${server.port} (${suiteName ?? 'no suite chosen'}) belongs to no claim; --sip-port and --registration-port name the ports that do`,
    })),
  ...facts.tlsSessions
    .filter(
      ({ service, established, alerts }) =>
        service !== 'other' && !established && alerts.length > 0,
    )
    .map(({ client, server }) => ({
      id: 'handshake-refused',
      text: `a handshake from ${client.host}:${client.port} to ${server.host}:${server.port} was refused; it is no session`,
    })),
  ...facts.other.map(({ what, count, example }) => ({
    id: 'not-read',
    text: `${count} × ${what}, the first: ${example}`,
  })),
];
