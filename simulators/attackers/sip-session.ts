import { utf8 } from '../../reference/core/bytes.ts';
import type { EnrolledIdentity } from './call-faults.ts';
import type { Endpoint, TrustCertificates } from './endpoint.ts';
import { sipHost } from './sip-dialog.ts';
import { openSipLink, type SipLink } from './sip-link.ts';
import { askRaw, callIdIn, textOf, type RawReply, type RawRequest } from './sip-raw.ts';

/** An enrolled number whose connection is opened anew whenever the server has closed it. */
export interface SipSession {
  readonly number: string;
  readonly domain: string;
  /** The connection; rejects when none comes about. */
  link(): Promise<SipLink>;
  /** Sends what `build` makes for the connection and gives what came of it. */
  ask(
    build: (link: SipLink) => RawRequest | Uint8Array,
    deadlineMs: number,
    /** One byte in each packet. */
    byteByByte?: boolean,
  ): Promise<RawReply>;
  close(): void;
}

/** A session of an enrolled number; `deadlineMs` is for each handshake. */
export const openSipSession = (
  appliance: { readonly sip: Endpoint; readonly trust: TrustCertificates },
  identity: EnrolledIdentity,
  deadlineMs: number,
): SipSession => {
  const { number } = identity;
  const domain = sipHost(appliance.sip.host);
  let current: SipLink | null = null;
  const link = async (): Promise<SipLink> => {
    if (current !== null) return current;
    const opened = await openSipLink({ ...appliance, identity }, deadlineMs);
    if (opened.kind !== 'connected')
      throw new Error(`${number} cannot connect to the signalling server: ${opened.kind}`);
    current = opened.link;
    return current;
  };
  const close = (): void => {
    current?.close();
    current = null;
  };
  return {
    number,
    domain,
    link,
    close,
    async ask(build, replyMs, byteByByte = false) {
      const open = await link();
      const made = build(open);
      const bytes = made instanceof Uint8Array ? made : utf8(textOf(made));
      const about = { callId: callIdIn(bytes), number, domain };
      const whole = byteByByte ? bytes.subarray(-1) : bytes;
      if (byteByByte) for (const byte of bytes.subarray(0, -1)) open.sendBytes(Uint8Array.of(byte));
      const reply = await askRaw(open, whole, about, replyMs);
      // Who has not answered may still be waiting for the rest of a message: nothing behind it would be read.
      if (reply.kind === 'unanswered') return reply;
      if (reply.kind !== 'answered' || !reply.open) close();
      return reply;
    },
  };
};
