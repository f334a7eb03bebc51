import { fromLatin1, latin1, toHex } from '../../reference/core/bytes.ts';
import {
  parsePkcs8Envelope,
  type StoredKeyParameters,
} from '../../reference/core/keystore/envelope.ts';
import { checkProtection } from '../../reference/core/keystore/protection.ts';
import { readStoredFile, type StoredFileFacts } from '../../reference/core/keystore/stored-file.ts';
import { keyOf, pkcs8Cases, type MadeKey, type Pkcs8Case } from '../generators/pkcs8-cases.ts';
import { writeRecipe } from '../generators/pkcs8-recipe.ts';
import { strictVerdict } from '../models/pkcs8.ts';
import { forgeMissing } from '../oracles/forge.ts';
import { fieldsOf, forgeFields } from '../oracles/forge-pkcs8.ts';
import {
  opensByNode,
  opensByOpenSsl,
  opensByParameters,
  openSslMissing,
} from '../oracles/key-opening.ts';
import { demand, sameBytes } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';

/** The parsers that a test may replace by wrong ones. */
export interface Pkcs8Parsers {
  readonly strict: typeof parsePkcs8Envelope;
  readonly file: typeof readStoredFile;
}

/**
 * Where OpenSSL and forge are known to differ from the strict reading; nothing is demanded of them there.
 * Both accept, and the strict reading refuses: BER that is not DER (indefinite, padded and over-long lengths, padded
 * integers), bytes behind the end, PEM lines of other lengths and text around them; hmacWithSHA1 written out, a PRF without
 * its NULL, a keyLength that contradicts the cipher (OpenSSL refuses most, forge none). Hence they are asked only about what
 * the strict reading accepts.
 * Iterations: nobody is asked to open a key of more than `mostIterations`, which is a matter of time and not of form.
 */
const mostIterations = 5_000;

/** The one encoding of the parameters that were read: an independent writer gives the same DER. */
const isCanonical = (der: Uint8Array, stored: StoredKeyParameters, file: StoredFileFacts): void => {
  const content = file.objects[0]?.content;
  const keyLength =
    content?.kind === 'encrypted-pkcs8' ? (content.protection?.keyLength?.count ?? null) : null;
  const written = writeRecipe({
    scheme: stored.scheme,
    derivation: stored.keyDerivation,
    salt: stored.salt.bytes,
    iterations: stored.iterations.count,
    keyLength,
    prf: stored.prf.leftOut ? null : stored.prf,
    prfHasNull: true,
    cipher: stored.cipher,
    iv: stored.iv.bytes,
    ivWrapped: false,
    encryptedKey: stored.encryptedKey.bytes,
  });
  sameBytes('canonical', written, der);
};

const strictCbc = new Set(['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc']);

/** Whether the lenient reading found nothing that a strict one would refuse. */
const isFlawless = ({ objects, faults, size }: StoredFileFacts): boolean => {
  const [object, ...more] = objects;
  if (!object || more.length > 0 || faults.length > 0 || object.faults.length > 0) return false;
  const { content } = object;
  const protection = content.kind === 'encrypted-pkcs8' ? content.protection : null;
  if (protection === null || protection.faults.length > 0 || size > 65_536) return false;
  const { scheme, keyDerivation, cipher } = protection;
  return (
    scheme.name === 'PBES2' && keyDerivation?.name === 'PBKDF2' && strictCbc.has(cipher?.name ?? '')
  );
};

const faultsLieInside = (file: StoredFileFacts): void => {
  const faults = [...file.faults, ...file.objects.flatMap((object) => object.faults)];
  for (const { code, offset } of faults)
    demand('offsets', offset >= 0 && offset <= file.size, `${code} inside the file`, () => offset);
};

