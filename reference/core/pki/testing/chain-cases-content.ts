import { nameOf } from '../../../../simulators/attackers/certificate-forger.ts';
import {
  derElement,
  derExplicit,
  derInteger,
  derNull,
  derOid,
  derSequence,
  derTime,
} from '../../../../simulators/attackers/der.ts';
import {
  commonNameOf,
  oids,
  timeDigits,
  timeText,
} from '../../../../simulators/attackers/x509-fields.ts';
import { concat, utf8 } from '../../bytes.ts';
import {
  added,
  atEachLevel,
  both,
  casesOf,
  subject,
  vectorNumber,
  vectorSecond,
  type Change,
  type ChainCase,
} from './chain-plan.ts';

const second = 1000;

const lasting =
  (from: number, until: number): Change =>
  () => ({ notBefore: derTime(vectorSecond + from), notAfter: derTime(vectorSecond + until) });
const until =
  (tag: 'utc' | 'generalized', text: string): Change =>
  () => ({ notAfter: timeText(tag, text) });
const from =
  (tag: 'utc' | 'generalized', text: string): Change =>
  () => ({ notBefore: timeText(tag, text) });
const digits = timeDigits(vectorSecond - 3_600_000);

const times = casesOf('time', {
  ...atEachLevel('ended a second ago', lasting(-60 * second, -second)),
  ...atEachLevel('begins in a second', lasting(second, 60 * second)),
  ...atEachLevel('ends this second', lasting(-60 * second, 0)),
  ...atEachLevel('begins this second', lasting(0, 60 * second)),
  'leaf: ends before it begins': { leaf: lasting(second, -second) },
  'leaf: until 2049 as UTCTime': { leaf: until('utc', '491231235959Z') },
  'leaf: until 2050 as GeneralizedTime': { leaf: until('generalized', '20500101000000Z') },
  'leaf: until 9999 as GeneralizedTime': { leaf: until('generalized', '99991231235959Z') },
  'leaf: until 2049 as GeneralizedTime': { leaf: until('generalized', '20491231235959Z') },
  'leaf: until 50 as UTCTime, which is 1950': { leaf: until('utc', '500101000000Z') },
  'leaf: from 50 as UTCTime, which is 1950': { leaf: from('utc', '500101000000Z') },
  'leaf: from this year as GeneralizedTime': { leaf: from('generalized', `${digits}Z`) },
  'leaf: fraction of a second': { leaf: from('generalized', `${digits}.5Z`) },
  'leaf: fraction of a second from 2050 on': { leaf: until('generalized', '20500101000000.5Z') },
  'leaf: zero fraction from 2050 on': { leaf: until('generalized', '20500101000000.0Z') },
  'leaf: offset in the place of Z': { leaf: from('utc', `${digits.slice(2)}+0000`) },
  'leaf: no zone': { leaf: until('generalized', '20500101000000') },
  'leaf: no seconds': { leaf: from('utc', `${digits.slice(2, 12)}Z`) },
  'leaf: second 60': { leaf: until('utc', '491231235960Z') },
  'leaf: hour 24': { leaf: until('utc', '491230240000Z') },
  'leaf: 29 February 2048': { leaf: until('utc', '480229000000Z') },
  'leaf: 29 February 2047': { leaf: until('utc', '470229000000Z') },
  'leaf: small z': { leaf: until('utc', '491231235959z') },
  'leaf: blank digits': { leaf: until('utc', '4912312359 9Z') },
  'leaf: time empty': { leaf: until('utc', '') },
});

const serial =
  (...bytes: readonly number[]): Change =>
  () => ({ serial: derElement(2, Uint8Array.of(...bytes)) });
const version =
  (number: number): Change =>
  () => ({ version: derInteger(Uint8Array.of(number)) });
const versionOne: Change = () => ({ version: null, extensions: [] });
const twice =
  (oid: string): Change =>
  ({ extensions }) => ({
    extensions: [...extensions, ...extensions.filter((each) => each.oid === oid)],
  });
const unknownOid = '1.3.6.1.4.1.55555.1';

