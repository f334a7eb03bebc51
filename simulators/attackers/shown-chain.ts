import type { Endpoint } from './endpoint.ts';
import { converse } from './tls-client/conversation.ts';

/** Certificates (DER, its own first) that a server shows to who offers the suite of the target and trusts everybody; none where it shows none in time. */
export const shownChain = async (
  endpoint: Endpoint,
  deadlineMs: number,
): Promise<readonly Uint8Array[]> => {
  const { seen } = await converse({
    endpoint,
    deadlineMs,
    settings: {
      hello: { version: 0x0303, suites: [0x009f], host: endpoint.host },
      stopAtServerHelloDone: true,
    },
    script: ({ kind }) => (kind === 'server-hello-done' ? 'done' : new Uint8Array(0)),
  });
  return seen.certificates;
};