const opens = (made: MadeKey, stored: StoredKeyParameters, seed: number): readonly string[] => {
  const { pem, passphrase } = made;
  if (passphrase === null || stored.iterations.count > mostIterations) return [];
  const expected = opensByParameters(stored, passphrase);
  const byNode = opensByNode(pem, passphrase);
  demand('differential: node:crypto', byNode === expected, `opens: ${expected}`, () => byNode);
  // A process for each takes a hundred times as long as everything else.
  const byOpenSsl = seed % 64 === 1 ? opensByOpenSsl(pem, passphrase) : null;
  if (byOpenSsl !== null)
    demand('differential: openssl', byOpenSsl === expected, `opens: ${expected}`, () => byOpenSsl);
  if (made.recipe) {
    const right = passphrase === 'correct horse';
    demand('round trip', !right || expected, 'the right passphrase opens', () => toHex(made.der));
  }
  return [expected ? 'opens' : 'does not open', ...(byOpenSsl === null ? [] : ['asked openssl'])];
};

const accepted = (
  made: MadeKey,
  stored: StoredKeyParameters,
  file: StoredFileFacts,
  seed: number,
): readonly string[] => {
  isCanonical(made.der, stored, file);
  const byForge = forgeFields(made.der);
  if (byForge !== null)
    demand(
      'differential: node-forge',
      byForge === fieldsOf(stored),
      fieldsOf(stored),
      () => byForge,
    );
  const { salt, iv, encryptedKey } = stored;
  for (const { offset, bytes } of [salt, iv, encryptedKey]) {
    const found = latin1(made.der.subarray(offset, offset + bytes.length + 6));
    demand('offsets', found.includes(latin1(bytes)), toHex(bytes), () => toHex(fromLatin1(found)));
  }
  const judged = checkProtection(stored);
  return [
    'ok',
    judged.ok ? 'protected as demanded' : judged.error.code,
    ...opens(made, stored, seed),
  ];
};

const all: Pkcs8Parsers = { strict: parsePkcs8Envelope, file: readStoredFile };

/** Encrypted private keys; `parsers` are the real ones but for tests. Without `derives` no case derives a key. */
export const pkcs8Target = (
  parsers: Pkcs8Parsers = all,
  derives = true,
): FuzzTarget<Pkcs8Case> => ({
  name: 'pkcs8',
  parsers: [
    'reference/core/keystore/envelope.ts#parsePkcs8Envelope',
    'reference/core/keystore/protection-facts.ts#readProtection',
    'reference/core/keystore/stored-file.ts#readStoredFile',
    'reference/core/keystore/stored-content.ts#readDerContent',
  ],
  get missing() {
    return [...forgeMissing, ...openSslMissing()];
  },
  cases: pkcs8Cases(derives),
  check(value) {
    const made = keyOf(value);
    const strict = parsers.strict(made.pem);
    const file = parsers.file(fromLatin1(made.pem));
    const verdict = strict.ok ? 'ok' : strict.error.code;
    if (made.recipe && made.tidy)
      demand(
        'differential: the model of RFC 8018',
        verdict === strictVerdict(made.recipe),
        strictVerdict(made.recipe),
        () => verdict,
      );
    const agree = strict.ok === isFlawless(file);
    demand('the two readings agree', agree, `strict: ${verdict}`, () => file.faults);
    faultsLieInside(file);
    const seed = value.kind === 'opened' ? value.seed : 0;
    if (!strict.ok) return [verdict, file.objects[0]?.content.kind ?? 'no object'];
    return accepted(made, strict.value, file, seed);
  },
  reaches: [
    'ok',
    'protected as demanded',
    ...(derives ? ['opens', 'does not open'] : []),
    ...['cipher', 'prf', 'iterations', 'salt', 'iv'].map((field) => `protection-${field}`),
    ...'scheme derivation iterations key-length prf cipher iv encrypted-key form salt'
      .split(' ')
      .map((field) => `keystore-${field}`),
    ...'end tag length form depth trailing boolean integer null object-identifier bit-string set-order'
      .split(' ')
      .map((code) => `der-${code}`),
    ...'begin end line base64 label count size'.split(' ').map((code) => `pem-${code}`),
    'encrypted-pkcs8',
    'key-in-clear',
    'traditional-encrypted',
    'foreign',
    'no-private-key',
    'unknown',
  ],
  file: (value) => ({ extension: 'pem', bytes: fromLatin1(keyOf(value).pem) }),
  limit: 2_000,
});

/** Encrypted private keys as the keystore command and the phone read them. */
export const pkcs8 = pkcs8Target();
