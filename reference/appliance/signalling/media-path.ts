import { fromLatin1 } from '../../core/bytes.ts';
import { ok, type Result } from '../../core/result.ts';
import { parseMedia } from '../../core/sdp/media.ts';
import { rewriteTransport } from '../../core/sdp/rewrite.ts';
import type { BodyContext, BodyRewriter } from '../../core/sip/proxy/registrar-proxy.ts';
import type { Relay, RelayCall } from '../relay/relay.ts';
import { otherSide, type Side } from '../relay/session.ts';

/** Leads the media of every call through the relay (interpretations I-5: only addresses and ports change). */
export interface MediaPath {
  readonly rewriteBody: BodyRewriter;
  /** A phone registered over a connection: on another one than before, its media ports are learnt anew (I-5). */
  registered(number: string, connection: string, address: string): void;
  /** Frees what was kept for a call. */
  end(callId: string): Promise<void>;
}

/** A phone as a session description and its TLS connection name it. */
interface Named {
  readonly side: Side;
  readonly address: string;
  readonly port: number;
}

interface PathCall {
  /** Who began the call: a later INVITE of its callee does not swap the sides. */
  readonly caller: string;
  readonly callee: string;
  isAnswered: boolean;
  /** What a re-INVITE offers, in force once it is answered: until then the old session stands (RFC 3261 section 14.1). */
  offered: Named | null;
}

const senderOf = (context: BodyContext): { readonly number: string; readonly address: string } =>
  context.direction === 'offer'
    ? { number: context.fromNumber, address: context.fromAddress }
    : { number: context.toNumber, address: context.toAddress };

/** What phones make nothing of: descriptions in provisional responses (interpretations I-2). */
const isProvisional = ({ message }: BodyContext): boolean =>
  message.kind === 'response' && message.status < 200;

const putInForce = (legs: RelayCall, named: Named): ReturnType<RelayCall['setPhone']> =>
  legs.setPhone(named.side, named.address, named.port);

/** Takes note of what a description says about its sender's transport. */
const note = (
  call: PathCall,
  legs: RelayCall,
  context: BodyContext,
  named: Named,
): Result<void> => {
  if (context.direction === 'offer') {
    const refused = legs.check(named.address, named.port);
    if (!refused.ok) return refused;
    if (!call.isAnswered) return putInForce(legs, named);
    call.offered = named;
    return ok(undefined);
  }
  if (isProvisional(context)) return ok(undefined);
  const { offered } = call;
  call.isAnswered = true;
  call.offered = null;
  if (offered) putInForce(legs, offered);
  return putInForce(legs, named);
};

/** Makes the media path of an appliance whose relay listens on `relayHost`. */
export const createMediaPath = (relay: Relay, relayHost: string): MediaPath => {
  const calls = new Map<string, PathCall>();
  /** The connection that each number registered over last. */
  const connections = new Map<string, string>();
  const callOf = ({ callId, fromNumber, toNumber }: BodyContext): PathCall => {
    const call = calls.get(callId) ?? {
      caller: fromNumber,
      callee: toNumber,
      isAnswered: false,
      offered: null,
    };
    calls.set(callId, call);
    return call;
  };
  const rewriteBody = (context: BodyContext): Result<Uint8Array | undefined> => {
    const { body } = context.message;
    if (body.length === 0) return ok(undefined);
    const media = parseMedia(body);
    if (!media.ok) return media;
    const opened = relay.open(context.callId);
    if (!opened.ok) return opened;
    const legs = opened.value;
    const call = callOf(context);
    const sender = senderOf(context);
    const side: Side = sender.number === call.caller ? 'caller' : 'callee';
    const transport = { address: relayHost, port: legs.port(otherSide(side)) };
    const rewritten = rewriteTransport(body, transport);
    if (!rewritten.ok) return rewritten;
    const { address } = sender;
    const noted = note(call, legs, context, { side, address, port: media.value.port });
    return noted.ok ? ok(fromLatin1(rewritten.value)) : noted;
  };
  return {
    rewriteBody,
    registered(number, connection, address) {
      const before = connections.get(number);
      connections.set(number, connection);
      if (before === connection) return;
      for (const [callId, { caller, callee }] of calls) {
        if (caller === number) relay.call(callId)?.moved('caller', address);
        else if (callee === number) relay.call(callId)?.moved('callee', address);
      }
    },
    async end(callId) {
      calls.delete(callId);
      await relay.end(callId);
    },
  };
};
