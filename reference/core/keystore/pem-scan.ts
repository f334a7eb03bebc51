import { fromBase64 } from '../bytes.ts';
import type { Fault } from '../result.ts';

/** How a text departs from strict PEM (RFC 7468 section 3). */
export type PemScanFaultCode =
  | 'pem-text'
  | 'pem-begin'
  | 'pem-header'
  | 'pem-line'
  | 'pem-base64'
  | 'pem-end'
  | 'pem-count';

/** One armoured object, read as far as it can be. */
export interface ScannedBlock {
  readonly label: string;
  /** Where its BEGIN line starts, in characters. */
  readonly offset: number;
  /** Lines of the form `Name: value` before the body (RFC 1421 section 4.4), names as written. */
  readonly headers: ReadonlyMap<string, string>;
  /** Null if the body is no base64. */
  readonly der: Uint8Array | null;
}

/** Every armoured object of a text and everything that is not strict about them. */
export interface PemScan {
  readonly blocks: readonly ScannedBlock[];
  /** In the order of the text. */
  readonly faults: readonly Fault<PemScanFaultCode>[];
  /** Whether a line ends with CR LF, which RFC 7468 section 3 allows. */
  readonly carriageReturns: boolean;
}

interface Line {
  readonly text: string;
  readonly offset: number;
}

interface OpenBlock {
  readonly label: string;
  readonly offset: number;
  readonly lines: Line[];
}

const linesOf = (text: string): readonly Line[] => {
  const lines: Line[] = [];
  for (let offset = 0; offset < text.length;) {
    const found = text.indexOf('\n', offset);
    const end = found < 0 ? text.length : found;
    const carriage = found > offset && text[end - 1] === '\r' ? 1 : 0;
    lines.push({ text: text.slice(offset, end - carriage), offset });
    offset = end + 1;
  }
  return lines;
};

type Report = (code: PemScanFaultCode, offset: number, detail?: string) => void;

/** Takes the header lines and the blank line behind them off a body. */
const takeHeaders = (lines: Line[], report: Report): ReadonlyMap<string, string> => {
  const headers = new Map<string, string>();
  const [first] = lines;
  if (first === undefined || !first.text.includes(':')) return headers;
  report('pem-header', first.offset);
  for (let line = lines.shift(); line !== undefined && line.text !== ''; line = lines.shift()) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line.text) ?? [];
    if (name !== undefined && value !== undefined) headers.set(name, value);
  }
  return headers;
};

const takeBody = (lines: readonly Line[], at: number, report: Report): Uint8Array | null => {
  const wrong = lines.find(({ text }, index) =>
    index === lines.length - 1 ? text === '' || text.length > 64 : text.length !== 64,
  );
  if (lines.length === 0) report('pem-line', at, 'no body');
  if (wrong) report('pem-line', wrong.offset, `a line of ${wrong.text.length} characters`);
  const decoded = fromBase64(lines.map(({ text }) => text).join(''));
  if (decoded.ok) return decoded.value;
  const stray = lines.find(({ text }) => /[^A-Za-z0-9+/=]/.test(text)) ?? lines.at(-1);
  const column = Math.max(0, stray?.text.search(/[^A-Za-z0-9+/=]/) ?? 0);
  report('pem-base64', (stray?.offset ?? at) + column, decoded.error.code);
  const loose = fromBase64(lines.map(({ text }) => text.replaceAll(/[ \t\r]/g, '')).join(''));
  return loose.ok ? loose.value : null;
};

// Longer labels are none: what is said of a label stays short.
const begin = /^-----BEGIN (.{0,64}?)-----(.*)$/;
const end = /^-----END (.{0,64}?)-----(.*)$/;

/** Cuts a text into its armoured objects. */
const cut = (text: string, report: Report): readonly OpenBlock[] => {
  const blocks: OpenBlock[] = [];
  let open: OpenBlock | null = null;
  let inText = false;
  for (const line of linesOf(text)) {
    const { offset } = line;
    const [, label, rest] = begin.exec(line.text) ?? [];
    const [, endLabel, endRest] = end.exec(line.text) ?? [];
    if (label !== undefined) {
      if (open) report('pem-end', offset, `no END ${open.label}`);
      if (blocks.length === 1) report('pem-count', offset);
      if (rest !== '' || !/^[A-Z0-9][A-Z0-9 ]*$/.test(label)) report('pem-begin', offset);
      open = { label, offset, lines: [] };
      blocks.push(open);
    } else if (open === null) {
      if (!inText) report('pem-text', offset);
    } else if (endLabel === undefined) open.lines.push(line);
    else {
      if (endLabel !== open.label)
        report('pem-end', offset, `END ${endLabel} closes BEGIN ${open.label}`);
      if (endRest !== '') report('pem-end', offset, 'text behind END');
      open = null;
    }
    inText = open === null && endLabel === undefined;
  }
  if (open) report('pem-end', text.length, `no END ${open.label}`);
  return blocks;
};

/**
 * Finds every armoured object of a text, however untidy, and names all that is not strict PEM: a text is strict, one object and
 * nothing else, exactly if this gives one block and no faults. Total; offsets count characters.
 */
export const scanPem = (text: string): PemScan => {
  const faults: Fault<PemScanFaultCode>[] = [];
  const report: Report = (code, offset, detail) =>
    faults.push(detail === undefined ? { code, offset } : { code, offset, detail });
  const blocks = cut(text, report).map(({ label, offset, lines }) => {
    const headers = takeHeaders(lines, report);
    return { label, offset, headers, der: takeBody(lines, offset, report) };
  });
  const inOrder = faults.toSorted((left, right) => left.offset - right.offset);
  return { blocks, faults: inOrder, carriageReturns: text.includes('\r\n') };
};
