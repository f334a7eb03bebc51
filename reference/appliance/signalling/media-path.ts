import { fromLatin1 } from '../../core/bytes.ts';
import { ok, type Result } from '../../core/result.ts';
import { parseMedia } from '../../core/sdp/media.ts';
import { rewriteTransport } from '../../core/sdp/rewrite.ts';
import type { BodyContext, BodyRewriter } from '../../core/sip/registrar-proxy.ts';
import type { Relay } from '../relay/relay.ts';
import { otherSide, type Side } from '../relay/session.ts';

/** Leads the media of every call through the relay (interpretations I-5: only addresses and ports change). */
export interface MediaPath {
  readonly rewriteBody: BodyRewriter;
  /** Frees what was kept for a call. */
  end(callId: string): Promise<void>;
}

const senderOf = (context: BodyContext): { readonly number: string; readonly address: string } =>
  context.direction === 'offer'
    ? { number: context.fromNumber, address: context.fromAddress }
    : { number: context.toNumber, address: context.toAddress };

/** Makes the media path of an appliance whose relay listens on `relayHost`. */
export const createMediaPath = (relay: Relay, relayHost: string): MediaPath => {
  /** Who began each call: a later INVITE of its callee does not swap the sides. */
  const callers = new Map<string, string>();
  const rewrite = (context: BodyContext): Result<Uint8Array | undefined> => {
    const { callId, message } = context;
    if (message.body.length === 0) return ok(undefined);
    const media = parseMedia(message.body);
    if (!media.ok) return media;
    const opened = relay.open(callId);
    if (!opened.ok) return opened;
    const sender = senderOf(context);
    const caller = callers.get(callId) ?? context.fromNumber;
    callers.set(callId, caller);
    const side: Side = sender.number === caller ? 'caller' : 'callee';
    opened.value.setPhone(side, sender.address, media.value.port);
    const rewritten = rewriteTransport(message.body, {
      address: relayHost,
      port: opened.value.port(otherSide(side)),
    });
    return rewritten.ok ? ok(fromLatin1(rewritten.value)) : rewritten;
  };
  return {
    rewriteBody: rewrite,
    async end(callId) {
      callers.delete(callId);
      await relay.end(callId);
    },
  };
};
