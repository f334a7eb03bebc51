import type { Core } from 'sip.js';
import { latin1 } from '../../reference/core/bytes.ts';
import type { Essentials } from '../../reference/core/sip/message/essentials.ts';
import {
  headerValues,
  listValues,
  type SipMessage,
} from '../../reference/core/sip/message/message.ts';
import { sameValue } from '../properties.ts';
import { PropertyFault } from '../target.ts';
import { optional } from './asked.ts';

const module = await optional(() => import('sip.js'));

/** Empty, or the package's name. */
export const sipJsMissing: readonly string[] = module === null ? ['sip.js'] : [];

let complaint = '';

const createReader = ({ LoggerFactory, Parser }: typeof Core) => {
  const factory = new LoggerFactory();
  factory.builtinEnabled = false;
  factory.connector = (_level, _category, _label, content) => (complaint = String(content));
  const logger = factory.getLogger('fuzz');
  return (text: string) => Parser.parseMessage(text, logger);
};
const reader = module && createReader(module.Core);

/** What sip.js made of a message: its reading, or the header (`start line`) that it refuses. */
type Theirs =
  | Core.IncomingRequestMessage
  | Core.IncomingResponseMessage
  | { readonly refused: string };

/** sip.js's reading; null where it is not installed. It returns nothing where it refuses, and throws at a bad CSeq or URI. */
export const readBySipJs = (text: string): Theirs | null => {
  if (reader === null) return null;
  complaint = '';
  try {
    const read = reader(text);
    if (read !== undefined) return read;
  } catch (error) {
    complaint = `thrown: ${String(error)}`;
  }
  const [, name] = /^error parsing header '([^']*)'/.exec(complaint) ?? [];
  const isStart = complaint.startsWith('error parsing first line');
  return { refused: name?.toLowerCase() ?? (isStart ? 'start line' : complaint) };
};

interface KnownRefusal {
  readonly place: RegExp;
  /** Why the difference stays. */
  readonly why: string;
  readonly applies: (message: SipMessage) => boolean;
}

const plainAddress =
  /^(?:"[A-Za-z ]*" )?<sips?:[A-Za-z0-9+.-]+@(?!0\d)[a-z0-9]+(?:\.(?!0\d)[a-z0-9]+)*(?::\d{4})?>(?:;tag=[A-Za-z0-9]+)?$/;

const plainVia =
  /^SIP\/2\.0\/(?:UDP|TCP|TLS) (?!0\d)[a-z0-9]+(?:\.(?!0\d)[a-z0-9]+)*(?::\d{4})?;branch=[A-Za-z0-9]+$/;
const plainSequence = /^\d+ (?:INVITE|ACK|BYE|CANCEL|OPTIONS|REGISTER|MESSAGE|REFER)$/;

const isAnyOdd = (message: SipMessage, name: string): boolean =>
  headerValues(message, name).some((value) => !plainAddress.test(value));

/**
 * What sip.js refuses and this project reads. The other way round nothing is listed: sip.js leaves most of RFC 3261's demands
 * to its user agent, or makes none.
 */
const knownRefusals: readonly KnownRefusal[] = [
  {
    place:
      /^(?!via$|v$|from$|f$|to$|t$|call-id$|i$|cseq$|content-length$|l$|max-forwards$|start line$)[^ ]*$/,
    why: 'Contact, Content-Type, Route and others are read by sip.js at once, here where they are used',
    applies: () => true,
  },
  {
    place: /^(?:via|v)$/,
    why: 'only the topmost Via is read here: the others are those of other elements (RFC 3261 section 16.3)',
    applies: (message) => listValues(message, 'Via').length > 1,
  },
  {
    place: /^(?:via|v)$/,
    why: 'an empty Via, or an empty place in a list of them, adds nothing to the list here; sip.js refuses it',
    applies: (message) =>
      headerValues(message, 'Via').some((value) => value.split(',').some((one) => !one.trim())),
  },
  {
    place: /^(?:via|v)$/,
    why: 'sip.js knows no branch with a colon, and few transports and versions; here both are what a generic parameter and a token may be; nor numbers of an address that begin with 0',
    applies: (message) => !plainVia.test(listValues(message, 'Via')[0] ?? ''),
  },
  {
    place: /^thrown: .*'method'|^cseq$/,
    why: 'sip.js throws at or refuses a CSeq whose method only begins like one that it knows',
    applies: (message) => headerValues(message, 'CSeq').some((value) => !plainSequence.test(value)),
  },
  {
    place: /^(?:from|f)$/,
    why: 'sip.js knows no scheme but sip, and no parameter that is a host',
    applies: (message) => isAnyOdd(message, 'From'),
  },
  {
    place: /^(?:to|t)$/,
    why: 'sip.js knows no scheme but sip, and no parameter that is a host',
    applies: (message) => isAnyOdd(message, 'To'),
  },
  {
    place: /^(?:call-id|i)$/,
    why: 'any visible text is a Call-ID here: it is compared, never taken apart',
    applies: (message) =>
      headerValues(message, 'Call-ID').some(
        (id) => !/^[A-Za-z0-9.-]+(?:@[A-Za-z0-9.-]+)?$/.test(id),
      ),
  },
  {
    place: /^start line$/,
    why: 'a reason phrase is any text without line ends here: nobody reads it',
    applies: (message) =>
      message.kind === 'response' && !/^[A-Za-z ]*[A-Za-z]$/.test(message.reason),
  },
  {
    place: /^start line$/,
    why: 'sip.js has no escapes, odd hosts or odd parameters in a Request-URI',
    applies: (message) => message.kind === 'request' && !plainAddress.test(`<${message.uri}>`),
  },
];

const fromVia = ({ via, branch }: Essentials, isSole: boolean) =>
  // Of several values in one line sip.js mixes the first with the last; where RFC 2543 left the branch out it has none.
  isSole && branch.startsWith('z9hG4bK') ? { host: via.host, branch } : {};

/** `agreed`, or the known difference by which sip.js disagrees, or that it is not there. */
export const sipJsDifference = (
  message: SipMessage,
  essentials: Essentials,
  theirs: Theirs | null,
): string => {
  if (theirs === null) return 'not compared';
  if ('refused' in theirs) {
    const known = knownRefusals.find(
      ({ place, applies }) => place.test(theirs.refused) && applies(message),
    );
    if (!known)
      throw new PropertyFault('differential: sip.js', 'read', `refused ${theirs.refused}`);
    return 'known difference';
  }
  const via = fromVia(essentials, listValues(message, 'Via').length === 1);
  const { fromTag, toTag, callId, cseq } = essentials;
  const { sequence, method } = cseq;
  const body = latin1(message.body);
  sameValue(
    'differential: sip.js',
    { ...via, fromTag, toTag, callId, sequence, method, body },
    {
      ...('host' in via ? { host: theirs.via.host, branch: theirs.viaBranch } : {}),
      fromTag: theirs.fromTag,
      toTag: theirs.toTag ?? undefined,
      callId: theirs.callId,
      sequence: theirs.cseq,
      method: theirs.method,
      body: theirs.body,
    },
  );
  return 'agreed';
};
