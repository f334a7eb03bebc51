/** A field of a form, as it would be sent. */
export interface FormField {
  readonly name: string;
  /** Lower case; `text` where an input says nothing, `select` and `button` for those elements. */
  readonly type: string;
  readonly value: string;
}

/** A form of a page. */
export interface Form {
  readonly method: 'GET' | 'POST';
  /** Empty where it is sent to the page's own address. */
  readonly action: string;
  readonly fields: readonly FormField[];
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

/** Text of HTML with its character references read. */
const unescape = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    const known = entities[String(name).toLowerCase()];
    if (known !== undefined) return known;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

const attributesOf = (tag: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const inside = tag.replace(/^<[^\s/>]+/, '');
  for (const [, name = '', quoted, single, bare] of inside.matchAll(
    /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g,
  ))
    if (!found.has(name.toLowerCase()))
      found.set(name.toLowerCase(), unescape(quoted ?? single ?? bare ?? ''));
  return found;
};

const selectField = (element: string): FormField => {
  const name = attributesOf(/^<select[^>]*>/i.exec(element)?.[0] ?? '').get('name') ?? '';
  const options = [...element.matchAll(/<option[^>]*>/gi)].map(([tag]) => attributesOf(tag));
  const chosen = options.find((option) => option.has('selected')) ?? options[0];
  return { name, type: 'select', value: chosen?.get('value') ?? '' };
};

const fieldOf = (element: string): FormField => {
  if (/^<select/i.test(element)) return selectField(element);
  const attributes = attributesOf(element);
  const usual = /^<button/i.test(element) ? 'button' : 'text';
  return {
    name: attributes.get('name') ?? '',
    type: /^<button/i.test(element) ? usual : (attributes.get('type') ?? usual).toLowerCase(),
    value: attributes.get('value') ?? '',
  };
};

/** The forms of a page, as a browser without scripts would send them. Total: what is no HTML has none. */
export const formsOf = (html: string): readonly Form[] =>
  [...html.matchAll(/(<form\b[^>]*>)([\s\S]*?)<\/form>/gi)].map(([, tag = '', inside = '']) => {
    const attributes = attributesOf(tag);
    const elements = inside.matchAll(
      /<input\b[^>]*>|<button\b[^>]*>|<select\b[^>]*>[\s\S]*?<\/select>/gi,
    );
    return {
      method: attributes.get('method')?.toUpperCase() === 'POST' ? 'POST' : 'GET',
      action: attributes.get('action') ?? '',
      fields: [...elements].map(([element]) => fieldOf(element)).filter(({ name }) => name !== ''),
    };
  });

/** The form that asks for a password; undefined where a page has none. */
export const signInFormOf = (html: string): Form | undefined =>
  formsOf(html).find(
    ({ method, fields }) => method === 'POST' && fields.some(({ type }) => type === 'password'),
  );

/** Links of a page to pages of the same site: paths with their queries, each once. */
export const linksOf = (html: string): readonly string[] => [
  ...new Set(
    [...html.matchAll(/<a\b[^>]*>/gi)]
      .map(([tag]) => attributesOf(tag).get('href') ?? '')
      .filter((href) => /^\/(?!\/)/.test(href)),
  ),
];

/** A page as evidence: values of hidden fields, which may be secrets of the session, left out. */
export const withoutHiddenValues = (html: string): string =>
  html.replace(/<input\b[^>]*>/gi, (tag) =>
    attributesOf(tag).get('type')?.toLowerCase() === 'hidden'
      ? tag.replace(/(\bvalue\s*=\s*)(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+)/i, '$1"(left out)"')
      : tag,
  );
