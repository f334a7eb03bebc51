import type { Endpoint } from '../../simulators/attackers/endpoint.ts';
import type {
  ClientIdentity,
  ClientSettings,
} from '../../simulators/attackers/tls-client/client-model.ts';
import {
  converse,
  type Conversation,
  type ConversationScript,
} from '../../simulators/attackers/tls-client/conversation.ts';
import type { ConnectionPool } from '../../simulators/attackers/tls-client/pool.ts';
import type { TlsProfile } from '../../simulators/attackers/tls-scan.ts';
import { versionNumber, type TlsVersion } from '../../simulators/attackers/tls-wire.ts';
import { suiteName } from '../../simulators/attackers/iana-suites.ts';

/** The one profile that section 5.1 allows. */
export const wantedProfile = { version: 'TLSv1.2', suite: 0x009f } as const;

/** What every step of a probe works with. */
export interface ProbeContext {
  readonly endpoint: Endpoint;
  readonly pool: ConnectionPool;
  /** Milliseconds for each connection. */
  readonly deadlineMs: number;
  /** Milliseconds to wait for an answer that a server may rightly not give. */
  readonly quietMs: number;
  readonly identity: ClientIdentity | null;
}

const nothing = new Uint8Array(0);

/** Whether a profile is the one of section 5.1. */
export const isWanted = ({ version, suite }: TlsProfile): boolean =>
  version === wantedProfile.version && suite === wantedProfile.suite;

/** Such as `TLSv1.2 TLS_DHE_RSA_WITH_AES_256_GCM_SHA384`. */
export const profileName = ({ version, suite }: TlsProfile): string =>
  version === 'SSLv2'
    ? `SSLv2 cipher kind 0x${suite.toString(16).padStart(6, '0')}`
    : `${versionText(version)} ${suiteName(suite)}`;

const versionText = (version: TlsVersion): string =>
  typeof version === 'number' ? `0x${version.toString(16).padStart(4, '0')}` : version;

/** Hello settings for one profile at the probed server. */
export const helloFor = (
  context: ProbeContext,
  { version, suite }: TlsProfile,
): ClientSettings['hello'] => ({
  version: versionNumber(version),
  suites: [suite],
  host: context.endpoint.host,
});

/** One conversation within the pool's limits; null once a limit is reached. */
export const talk = (
  context: ProbeContext,
  settings: Omit<ClientSettings, 'random'>,
  script: ConversationScript,
): Promise<Conversation | null> =>
  context.pool.run(
    () =>
      converse({
        endpoint: context.endpoint,
        settings,
        deadlineMs: context.deadlineMs,
        quietMs: context.quietMs,
        script,
      }),
    ({ end }) => end.kind === 'deadline',
  );

/** Reads the server's flight for a profile offered alone, and hangs up. */
export const readFlight = (
  context: ProbeContext,
  profile: TlsProfile,
  extra: Partial<ClientSettings['hello']> = {},
): Promise<Conversation | null> =>
  talk(
    context,
    { hello: { ...helloFor(context, profile), ...extra }, stopAtServerHelloDone: true },
    ({ kind }) => (kind === 'server-hello-done' ? 'done' : nothing),
  );

const alertNames: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  21: 'decryption_failed',
  40: 'handshake_failure',
  41: 'no_certificate',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  100: 'no_renegotiation',
  110: 'unsupported_extension',
  112: 'unrecognized_name',
  116: 'certificate_required',
};

/** An alert by name (RFC 5246 section 7.2), or its number. */
export const alertName = (description: number): string =>
  `alert ${alertNames[description] ?? description}`;

/** How a conversation ended, in words. */
export const endingOf = (conversation: Conversation | null): string => {
  if (!conversation) return 'not tried: the bound of connections was reached';
  const { end, events } = conversation;
  const telling = events.findLast(({ kind }) => kind === 'alert' || kind === 'failed');
  if (telling?.kind === 'alert') return alertName(telling.description);
  if (telling?.kind === 'failed') return `the handshake failed on our side: ${telling.code}`;
  switch (end.kind) {
    case 'done':
      return 'complete';
    case 'quiet':
      return 'no answer';
    case 'closed':
      return 'closed by the server';
    case 'reset':
      return 'reset by the server';
    case 'deadline':
      return 'no answer in time';
    case 'unreachable':
      return end.reason;
  }
};
