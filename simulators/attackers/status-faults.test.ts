import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate, type Certificate } from '../../reference/core/pki/certificate.ts';
import { parseCrl, verifyCrl } from '../../reference/core/pki/crl.ts';
import { createOcspRequest } from '../../reference/core/pki/ocsp-request.ts';
import { verifyOcspResponse } from '../../reference/core/pki/ocsp-verify.ts';
import { createHostileStatus, type HostileStatus } from './hostile-status.ts';
import { listFaults, ocspFaults, type StatusFault, type StatusReply } from './status-faults.ts';
import { createOpenHierarchy, type OpenHierarchy } from './x509-hierarchy.ts';

let hierarchy: OpenHierarchy;
let status: HostileStatus;
beforeAll(async () => {
  hierarchy = await createOpenHierarchy('127.0.0.1');
  status = createHostileStatus(hierarchy);
});

const parsed = (der: Uint8Array): Certificate => {
  const certificate = parseCertificate(der);
  if (!certificate.ok) throw new Error(certificate.error.code);
  return certificate.value;
};

const serial = Uint8Array.of(0x41, 7);

/** What a verifier says of an answer; how it failed where there is none. */
const heard = async (): Promise<string> => {
  const issuer = parsed(hierarchy.clientAuthority.certificate);
  const question = { issuer, serial, nonce: new Uint8Array(randomBytes(32)) };
  const reply: StatusReply = await status.ocsp(createOcspRequest(question));
  if (reply.kind !== 'answer') return reply.kind;
  const verified = verifyOcspResponse(reply.bytes, question, Date.now());
  return verified.ok ? verified.value.kind : verified.error.code;
};

const listed = async (): Promise<string> => {
  const reply = await status.list();
  if (reply.kind !== 'answer') return reply.kind;
  const list = parseCrl(reply.bytes);
  const root = parsed(hierarchy.root.certificate);
  const verified = list.ok ? verifyCrl(list.value, root, Date.now()) : list;
  return verified.ok ? `revokes ${verified.value.revoked.size}` : verified.error.code;
};

const of = (faults: readonly StatusFault[], name: string): StatusFault => {
  const fault = faults.find((each) => each.name === name);
  if (!fault) throw new Error(`there is no fault ${name}`);
  return fault;
};

const ocspCodes: Readonly<Record<string, string>> = {
  revoked: 'revoked',
  unknown: 'unknown',
  replayed: 'ocsp-nonce',
  'no-nonce': 'ocsp-nonce',
  'other-nonce': 'ocsp-nonce',
  'other-serial': 'ocsp-certificate-id',
  'other-issuer': 'ocsp-certificate-id',
  'other-key': 'ocsp-signature',
  'signature-altered': 'ocsp-signature',
  'server-authority': 'ocsp-responder',
  'certificate-without-purpose': 'ocsp-responder',
  'next-update-past': 'ocsp-stale',
  'produced-yesterday': 'ocsp-stale',
  'this-update-future': 'ocsp-not-yet-valid',
  'produced-in-future': 'ocsp-not-yet-valid',
  'try-later': 'ocsp-error',
  'server-error': 'status',
  closed: 'closed',
  silence: 'silence',
};

const listCodes: Readonly<Record<string, string>> = {
  'list-expired': 'crl-expired',
  'list-not-yet-valid': 'crl-not-yet-valid',
  'list-of-another-authority': 'crl-issuer',
  'list-in-another-name': 'crl-issuer',
  'list-signed-by-another': 'crl-signature',
  'list-signature-altered': 'crl-signature',
  'list-unknown-critical-extension': 'crl-critical-extension',
  'list-unknown-critical-in-entry': 'crl-critical-extension',
  'list-absent': 'status',
  'list-closed': 'closed',
};

describe('answers about revocation', () => {
  it('are right without a fault, and counted', async () => {
    status.behave(null);
    expect([await heard(), await heard(), await listed()]).toEqual(['good', 'good', 'revokes 0']);
    expect(status.asked()).toEqual({ list: 1, ocsp: 2 });
  });

  it.each(Object.entries(ocspCodes))('with the fault %s: %s', async (name, code) => {
    status.behave(of(ocspFaults, name));
    expect([await heard(), await listed()]).toEqual([code, 'revokes 0']);
  });

  it.each(Object.entries(listCodes))('with the fault %s: %s', async (name, code) => {
    status.behave(of(listFaults, name));
    expect([await heard(), await listed()]).toEqual(['good', code]);
  });

  it.each(['truncated', 'noise', 'list-truncated'])('%s cannot be read', async (name) => {
    const fault = of([...ocspFaults, ...listFaults], name);
    status.behave(fault);
    expect(await (fault.list ? listed() : heard())).toMatch(/^der-/);
  });

  it('have all been told apart above, under names of their own', () => {
    const names = [...ocspFaults, ...listFaults].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const told = [...Object.keys(ocspCodes), ...Object.keys(listCodes)];
    expect(names.filter((name) => !told.includes(name)).toSorted()).toEqual([
      'list-truncated',
      'noise',
      'truncated',
    ]);
  });
});
