import type { KeyObject } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { concat } from '../../reference/core/bytes.ts';
import {
  certificatesInPem,
  nameOf,
  subjectNameOf,
  type CertifiedKey,
} from './certificate-forger.ts';
import { derBoolean, derInteger, derSequence } from './der.ts';
import {
  authoritiesOf,
  changed,
  refused,
  rightOf,
  show,
  tolerable,
  type CertificateFault,
  type ShownCertificate,
  type Workshop,
} from './x509-faults.ts';
import {
  oids,
  purposes,
  rightFields,
  signerWith,
  usage,
  withExtension,
  writeFields,
  type CertificateFields,
} from './x509-fields.ts';

const emailProtection = '1.3.6.1.5.5.7.3.4';

const withPurposes = (...wanted: readonly string[]) =>
  changed(({ extensions }) => ({
    extensions: withExtension(
      extensions,
      oids.extendedKeyUsage,
      wanted.length === 0 ? null : purposes(...wanted),
    ),
  }));

const otherPurpose = (workshop: Workshop): ShownCertificate =>
  withPurposes(workshop.role === 'client' ? oids.serverAuth : oids.clientAuth)(workshop);

/** What a certificate is for (catalogue X1). */
const usageFaults = refused('X1', {
  'other-purpose': otherPurpose,
  'unrelated-purpose': withPurposes(emailProtection),
  'no-purpose': withPurposes(),
  'key-encipherment-only': changed(({ extensions }) => ({
    extensions: withExtension(extensions, oids.keyUsage, usage(0x20, 5)),
  })),
});

/** The certificate as an issuer of any kind would make it. */
const issuedBy = (
  workshop: Workshop,
  issuer: CertifiedKey,
  chain: readonly Uint8Array[],
  role: 'client' | 'server' = workshop.role,
): ShownCertificate => {
  const { name, keys } = workshop;
  return show(workshop, rightFields({ role, name, key: keys.own, issuer }), chain);
};

/** One intermediate authority does the other's business (X2). */
const authorityFaults = refused('X2', {
  'other-authority': (workshop) => {
    const [, other] = authoritiesOf(workshop);
    return issuedBy(workshop, other, [other.certificate]);
  },
  'other-authority-behind-the-right-one': (workshop) => {
    const [own, other] = authoritiesOf(workshop);
    return issuedBy(workshop, other, [own.certificate]);
  },
  'other-kind': (workshop) => {
    const [, other] = authoritiesOf(workshop);
    const role = workshop.role === 'client' ? 'server' : 'client';
    return issuedBy(workshop, other, [other.certificate], role);
  },
  'root-itself': (workshop) => {
    const { root } = workshop.hierarchy;
    return issuedBy(workshop, root, [root.certificate]);
  },
});

const certify = (
  name: string,
  key: KeyObject,
  issuer: CertifiedKey,
  change: (fields: CertificateFields) => Partial<CertificateFields> = () => ({}),
  role: 'authority' | 'client' = 'authority',
): CertifiedKey => {
  const fields = rightFields({ role, name, key, issuer });
  return { key, certificate: writeFields({ ...fields, ...change(fields) }) };
};

/** Whoever has a certificate issues others with it (X3). */
const constraintFaults = refused('X3', {
  'user-as-authority': (workshop) => {
    const { clientAuthority } = workshop.hierarchy;
    const user = certify('+33639980299', workshop.keys.other, clientAuthority, undefined, 'client');
    return issuedBy(workshop, user, [user.certificate, clientAuthority.certificate]);
  },
  'user-as-authority-unseen': (workshop) => {
    const [authority] = authoritiesOf(workshop);
    return show(workshop, { ...rightOf(workshop), sign: signerWith(workshop.keys.other) }, [
      authority.certificate,
    ]);
  },
  'path-too-long': (workshop) => {
    const [authority] = authoritiesOf(workshop);
    const below = certify('Sub-authority', workshop.keys.other, authority);
    return issuedBy(workshop, below, [below.certificate, authority.certificate]);
  },
  'no-basic-constraints': (workshop) => {
    const { root } = workshop.hierarchy;
    const below = certify('Sub-authority', workshop.keys.other, root, ({ extensions }) => ({
      extensions: withExtension(extensions, oids.basicConstraints, null),
    }));
    return issuedBy(workshop, below, [below.certificate]);
  },
  'leaf-is-authority': changed(({ extensions }) => ({
    extensions: withExtension(
      extensions,
      oids.basicConstraints,
      derSequence(derBoolean(true), derInteger(Uint8Array.of(0))),
    ),
  })),
});

