import { concat, equal } from '../../../reference/core/bytes.ts';
import { minimal } from './bytes.ts';
import type {
  ClientEvent,
  ClientFault,
  ClientOutput,
  ClientSeen,
  ClientSettings,
  TlsClient,
} from './client-model.ts';
import { newState, say, type ClientState } from './client-state.ts';
import {
  cutHandshake,
  readCertificateRequest,
  readCertificates,
  readServerHello,
  readServerKeyExchange,
  type HandshakeMessage,
  type ServerKeyExchangeFields,
} from './incoming.ts';
import { diffieHellmanHalf, masterSecret, sessionKeys, verifyData } from './keys.ts';
import { contentType, extensionType } from './outgoing.ts';
import { cutRecord, openRecord, type IncomingRecord } from './records.ts';
import { parametersSignatureHolds, rsaSha256, signTranscript } from './signature.ts';

/** TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, the one suite whose handshake is completed. */
const completedSuite = 0x009f;
const tls12 = 0x0303;
/** Bits of a modulus beyond which the arithmetic would let a hostile server keep the client busy. */
const largestGroup = 16_384;
/** A secret exponent of 512 bits is ample for every group up to 16,384 bits. */
const exponentLength = 64;
const handshakeLimit = 262_144;

interface Step {
  readonly send: Uint8Array[];
  readonly events: ClientEvent[];
}

const alertFor: Readonly<Record<ClientFault, number>> = {
  garbage: 10,
  malformed: 50,
  'unexpected-message': 10,
  'parameters-signature': 51,
  'group-too-large': 47,
  'record-tag': 20,
  'finished-mismatch': 51,
};

const giveUp = (state: ClientState, step: Step, code: ClientFault): void => {
  step.send.push(say(state, { kind: 'alert', level: 2, description: alertFor[code] }));
  step.events.push({ kind: 'failed', code });
  state.phase = 'stopped';
};

const learn = (state: ClientState, news: Partial<ClientSeen>): void => {
  state.seen = { ...state.seen, ...news };
};

const finish = (state: ClientState, step: Step, master: Uint8Array): void => {
  step.send.push(say(state, { kind: 'change-cipher-spec', body: Uint8Array.of(1) }));
  const data = verifyData(master, 'client', state.transcript);
  learn(state, { clientVerifyData: data });
  step.send.push(say(state, { kind: 'finished', verifyData: data }));
};

const keysFrom = (state: ClientState, master: Uint8Array): void => {
  const serverRandom = state.seen.serverHello?.random ?? new Uint8Array(32);
  state.master = master;
  state.keys = sessionKeys(master, state.hello.random, serverRandom);
};

const proveIdentity = (state: ClientState, step: Step): void => {
  const { identity } = state.settings;
  if (!state.seen.certificateRequest || !identity) return;
  const signature = signTranscript(identity.privateKey, state.transcript);
  step.send.push(say(state, { kind: 'certificate-verify', algorithm: rsaSha256, signature }));
};

const answerFlight = (
  state: ClientState,
  step: Step,
  group: Extract<ServerKeyExchangeFields, { readonly kind: 'dh' }>,
): void => {
  const { settings, seen } = state;
  if (minimal(group.prime).length * 8 > largestGroup) return giveUp(state, step, 'group-too-large');
  if (seen.certificateRequest)
    step.send.push(say(state, { kind: 'certificate', chain: settings.identity?.chain ?? [] }));
  const half = diffieHellmanHalf(group, settings.random(exponentLength));
  step.send.push(say(state, { kind: 'client-key-exchange', publicValue: half.publicValue }));
  const premaster = settings.hooks?.premaster?.(half.premaster) ?? half.premaster;
  const binding = seen.negotiatedExtendedMasterSecret
    ? ({ kind: 'extended', transcript: state.transcript } as const)
    : ({
        kind: 'randoms',
        client: state.hello.random,
        server: seen.serverHello?.random ?? new Uint8Array(32),
      } as const);
  const master = masterSecret(premaster, binding);
  proveIdentity(state, step);
  keysFrom(state, master);
  finish(state, step, master);
  state.phase = 'change-awaited';
};

