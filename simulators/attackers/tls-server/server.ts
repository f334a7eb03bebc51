import { verify, X509Certificate } from 'node:crypto';
import { concat, equal } from '../../../reference/core/bytes.ts';
import { minimal, modularPower, readerOf, toInteger, uint, vector } from '../tls-client/bytes.ts';
import {
  cutHandshake,
  readCertificates,
  readClientHello,
  type HandshakeMessage,
} from '../tls-client/incoming.ts';
import { masterSecret, sessionKeys, verifyData } from '../tls-client/keys.ts';
import { contentType, extensionType, type HelloExtension } from '../tls-client/outgoing.ts';
import { cutRecord, openRecord, type IncomingRecord } from '../tls-client/records.ts';
import { rsaSha256, signTranscript } from '../tls-client/signature.ts';
import type {
  ServerEvent,
  ServerFault,
  ServerOutput,
  ServerSeen,
  ServerSettings,
  TlsServer,
} from './server-model.ts';
import { newState, say, type ServerState } from './server-state.ts';

/** TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, the one suite whose handshake is completed. */
const completedSuite = 0x009f;
const tls12 = 0x0303;
const renegotiationScsv = 0x00ff;
const rsaSign = 1;
/** A secret exponent of 512 bits is ample; a modulus beyond 16,384 bits is not calculated with. */
const exponentLength = 64;
const largestGroup = 2_048;
const handshakeLimit = 262_144;
/** RFC 5246 section 6.2.1. */
const longestContent = 16_384;

interface Step {
  readonly send: Uint8Array[];
  readonly events: ServerEvent[];
}

const alertFor: Readonly<Record<ServerFault, number>> = {
  garbage: 10,
  malformed: 50,
  'unexpected-message': 10,
  'no-common-suite': 40,
  'group-too-large': 80,
  'record-tag': 20,
  'record-overflow': 22,
  'finished-mismatch': 51,
  refused: 40,
};

const giveUp = (
  state: ServerState,
  step: Step,
  code: ServerFault,
  description = alertFor[code],
): void => {
  step.send.push(say(state, { kind: 'alert', level: 2, description }));
  step.events.push({ kind: 'failed', code });
  state.phase = 'stopped';
};

const learn = (state: ServerState, news: Partial<ServerSeen>): void => {
  state.seen = { ...state.seen, ...news };
};

/** Whether the hook refused the client by what it has said so far. */
const isRefused = (state: ServerState, step: Step): boolean => {
  const description = state.settings.hooks?.refusal?.(state.seen) ?? null;
  if (description === null) return false;
  giveUp(state, step, 'refused', description);
  return true;
};

const answeredExtensions = (state: ServerState): readonly HelloExtension[] => {
  const hello = state.seen.clientHello;
  const offers = (type: number): boolean =>
    hello?.extensions?.some((each) => each.type === type) ?? false;
  const secure =
    offers(extensionType.renegotiationInfo) || hello?.suites.includes(renegotiationScsv) === true;
  return [
    ...(secure ? [{ type: extensionType.renegotiationInfo, data: vector(1) }] : []),
    ...(offers(extensionType.extendedMasterSecret)
      ? [{ type: extensionType.extendedMasterSecret, data: new Uint8Array(0) }]
      : []),
  ];
};

/** ServerDHParams of the group, with a fresh public value unless one is given. */
const dhParameters = (state: ServerState): Uint8Array => {
  const { group } = state.settings;
  const prime = toInteger(group.prime);
  const length = minimal(group.prime).length;
  const fresh = (): Uint8Array =>
    uint(modularPower(toInteger(group.generator), state.exponent, prime), length);
  return concat(
    vector(2, group.prime),
    vector(2, group.generator),
    vector(2, group.publicValue ?? fresh()),
  );
};

