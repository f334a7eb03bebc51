import { afterEach, describe, expect, it } from 'vitest';
import { requestPage } from '../../simulators/attackers/web-client.ts';
import { openLoopbackSite, type LabSite } from '../../simulators/lab/site.ts';
import type { Appliance, Phone } from '../contract.ts';
import { referenceTarget } from './target.ts';

const started: { stop(): Promise<void> }[] = [];
const sites: LabSite[] = [];

const passphrase = 'a test passphrase';

const system = async () => {
  const site = await openLoopbackSite();
  sites.push(site);
  const target = referenceTarget();
  const appliance = await target.startAppliance(site);
  started.push(appliance);
  const description = await appliance.describe();
  const phone = async (name: string, number: string): Promise<Phone> => {
    const made = await target.startPhone(site, name, description);
    started.unshift(made);
    await enrol(appliance, made, number);
    await made.unlock(passphrase);
    await made.register();
    return made;
  };
  return { appliance, phone };
};

const enrol = async (appliance: Appliance, phone: Phone, number: string) => {
  await phone.requestEnrolment(number, passphrase);
  await phone.completeEnrolment(await appliance.readToken(number, 5_000));
};

afterEach(async () => {
  for (const part of started.splice(0)) await part.stop();
  for (const site of sites.splice(0)) await site.close();
});

describe('the reference system through its contract', () => {
  it('lets its stored files be altered, no others, and logs why it does not open then', async () => {
    const { phone } = await system();
    const alice = await phone('alice', '+33639980001');
    const key = (await alice.storedFiles()).find(({ path }) => path === 'private-key.pem');
    const altered = Buffer.from('no key').toString('base64');
    await alice.replaceStoredFile?.('private-key.pem', altered);
    await expect(alice.unlock(passphrase)).rejects.toThrow(/not an encrypted PKCS#8 key/);
    expect((await alice.refusals()).map(({ code }) => code)).toEqual(['storage/key-file']);
    await alice.replaceStoredFile?.('private-key.pem', key?.base64 ?? '');
    await alice.unlock(passphrase);
    await expect(alice.replaceStoredFile?.('../elsewhere', altered)).rejects.toThrow(
      /not among the stored files/,
    );
  });

  it('carries a call: both phones show the same identifiers crosswise and hear each other', async () => {
    const { phone } = await system();
    const [alice, bob] = await Promise.all([
      phone('alice', '+33639980001'),
      phone('bob', '+33639980002'),
    ]);
    await bob.setAutoAnswer(true);
    await alice.dial('+33639980002');
    const [atAlice, atBob] = await Promise.all(
      [alice, bob].map((each) => each.waitForAudio(10, 10_000)),
    );
    expect(atAlice).toMatchObject({
      state: 'in-call',
      peerNumber: '+33639980002',
      packetsRefused: 0,
    });
    expect(atBob).toMatchObject({
      state: 'in-call',
      peerNumber: '+33639980001',
      packetsRefused: 0,
    });
    expect(atAlice?.identifiers?.local).toMatch(/^[0-9a-f]{4}( [0-9a-f]{4}){7}$/);
    expect(atAlice?.identifiers?.local).toBe(atBob?.identifiers?.peer);
    expect(atAlice?.identifiers?.peer).toBe(atBob?.identifiers?.local);
    expect(await alice.mediaKeys()).toEqual(await bob.mediaKeys());
    await bob.hangUp();
    expect(await alice.waitForCall(['ended'], 5_000)).toMatchObject({ endedBy: null });
    expect([...(await alice.refusals()), ...(await bob.refusals())]).toEqual([]);
  });

  it('holds and resumes under fresh keys, from both sides and from both at once', async () => {
    const { phone } = await system();
    const [alice, bob] = await Promise.all([
      phone('alice', '+33639980001'),
      phone('bob', '+33639980002'),
    ]);
    await bob.setAutoAnswer(true);
    await alice.dial('+33639980002');
    const [{ identifiers }] = await Promise.all([
      alice.waitForAudio(3, 10_000),
      bob.waitForAudio(3, 10_000),
    ]);
    const held = async () => [(await alice.report()).held, (await bob.report()).held];
    await alice.hold?.();
    await bob.waitForAudio(3, 10_000);
    await expect.poll(held).toEqual(['local', 'remote']);
    await alice.resume?.();
    await Promise.all([alice.waitForAudio(3, 10_000), bob.waitForAudio(3, 10_000)]);
    await expect.poll(held).toEqual(['none', 'none']);
    // Glare: one or both get 491, wait and try again (RFC 3261 section 14.1).
    await Promise.all([alice.hold?.(), bob.hold?.()]);
    await expect.poll(held).toEqual(['both', 'both']);
    await bob.resume?.();
    await alice.resume?.();
    await Promise.all([alice.waitForAudio(3, 10_000), bob.waitForAudio(3, 10_000)]);
    await expect.poll(held).toEqual(['none', 'none']);
    expect((await alice.report()).identifiers).toEqual(identifiers);
    expect(await alice.mediaKeys()).toEqual(await bob.mediaKeys());
    const masters = (await alice.mediaKeys()).map(({ masterKey }) => masterKey);
    expect(new Set(masters).size).toBe(14);
    const exponents = await Promise.all([alice.keyAgreementLog(), bob.keyAgreementLog()]);
    const seen = exponents.flat().map(({ exponent }) => exponent);
    expect(new Set(seen).size).toBe(seen.length);
    await bob.hangUp();
    expect(await alice.waitForCall(['ended'], 5_000)).toMatchObject({
      endedBy: null,
      held: 'none',
    });
  });

  it('has an administration page on a port of its own, and shows no firewall where it loads none', async () => {
    const { appliance } = await system();
    const { sip, registration, trust } = await appliance.describe();
    const page = await appliance.administration?.();
    if (!page) throw new Error('no page');
    expect([sip.port, registration.port]).not.toContain(page.endpoint.port);
    expect(page.trust).toBe(trust.root);
    const outcome = await requestPage({
      endpoint: page.endpoint,
      trust: page.trust,
      method: 'GET',
      path: '/sign-in',
      headers: {},
      deadlineMs: 5_000,
    });
    expect(outcome).toMatchObject({ kind: 'answered', status: 200 });
    expect(appliance.capabilities.has('administer')).toBe(true);
    expect(appliance.capabilities.has('show-firewall')).toBe(false);
    expect(appliance).not.toHaveProperty('firewallRules');
  });

  it('has no page on hosts without an administration link, and says so', async () => {
    const site = await openLoopbackSite();
    sites.push(site);
    const linkless = {
      ...site,
      address(host: string, segment?: string) {
        if (segment === undefined) return site.address(host);
        throw new Error(`the host ${host} has no address on segment ${segment}`);
      },
    };
    const appliance = await referenceTarget().startAppliance(linkless);
    started.push(appliance);
    expect(appliance.capabilities.has('administer')).toBe(false);
    expect(appliance).not.toHaveProperty('administration');
  });

  it('names the phone, the step and the reason when something is refused', async () => {
    const { phone } = await system();
    const alice = await phone('alice', '+33639980001');
    await expect(alice.unlock('another passphrase')).rejects.toThrow(/^phone alice: unlocking: /);
    await alice.dial('+33639980009');
    expect(await alice.waitForCall(['ended'], 5_000)).toMatchObject({ endedBy: 'sip/480' });
    await expect(alice.waitForCall(['in-call'], 1)).rejects.toThrow('in-call did not come within');
  });
});