const onServerHelloDone = (state: ClientState, step: Step): void => {
  const { serverHello, keyExchange, parametersSigned } = state.seen;
  step.events.push({ kind: 'server-hello-done' });
  const completes =
    serverHello?.suite === completedSuite &&
    serverHello.version === tls12 &&
    serverHello.compression === 0 &&
    state.settings.stopAtServerHelloDone !== true;
  if (!completes) state.phase = 'stopped';
  else if (keyExchange?.kind !== 'dh') giveUp(state, step, 'unexpected-message');
  else if (parametersSigned !== true && state.settings.takesUnsigned !== true)
    giveUp(state, step, 'parameters-signature');
  else answerFlight(state, step, keyExchange);
};

const onServerHello = (state: ClientState, step: Step, body: Uint8Array): void => {
  const fields = readServerHello(body);
  if (!fields) return giveUp(state, step, 'malformed');
  learn(state, {
    serverHello: fields,
    negotiatedExtendedMasterSecret:
      state.settings.hello.extendedMasterSecret !== false &&
      fields.extensions.some(({ type }) => type === extensionType.extendedMasterSecret),
  });
  step.events.push({ kind: 'server-hello', fields });
  state.phase = fields.version > tls12 ? 'stopped' : 'server-flight';
};

const onServerKeyExchange = (state: ClientState, step: Step, body: Uint8Array): void => {
  const { serverHello, certificates } = state.seen;
  if (!serverHello) return giveUp(state, step, 'unexpected-message');
  const fields = readServerKeyExchange(body, serverHello.suite, serverHello.version);
  if (!fields) return giveUp(state, step, 'malformed');
  const signed = fields.kind === 'other' ? null : fields.signed;
  learn(state, {
    keyExchange: fields,
    parametersSigned:
      signed &&
      parametersSignatureHolds(certificates[0], signed, state.hello.random, serverHello.random),
  });
};

const onFlightMessage = (state: ClientState, step: Step, message: HandshakeMessage): void => {
  const { type, body } = message;
  switch (type) {
    case 11: {
      const certificates = readCertificates(body);
      if (certificates) return learn(state, { certificates });
      return giveUp(state, step, 'malformed');
    }
    case 12:
      return onServerKeyExchange(state, step, body);
    case 13: {
      const request = readCertificateRequest(body, state.seen.serverHello?.version ?? tls12);
      if (request) return learn(state, { certificateRequest: request });
      return giveUp(state, step, 'malformed');
    }
    case 14:
      return onServerHelloDone(state, step);
    case 4:
      return learn(state, { ticket: body.slice(6) });
    case 22:
      return;
    default:
      return giveUp(state, step, 'unexpected-message');
  }
};

const onServerFinished = (state: ClientState, step: Step, message: HandshakeMessage): void => {
  const { master } = state;
  if (message.type !== 20 || !master) return giveUp(state, step, 'unexpected-message');
  if (!equal(message.body, verifyData(master, 'server', state.transcript)))
    return giveUp(state, step, 'finished-mismatch');
  state.transcript = concat(state.transcript, message.bytes);
  if (state.resumed) finish(state, step, master);
  state.phase = 'established';
  step.events.push({ kind: 'established', resumed: state.resumed });
};

const onEstablished = (state: ClientState, step: Step, message: HandshakeMessage): void => {
  if (message.type === 0) step.events.push({ kind: 'hello-request' });
  if (message.type !== 2) return;
  const fields = readServerHello(message.body);
  if (fields) step.events.push({ kind: 'server-hello', fields });
};