const fields = casesOf('fields', {
  ...atEachLevel('serial 0', serial(0)),
  ...atEachLevel('serial negative', serial(0xff, 0x7f)),
  ...atEachLevel('serial of 20 bytes', serial(0x7f, ...Array.from({ length: 19 }, () => 255))),
  ...atEachLevel('serial of 21 bytes', serial(0x00, ...Array.from({ length: 20 }, () => 255))),
  'leaf: serial empty': { leaf: serial() },
  ...atEachLevel('version 1', versionOne),
  'leaf: version 1 with extensions': { leaf: () => ({ version: null }) },
  'leaf: version 1 written out': { leaf: version(0) },
  'leaf: version 2': { leaf: version(1) },
  'leaf: version 4': { leaf: version(3) },
  'leaf: version 3 without extensions': { leaf: () => ({ extensions: [] }) },
  ...atEachLevel('key usage twice', twice(oids.keyUsage)),
  'leaf: unknown extension twice': {
    leaf: both(added(unknownOid, derNull()), added(unknownOid, derNull())),
  },
  ...atEachLevel('unknown extension, critical', added(unknownOid, derNull(), true)),
  ...atEachLevel('unknown extension, not critical', added(unknownOid, derNull())),
  'leaf: certificate policies, critical': {
    leaf: added('2.5.29.32', derSequence(derSequence(derOid('2.5.29.32.0'))), true),
  },
  'authority: inhibitAnyPolicy, critical': {
    authority: added('2.5.29.54', derInteger(Uint8Array.of(0)), true),
  },
  'authority: policy required, none given': {
    authority: added('2.5.29.36', derSequence(derElement(0x80, Uint8Array.of(0))), true),
  },
  'leaf: CRL distribution points, critical': {
    leaf: added(
      '2.5.29.31',
      derSequence(
        derSequence(derExplicit(0, derExplicit(0, derElement(0x86, utf8('http://a.invalid/'))))),
      ),
      true,
    ),
  },
});

const attribute = (oid: string, tag: number, text: string): Uint8Array =>
  derSequence(derOid(oid), derElement(tag, utf8(text)));
const oneSet = (...attributes: readonly Uint8Array[]): Uint8Array =>
  derElement(0x31, ...attributes);
const another = '+33639989902';
const bmp = Uint8Array.from(vectorNumber, (each) => each.charCodeAt(0)).reduce<Uint8Array>(
  (bytes, each) => concat(bytes, Uint8Array.of(0, each)),
  new Uint8Array(),
);
const alternative = (value: Uint8Array, critical = false): Change =>
  added(oids.subjectAltName, value, critical);
const uri = (text: string): Uint8Array => derSequence(derElement(0x86, utf8(text)));

