/** A host as written, IPv6 in its brackets, with its port. */
interface HostPort {
  readonly host: string;
  readonly port: number | undefined;
  /** Offset behind it. */
  readonly next: number;
}

/** RFC 3261 section 25.1, hostport: in a URI without blanks, in a Via (sent-by) with blanks around the colon. */
const PATTERNS = {
  uri: /([A-Za-z0-9\-.]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?(?=[;?]|$)/y,
  via: /([A-Za-z0-9\-.]+|\[[0-9A-Fa-f:.]+\])(?:[ \t]*:[ \t]*(\d{1,5}))?(?=[ \t]*(?:;|$))/y,
} as const;

const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;

const isIpv4 = (text: string): boolean =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);

/** RFC 3986 section 3.2.2, IPv6address, which RFC 5954 section 4.1 puts in the place of RFC 3261's. */
const isIpv6 = (text: string): boolean => {
  const halves = text.split('::');
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const dotted = last.includes('.') && text.endsWith(last) && isIpv4(last);
  const plain = dotted ? groups.slice(0, -1) : groups;
  if (halves.length > 2 || !plain.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  const count = plain.length + (dotted ? 2 : 0);
  return halves.length === 2 ? count <= 7 : count === 8;
};

/** RFC 3261 section 25.1, host: the last label of a name begins with a letter, else it is an IPv4 address. */
const isHost = (text: string): boolean => {
  if (text.startsWith('[')) return isIpv6(text.slice(1, -1));
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.');
  if (!/^[A-Za-z]/.test(labels.at(-1) ?? '')) return isIpv4(text);
  return labels.every((label) => LABEL.test(label));
};

/** Reads a host with its optional port at an offset of a URI or a Via value; undefined when there is none or it is wrong. */
export const parseHostPort = (
  text: string,
  offset: number,
  place: 'uri' | 'via',
): HostPort | undefined => {
  const pattern = PATTERNS[place];
  pattern.lastIndex = offset;
  const match = pattern.exec(text);
  const [, host, digits] = match ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || !isHost(host)) return undefined;
  if (port !== undefined && (port === 0 || port > 65_535)) return undefined;
  return { host, port, next: pattern.lastIndex };
};