const onHandshake = (state: ClientState, step: Step, message: HandshakeMessage): void => {
  if (state.phase === 'established') return onEstablished(state, step, message);
  if (message.type === 0) return;
  if (state.phase === 'finished-awaited') return onServerFinished(state, step, message);
  state.transcript = concat(state.transcript, message.bytes);
  if (state.phase === 'hello-sent' && message.type === 2)
    return onServerHello(state, step, message.body);
  if (state.phase === 'server-flight') return onFlightMessage(state, step, message);
  if (state.phase === 'change-awaited' && message.type === 4)
    return learn(state, { ticket: message.body.slice(6) });
  return giveUp(state, step, 'unexpected-message');
};

const onChangeCipherSpec = (state: ClientState, step: Step): void => {
  const { resume } = state.settings;
  if (state.phase === 'server-flight' && resume && state.seen.certificates.length === 0) {
    state.resumed = true;
    keysFrom(state, resume.master);
  } else if (state.phase !== 'change-awaited') return giveUp(state, step, 'unexpected-message');
  state.receiving = 0n;
  state.phase = 'finished-awaited';
};

const onContent = (state: ClientState, step: Step, type: number, content: Uint8Array): void => {
  if (type === contentType.alert) {
    const [level = 0, description = 0] = content;
    step.events.push({ kind: 'alert', level, description });
  } else if (type === contentType.changeCipherSpec) onChangeCipherSpec(state, step);
  else if (type === contentType.heartbeat) step.events.push({ kind: 'heartbeat', bytes: content });
  else if (type === contentType.applicationData) {
    if (state.phase !== 'established') giveUp(state, step, 'unexpected-message');
    else step.events.push({ kind: 'application-data', bytes: content });
  } else {
    const { messages, rest } = cutHandshake(concat(state.collected, content));
    state.collected = rest;
    for (const message of messages)
      if (state.phase !== 'stopped') onHandshake(state, step, message);
    if (rest.length > handshakeLimit) giveUp(state, step, 'malformed');
  }
};

const onRecord = (state: ClientState, step: Step, record: IncomingRecord): void => {
  if (state.receiving === null || !state.keys)
    return onContent(state, step, record.type, record.content);
  state.settings.hooks?.received?.(record);
  const content = openRecord(record, state.keys.server, state.receiving);
  if (!content) return giveUp(state, step, 'record-tag');
  state.receiving += 1n;
  return onContent(state, step, record.type, content);
};

const receive = (state: ClientState, bytes: Uint8Array): ClientOutput => {
  const step: Step = { send: [], events: [] };
  state.received = concat(state.received, bytes);
  for (;;) {
    const cut = cutRecord(state.received);
    if (cut.kind === 'incomplete') break;
    if (cut.kind === 'garbage') {
      if (state.phase !== 'stopped') giveUp(state, step, 'garbage');
      state.received = new Uint8Array(0);
      break;
    }
    state.received = state.received.subarray(cut.length);
    // Whoever stops at the ServerHelloDone still hears what is answered to what it says then.
    const heard =
      state.receiving === null &&
      (cut.record.type === contentType.alert || cut.record.type === contentType.heartbeat);
    if (state.phase !== 'stopped' || heard) onRecord(state, step, cut.record);
  }
  return { send: concat(...step.send), events: step.events };
};

/**
 * A TLS 1.2 client that completes TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 (RFC 5246, 5288), with a client certificate where
 * one is asked for, extended master secret (RFC 7627) and resumption by identifier or ticket (RFC 5077). Any other suite
 * or version it reads as far as the ServerHelloDone. It trusts every certificate: it examines servers, it is no phone.
 */
export const createTlsClient = (settings: ClientSettings): TlsClient => {
  const state = newState(settings);
  return {
    start: () => say(state, { kind: 'client-hello', fields: state.hello }),
    receive: (bytes) => receive(state, bytes),
    say: (message) => say(state, message),
    seen: () => state.seen,
    session: () =>
      state.phase === 'established' && state.master
        ? {
            master: state.master,
            sessionId: state.seen.serverHello?.sessionId ?? new Uint8Array(0),
            ticket: state.seen.ticket,
          }
        : null,
  };
};
