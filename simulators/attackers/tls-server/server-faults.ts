import { sign } from 'node:crypto';
import { concat } from '../../../reference/core/bytes.ts';
import { freshKey, subjectNameOf, type CertifiedKey } from '../certificate-forger.ts';
import { certificatesInPem } from '../certificate-forger.ts';
import { overlongHeartbeat } from '../tls-client/heartbeat.ts';
import { extensionType, type OutgoingMessage } from '../tls-client/outgoing.ts';
import type { OutgoingRecord } from '../tls-client/records.ts';
import { rightGroup, wrongGroups, wrongPublicValues } from './groups.ts';
import type { Hierarchy } from './hierarchy.ts';
import type { HostileBehaviour } from './hostile-server.ts';
import type { ServerHooks } from './server-model.ts';

type ServerHelloOf = Extract<OutgoingMessage, { readonly kind: 'server-hello' }>['fields'];

const onMessage =
  <Kind extends OutgoingMessage['kind']>(
    kind: Kind,
    change: (
      message: Extract<OutgoingMessage, { readonly kind: Kind }>,
    ) => readonly OutgoingMessage[],
  ): NonNullable<ServerHooks['outgoing']> =>
  (message) =>
    message.kind === kind
      ? change(message as Extract<OutgoingMessage, { readonly kind: Kind }>)
      : [message];

const hello = (change: (fields: ServerHelloOf) => Partial<ServerHelloOf>): ServerHooks => ({
  outgoing: onMessage('server-hello', (message) => [
    { ...message, fields: { ...message.fields, ...change(message.fields) } },
  ]),
});

const without = (type: number) => (fields: ServerHelloOf) => ({
  extensions: fields.extensions.filter((each) => each.type !== type),
});

const flipLast = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte));

const isDone = (message: OutgoingMessage): boolean =>
  message.kind === 'handshake' && message.type === 14;

const earlyChange = { kind: 'change-cipher-spec', body: Uint8Array.of(1) } as const;

/** A key exchange signed again, with another key or by another hash. */
const resigned = (key: CertifiedKey['key'], hash: string, algorithm: number): ServerHooks => ({
  outgoing: (message, { clientHello, serverHello }) => {
    if (message.kind !== 'server-key-exchange') return [message];
    const randoms = [clientHello?.random, serverHello?.random].map(
      (each) => each ?? new Uint8Array(0),
    );
    const content = concat(...randoms, message.parameters);
    return [{ ...message, algorithm, signature: new Uint8Array(sign(hash, content, key)) }];
  },
});

const protectedRecords = (
  change: (record: OutgoingRecord) => readonly OutgoingRecord[],
): ServerHooks => ({
  record: (record) => (record.protection === null ? [record] : change(record)),
});

const versions = { 'ssl-3': 0x0300, 'tls-1.0': 0x0301, 'tls-1.1': 0x0302, 'tls-1.3': 0x0304 };
const suites = {
  'dhe-aes128-gcm': 0x009e,
  'ecdhe-aes256-gcm': 0xc030,
  'dhe-aes256-cbc': 0x006b,
  'rsa-aes256-gcm': 0x009d,
  'anonymous-aes256-gcm': 0x00a7,
  'rsa-null-sha256': 0x003b,
  'dhe-export-des40': 0x0014,
  'rsa-export-rc4': 0x0003,
};

const entries = <Value, Made>(
  values: Readonly<Record<string, Value>>,
  make: (value: Value) => Made,
): readonly (readonly [string, Made])[] =>
  Object.entries(values).map(([name, value]) => [name, make(value)] as const);