const names = casesOf('name', {
  'leaf: CommonName as UTF8String': { leaf: subject(nameOf(vectorNumber)) },
  'leaf: CommonName as PrintableString': { leaf: subject(commonNameOf(0x13, utf8(vectorNumber))) },
  'leaf: CommonName as BMPString': { leaf: subject(commonNameOf(0x1e, bmp)) },
  'leaf: CommonName as TeletexString': { leaf: subject(commonNameOf(0x14, utf8(vectorNumber))) },
  'leaf: CommonName as IA5String': { leaf: subject(commonNameOf(0x16, utf8(vectorNumber))) },
  'leaf: CommonName as NumericString': {
    leaf: subject(commonNameOf(0x12, utf8(vectorNumber.slice(1)))),
  },
  'leaf: CommonName as OCTET STRING': { leaf: subject(commonNameOf(0x04, utf8(vectorNumber))) },
  'leaf: two CommonNames': { leaf: subject(nameOf(vectorNumber, another)) },
  'leaf: the CommonName twice': { leaf: subject(nameOf(vectorNumber, vectorNumber)) },
  'leaf: two CommonNames in one set': {
    leaf: subject(
      derSequence(
        oneSet(attribute('2.5.4.3', 0x0c, vectorNumber), attribute('2.5.4.3', 0x0c, another)),
      ),
    ),
  },
  'leaf: CommonName and organisation in one set': {
    leaf: subject(
      derSequence(
        oneSet(
          attribute('2.5.4.3', 0x0c, vectorNumber),
          attribute('2.5.4.10', 0x0c, 'Organisation'),
        ),
      ),
    ),
  },
  'leaf: organisation before the CommonName': {
    leaf: subject(
      derSequence(
        oneSet(attribute('2.5.4.10', 0x0c, 'Organisation')),
        oneSet(attribute('2.5.4.3', 0x0c, vectorNumber)),
      ),
    ),
  },
  'leaf: number as serialNumber, no CommonName': {
    leaf: subject(derSequence(oneSet(attribute('2.5.4.5', 0x13, vectorNumber.slice(1))))),
  },
  'leaf: subject empty': { leaf: subject(derSequence()) },
  'leaf: subject empty, number as critical tel URI': {
    leaf: both(subject(derSequence()), alternative(uri(`tel:${vectorNumber}`), true)),
  },
  'leaf: an empty set in the subject': { leaf: subject(derSequence(oneSet())) },
  'leaf: CommonName empty': { leaf: subject(nameOf('')) },
  'leaf: a NUL behind the number': { leaf: subject(nameOf(`${vectorNumber}\0`)) },
  'leaf: a NUL and another number behind': {
    leaf: subject(nameOf(`${vectorNumber}\0${another}`)),
  },
  'leaf: UTF-8 of too many bytes': {
    leaf: subject(
      commonNameOf(0x0c, concat(Uint8Array.of(0xc0, 0xab), utf8(vectorNumber.slice(1)))),
    ),
  },
  'leaf: byte order mark before the number': { leaf: subject(nameOf(`\ufeff${vectorNumber}`)) },
  'leaf: a blank before the number': { leaf: subject(nameOf(` ${vectorNumber}`)) },
  'leaf: 00 in the place of +': { leaf: subject(nameOf(vectorNumber.replace('+', '00'))) },
  'leaf: number of 16 digits': { leaf: subject(nameOf('+1234567890123456')) },
  'leaf: a name of no number': { leaf: subject(nameOf('Alice')) },
  'leaf: another number as URI beside': { leaf: alternative(uri(`sip:${another}@sip.invalid`)) },
  'leaf: alternative name empty': { leaf: alternative(derSequence()) },
});

const tree = (tag: number, content: Uint8Array): Uint8Array =>
  derSequence(derElement(tag, content));
const permitted = (...bases: readonly Uint8Array[]): Uint8Array =>
  derSequence(derExplicit(0, ...bases));
const constrained = (value: Uint8Array, critical = true): Change =>
  added('2.5.29.30', value, critical);
const dns = (text: string): Uint8Array => derSequence(derElement(0x82, utf8(text)));

const constraints = casesOf('name constraints', {
  'authority: DNS names only, the leaf has none': {
    authority: constrained(permitted(tree(0x82, utf8('phones.invalid')))),
  },
  'authority: DNS names only, the leaf has one of them': {
    authority: constrained(permitted(tree(0x82, utf8('phones.invalid')))),
    leaf: alternative(dns('a.phones.invalid')),
  },
  'authority: DNS names only, the leaf has another': {
    authority: constrained(permitted(tree(0x82, utf8('phones.invalid')))),
    leaf: alternative(dns('other.invalid')),
  },
  'root: DNS names only, the leaf has another': {
    root: constrained(permitted(tree(0x82, utf8('phones.invalid')))),
    leaf: alternative(dns('other.invalid')),
  },
  'authority: directory names only, the leaf’s is one': {
    authority: constrained(permitted(tree(0xa4, nameOf(vectorNumber)))),
  },
  'authority: directory names only, the leaf’s is another': {
    authority: constrained(permitted(tree(0xa4, nameOf(another)))),
  },
  'authority: directory names only, not critical': {
    authority: constrained(permitted(tree(0xa4, nameOf(another))), false),
  },
  'authority: constraints empty': { authority: constrained(derSequence()) },
  'leaf: DNS names only': {
    leaf: constrained(permitted(tree(0x82, utf8('phones.invalid')))),
  },
});

/** Cases of what the certificates say. */
export const contentCases: readonly ChainCase[] = [...times, ...fields, ...names, ...constraints];
