import type { KeyObject } from 'node:crypto';
import type { CertifiedKey } from './certificate-forger.ts';
import { rightFields, writeFields, type CertificateFields } from './x509-fields.ts';
import { rsaKey, type OpenHierarchy } from './x509-hierarchy.ts';

/** What is shown to a peer: a certificate, what stands behind it, and how its owner signs. */
export interface ShownCertificate {
  readonly certificate: Uint8Array;
  /** Behind the leaf in a TLS handshake; the first one is X-CSL-From-Chain. */
  readonly chain: readonly Uint8Array[];
  readonly key: KeyObject;
  /** Signs in place of RSA with SHA-256 and PKCS #1 padding. */
  readonly sign?: (message: Uint8Array) => Uint8Array;
}

/** Keys that certificates are made for, made once. */
export interface WorkshopKeys {
  readonly own: KeyObject;
  readonly other: KeyObject;
  readonly rsa1024: KeyObject;
  readonly rsa2047: KeyObject;
  readonly exponent3: KeyObject;
}

/** Where certificates of one role are made for one name. */
export interface Workshop {
  readonly hierarchy: OpenHierarchy;
  readonly keys: WorkshopKeys;
  readonly role: 'client' | 'server';
  /** The number, or the IP address, that the peer expects. */
  readonly name: string;
}

/** One way in which a certificate or its chain can be wrong. */
export interface CertificateFault {
  /** Row of the catalogue. */
  readonly row: string;
  readonly name: string;
  /** No rule of the target forbids to accept it; what is done is told. */
  readonly tolerable: boolean;
  readonly make: (workshop: Workshop) => ShownCertificate;
}

export const makeKeys = async (): Promise<WorkshopKeys> => {
  const [own, other, rsa1024, rsa2047, exponent3] = await Promise.all([
    rsaKey(),
    rsaKey(),
    rsaKey(1024),
    rsaKey(2047),
    rsaKey(2048, 3),
  ]);
  return { own, other, rsa1024, rsa2047, exponent3 };
};

/** The authority whose business certificates of this role are, and the other one. */
export const authoritiesOf = ({
  hierarchy: { clientAuthority, serverAuthority },
  role,
}: Workshop): readonly [own: CertifiedKey, other: CertifiedKey] =>
  role === 'client' ? [clientAuthority, serverAuthority] : [serverAuthority, clientAuthority];

/** The parts of a certificate with nothing wrong in it. */
export const rightOf = (workshop: Workshop, key: KeyObject = workshop.keys.own) => {
  const { role, name } = workshop;
  const [issuer] = authoritiesOf(workshop);
  return rightFields({ role, name, key, issuer });
};

/** The control: nothing is wrong. */
export const rightCertificate = (workshop: Workshop): ShownCertificate =>
  show(workshop, rightOf(workshop));

/** A certificate of these parts, before the right authority's. */
export const show = (
  workshop: Workshop,
  fields: CertificateFields,
  chain?: readonly Uint8Array[],
): ShownCertificate => {
  const [authority] = authoritiesOf(workshop);
  return {
    certificate: writeFields(fields),
    chain: chain ?? [authority.certificate],
    key: workshop.keys.own,
  };
};

/** A fault in which some parts differ from a right certificate's. */
export const changed =
  (change: (fields: CertificateFields, workshop: Workshop) => Partial<CertificateFields>) =>
  (workshop: Workshop): ShownCertificate => {
    const fields = rightOf(workshop);
    return show(workshop, { ...fields, ...change(fields, workshop) });
  };

type Made = CertificateFault['make'];

const faultsOf =
  (tolerable: boolean) =>
  (row: string, faults: Readonly<Record<string, Made>>): readonly CertificateFault[] =>
    Object.entries(faults).map(([name, make]) => ({ row, name, tolerable, make }));

/** Faults of a row that every peer must refuse. */
export const refused = faultsOf(false);
/** What peers may accept or refuse. */
export const tolerable = faultsOf(true);
