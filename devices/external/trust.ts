import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parsePemChain } from '../../reference/core/keystore/pem.ts';
import {
  issuedBy,
  parseCertificate,
  type Certificate,
} from '../../reference/core/pki/certificate.ts';
import type { TrustCertificates } from '../contract.ts';
import { codeOf } from './problem.ts';
import type { ReadTarget } from './read.ts';
import type { ExternalDescription } from './schema.ts';

type Refuse = (reason: string) => never;

interface Authority {
  readonly pem: string;
  readonly certificate: Certificate;
}

/** Text of a file that a target's file names, from that file's own folder. */
export const readBeside = (
  { file, problem }: ReadTarget,
  field: readonly PropertyKey[],
  path: string,
): string => {
  try {
    return readFileSync(resolve(dirname(file), path), 'utf8');
  } catch (error) {
    throw problem(field, `the file ${path} cannot be read (${codeOf(error)}); give its path`);
  }
};

/** The one certificate of a PEM file, which must be an authority's and within its dates. */
const authorityIn = (pem: string, now: number, refuse: Refuse): Authority => {
  const chain = parsePemChain(pem, 'CERTIFICATE');
  if (!chain.ok) return refuse(`is no PEM certificate (${chain.error.code})`);
  const [der, ...more] = chain.value;
  if (more.length > 0) return refuse('holds several certificates; give each file one');
  const parsed = parseCertificate(der);
  if (!parsed.ok) return refuse(`holds no readable certificate (${parsed.error.code})`);
  const { extensions, notBefore, notAfter } = parsed.value;
  if (extensions.basicConstraints?.authority !== true)
    return refuse(
      'is no authority’s certificate; give the authority that issues, not what it issued',
    );
  if (now < notBefore || now > notAfter)
    return refuse('is not within its dates; give the one in force, or set the clock');
  return { pem, certificate: parsed.value };
};

/**
 * The three certificates of a target's file: each PEM, an authority and in force, the root its own issuer and the issuer of both
 * others. Whether they keep the profile of target 6.1 is for the claims to say. Throws a TargetFileError that names the field.
 */
export const readTrust = (
  read: ReadTarget,
  { trust }: ExternalDescription,
  now: number,
): TrustCertificates => {
  const authority = (name: keyof TrustCertificates): Authority => {
    const field = ['appliance', 'trust', name];
    return authorityIn(readBeside(read, field, trust[name]), now, (reason) => {
      throw read.problem(field, `${trust[name]} ${reason}`);
    });
  };
  const root = authority('root');
  const issued = (name: 'root' | 'clientAuthority' | 'serverAuthority', of: Authority): string => {
    if (issuedBy(of.certificate, root.certificate)) return of.pem;
    const reason =
      name === 'root'
        ? 'is not its own issuer: it is no root; give the root’s certificate'
        : `was not issued by ${trust.root}; give authority and root of the same hierarchy`;
    throw read.problem(['appliance', 'trust', name], `${trust[name]} ${reason}`);
  };
  return {
    root: issued('root', root),
    clientAuthority: issued('clientAuthority', authority('clientAuthority')),
    serverAuthority: issued('serverAuthority', authority('serverAuthority')),
  };
};
