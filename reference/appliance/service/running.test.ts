import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newTestKey } from '../../core/pki/testing/hierarchy.ts';
import { createVisitor } from '../admin/testing/visitor.ts';
import { callLine, enrolLine, trustOf } from './testing/lines.ts';
import {
  makeServiceFolder,
  serveHere,
  type ServedHere,
  type ServiceFolder,
} from './testing/world.ts';

const ALICE = '+33639980811';
const BOB = '+33639980812';
const newPassword = 'rain falls on zinc';
const day = 86_400_000;
const patience = { timeout: 20_000 };

let place: ServiceFolder;
beforeAll(async () => {
  place = await makeServiceFolder();
});
afterAll(() => place.remove());

const inCall = async (served: ServedHere) => {
  const [alice, bob] = [
    await enrolLine(place, served, ALICE, newTestKey()),
    await enrolLine(place, served, BOB, newTestKey()),
  ];
  return { alice, bob, farewells: await callLine(alice.line, bob.line) };
};

const measured = async ({ service }: ServedHere): Promise<string> =>
  (await fetch(`http://${service.endpoints.metrics}/metrics`)).text();

describe('a running appliance', () => {
  it('shows calls and registrations as they are, on the page and in the measurements, and says why it ends them', async () => {
    const served = await serveHere(place);
    const { service, shown } = served;
    const { alice, bob, farewells } = await inCall(served);
    const trust = trustOf(place);
    const visitor = createVisitor(service.ports.administration, {
      ca: trust.root + trust.serverAuthority,
    });
    const password = /password (\S+) /.exec(shown.join())?.[1] ?? '';
    await visitor.submit('/sign-in', '/sign-in', { name: 'administrator', password, code: '' });
    const change = { password, new: newPassword, again: newPassword };
    await visitor.submit('/account', '/account/password', change);
    const overview = await visitor.get('/');
    expect(overview.status).toBe(200);
    for (const { line } of [alice, bob]) expect(overview.text).toContain(line.contact);
    expect(overview.text).toMatch(/Established|established/);
    const before = await measured(served);
    for (const line of ['registrations 2', 'calls 1', 'relay_sessions 1', 'relay_packets_total 0'])
      expect(before).toContain(`discretio_${line}\n`);
    bob.line.close();
    await vi.waitFor(() => expect(service.registrations()).toHaveLength(1), patience);
    const after = await visitor.get('/');
    expect(after.text).toContain(alice.line.contact);
    expect(after.text).not.toContain(bob.line.contact);
    await service.stop();
    const { text } = await farewells[0];
    expect(text).toMatch(/Reason: SIP;cause=503;text="The appliance stops"\r\n/);
    expect(served.lines.join('')).not.toContain('sip/unanswered');
  });

  it('waits no longer than it is told for phones that do not answer, and logs them', async () => {
    const text = place.text('stopSeconds: 2', 'stopSeconds: 0.1');
    const served = await serveHere(place, { text });
    const { alice, bob } = await inCall(served);
    for (const { line } of [alice, bob]) line.onMessage = () => undefined;
    await served.service.stop();
    expect(served.lines.join('')).toMatch(
      /"sip\/unanswered".*2 BYE or CANCEL not answered when stopping/,
    );
  });
});

describe('the certificates of its servers', () => {
  /** The serial of the certificate that a new connection sees; the clock of this test is not the appliance's, so dates are not judged. */
  const serialAt = (port: number, client: ConnectionOptions = {}): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...client });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
    });
  const exact = { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES256-GCM-SHA384' } as const;

  it('are looked at once a day, and renewed while it runs when a third of their life is left', async () => {
    const looks: { readonly work: () => void; readonly interval: number }[] = [];
    let ahead = 0;
    const served = await serveHere(place, {
      now: () => Date.now() + ahead,
      repeat: (work, interval) => {
        looks.push({ work, interval });
        return () => void looks.splice(0);
      },
    });
    const { sip, registration, administration } = served.service.ports;
    const key = newTestKey();
    const alice = await enrolLine(place, served, ALICE, key);
    const identity = {
      cert: alice.chain,
      key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    };
    const serials = () =>
      Promise.all([
        serialAt(sip, { ...exact, ...identity }),
        serialAt(registration, exact),
        serialAt(administration),
      ]);
    const expiries = async (): Promise<readonly number[]> =>
      [...(await measured(served)).matchAll(/expiry_seconds\{name="\w+ certificate"\} (\d+)/g)].map(
        ([, seconds]) => Math.round(Number(seconds) / 86_400),
      );
    const before = await serials();
    expect(new Set(before).size).toBe(3);
    expect(looks.map(({ interval }) => interval)).toEqual([day]);
    ahead = 300 * day;
    expect(await expiries()).toEqual([97, 97, 97]);
    looks[0]?.work();
    // Three keys are made meanwhile.
    await vi.waitFor(async () => expect(await expiries()).toEqual([397, 397, 397]), patience);
    const after = await serials();
    expect(new Set([...before, ...after]).size).toBe(6);
    expect(alice.line.socket.destroyed).toBe(false);
    expect(served.lines.join('')).not.toContain('not-renewed');
    alice.line.close();
    await served.service.stop();
    expect(looks).toEqual([]);
  });
});
