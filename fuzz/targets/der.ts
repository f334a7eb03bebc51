import { fromBER } from 'asn1js';
import { derElement } from '../../reference/core/pki/der-write.ts';
import {
  derTag,
  objectIdentifierText,
  parseDer,
  type DerNode,
} from '../../reference/core/pki/der.ts';
import { derChildren, readDer } from '../../simulators/attackers/der.ts';
import { anyDer, certificates, ocspRequests } from '../generators/certificates.ts';
import { derGrammar } from '../generators/der-mutations.ts';
import { seedOf, type MutatedCase } from '../generators/mutations.ts';
import { asked, sampling, type Known } from '../oracles/asked.ts';
import { sameBytes, sameValue } from '../properties.ts';
import { PropertyFault, type FuzzTarget } from '../target.ts';

const rebuilt = ({ tag, content, children }: DerNode): Uint8Array =>
  (tag & 0x20) === 0 ? derElement(tag, content) : derElement(tag, ...children.map(rebuilt));

const countOf = ({ children }: DerNode): number =>
  children.reduce((sum, child) => sum + countOf(child), 1);

const derBases = [anyDer, ...certificates.slice(0, 2), ...ocspRequests.slice(0, 1)];
const anything = derGrammar(derBases);

const compareAsn1js = (bytes: Uint8Array): void => {
  const read = asked(() => fromBER(bytes));
  const consumed = 'value' in read ? read.value.offset : -1;
  const complaint = 'value' in read ? read.value.result.error : read.complaint;
  if (
    consumed !== bytes.length &&
    !knownAsn1js.some(({ complaint: known }) => known.test(complaint))
  )
    throw new PropertyFault('differential: asn1js', 'read', complaint);
};

const knownAsn1js: readonly Known[] = [
  {
    complaint: /^Maximum ASN\.1/,
    why: 'asn1js has bounds of its own; the callers here bound bytes',
  },
  {
    complaint: /^Wrong input string for conversion/,
    why: 'asn1js looks into times, which are read here by those who need them',
  },
  {
    complaint:
      /^BMPString|^UniversalString|is reserved by ASN\.1|^End of input reached before message|UTF-?8|encoded data was not valid|Unused bits|unused bits/i,
    why: 'asn1js looks into the text of strings and into types that nobody uses, and calls what DER allows for a BIT STRING inside another wrong',
  },
];

/** DER, and nothing but DER. */
export const der: FuzzTarget<MutatedCase> = {
  name: 'der',
  parsers: [
    'reference/core/pki/der.ts#parseDer',
    'reference/core/pki/der.ts#objectIdentifierText',
    'simulators/attackers/der.ts#readDer',
    'simulators/attackers/der.ts#derChildren',
  ],
  cases: anything.cases,
  check: (made) => {
    const bytes = anything.bytes(made);
    const loose = readDer(bytes);
    if (loose) derChildren(bytes, loose);
    const parsed = parseDer(bytes);
    if (!parsed.ok) return parsed.error.code;
    sameBytes('serialise(parse(b)) = b', bytes, rebuilt(parsed.value));
    sameValue('differential: the attackers’ reader', bytes.length, loose?.end);
    if (parsed.value.tag === derTag.objectIdentifier) objectIdentifierText(parsed.value.content);
    if (seedOf(made) % sampling === 0) compareAsn1js(bytes);
    return countOf(parsed.value) > 1 ? ['ok', 'nested'] : 'ok';
  },
  reaches:
    'ok nested der-end der-tag der-length der-form der-depth der-trailing der-boolean der-integer der-null der-object-identifier der-bit-string der-set-order'.split(
      ' ',
    ),
  file: (made) => ({ extension: 'der', bytes: anything.bytes(made) }),
};
