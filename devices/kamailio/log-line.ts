/** What a line of Kamailio's log means to the appliance. */
export type LogLine =
  | {
      readonly kind: 'owner';
      readonly connection: string;
      readonly number: string;
      /** Address and port of the phone's end. */
      readonly from: string;
    }
  | { readonly kind: 'closed'; readonly from: string }
  | {
      readonly kind: 'registered';
      readonly number: string;
      readonly connection: string;
      readonly address: string;
      readonly from: string;
      /** Seconds; 0 when the number left. */
      readonly expires: number;
    }
  | {
      readonly kind: 'call';
      readonly callId: string;
      readonly caller: string;
      readonly callee: string;
      readonly tag: string;
      readonly contact: string;
      readonly sequence: number;
    }
  | {
      readonly kind: 'answered';
      readonly callId: string;
      readonly tag: string;
      readonly contact: string;
    }
  | {
      readonly kind: 'within';
      readonly callId: string;
      readonly number: string;
      readonly sequence: number;
    }
  | { readonly kind: 'ended'; readonly callId: string }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }
  /** The engine's own word that something is broken. */
  | { readonly kind: 'broken'; readonly text: string }
  | { readonly kind: 'other' };

const other: LogLine = { kind: 'other' };

/** ` 3(1234) LEVEL: <where>: text`. */
const shape = /^\s*\d+\(\d+\)\s+([A-Z]+):\s+(.*)$/;

const fieldsOf = (text: string): ReadonlyMap<string, string> => {
  const [head = '', tail] = text.split(/ text=(.*)$/, 2);
  const pairs = [...head.matchAll(/(\w+)=(\S*)/g)].map(
    ([, name = '', value = '']) => [name, value] as const,
  );
  return new Map(tail === undefined ? pairs : [...pairs, ['text', tail]]);
};

/** What a client chose stands there in hexadecimal. */
const decoded = (hexadecimal: string): string => Buffer.from(hexadecimal, 'hex').toString('latin1');

/** Seconds of a REGISTER that named one contact: its own parameter, else Expires, else the longest. */
const lifetimeOf = (contact: string, header: string): number => {
  const own = /;\s*expires\s*=\s*(\d{1,9})/i.exec(contact)?.[1];
  return Math.min(3600, Number(own ?? /^\d{1,9}$/.exec(header)?.[0] ?? 3600));
};

const ownLine = (kind: string, text: string): LogLine => {
  const fields = fieldsOf(text);
  const field = (name: string): string => fields.get(name) ?? '';
  const from = (): string => `${field('address')}:${field('port')}`;
  const callId = decoded(field('callid'));
  switch (kind) {
    case 'owner':
      return { kind, connection: field('conid'), number: field('number'), from: from() };
    case 'closed':
      return { kind, from: from() };
    case 'registered':
      return {
        kind,
        number: field('number'),
        connection: field('conid'),
        address: field('address'),
        from: from(),
        expires: lifetimeOf(decoded(field('contact')), decoded(field('expires'))),
      };
    case 'call':
      return {
        kind,
        callId,
        caller: field('caller'),
        callee: field('callee'),
        tag: decoded(field('tag')),
        contact: decoded(field('contact')),
        sequence: Number(field('cseq')),
      };
    case 'answered':
      return { kind, callId, tag: decoded(field('tag')), contact: decoded(field('contact')) };
    case 'within':
      return { kind, callId, number: field('number'), sequence: Number(field('cseq')) };
    case 'ended':
      return { kind, callId };
    case 'refused': {
      const how = field('status') === '0' ? 'by closing' : `with ${field('status')}`;
      const about = `connection ${field('conid')}${callId === '' ? '' : `, Call-ID ${callId}`}`;
      const detail = `${field('user')}: ${decoded(field('method'))} refused ${how}: ${field('text')} (${about})`;
      return { kind, code: field('code'), detail };
    }
    default:
      return other;
  }
};

/** Faults that Kamailio's own parsers name, and the code of the embedded service for them. */
const parserFaults: readonly (readonly [RegExp, string])[] = [
  [/^<core> \[[\w/.]+:\d+\]: parse_headers\(\): duplicate From\b/, 'sip/from'],
  [/^<core> \[[\w/.]+:\d+\]: parse_headers\(\): duplicate To\b/, 'sip/to'],
  // Of a message on a stream whose end cannot be told.
  [/tcp_read_req\(\): bad request, state=\d+, error=4\b/, 'sip/content-length'],
  [/content[-_ ]length/i, 'sip/content-length'],
  [/parse_first_line|bad (?:request|message) first line|first line/i, 'sip/start-line'],
  [/message too big|too large|buffer overrun/i, 'sip/too-large'],
  [/parse_from|bad from/i, 'sip/from'],
  [/parse_to\b|parse_to_|bad to/i, 'sip/to'],
  [/parse_via|bad via|via/i, 'sip/via'],
  [/cseq/i, 'sip/cseq'],
  [/contact/i, 'sip/contact'],
  [/parse_uri|bad uri|invalid uri/i, 'sip/uri'],
  [/header/i, 'sip/header'],
];

const engineLine = (level: string, text: string): LogLine => {
  if (level === 'BUG' || level === 'CRITICAL' || level === 'ALERT')
    return { kind: 'broken', text: `${level}: ${text}` };
  if (level !== 'ERROR') return other;
  if (/\btls\b.*(?:TLS accept|SSL|certificate)/i.test(text))
    return { kind: 'refused', code: 'tls/handshake', detail: text };
  if (!/<core>|sanity/.test(text)) return other;
  const [, code] = parserFaults.find(([pattern]) => pattern.test(text)) ?? [];
  return code === undefined ? other : { kind: 'refused', code, detail: text };
};

/** Reads one line of Kamailio's log; total. */
export const parseLogLine = (line: string): LogLine => {
  const [, level = '', text = ''] = shape.exec(line) ?? [];
  const own = /^<script>: discretio (\w+) (.*)$/.exec(text);
  return own ? ownLine(own[1] ?? '', own[2] ?? '') : engineLine(level, text);
};