/** Hooks of every fault of the handshake that leaves the group alone, by name. */
const handshakeFaults = (own: CertifiedKey): readonly (readonly [string, ServerHooks])[] => [
  ...entries(versions, (version) => hello(() => ({ version }))).map(
    ([name, hooks]) => [`version-${name}`, hooks] as const,
  ),
  ...entries(suites, (suite) => hello(() => ({ suite }))).map(
    ([name, hooks]) => [`suite-${name}`, hooks] as const,
  ),
  ['compression-deflate', hello(() => ({ compression: 1 }))],
  ['no-renegotiation-info', hello(without(extensionType.renegotiationInfo))],
  [
    'signature-altered',
    {
      outgoing: onMessage('server-key-exchange', (message) => [
        { ...message, signature: flipLast(message.signature) },
      ]),
    },
  ],
  ['signature-other-key', resigned(freshKey(), 'sha256', 0x0401)],
  ['signature-sha1', resigned(own.key, 'sha1', 0x0201)],
  ['signature-md5', resigned(own.key, 'md5', 0x0101)],
  [
    'certificate-empty',
    { outgoing: onMessage('certificate', (message) => [{ ...message, chain: [] }]) },
  ],
  ['certificate-absent', { outgoing: onMessage('certificate', () => []) }],
  [
    'certificate-order',
    {
      outgoing: onMessage('certificate', (message) => [
        { ...message, chain: message.chain.toReversed() },
      ]),
    },
  ],
  ['key-exchange-absent', { outgoing: onMessage('server-key-exchange', () => []) }],
  [
    'early-change-cipher-spec',
    { outgoing: (message) => (isDone(message) ? [earlyChange, message] : [message]) },
  ],
  ['change-cipher-spec-absent', { outgoing: onMessage('change-cipher-spec', () => []) }],
  [
    'finished-altered',
    {
      outgoing: onMessage('finished', (message) => [
        { ...message, verifyData: flipLast(message.verifyData) },
      ]),
    },
  ],
  [
    'tag-altered',
    { sealed: (bytes, { protection }) => (protection === null ? bytes : flipLast(bytes)) },
  ],
  ['plaintext-after-change', protectedRecords((record) => [{ ...record, protection: null }])],
];

/** What a hostile server does to phones, by name; each differs from the right behaviour by one thing. */
export interface ServerFaults {
  readonly right: HostileBehaviour;
  /** No phone may complete a handshake. */
  readonly refused: ReadonlyMap<string, HostileBehaviour>;
  /** Servers may do without; what phones do is reported. */
  readonly observed: ReadonlyMap<string, HostileBehaviour>;
  /** Comes once the phone is registered. */
  readonly afterwards: ReadonlyMap<string, HostileBehaviour>;
}

/** Every behaviour of a hostile server that has a right certificate of these authorities. */
export const serverFaults = ({ server, trust }: Hierarchy): ServerFaults => {
  const authority = certificatesInPem(trust.clientAuthority).map(subjectNameOf);
  const issuers = certificatesInPem(trust.serverAuthority);
  const right: HostileBehaviour = {
    chain: [server.certificate, ...issuers],
    privateKey: server.key,
    group: rightGroup,
    authorities: authority,
  };
  const withGroup = entries({ ...wrongGroups, ...wrongPublicValues }, (group) => ({
    ...right,
    group,
  }));
  const withHooks = handshakeFaults(server).map(
    ([name, hooks]) => [name, { ...right, hooks }] as const,
  );
  return {
    right,
    refused: new Map<string, HostileBehaviour>([...withGroup, ...withHooks]),
    observed: new Map<string, HostileBehaviour>([
      [
        'no-extended-master-secret',
        { ...right, hooks: hello(without(extensionType.extendedMasterSecret)) },
      ],
      [
        'no-certificate-request',
        { ...right, hooks: { outgoing: onMessage('certificate-request', () => []) } },
      ],
    ]),
    afterwards: new Map<string, HostileBehaviour>([
      [
        'hello-request',
        {
          ...right,
          afterRegistration: (own) =>
            own.say({ kind: 'handshake', type: 0, body: new Uint8Array(0) }),
        },
      ],
      ['heartbeat-overlong', { ...right, afterRegistration: (own) => own.say(overlongHeartbeat) }],
    ]),
  };
};
