import { latin1 } from '../../reference/core/bytes.ts';
import {
  readEssentials,
  readRequest,
  type Essentials,
} from '../../reference/core/sip/message/essentials.ts';
import { createFramer } from '../../reference/core/sip/message/framer.ts';
import {
  allHeaders,
  parseMessage,
  serialize,
  type SipMessage,
} from '../../reference/core/sip/message/message.ts';
import { refuseUnread, salvageRequest } from '../../reference/core/sip/message/salvage.ts';
import type { MutatedCase } from '../generators/mutations.ts';
import { sipGrammar } from '../generators/sip-messages.ts';
import { textCases, textOfCase } from '../generators/text-mutations.ts';
import { readBySipJs, sipJsDifference, sipJsMissing } from '../oracles/sip-js.ts';
import { demand, sameBytes, sameValue } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

/** Headers taken over from a message of any length, and what an answer adds. */
const longer = { maximumBytes: 140_000, maximumHeaders: 600 };

/** Whatever answers a message that cannot be read can itself be read. */
const checkAnswer = (bytes: Uint8Array, code: string): readonly string[] => {
  const salvaged = salvageRequest(bytes);
  if (salvaged === undefined) return ['not salvaged'];
  const response = refuseUnread(salvaged, code, 'fresh');
  if (response === undefined) return ['salvaged, unanswered'];
  const read = parseMessage(serialize(response), longer);
  demand('an answer can be read', read.ok, 'a message', () => (read.ok ? '' : read.error));
  return ['salvaged'];
};

/** A stream that holds this message gives it, unless its length was left out. */
const checkFraming = (bytes: Uint8Array, message: SipMessage): void => {
  const hasLength = message.headers.some(({ name }) => /^(?:content-length|l)$/i.test(name));
  const [frame] = createFramer().push(bytes);
  if (!hasLength) sameValue('framing without length', 'fault', frame?.kind);
  else if (frame?.kind === 'message') sameBytes('framing', bytes, frame.bytes);
  else demand('framing', false, 'the message', () => frame);
};

const essentialsOf = (message: SipMessage): Essentials | string => {
  const read = message.kind === 'request' ? readRequest(message) : readEssentials(message);
  return read.ok ? read.value : read.error.code;
};

/** SIP messages as a whole, and what every element reads of them first; sip.js reads them too. */
export const sipMessage: FuzzTarget<MutatedCase> = {
  name: 'sip-message',
  parsers: [
    'reference/core/sip/message/message.ts#parseMessage',
    'reference/core/sip/message/header-lines.ts#parseHeaders',
    'reference/core/sip/message/header-lines.ts#parseContentLength',
    'reference/core/sip/message/essentials.ts#readEssentials',
    'reference/core/sip/message/essentials.ts#readRequest',
    'reference/core/sip/message/salvage.ts#salvageRequest',
  ],
  missing: sipJsMissing,
  cases: textCases(sipGrammar),
  check: (made) => {
    const bytes = textOfCase(sipGrammar, made);
    const parsed = parseMessage(bytes);
    if (!parsed.ok) return [parsed.error.code, ...checkAnswer(bytes, parsed.error.code)];
    const message = parsed.value;
    sameBytes('serialise(parse(b)) = b', bytes, serialize(message));
    sameValue('every header is kept', message.headers.length, allHeaders(message).length);
    checkFraming(bytes, message);
    const essentials = essentialsOf(message);
    if (typeof essentials === 'string') return ['message', essentials];
    const difference = sipJsDifference(message, essentials, readBySipJs(latin1(bytes)));
    return ['message', 'ok', message.kind, difference];
  },
  reaches: [
    'message',
    'ok',
    'request',
    'response',
    ...(sipJsMissing.length === 0 ? ['agreed', 'known difference'] : []),
    'salvaged',
    'salvaged, unanswered',
    'not salvaged',
    'sip/too-large',
    'sip/head-end',
    'sip/line-end',
    'sip/start-line',
    'sip/header',
    'sip/header-count',
    'sip/content-length',
    'sip/via',
    'sip/from',
    'sip/to',
    'sip/call-id',
    'sip/cseq',
    'sip/max-forwards',
    'sip/version',
    'sip/uri-scheme',
    'sip/request-uri',
  ],
  file: (made) => ({ extension: 'sip', bytes: textOfCase(sipGrammar, made) }),
};
