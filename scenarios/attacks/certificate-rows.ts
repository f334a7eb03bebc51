/** Which certificates of a row of the catalogue must have been shown in one place, and what their refusal shows. */
export interface CertificateRow {
  readonly row: string;
  readonly claims: readonly string[];
  /** All that must have been shown. */
  readonly names: readonly string[];
}

const purposes = [
  'other-purpose',
  'unrelated-purpose',
  'no-purpose',
  'key-encipherment-only',
] as const;
const authorities = [
  'other-authority',
  'other-authority-behind-the-right-one',
  'other-kind',
  'root-itself',
] as const;
const constraints = [
  'user-as-authority',
  'user-as-authority-unseen',
  'path-too-long',
  'no-basic-constraints',
  'leaf-is-authority',
] as const;
const times = [
  'expired',
  'just-expired',
  'not-yet-valid',
  'ends-before-it-begins',
  'expired-last-century',
] as const;
const signatures = [
  'md5',
  'sha1',
  'inner-says-another',
  'outer-says-another',
  'pss-malformed',
  'signature-altered',
  'signature-empty',
] as const;
const alterations = ['serial-altered', 'end-altered', 'identifier-altered'] as const;
const chains = ['self-signed-authority', 'self-signed-leaf', 'loop', 'very-long'] as const;
const odd = ['unknown-critical-extension', 'version-1'] as const;

/** Rows that a peer's certificate is judged by; `identity` is the claim that this side's check of the CommonName shows. */
export const peerRows = (identity: '5.2.d' | '5.2.f'): readonly CertificateRow[] => [
  { row: 'X1', claims: ['5.2.g'], names: purposes },
  { row: 'X2', claims: ['5.2.g', '5.2.b'], names: authorities },
  { row: 'X3', claims: ['5.2.c'], names: constraints },
  {
    row: 'X4',
    claims: [identity],
    names: [
      'nul',
      'nul-behind',
      'number-then-another',
      'another-then-number',
      'space-behind',
      'line-break-behind',
      'right-to-left-mark',
      'look-alike-plus',
      'full-width-digits',
      'number-before-more',
      'bmp-string',
    ],
  },
  {
    row: 'X5',
    claims: [identity],
    names: ['00', 'national', 'trunk-zero', 'spaces', 'tel-uri', 'escaped-plus'],
  },
  { row: 'X6', claims: [identity], names: ['number-only-beside'] },
  { row: 'X7', claims: ['5.2.c'], names: times },
  { row: 'X9', claims: ['5.2.a'], names: ['rsa-2047', 'exponent-1', 'exponent-even'] },
  { row: 'X10', claims: ['5.2.c'], names: signatures },
  {
    row: 'X11',
    claims: ['3.1.c'],
    names: ['bytes-behind', 'long-length', 'indefinite-length', 'boolean-of-1', ...alterations],
  },
  { row: 'X12', claims: ['5.2.c', '5.2.b'], names: chains },
  { row: 'X13', claims: ['5.2.b'], names: ['public-authority'] },
  { row: 'X14', claims: ['5.2.c'], names: odd },
];

/** Rows that a server's certificate is judged by. */
export const serverRows: readonly CertificateRow[] = [
  { row: 'X1', claims: ['2.1.g', '5.2.g'], names: purposes },
  { row: 'X2', claims: ['2.1.g', '5.2.g', '5.2.b'], names: authorities },
  { row: 'X3', claims: ['2.1.g'], names: constraints },
  { row: 'X6', claims: ['2.1.g'], names: ['other-host', 'host-as-text', 'common-name-only'] },
  { row: 'X7', claims: ['2.1.g'], names: times },
  { row: 'X9', claims: ['2.1.g'], names: ['rsa-1024', 'rsa-2047'] },
  { row: 'X10', claims: ['2.1.g'], names: signatures },
  { row: 'X11', claims: ['2.1.g'], names: alterations },
  { row: 'X12', claims: ['2.1.g'], names: chains },
  { row: 'X13', claims: ['2.1.g', '5.2.b'], names: ['public-authority'] },
  { row: 'X14', claims: ['2.1.g'], names: odd },
];

/** Rows of what an outsider and a user can show the SIP port. */
export const portRows: readonly CertificateRow[] = [
  { row: 'X1', claims: ['5.2.a'], names: ['server-certificate'] },
  {
    row: 'X2',
    claims: ['5.2.a', '5.2.g'],
    names: ['rogue-server-authority', 'server-authority-named'],
  },
  { row: 'X3', claims: ['5.2.a'], names: ['user-as-authority', 'user-as-authority-unseen'] },
  { row: 'X11', claims: ['3.1.c'], names: ['common-name-altered'] },
  { row: 'X12', claims: ['2.1.b'], names: chains },
  { row: 'X13', claims: ['2.1.b'], names: ['public-authority'] },
];