const sendFlight = (state: ServerState, step: Step, clientRandom: Uint8Array): void => {
  const { settings } = state;
  const random = settings.random(32);
  const fields = {
    version: tls12,
    random,
    sessionId: new Uint8Array(0),
    suite: completedSuite,
    compression: 0,
    extensions: answeredExtensions(state),
  };
  state.exponent = toInteger(settings.random(exponentLength));
  const parameters = dhParameters(state);
  const signature = signTranscript(settings.privateKey, concat(clientRandom, random, parameters));
  const authorities = settings.authorities ?? [];
  step.send.push(
    say(state, { kind: 'server-hello', fields }),
    say(state, { kind: 'certificate', chain: settings.chain }),
    say(state, { kind: 'server-key-exchange', parameters, algorithm: rsaSha256, signature }),
    say(state, {
      kind: 'certificate-request',
      fields: { certificateTypes: [rsaSign], authorities },
    }),
    say(state, { kind: 'handshake', type: 14, body: new Uint8Array(0) }),
  );
  state.phase = 'client-flight';
};

const onClientHello = (state: ServerState, step: Step, body: Uint8Array): void => {
  const fields = readClientHello(body);
  if (!fields) return giveUp(state, step, 'malformed');
  learn(state, { clientHello: fields });
  step.events.push({ kind: 'client-hello' });
  if (minimal(state.settings.group.prime).length > largestGroup)
    return giveUp(state, step, 'group-too-large');
  if (!fields.suites.includes(completedSuite)) return giveUp(state, step, 'no-common-suite');
  if (isRefused(state, step)) return undefined;
  return sendFlight(state, step, fields.random);
};

const onClientKeyExchange = (state: ServerState, step: Step, message: HandshakeMessage): void => {
  const { settings, seen } = state;
  const reader = readerOf(message.body);
  const publicValue = reader.vector(2);
  if (reader.short()) return giveUp(state, step, 'malformed');
  learn(state, { publicValue });
  if (isRefused(state, step)) return undefined;
  const secret = minimal(
    uint(
      modularPower(toInteger(publicValue), state.exponent, toInteger(settings.group.prime)),
      minimal(settings.group.prime).length,
    ),
  );
  const premaster = settings.hooks?.premaster?.(secret) ?? secret;
  const client = seen.clientHello?.random ?? new Uint8Array(32);
  const server = seen.serverHello?.random ?? new Uint8Array(32);
  const extended = seen.serverHello?.extensions.some(
    ({ type }) => type === extensionType.extendedMasterSecret,
  );
  state.master = masterSecret(
    premaster,
    extended === true
      ? { kind: 'extended', transcript: state.transcript }
      : { kind: 'randoms', client, server },
  );
  state.keys = sessionKeys(state.master, client, server);
};

/** Whether a CertificateVerify proves the key of the certificate shown, over the handshake before it (RFC 5246 section 7.4.8). */
const provesKey = (state: ServerState, before: Uint8Array, body: Uint8Array): boolean => {
  const reader = readerOf(body);
  const hash = { 4: 'sha256', 5: 'sha384', 6: 'sha512' }[reader.uint(2) >> 8];
  const signature = reader.vector(2);
  const [certificate] = state.seen.certificates ?? [];
  if (hash === undefined || !certificate) return false;
  try {
    return verify(hash, before, new X509Certificate(certificate).publicKey, signature);
  } catch {
    return false;
  }
};

const onClientMessage = (state: ServerState, step: Step, message: HandshakeMessage): void => {
  const before = state.transcript;
  state.transcript = concat(before, message.bytes);
  switch (message.type) {
    case 11: {
      const certificates = readCertificates(message.body);
      if (certificates) return learn(state, { certificates });
      return giveUp(state, step, 'malformed');
    }
    case 16:
      return onClientKeyExchange(state, step, message);
    case 15:
      return learn(state, { keyProved: provesKey(state, before, message.body) });
    default:
      return giveUp(state, step, 'unexpected-message');
  }
};

