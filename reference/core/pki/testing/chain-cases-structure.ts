import { nameOf } from '../../../../simulators/attackers/certificate-forger.ts';
import {
  derElement,
  derInteger,
  derOctetString,
  derSequence,
} from '../../../../simulators/attackers/der.ts';
import { commonNameOf, oids, purposes } from '../../../../simulators/attackers/x509-fields.ts';
import { utf8 } from '../../bytes.ts';
import {
  added,
  atEachLevel,
  authorityConstraints,
  authorityName,
  both,
  casesOf,
  edited,
  extension,
  issuer,
  rootName,
  signedWith,
  subject,
  vectorNumber,
  withKey,
  type Change,
  type ChainCase,
} from './chain-plan.ts';

const purpose = (...wanted: readonly string[]): Change =>
  extension(oids.extendedKeyUsage, { value: purposes(...wanted) });

const anyPurpose = '2.5.29.37.0';
const usageBits = (...bytes: readonly number[]): Change =>
  extension(oids.keyUsage, { value: derElement(0x03, Uint8Array.of(...bytes)) });

/** Who may issue: basic constraints, path length, key usage. */
const issuing = casesOf('issuing', {
  control: {},
  'root: no path length': {
    root: extension(oids.basicConstraints, { value: authorityConstraints() }),
  },
  'root: path length 0': {
    root: extension(oids.basicConstraints, { value: authorityConstraints(0) }),
  },
  'root: path length 127': {
    root: extension(oids.basicConstraints, { value: authorityConstraints(127) }),
  },
  'root: path length -1': {
    root: extension(oids.basicConstraints, {
      value: derSequence(derElement(1, Uint8Array.of(255)), derElement(2, Uint8Array.of(255))),
    }),
  },
  'root: path length 128': {
    root: extension(oids.basicConstraints, {
      value: derSequence(derElement(1, Uint8Array.of(255)), derElement(2, Uint8Array.of(0, 128))),
    }),
  },
  'authority: no path length': {
    authority: extension(oids.basicConstraints, { value: authorityConstraints() }),
  },
  'authority: path length 5': {
    authority: extension(oids.basicConstraints, { value: authorityConstraints(5) }),
  },
  'root: no basic constraints': { root: extension(oids.basicConstraints, null) },
  'authority: no basic constraints': { authority: extension(oids.basicConstraints, null) },
  'leaf: no basic constraints': { leaf: extension(oids.basicConstraints, null) },
  'root: basic constraints not critical': {
    root: extension(oids.basicConstraints, { critical: false }),
  },
  'authority: basic constraints not critical': {
    authority: extension(oids.basicConstraints, { critical: false }),
  },
  'root: cA false': { root: extension(oids.basicConstraints, { value: derSequence() }) },
  'authority: cA false': { authority: extension(oids.basicConstraints, { value: derSequence() }) },
  'authority: cA false, a path length': {
    authority: extension(oids.basicConstraints, {
      value: derSequence(derInteger(Uint8Array.of(0))),
    }),
  },
  'leaf: cA true': { leaf: extension(oids.basicConstraints, { value: authorityConstraints(0) }) },
  'leaf: cA false written out': {
    leaf: extension(oids.basicConstraints, { value: derSequence(derElement(1, Uint8Array.of(0))) }),
  },
  'root: key usage without keyCertSign': { root: usageBits(1, 0x02) },
  'authority: key usage without keyCertSign': { authority: usageBits(1, 0x82) },
  'root: no key usage': { root: extension(oids.keyUsage, null) },
  'authority: no key usage': { authority: extension(oids.keyUsage, null) },
  'authority: key usage not critical': { authority: extension(oids.keyUsage, { critical: false }) },
  'leaf: no key usage': { leaf: extension(oids.keyUsage, null) },
  'leaf: key usage not critical': { leaf: extension(oids.keyUsage, { critical: false }) },
  'leaf: key usage of keyEncipherment only': { leaf: usageBits(5, 0x20) },
  'leaf: key usage without any bit': { leaf: usageBits(0) },
  'leaf: key usage with trailing zero bits': { leaf: usageBits(0, 0x80) },
  'leaf: key usage with keyCertSign, cA false': { leaf: usageBits(2, 0x84) },
  'leaf: key usage with cRLSign': { leaf: usageBits(1, 0x82) },
  'leaf: key usage with all nine bits': { leaf: usageBits(7, 0xff, 0x80) },
});

