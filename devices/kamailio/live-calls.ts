import type { SipRequest, SipResponse } from '../../reference/core/sip/message/message.ts';
import type { MediaPath } from '../../reference/appliance/signalling/media-path.ts';
import type { LogLine } from './log-line.ts';

const nothing = { version: 'SIP/2.0', headers: [], body: new Uint8Array() } as const;
const invite: SipRequest = { ...nothing, kind: 'request', method: 'INVITE', uri: '' };
const success: SipResponse = { ...nothing, kind: 'response', status: 200, reason: 'OK' };

/** Tells the appliance's media path what Kamailio says, so that the administration page shows calls and registrations as it does with the embedded service. */
export const tellMediaPath = (path: MediaPath | undefined): ((line: LogLine) => void) => {
  const parties = new Map<string, { readonly caller: string; readonly callee: string }>();
  const tell = (callId: string, message: SipRequest | SipResponse): void => {
    const known = parties.get(callId);
    if (!known) return;
    const direction = message.kind === 'request' ? 'offer' : 'answer';
    const addresses = { fromAddress: '', toAddress: '' };
    const numbers = { fromNumber: known.caller, toNumber: known.callee };
    path?.rewriteBody({ callId, direction, ...numbers, ...addresses, message });
  };
  return (line) => {
    if (line.kind === 'registered' && line.expires > 0)
      path?.registered(line.number, line.connection, line.address);
    else if (line.kind === 'call') {
      parties.set(line.callId, line);
      tell(line.callId, invite);
    } else if (line.kind === 'answered') tell(line.callId, success);
    else if (line.kind === 'ended') {
      parties.delete(line.callId);
      void path?.end(line.callId);
    }
  };
};

/** A media path that changes nothing: Kamailio tells rtpengine itself. */
export const untouchedMediaPath: MediaPath = {
  rewriteBody: ({ message }) => ({ ok: true, value: message.body }),
  registered: () => undefined,
  end: () => Promise.resolve(),
};
