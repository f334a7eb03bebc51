import { sign } from 'node:crypto';
import { concat } from '../../../reference/core/bytes.ts';
import { freshKey } from '../certificate-forger.ts';
import { toInteger, uint, vector } from './bytes.ts';
import type { ClientHooks, ClientIdentity, ClientSeen, ClientSettings } from './client-model.ts';
import type { HelloSettings } from './hello.ts';
import { extensionType, type OutgoingMessage } from './outgoing.ts';
import type { OutgoingRecord } from './records.ts';

/** How far a fault lets the handshake come before it shows. */
type Stage = 'handshake' | 'data';

/** One thing that a client does otherwise than an honest one. */
export interface ClientFaultCase {
  readonly name: string;
  /** `data`: the handshake is right, what follows is not. */
  readonly stage: Stage;
  readonly settings: Omit<ClientSettings, 'random'>;
}

/** What an honest client would use; a fault changes one thing of it. */
export interface HonestClient {
  readonly hello: HelloSettings;
  /** Null where the port needs none. */
  readonly identity: ClientIdentity | null;
  /** An identity of the same number that another authority issued; null where the port needs none. */
  readonly rogue: ClientIdentity | null;
}

type Kind = OutgoingMessage['kind'];
type Of<Which extends Kind> = Extract<OutgoingMessage, { readonly kind: Which }>;

const on =
  <Which extends Kind>(
    kind: Which,
    change: (message: Of<Which>, seen: ClientSeen) => readonly OutgoingMessage[],
  ): NonNullable<ClientHooks['outgoing']> =>
  (message, seen) =>
    message.kind === kind ? change(message as Of<Which>, seen) : [message];

const flipLast = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte));

const change = { kind: 'change-cipher-spec', body: Uint8Array.of(1) } as const;
/** A ChangeCipherSpec as a record in clear, whatever is protected already. */
const changeInClear = { kind: 'raw', bytes: Uint8Array.of(20, 3, 3, 0, 1, 1) } as const;

/** A public value of the client's, and the premaster secret that a server without checks would make of it. */
const publicValue = (
  make: (prime: bigint) => bigint,
  premaster: readonly number[],
): ClientHooks => ({
  outgoing: on('client-key-exchange', (message, { keyExchange }) => {
    const prime = keyExchange?.kind === 'dh' ? keyExchange.prime : new Uint8Array(0);
    const value = uint(make(toInteger(prime)), Math.max(prime.length, 1));
    return [{ ...message, publicValue: value }];
  }),
  premaster: () => Uint8Array.from(premaster),
});

const publicValues: Readonly<Record<string, ClientHooks>> = {
  'public-0': publicValue(() => 0n, []),
  'public-1': publicValue(() => 1n, [1]),
  // Of the two secrets that p-1 can lead to, the one of an even exponent.
  'public-p-minus-1': publicValue((prime) => prime - 1n, [1]),
  'public-p': publicValue((prime) => prime, []),
  'public-p-plus-1': publicValue((prime) => prime + 1n, [1]),
};

const changeCipherSpecs: Readonly<Record<string, ClientHooks>> = {
  // Twice: a faulty server makes keys at the first and cannot open the second (CVE-2014-0224).
  'early-change-cipher-spec': {
    outgoing: on('client-key-exchange', (message) => [change, change, message]),
  },
  'change-cipher-spec-absent': { outgoing: on('change-cipher-spec', () => []) },
  'change-cipher-spec-repeated': {
    outgoing: on('change-cipher-spec', (message) => [message, changeInClear]),
  },
};

const protectedOf = (
  type: number,
  alter: (record: OutgoingRecord) => readonly OutgoingRecord[],
): ClientHooks => ({
  record: (record) =>
    record.protection !== null && record.type === type ? alter(record) : [record],
});
const handshakeType = 22;
const dataType = 23;

const withSequence = (record: OutgoingRecord, sequence: bigint): OutgoingRecord => ({
  ...record,
  protection: record.protection && { ...record.protection, sequence },
});
const brokenTag = (type: number): ClientHooks => ({
  sealed: (bytes, record) =>
    record.protection !== null && record.type === type ? flipLast(bytes) : bytes,
});
const inClear = (record: OutgoingRecord): readonly OutgoingRecord[] => [
  { ...record, protection: null },
];
/** One byte more than a record may carry (RFC 5246 section 6.2.1). */
const tooLong = 16_385;

const handshakeRecords: Readonly<Record<string, ClientHooks>> = {
  'finished-altered': {
    outgoing: on('finished', (message) => [
      { ...message, verifyData: flipLast(message.verifyData) },
    ]),
  },
  'finished-in-clear': protectedOf(handshakeType, inClear),
  'finished-tag-altered': brokenTag(handshakeType),
  'finished-sequence-wrong': protectedOf(handshakeType, (record) => [withSequence(record, 7n)]),
};

