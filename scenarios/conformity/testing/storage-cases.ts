import { latin1, toBase64 } from '../../../reference/core/bytes.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { all, without, withText, type Alteration } from '../../testing/altered.ts';
import { nothingStored } from './damage.ts';
import { withStorageSearch } from './documents.ts';
import { pemOf } from './forged.ts';

const storedKey = 'stored/bob/private-key.pem';

/** The stored key with some bytes of its DER replaced by as many others. */
const inDer = (from: readonly number[], to: readonly number[]): Alteration =>
  withText('call', storedKey, (text) => {
    const der = Buffer.from(text.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    const at = der.indexOf(Buffer.from(from));
    if (at < 0) throw new Error('the stored key has no such bytes');
    der.set(to, at);
    const lines = toBase64(new Uint8Array(der)).replaceAll(/.{64}(?=.)/g, '$&\n');
    return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
  });

/** One more file on the second phone. */
const furtherFile = (name: string, text: string): Alteration =>
  all(
    withText('call', `stored/bob/${name}`, () => text),
    withStorageSearch((search) => ({
      ...search,
      places: [...search.places, { name: `stored/bob/${name}`, bytes: text.length }],
    })),
  );

const missing = (id: string): readonly JudgeCase[] => [
  undecided(id, 'nothing stored', /(is|are) not among/, nothingStored),
  undecided(
    id,
    'the second phone’s key missing',
    /is not among the evidence/,
    without('call', storedKey),
  ),
  undecided(
    id,
    'an empty list of what is stored',
    /are not among the evidence/,
    withStorageSearch((search) => ({ ...search, places: [] })),
  ),
  undecided(id, 'no topology', /not among the evidence/, without('call', 'topology.json')),
];

const protection: readonly JudgeCase[] = [
  failing(
    '5.3/encryption',
    'AES-128',
    /differs/,
    withText('call', storedKey, () => pemOf('aes-128-cbc')),
  ),
  failing(
    '5.3/encryption',
    'a key that is not encrypted',
    /is no such file/,
    withText('call', storedKey, () => pemOf()),
  ),
  failing(
    '5.3/encryption',
    'a second key file that is not encrypted',
    /is no such file/,
    furtherFile('backup.txt', pemOf()),
  ),
  failing(
    '5.3/encryption',
    'a file cut in two',
    /is no such file/,
    withText('call', storedKey, (text) => text.slice(0, 900)),
  ),
  ...missing('5.3/encryption'),
  failing('5.3/derivation', '2049 iterations', /differs/, inDer([2, 2, 8, 0], [2, 2, 8, 1])),
  failing(
    '5.3/derivation',
    'HMAC-SHA512',
    /differs/,
    inDer([0x86, 0xf7, 0x0d, 2, 9], [0x86, 0xf7, 0x0d, 2, 11]),
  ),
  failing(
    '5.3/derivation',
    'a key that is not encrypted',
    /is no such file/,
    withText('call', storedKey, () => pemOf()),
  ),
  ...missing('5.3/derivation'),
];

const form: readonly JudgeCase[] = [
  failing(
    '6.1/stored-as-pem',
    'a key in DER',
    /is no PEM/,
    withText('call', storedKey, (text) =>
      latin1(new Uint8Array(Buffer.from(text.replaceAll(/-----.*-----|\s/g, ''), 'base64'))),
    ),
  ),
  failing(
    '6.1/stored-as-pem',
    'a certificate without armour',
    /is no PEM/,
    withText('call', 'stored/bob/certificate.pem', (text) =>
      text.replaceAll(/-----.*-----\n/g, ''),
    ),
  ),
  failing(
    '6.1/stored-as-pem',
    'armour around something else',
    /is no PEM/,
    withText(
      'call',
      'stored/bob/certificate.pem',
      () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    ),
  ),
  failing(
    '6.1/stored-as-pem',
    'armour that ends otherwise than it begins',
    /is no PEM/,
    withText('call', 'stored/bob/certificate.pem', (text) =>
      text.replace('END CERTIFICATE', 'END KEY'),
    ),
  ),
  failing(
    '6.1/stored-as-pem',
    'an authority’s certificate in DER',
    /root\.pem of bob is no PEM/,
    withText('call', 'stored/bob/root.pem', (text) =>
      latin1(new Uint8Array(Buffer.from(text.replaceAll(/-----.*-----|\s/g, ''), 'base64'))),
    ),
  ),
  failing(
    '6.1/stored-as-pem',
    'a further certificate in DER, under any name',
    /backup of bob is no PEM/,
    furtherFile('backup', '0\uFFFD\u0003\u00120'),
  ),
  failing(
    '6.1/stored-as-pem',
    'something behind a good object',
    /client-authority\.pem of bob is no PEM/,
    withText('call', 'stored/bob/client-authority.pem', (text) => `${text}MIIB`),
  ),
  tolerated(
    '6.1/stored-as-pem',
    'two certificates in one file',
    /as PEM/,
    withText('call', 'stored/bob/root.pem', (text) => `${text}\n${text}`),
  ),
  ...missing('6.1/stored-as-pem'),
];

/** Sections 5.3 and 6.1, what a phone stores. */
export const storageCases: readonly JudgeCase[] = [...protection, ...form];
