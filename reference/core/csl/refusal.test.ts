import { describe, expect, it } from 'vitest';
import { statusFor, type CslRefusal } from './refusal.ts';

/** I-2: absent or malformed headers and media, what the receiver lacks, and everything else. */
const statuses: Readonly<Record<CslRefusal, 488 | 480 | 403>> = {
  'headers-absent': 488,
  'headers-repeated': 488,
  'headers-unknown': 488,
  'headers-folded': 488,
  'headers-joined': 488,
  base64: 488,
  'value-length': 488,
  'info1-length': 488,
  'info1-version': 488,
  group: 488,
  'info2-length': 488,
  'info2-version': 488,
  'info2-parts': 488,
  media: 488,
  'memory-full': 480,
  'revocation-unavailable': 480,
  time: 403,
  replay: 403,
  'public-value-range': 403,
  'public-value-residue': 403,
  reflection: 403,
  'from-chain': 403,
  'certificate-form': 403,
  key: 403,
  'common-name': 403,
  'key-identifier': 403,
  identity: 403,
  'dialog-certificate': 403,
  issuer: 403,
  validity: 403,
  signature: 403,
  revoked: 403,
  tag: 403,
  'exchange-over': 403,
};

describe('statusFor', () => {
  it.each(Object.entries(statuses))('%s: %i', (code, status) =>
    expect(statusFor(code as CslRefusal)).toBe(status),
  );
});
