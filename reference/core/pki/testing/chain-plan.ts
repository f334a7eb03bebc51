import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  forgeCertificate,
  keyIdentifierOf,
  nameOf,
} from '../../../../simulators/attackers/certificate-forger.ts';
import {
  derBoolean,
  derInteger,
  derOctetString,
  derSequence,
  derTime,
} from '../../../../simulators/attackers/der.ts';
import {
  oids,
  purposes,
  rightFields,
  signerWith,
  spkiOf,
  writeFields,
  type CertificateFields,
  type ExtensionField,
} from '../../../../simulators/attackers/x509-fields.ts';
import { concat } from '../../bytes.ts';
import { testNow } from './hierarchy.ts';

/** Keys that the chains are made with. */
export interface ChainKeys {
  readonly root: KeyObject;
  readonly authority: KeyObject;
  readonly leaf: KeyObject;
  readonly other: KeyObject;
  readonly short: KeyObject;
  readonly long: KeyObject;
  readonly exponent3: KeyObject;
  readonly elliptic: KeyObject;
}

const rsa = (modulusLength = 2048, publicExponent = 65_537): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;

/** Fresh keys. */
export const makeChainKeys = (): ChainKeys => ({
  root: rsa(),
  authority: rsa(),
  leaf: rsa(),
  other: rsa(),
  short: rsa(1024),
  long: rsa(3072),
  exponent3: rsa(2048, 3),
  elliptic: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
});

/** The certificates of a phone's chain. */
export type Level = 'root' | 'authority' | 'leaf';

/** What of a certificate is other than right. */
export type Change = (fields: CertificateFields, keys: ChainKeys) => Partial<CertificateFields>;

/** A chain that is right but for these things. */
export interface ChainPlan extends Partial<Readonly<Record<Level, Change>>> {
  /** The keys of the authorities, where they are other ones: of their certificates and of what they sign. */
  readonly rootKey?: keyof ChainKeys;
  readonly authorityKey?: keyof ChainKeys;
}

/** A chain as a phone stores and shows it (DER), and what openssl may find besides. */
export interface MadeChain {
  readonly leaf: Uint8Array;
  readonly authority: Uint8Array;
  readonly root: Uint8Array;
  readonly besides: readonly Uint8Array[];
}

/** The number that the certificates are for. */
export const vectorNumber = '+33639989901';
export const rootName = 'Vector Root';
export const authorityName = 'Vector Clients';

/** The second in which the chains are verified, milliseconds since 1970. */
export const vectorSecond = Math.floor(testNow / 1000) * 1000;
const day = 86_400_000;

const clientAuthPurpose: ExtensionField = {
  oid: oids.extendedKeyUsage,
  critical: false,
  value: purposes(oids.clientAuth),
};

/** The extensions with one changed in its place, or left out. */
export const edited = (
  extensions: readonly ExtensionField[],
  oid: string,
  change: Partial<ExtensionField> | null,
): readonly ExtensionField[] =>
  extensions.flatMap((each) =>
    each.oid !== oid ? [each] : change === null ? [] : [{ ...each, ...change }],
  );

/** Value of the Basic Constraints of an authority. */
export const authorityConstraints = (pathLength?: number): Uint8Array =>
  derSequence(
    derBoolean(true),
    ...(pathLength === undefined ? [] : [derInteger(Uint8Array.of(pathLength))]),
  );

const roleAdditions = (level: Level, { extensions }: CertificateFields) => {
  if (level === 'root')
    return edited(extensions, oids.basicConstraints, { value: authorityConstraints(1) });
  return level === 'authority' ? [...extensions, clientAuthPurpose] : extensions;
};

const serials: Readonly<Record<Level, Uint8Array>> = {
  root: Uint8Array.of(1),
  authority: Uint8Array.of(2),
  leaf: Uint8Array.of(0x90, 3),
};

const names: Readonly<Record<Level, string>> = {
  root: rootName,
  authority: authorityName,
  leaf: vectorNumber,
};

/** The parts of a right certificate of one level. */
const rightPart = (
  level: Level,
  key: KeyObject,
  issuerKey: KeyObject,
  likeness: Uint8Array,
): CertificateFields => {
  const role = level === 'leaf' ? 'client' : 'authority';
  const issuer = { certificate: likeness, key: issuerKey };
  const fields = rightFields({ role, name: names[level], key, issuer, serial: serials[level] });
  return {
    ...fields,
    issuer: nameOf(level === 'leaf' ? authorityName : rootName),
    notBefore: derTime(vectorSecond - day),
    notAfter: derTime(vectorSecond + day),
    extensions: roleAdditions(level, fields),
  };
};

