import { afterEach, describe, expect, it } from 'vitest';
import { tryEnrol, type EnrolmentAttempt, type EnrolmentProbe } from './enrolment-probe.ts';
import { createTestAuthorities } from './testing/authorities.ts';
import {
  startRegistration,
  type TestRegistration,
  type TokenRule,
} from './testing/registration.ts';
import { closedEndpoint } from './testing/tcp-server.ts';

const authorities = createTestAuthorities();
const { trust } = authorities;
const number = '+33612345678';

const services: TestRegistration[] = [];
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()));
});
const probe = async (
  token: EnrolmentAttempt['token'],
  rule: TokenRule = 'checked',
  deadlineMs = 5_000,
): Promise<EnrolmentProbe> => {
  const service = await startRegistration(authorities, rule);
  services.push(service);
  const target = { registration: service.endpoint, trust };
  return tryEnrol(target, number, { token, deadlineMs, readToken: service.readToken });
};
const answered = (status: number) => ({ kind: 'answered', status });

describe('enrolment probe', () => {
  it('gets a certificate with the right token', async () => {
    expect(await probe('right')).toEqual({
      token: 'right',
      request: answered(202),
      certificate: answered(201),
      stopped: null,
      certificateGiven: true,
    });
  });
  it.each(['wrong', 'none', 'empty'] as const)(
    'gets none with a token that is %s',
    async (token) => {
      expect(await probe(token)).toEqual({
        token,
        request: answered(202),
        certificate: answered(403),
        stopped: null,
        certificateGiven: false,
      });
    },
  );
  it('gets none for an enrolment never asked for', async () => {
    const found = await probe('no-enrolment');
    expect(found).toMatchObject({
      request: null,
      certificate: answered(404),
      certificateGiven: false,
    });
  });
  it.each(['wrong', 'none', 'empty'] as const)(
    'shows a service that takes %s for a token',
    async (token) => {
      expect((await probe(token, 'INSECURE-any-token')).certificateGiven).toBe(true);
    },
  );
  it('meets its deadline where nothing answers, and names a closed port', async () => {
    const silent = await probe('wrong', 'never-answers', 300);
    expect(silent).toMatchObject({
      request: { kind: 'deadline' },
      certificate: null,
      certificateGiven: false,
    });
    const closed = { registration: await closedEndpoint(), trust };
    const found = await tryEnrol(closed, number, { token: 'wrong', deadlineMs: 2_000 });
    expect(found.request).toEqual({ kind: 'failed', reason: 'ECONNREFUSED' });
  });
  it('refuses a service of other authorities', async () => {
    const service = await startRegistration(authorities);
    services.push(service);
    const other = { registration: service.endpoint, trust: createTestAuthorities().trust };
    const found = await tryEnrol(other, number, { token: 'wrong', deadlineMs: 5_000 });
    expect(found.request).toEqual({ kind: 'failed', reason: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' });
  });
  it('says when no token could be read', async () => {
    const service = await startRegistration(authorities);
    services.push(service);
    const readToken = (): Promise<string> => Promise.reject(new Error('no message came'));
    const target = { registration: service.endpoint, trust };
    const found = await tryEnrol(target, number, { token: 'right', deadlineMs: 5_000, readToken });
    expect(found).toMatchObject({ certificate: null, stopped: 'no message came' });
  });
});
