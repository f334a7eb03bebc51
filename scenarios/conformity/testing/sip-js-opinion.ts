import { Core } from 'sip.js';
import { latin1 } from '../../../reference/core/bytes.ts';
import type { SipMessageFacts } from '../../wire/facts-model.ts';
import { traceOf } from '../views/sip-trace.ts';

/** What two independent parsers find in one message, for comparison. */
export interface Opinions {
  /** Null where sip.js refuses the message. */
  readonly sipJs: object | null;
  readonly own: object;
}

const quiet = () => {
  const factory = new Core.LoggerFactory();
  factory.builtinEnabled = false;
  return factory.getLogger('sip.js');
};

/** Reads a message by sip.js, which shares nothing with this project, and by the rules' own reader. */
export const opinionsOf = (entry: SipMessageFacts): Opinions => {
  const { method, sequence, callId, fromTag, toTag, branch, message } = traceOf(entry);
  const read = Core.Parser.parseMessage(latin1(entry.raw), quiet());
  return {
    own: {
      kind: message.kind,
      method,
      sequence,
      callId,
      fromTag,
      toTag,
      branch,
      body: message.body.length,
    },
    sipJs: read
      ? {
          kind: read instanceof Core.IncomingRequestMessage ? 'request' : 'response',
          method: read.method === '' ? read.parseHeader('CSeq').method : read.method,
          sequence: read.cseq,
          callId: read.callId,
          fromTag: read.fromTag,
          toTag: read.toTag === '' || read.toTag === undefined ? null : read.toTag,
          branch: read.viaBranch,
          body: read.body.length,
        }
      : null,
  };
};