const dataRecords: Readonly<Record<string, ClientHooks>> = {
  'data-in-clear': protectedOf(dataType, inClear),
  'data-tag-altered': brokenTag(dataType),
  'data-sequence-wrong': protectedOf(dataType, (record) => [withSequence(record, 7n)]),
  'data-replayed-sequence': protectedOf(dataType, (record) => [withSequence(record, 0n)]),
  'record-too-long': protectedOf(dataType, (record) => [
    { ...record, content: concat(record.content, new Uint8Array(tooLong - record.content.length)) },
  ]),
};

const withHooks =
  (stage: Stage, { hello, identity }: HonestClient) =>
  ([name, hooks]: readonly [string, ClientHooks]): ClientFaultCase => ({
    name,
    stage,
    settings: { hello, hooks, ...(identity ? { identity } : {}) },
  });

/** Faults around the client's certificate and the proof of its key; each shows what it shows as it should but for one thing. */
const certificateFaults = (honest: HonestClient): readonly ClientFaultCase[] => {
  const { hello, identity, rogue } = honest;
  if (!identity || !rogue) return [];
  const verify = (
    make: (message: Of<'certificate-verify'>) => readonly OutgoingMessage[],
  ): ClientHooks => ({ outgoing: on('certificate-verify', make) });
  const proofs: Readonly<Record<string, ClientHooks>> = {
    'verify-altered': verify((message) => [{ ...message, signature: flipLast(message.signature) }]),
    'verify-omitted': verify(() => []),
    'verify-other-transcript': verify((message) => {
      const other = sign('sha256', new Uint8Array(64), identity.privateKey);
      return [{ ...message, signature: new Uint8Array(other) }];
    }),
  };
  return [
    {
      name: 'certificate-absent',
      stage: 'handshake',
      settings: { hello, hooks: { outgoing: on('certificate', () => []) } },
    },
    { name: 'certificate-empty', stage: 'handshake', settings: { hello } },
    // Some servers look at who issued it only once the handshake is complete.
    { name: 'certificate-rogue', stage: 'data', settings: { hello, identity: rogue } },
    {
      name: 'verify-other-key',
      stage: 'handshake',
      settings: { hello, identity: { ...identity, privateKey: freshKey() } },
    },
    ...Object.entries(proofs).map(withHooks('handshake', honest)),
  ];
};

/** A first ClientHello that already claims to renegotiate (RFC 5746 section 3.6). */
const boundAtFirst = ({ hello, identity }: HonestClient): ClientFaultCase => ({
  name: 'initial-hello-bound',
  stage: 'handshake',
  settings: {
    hello: { ...hello, renegotiation: 'none' },
    ...(identity ? { identity } : {}),
    hooks: {
      outgoing: on('client-hello', (message) => {
        const claim = {
          type: extensionType.renegotiationInfo,
          data: vector(1, new Uint8Array(12)),
        };
        const extensions = [...(message.fields.extensions ?? []), claim];
        return [{ ...message, fields: { ...message.fields, extensions } }];
      }),
    },
  },
});

/** Every fault of a client that a server must refuse, each beside the same honest client. */
export const clientFaults = (honest: HonestClient): readonly ClientFaultCase[] => [
  ...Object.entries({ ...publicValues, ...changeCipherSpecs, ...handshakeRecords }).map(
    withHooks('handshake', honest),
  ),
  ...Object.entries(dataRecords).map(withHooks('data', honest)),
  ...certificateFaults(honest),
  boundAtFirst(honest),
];

/** One byte of content in each record; protected ones take a number each. */
const ofOneByte = (record: OutgoingRecord): readonly OutgoingRecord[] =>
  record.type === 20 || record.content.length < 2
    ? [record]
    : [...record.content].map((byte, at) => ({
        ...record,
        content: Uint8Array.of(byte),
        protection: record.protection && {
          sequence: record.protection.sequence + BigInt(at),
          explicitNonce: uint(record.protection.sequence + BigInt(at), 8),
        },
      }));

/** What a server may take or leave; how it does is reported. */
export const clientOddities = ({ hello, identity }: HonestClient): readonly ClientFaultCase[] => {
  const own = identity ? { identity } : {};
  const odd = (
    name: string,
    settings: Partial<Omit<ClientSettings, 'random'>>,
  ): ClientFaultCase => ({ name, stage: 'data', settings: { hello, ...own, ...settings } });
  const nonce = new Uint8Array(8);
  return [
    odd('one-byte-records', { hooks: { record: ofOneByte } }),
    odd('compression-offered', { hello: { ...hello, compressions: [1, 64] } }),
    odd('no-extended-master-secret', { hello: { ...hello, extendedMasterSecret: false } }),
    odd('no-renegotiation-info', { hello: { ...hello, renegotiation: 'none' } }),
    odd('nonce-repeated', {
      hooks: {
        record: (record) => [
          {
            ...record,
            protection: record.protection && { ...record.protection, explicitNonce: nonce },
          },
        ],
      },
    }),
  ];
};