const joined = (workshop: Workshop, chain: readonly Uint8Array[]): readonly Uint8Array[] =>
  workshop.role === 'client' ? [concat(...chain)] : chain;

/** Certificates behind the leaf in a very long chain. */
const longChain = 40;

/** Chains that lead nowhere, or nowhere soon (X12). */
const loopFaults = refused('X12', {
  'self-signed-authority': (workshop) => {
    const { rogue } = workshop.hierarchy;
    const [likeness] = authoritiesOf(workshop);
    const self = { key: rogue.key, certificate: likeness.certificate };
    return issuedBy(workshop, self, [rogue.certificate]);
  },
  'self-signed-leaf': (workshop) => {
    const { name, keys } = workshop;
    const fields = { ...rightOf(workshop), issuer: nameOf(name), sign: signerWith(keys.own) };
    return show(workshop, fields, [writeFields(fields)]);
  },
  loop: (workshop) => {
    const key = workshop.keys.other;
    const first = certify('Loop A', key, certify('Loop B', key, workshop.hierarchy.rogue));
    const second = certify('Loop B', key, first);
    const around = [first.certificate, second.certificate];
    return issuedBy(workshop, first, joined(workshop, [...around, ...around]));
  },
  'very-long': (workshop) => {
    const { rogue } = workshop.hierarchy;
    const chain = Array.from({ length: longChain }, () => rogue.certificate);
    return issuedBy(workshop, rogue, joined(workshop, chain));
  },
});

/** An authority that operating systems trust (X13). */
const publicAuthority = refused('X13', {
  'public-authority': (workshop) => {
    const [first = new Uint8Array(0)] = certificatesInPem(rootCertificates[0] ?? '');
    const fields = { ...rightOf(workshop), issuer: subjectNameOf(first) };
    return show(workshop, { ...fields, sign: signerWith(workshop.hierarchy.rogue.key) }, [first]);
  },
});

const serial = (bytes: readonly number[]) =>
  changed(() => ({ serial: Uint8Array.of(0x02, bytes.length, ...bytes) }));

/** Odd parts: what is critical must be understood, what is no certificate of version 3 has no limits (X14). */
const oddParts: readonly CertificateFault[] = [
  ...refused('X14', {
    'unknown-critical-extension': changed(({ extensions }) => ({
      extensions: [
        ...extensions,
        { oid: '1.3.6.1.4.1.99999.1', critical: true, value: derBoolean(true) },
      ],
    })),
    'version-1': changed(() => ({ version: null, extensions: [] })),
  }),
  ...tolerable('X14', {
    'serial-zero': serial([0]),
    'serial-negative': serial([0x80, 1]),
    'serial-long': serial([0x40, ...Array.from({ length: 24 }, () => 7)]),
    'serial-of-another': changed((_fields, { hierarchy }) => {
      const { certificate } = hierarchy.host;
      // Behind both headers and the version: the INTEGER as it stands.
      const at = certificate.indexOf(0x02, 10);
      return { serial: certificate.slice(at, at + 2 + (certificate[at + 1] ?? 0)) };
    }),
    'extension-twice': changed(({ extensions }) => ({
      extensions: [...extensions, ...extensions.filter(({ oid }) => oid === oids.keyUsage)],
    })),
  }),
];

/** Faults of what a certificate is good for and of who stands behind it (catalogue X1 to X3, X12 to X14). */
export const chainFaults: readonly CertificateFault[] = [
  ...usageFaults,
  ...authorityFaults,
  ...constraintFaults,
  ...loopFaults,
  ...publicAuthority,
  ...oddParts,
];