const likenesses = new WeakMap<ChainKeys, Uint8Array>();

/** An authority's certificate, of which only the names are read before they are written over. */
const likenessOf = (keys: ChainKeys): Uint8Array => {
  const known = likenesses.get(keys);
  if (known) return known;
  const [name, key] = [nameOf(rootName), keys.root];
  const likeness = forgeCertificate({
    subject: name,
    publicKey: key,
    issuer: name,
    issuerKey: key,
    role: 'authority',
  });
  likenesses.set(keys, likeness);
  return likeness;
};

/** Certificates with nothing changed, which most chains share. */
const rightOnes = new WeakMap<ChainKeys, Map<string, Uint8Array>>();

const remembered = (keys: ChainKeys, id: string, make: () => Uint8Array): Uint8Array => {
  const known = rightOnes.get(keys) ?? new Map<string, Uint8Array>();
  rightOnes.set(keys, known);
  const made = known.get(id) ?? make();
  known.set(id, made);
  return made;
};

/** Makes the chain of a plan. */
export const makeChain = (keys: ChainKeys, plan: ChainPlan): MadeChain => {
  const { rootKey = 'root', authorityKey = 'authority' } = plan;
  const part = (level: Level, key: keyof ChainKeys, issuerKey: keyof ChainKeys): Uint8Array => {
    const right = () => rightPart(level, keys[key], keys[issuerKey], likenessOf(keys));
    const change = plan[level];
    if (!change)
      return remembered(keys, `${level} ${key} ${issuerKey}`, () => writeFields(right()));
    const fields = right();
    return writeFields({ ...fields, ...change(fields, keys) });
  };
  return {
    root: part('root', rootKey, rootKey),
    authority: part('authority', authorityKey, rootKey),
    leaf: part('leaf', 'leaf', authorityKey),
    besides: [],
  };
};

/** One way in which a chain can be wrong, or odd and right. */
export interface ChainCase {
  readonly group: string;
  readonly title: string;
  readonly make: (keys: ChainKeys) => MadeChain;
}

/** Cases of a group, from the plan of each title. */
export const casesOf = (
  group: string,
  plans: Readonly<Record<string, ChainPlan>>,
): readonly ChainCase[] =>
  Object.entries(plans).map(([title, plan]) => ({
    group,
    title,
    make: (keys) => makeChain(keys, plan),
  }));

/** The same change in each of the three certificates, one at a time. */
export const atEachLevel = (
  title: string,
  change: Change,
): Readonly<Record<string, ChainPlan>> => ({
  [`leaf: ${title}`]: { leaf: change },
  [`authority: ${title}`]: { authority: change },
  [`root: ${title}`]: { root: change },
});

/** Changes one extension, or leaves it out. */
export const extension =
  (oid: string, change: Partial<ExtensionField> | null): Change =>
  ({ extensions }) => ({ extensions: edited(extensions, oid, change) });

/** Adds an extension behind the others. */
export const added =
  (oid: string, value: Uint8Array, critical = false): Change =>
  ({ extensions }) => ({ extensions: [...extensions, { oid, critical, value }] });

/** Another key of the subject, with its own Subject Key Identifier; who signs stays as it was. */
export const withKey =
  (pick: keyof ChainKeys): Change =>
  ({ extensions }, keys) => ({
    publicKey: spkiOf(keys[pick]),
    extensions: edited(extensions, oids.subjectKeyIdentifier, {
      value: derOctetString(keyIdentifierOf(keys[pick])),
    }),
  });

/** Signs with another key. */
export const signedWith =
  (pick: keyof ChainKeys): Change =>
  (_fields, keys) => ({ sign: signerWith(keys[pick]) });

/** Another subject, or another issuer (DER of a Name). */
export const subject =
  (name: Uint8Array): Change =>
  () => ({ subject: name });
export const issuer =
  (name: Uint8Array): Change =>
  () => ({ issuer: name });

/** A last change to the certificate's bytes. */
export const finished =
  (finish: (der: Uint8Array) => Uint8Array): Change =>
  () => ({ finish });

/** Several changes, one upon the other. */
export const both =
  (...changes: readonly Change[]): Change =>
  (fields, keys) =>
    changes.reduce<Partial<CertificateFields>>(
      (changed, change) => ({ ...changed, ...change({ ...fields, ...changed }, keys) }),
      {},
    );

/** Bytes behind. */
export const followedBy =
  (...bytes: readonly number[]) =>
  (der: Uint8Array): Uint8Array =>
    concat(der, Uint8Array.of(...bytes));