/** What for: extended key usage. */
const purposeCases = casesOf('purpose', {
  'leaf: no extended key usage': { leaf: extension(oids.extendedKeyUsage, null) },
  'leaf: extended key usage empty': { leaf: purpose() },
  'leaf: serverAuth only': { leaf: purpose(oids.serverAuth) },
  'leaf: anyExtendedKeyUsage only': { leaf: purpose(anyPurpose) },
  'leaf: clientAuth and serverAuth': { leaf: purpose(oids.clientAuth, oids.serverAuth) },
  'leaf: clientAuth twice': { leaf: purpose(oids.clientAuth, oids.clientAuth) },
  'leaf: clientAuth, critical': { leaf: extension(oids.extendedKeyUsage, { critical: true }) },
  'authority: no extended key usage': { authority: extension(oids.extendedKeyUsage, null) },
  'authority: serverAuth only': { authority: purpose(oids.serverAuth) },
  'authority: anyExtendedKeyUsage only': { authority: purpose(anyPurpose) },
  'root: serverAuth only': { root: added(oids.extendedKeyUsage, purposes(oids.serverAuth)) },
  'root: clientAuth only': { root: added(oids.extendedKeyUsage, purposes(oids.clientAuth)) },
  'root: anyExtendedKeyUsage only': { root: added(oids.extendedKeyUsage, purposes(anyPurpose)) },
});

const printable = (text: string): Uint8Array => commonNameOf(0x13, utf8(text));
const empty = derSequence();

/** Names joined from issuer to subject, and identifiers of keys beside them. */
const chaining = casesOf('chaining', {
  'leaf: issuer is another name': { leaf: issuer(nameOf('Another')) },
  'leaf: issuer in other case': { leaf: issuer(nameOf(authorityName.toUpperCase())) },
  'leaf: issuer as PrintableString': { leaf: issuer(printable(authorityName)) },
  'leaf: issuer with a blank behind': { leaf: issuer(nameOf(`${authorityName} `)) },
  'leaf: issuer empty, authority too': { authority: subject(empty), leaf: issuer(empty) },
  'authority: issuer is another name': { authority: issuer(nameOf('Another')) },
  'authority: issuer empty, root too': {
    root: both(subject(empty), issuer(empty)),
    authority: issuer(empty),
  },
  'root: issuer is another name': { root: issuer(nameOf('Another')) },
  'root and authority of the same name': {
    authority: subject(nameOf(rootName)),
    leaf: issuer(nameOf(rootName)),
  },
  'leaf and authority of the same name': {
    authority: subject(nameOf(vectorNumber)),
    leaf: issuer(nameOf(vectorNumber)),
  },
  'leaf: signed by another key': { leaf: signedWith('other') },
  'leaf: signed by the root’s key': { leaf: signedWith('root') },
  'leaf: signed by its own key': { leaf: signedWith('leaf') },
  'leaf: issued by the root': { leaf: both(issuer(nameOf(rootName)), signedWith('root')) },
  'authority: signed by another key': { authority: signedWith('other') },
  'root: signed by another key': { root: signedWith('other') },
  'root: signed by the authority’s key and name': {
    root: both(issuer(nameOf(authorityName)), signedWith('authority')),
  },
  'authority: the root’s key': { authorityKey: 'root' },
  'leaf: the authority’s key': { leaf: withKey('authority') },
});

const identifier = (byte: number): Uint8Array => new Uint8Array(20).fill(byte);
const authorityKeyId = (...parts: readonly Uint8Array[]): Change =>
  extension(oids.authorityKeyIdentifier, { value: derSequence(...parts) });
const directory = (name: Uint8Array): Uint8Array => derElement(0xa1, derElement(0xa4, name));

const identifiers = casesOf('key identifiers', {
  ...atEachLevel('no Subject Key Identifier', extension(oids.subjectKeyIdentifier, null)),
  ...atEachLevel(
    'Subject Key Identifier of another key',
    extension(oids.subjectKeyIdentifier, { value: derOctetString(identifier(7)) }),
  ),
  'leaf: Subject Key Identifier of 16 bytes': {
    leaf: ({ extensions }) => ({
      extensions: edited(extensions, oids.subjectKeyIdentifier, {
        value: derOctetString(identifier(7).subarray(4)),
      }),
    }),
  },
  'leaf: Subject Key Identifier empty': {
    leaf: extension(oids.subjectKeyIdentifier, { value: derOctetString(new Uint8Array()) }),
  },
  'leaf: Subject Key Identifier critical': {
    leaf: extension(oids.subjectKeyIdentifier, { critical: true }),
  },
  ...atEachLevel('no Authority Key Identifier', extension(oids.authorityKeyIdentifier, null)),
  ...atEachLevel(
    'Authority Key Identifier of another key',
    authorityKeyId(derElement(0x80, identifier(7))),
  ),
  'leaf: Authority Key Identifier empty': { leaf: authorityKeyId() },
  'leaf: Authority Key Identifier critical': {
    leaf: extension(oids.authorityKeyIdentifier, { critical: true }),
  },
  'leaf: Authority Key Identifier by issuer and serial': {
    leaf: authorityKeyId(directory(nameOf(rootName)), derElement(0x82, Uint8Array.of(2))),
  },
  'leaf: Authority Key Identifier by issuer and another serial': {
    leaf: authorityKeyId(directory(nameOf(rootName)), derElement(0x82, Uint8Array.of(9))),
  },
});

/** Cases of who may issue what for whom, and how names and keys are joined. */
export const structureCases: readonly ChainCase[] = [
  ...issuing,
  ...purposeCases,
  ...chaining,
  ...identifiers,
];
