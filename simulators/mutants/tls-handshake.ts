import { randomBytes } from 'node:crypto';
import { overlongHeartbeat } from '../attackers/tls-client/heartbeat.ts';
import { aesGcmWithoutTag } from './unverified-record.ts';
import { extensionType, type OutgoingMessage } from '../attackers/tls-client/outgoing.ts';
import { rightGroup, wrongGroups } from '../attackers/tls-server/groups.ts';
import type { ServerHooks } from '../attackers/tls-server/server-model.ts';
import type { Mutant } from './mutant.ts';
import { fronted, type FrontFault } from './tls-front.ts';
import { serviceClaims, services, type TlsService } from './tls-services.ts';

type Hello = Extract<OutgoingMessage, { readonly kind: 'server-hello' }>['fields'];

const helloWith = (change: (fields: Hello, offered: readonly number[]) => Partial<Hello>) =>
  ({
    outgoing: (message, { clientHello }) =>
      message.kind === 'server-hello'
        ? [
            {
              ...message,
              fields: {
                ...message.fields,
                ...change(message.fields, clientHello?.compressions ?? []),
              },
            },
          ]
        : [message],
  }) satisfies ServerHooks;

const exponent = new Uint8Array(randomBytes(64));

/** Serves nobody any more once a record of one byte has come. */
const worn = (): FrontFault => {
  let isWorn = false;
  const oneByte = 8 + 1 + 16;
  const received: ServerHooks['received'] = ({ content }) => {
    isWorn ||= content.length === oneByte;
  };
  return { settings: { hooks: { received } }, serves: () => !isWorn };
};

type Row = Pick<Mutant, 'fault' | 'claims' | 'because' | 'judged'> & {
  readonly id: string;
  readonly does: FrontFault;
};

const noSecret = { ...rightGroup, publicValue: Uint8Array.of(1) };

const hooks = (own: ServerHooks): FrontFault => ({ settings: { hooks: own } });

const keyExchange = (service: TlsService): readonly Row[] => {
  const { suite, modulus, channel } = serviceClaims[service];
  return [
    {
      id: 'any-public-value',
      fault: 'looks at no public value of a client',
      claims: channel,
      because: /"public-.*" was accepted/,
      does: { checks: { publicValue: false } },
    },
    {
      id: 'reuses-its-value',
      fault: 'reuses its Diffie-Hellman value in every handshake',
      claims: [suite],
      because: /^T5\/reused-value: /,
      judged: 'observation',
      does: {
        settings: {
          random: (length) => (length === 64 ? exponent : new Uint8Array(randomBytes(length))),
        },
      },
    },
    {
      id: 'composite-modulus',
      fault: 'uses a modulus that is not prime',
      claims: [modulus],
      because: /^T3\/composite-modulus: /,
      judged: 'observation',
      does: { settings: { group: wrongGroups.composite } },
    },
    {
      id: 'public-value-1',
      fault: 'sends 1 as its public value',
      claims: [suite],
      because: /public value of the server gives no secret/,
      does: { settings: { group: noSecret, hooks: { premaster: () => Uint8Array.of(1) } } },
    },
  ];
};

const handshake = (service: TlsService): readonly Row[] => {
  const { channel, identity } = serviceClaims[service];
  return [
    {
      id: 'any-proof',
      fault: 'lets a client in that does not prove the key of its certificate',
      claims: identity,
      because: /"verify-.*" was accepted/,
      does: { checks: { proof: false } },
    },
    {
      id: 'without-extended-master',
      fault: 'does not negotiate the extended master secret',
      claims: identity,
      because: /^T11\/no-extended-master-secret: /,
      judged: 'observation',
      does: hooks(
        helloWith(({ extensions }) => ({
          extensions: extensions.filter(({ type }) => type !== extensionType.extendedMasterSecret),
        })),
      ),
    },
    {
      id: 'compresses',
      fault: 'chooses DEFLATE where a client offers it',
      claims: channel,
      because: /the server compresses/,
      does: hooks(helloWith((_fields, offered) => ({ compression: offered.includes(1) ? 1 : 0 }))),
    },
    {
      id: 'early-change',
      fault: 'takes a ChangeCipherSpec before there are keys',
      claims: channel,
      because: /"early-change-cipher-spec" was accepted/,
      does: hooks({ earlyChange: 'ignore' }),
    },
    {
      id: 'renegotiates-unbound',
      fault: 'renegotiates with whoever asks, bound to nothing',
      claims: channel,
      because: /renegotiates "unbound"/,
      does: { react: ({ kind }) => (kind === 'client-hello' ? again : []) },
    },
    {
      id: 'takes-bound-first-hello',
      fault: 'takes a first ClientHello that claims to renegotiate',
      claims: channel,
      because: /"initial-hello-bound" was accepted/,
      does: { checks: { renegotiation: false } },
    },
  ];
};

const again = [
  {
    kind: 'server-hello',
    fields: {
      version: 0x0303,
      random: new Uint8Array(32),
      sessionId: new Uint8Array(0),
      suite: 0x009f,
      compression: 0,
      extensions: [],
    },
  },
] as const satisfies readonly OutgoingMessage[];

const records = (service: TlsService): readonly Row[] => {
  const { channel, service: served } = serviceClaims[service];
  return [
    {
      id: 'answers-heartbeats',
      fault: 'answers a heartbeat of false length',
      claims: channel,
      because: /a heartbeat of false length was answered/,
      does: {
        react: ({ kind }) => (kind === 'heartbeat' ? [{ ...overlongHeartbeat, type: 2 }] : []),
      },
    },
    {
      id: 'unverified-records',
      fault: 'decrypts records without verifying their tag',
      claims: channel,
      because: /"(?:finished|data)-.*" was accepted/,
      does: hooks({ open: aesGcmWithoutTag }),
    },
    {
      id: 'one-nonce',
      fault: 'uses one GCM nonce for every record',
      claims: channel,
      because: /repeats a GCM nonce/,
      does: hooks({
        record: (record) => [
          {
            ...record,
            protection: record.protection && {
              ...record.protection,
              explicitNonce: new Uint8Array(8),
            },
          },
        ],
      }),
    },
    {
      id: 'worn-by-small-records',
      fault: 'serves nobody any more after a record of one byte',
      claims: [served],
      because: /after records of one byte nobody is served/,
      does: worn(),
    },
  ];
};

const onlyAtSip: readonly Row[] = [
  {
    id: 'any-certificate',
    fault: 'asks for a client certificate and accepts any',
    claims: serviceClaims.sip.identity,
    because: /"certificate-rogue" was accepted|registered with|registered without/,
    does: { checks: { chain: false }, isAnonymous: true },
  },
];

/** Ports whose handshake or records have one fault that no TLS library can be brought to. */
export const tlsHandshakeMutants: readonly Mutant[] = services.flatMap((service) =>
  [
    ...keyExchange(service),
    ...handshake(service),
    ...records(service),
    ...(service === 'sip' ? onlyAtSip : []),
  ].map(({ id, fault, does, ...row }) => ({
    ...row,
    id: `${service}-${id}`,
    fault: `the ${service} port ${fault}`,
    parts: fronted(service, does),
  })),
);
