import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { applyFault, callFaults, needsAnotherNumber, type CallFault } from './call-faults.ts';
import { freshKey } from './certificate-forger.ts';
import { createTestAuthorities, issueClient } from './testing/authorities.ts';

const authorities = createTestAuthorities();
const authority = authorities.clientAuthority.certificate;
const identity = (number: string) => {
  const key = freshKey();
  return { number, key, certificate: issueClient(authorities, number, key) };
};
const own = identity('+33600000001');
const other = identity('+33600000002');

/** What a phone would find in the headers' certificates. */
const facts = (fault: CallFault) => {
  const party = applyFault(fault, own, other, authority);
  const certificate = new X509Certificate(party.certificate);
  return {
    commonName: certificate.subject.replace('CN=\\', ''),
    signedByTrue: certificate.verify(new X509Certificate(authority).publicKey),
    signedByChain: certificate.verify(new X509Certificate(party.chain).publicKey),
    chainIsTrue: party.chain === authority,
    namesChain: certificate.checkIssued(new X509Certificate(party.chain)),
    keyFits: certificate.checkPrivateKey(party.key),
    signsAs: party.number,
  };
};
const right = {
  commonName: own.number,
  signedByTrue: true,
  signedByChain: true,
  chainIsTrue: true,
  namesChain: true,
  keyFits: true,
  signsAs: own.number,
};
const wrong: Partial<Record<CallFault, Partial<typeof right>>> = {
  'certificate-of-another-number': { commonName: other.number, signsAs: other.number },
  'rogue-authority': { signedByTrue: false, signedByChain: false },
  'rogue-chain': { signedByTrue: false, chainIsTrue: false },
  'altered-certificate': { signedByTrue: false, signedByChain: false },
};

describe('call faults', () => {
  it.each(callFaults)('%s changes what it names in the certificates and nothing else', (fault) => {
    expect(facts(fault)).toEqual({ ...right, ...wrong[fault] });
  });
  it.each(callFaults.filter(needsAnotherNumber))('%s asks for another number', (fault) => {
    expect(() => applyFault(fault, own, null, authority)).toThrow(
      'needs the certificate of another',
    );
  });
  it('are otherwise applied to one number alone', () => {
    const alone = callFaults.filter((fault) => !needsAnotherNumber(fault));
    const numbers = alone.map((fault) => applyFault(fault, own, null, authority).number);
    expect(new Set(numbers)).toEqual(new Set([own.number]));
  });
});
