import { beforeAll, describe, expect, it } from 'vitest';
import { parseRequest } from '../../reference/core/pki/request.ts';
import {
  boundlessRequest,
  deepRequest,
  requestCases,
  rightRequest,
  type RequestMeans,
} from './enrolment-requests.ts';
import { rsaKey } from './x509-hierarchy.ts';
import { weakKeys } from './x509-weak-keys.ts';

const number = '+33639980300';
const made = new Map<'means', RequestMeans>();

beforeAll(async () => {
  const [key, otherKey, rsa1024, rsa2047, exponent3] = await Promise.all([
    rsaKey(),
    rsaKey(),
    rsaKey(1024),
    rsaKey(2047),
    rsaKey(2048, 3),
  ]);
  const keys = { 'rsa-1024': rsa1024, 'rsa-2047': rsa2047, 'exponent-3': exponent3, ...weakKeys() };
  made.set('means', {
    key,
    otherKey,
    otherNumber: '+33639980399',
    victim: new Uint8Array(20).fill(7),
    keys: { ...keys, 'certified-key': otherKey },
  });
});

/** The request as a registration authority reads it. */
const readOf = (make: (of: string, means: RequestMeans) => string) => {
  const means = made.get('means');
  if (!means) throw new Error('no means were made');
  const parsed = parseRequest(make(number, means));
  return parsed.ok ? { ...parsed.value, code: '' } : { code: parsed.error.code };
};

describe('certificate requests of attackers', () => {
  it('the control is a right request', () => {
    expect(readOf(rightRequest.make)).toMatchObject({ commonName: number, signatureValid: true });
  });

  it.each(requestCases.filter(({ row }) => row === 'E6'))(
    '$name differs from it in what it asks for, no more',
    ({ make }) => {
      expect(readOf(make)).toMatchObject({ commonName: number, signatureValid: true });
    },
  );

  it.each(requestCases.filter(({ row, kind }) => row === 'E7' && kind === 'refused'))(
    '$name has no proof of its key, or another name',
    ({ make }) => {
      const read = readOf(make);
      const isRight = 'commonName' in read && read.commonName === number && read.signatureValid;
      expect(isRight).toBe(false);
    },
  );

  it.each(requestCases.filter(({ row }) => row === 'E8'))(
    '$name is proved: nothing but the key is wrong',
    ({ make }) => {
      expect(readOf(make)).toMatchObject({ commonName: number, signatureValid: true });
    },
  );

  it.each([
    ['deep', deepRequest],
    ['boundless', boundlessRequest],
  ] as const)('the %s request is none, and is refused at once', (_name, make) => {
    expect(readOf(make).code).not.toBe('');
  });
});