const onClientFinished = (state: ServerState, step: Step, message: HandshakeMessage): void => {
  const { master } = state;
  if (message.type !== 20 || !master) return giveUp(state, step, 'unexpected-message');
  if (!equal(message.body, verifyData(master, 'client', state.transcript)))
    return giveUp(state, step, 'finished-mismatch');
  if (isRefused(state, step)) return undefined;
  state.transcript = concat(state.transcript, message.bytes);
  step.send.push(say(state, { kind: 'change-cipher-spec', body: Uint8Array.of(1) }));
  const data = verifyData(master, 'server', state.transcript);
  step.send.push(say(state, { kind: 'finished', verifyData: data }));
  state.phase = 'established';
  step.events.push({ kind: 'established' });
};

const onHandshake = (state: ServerState, step: Step, message: HandshakeMessage): void => {
  learn(state, { messages: [...state.seen.messages, message.type] });
  if (state.phase === 'established') {
    if (message.type === 1) step.events.push({ kind: 'client-hello' });
    return;
  }
  if (state.phase === 'finished-awaited') return onClientFinished(state, step, message);
  if (state.phase === 'client-flight') return onClientMessage(state, step, message);
  state.transcript = concat(state.transcript, message.bytes);
  if (message.type === 1) return onClientHello(state, step, message.body);
  return giveUp(state, step, 'unexpected-message');
};

const onContent = (state: ServerState, step: Step, type: number, content: Uint8Array): void => {
  const { settings } = state;
  if (type === contentType.alert) {
    const [level = 0, description = 0] = content;
    step.events.push({ kind: 'alert', level, description });
  } else if (type === contentType.changeCipherSpec) {
    if (state.phase !== 'client-flight' || !state.keys)
      return settings.hooks?.earlyChange === 'ignore'
        ? undefined
        : giveUp(state, step, 'unexpected-message');
    state.receiving = 0n;
    state.phase = 'finished-awaited';
  } else if (type === contentType.heartbeat)
    step.events.push({ kind: 'heartbeat', bytes: content });
  else if (type === contentType.applicationData)
    step.events.push({ kind: 'application-data', bytes: content });
  else {
    const { messages, rest } = cutHandshake(concat(state.collected, content));
    state.collected = rest;
    for (const message of messages)
      if (state.phase !== 'stopped') onHandshake(state, step, message);
    if (rest.length > handshakeLimit) giveUp(state, step, 'malformed');
  }
};

const onRecord = (state: ServerState, step: Step, record: IncomingRecord): void => {
  if (state.receiving === null || !state.keys)
    return onContent(state, step, record.type, record.content);
  state.settings.hooks?.received?.(record);
  const open = state.settings.hooks?.open ?? openRecord;
  const content = open(record, state.keys.client, state.receiving);
  if (!content) return giveUp(state, step, 'record-tag');
  if (content.length > longestContent) return giveUp(state, step, 'record-overflow');
  state.receiving += 1n;
  return onContent(state, step, record.type, content);
};

const receive = (state: ServerState, bytes: Uint8Array): ServerOutput => {
  const step: Step = { send: [], events: [] };
  state.received = concat(state.received, bytes);
  while (state.phase !== 'stopped') {
    const cut = cutRecord(state.received);
    if (cut.kind === 'incomplete') break;
    if (cut.kind === 'garbage') {
      giveUp(state, step, 'garbage');
      break;
    }
    state.received = state.received.subarray(cut.length);
    onRecord(state, step, cut.record);
  }
  return { send: concat(...step.send), events: step.events };
};

/**
 * A TLS 1.2 server that completes TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 (RFC 5246, 5288) in any group, asks for a client
 * certificate and trusts every one, with extended master secret (RFC 7627) and without resumption. It is there to be hostile:
 * what a client sends is recorded, application data too where no Finished came before.
 */
export const createTlsServer = (settings: ServerSettings): TlsServer => {
  const state = newState(settings);
  return {
    receive: (bytes) => receive(state, bytes),
    say: (message) => say(state, message),
    seen: () => state.seen,
  };
};
