import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../store/open.ts';
import { hashPassword } from './password.ts';
import { tokenIn, type Visitor } from './testing/visitor.ts';
import { cheapCost, startAdminWorld, type AdminWorld } from './testing/world.ts';

const number = '+33612345678';
const hostile = [
  '<script>alert(1)</script>',
  `"><img src=x onerror=alert(1)>`,
  "'--\r\nSet-Cookie: x=1",
  '\u202Ereversed',
  '../../etc/passwd',
];
const unescaped = /<script|<img|onerror=alert\(1\)>|\r|\u202E/;

let world: AdminWorld;
let alice: Visitor;
const folder = mkdtempSync(join(tmpdir(), 'discretio-admin-'));
const backups = mkdtempSync(join(tmpdir(), 'discretio-backups-'));
beforeAll(async () => {
  const texts = [{ number, text: 'your token is 123456' }];
  world = await startAdminWorld({
    outbox: () => texts,
    configuration: [
      ['sip.port', '5061'],
      ['<script>', hostile[1] ?? ''],
    ],
    authorities: [{ authority: 'root', notAfter: Date.now() + 86_400_000 }],
  });
});
beforeEach(async () => {
  world.calls.length = 0;
  world.registrations.length = 0;
  alice = await world.signedIn();
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true });
  rmSync(backups, { recursive: true });
});

const lastAudit = () => world.store.audit.find({}, 1)[0];

describe('the overview', () => {
  it('shows alarms, calls, registrations and counts', async () => {
    const since = world.clock.at;
    world.calls.push({ caller: number, callee: '+33698765432', since, state: 'established' });
    world.registrations.push({ number, address: '192.0.2.1:5061', since, expiresAt: since + 1 });
    const { text } = await alice.get('/');
    expect(text).toContain('The client authority has published no revocation list');
    expect(text).toMatch(
      /The root authority expires at \d{4}-\d{2}-\d{2} \d\d:\d\d:\d\d: renew it/,
    );
    expect(text).toContain('192.0.2.1:5061');
    expect(text).toContain('+33698765432');
    expect(text).toContain('established');
    expect(text).toMatch(/<li><b>\d+<\/b>Subscribers<\/li>/);
  });

  it('shows a hundred calls at most and says how many there are', async () => {
    const call = { caller: number, callee: number, since: 0, state: 'ringing' } as const;
    world.calls.push(...Array.from({ length: 101 }, () => call));
    expect((await alice.get('/')).text).toContain('The first 100 of 101 are shown.');
  });
});

describe('subscribers', () => {
  it('are found by a part of the number and in pages', async () => {
    for (let index = 0; index < 60; index += 1)
      world.record(`+4470000000${String(index).padStart(2, '0')}`);
    world.record('+4999');
    const first = await alice.get('/subscribers?search=447000');
    expect(first.text).toContain('+447000000049<');
    expect(first.text).not.toContain('+447000000050<');
    expect(first.text).not.toContain('+4999<');
    const [, next = ''] = /href="([^"]*after=[^"]*)">Next page/.exec(first.text) ?? [];
    const second = await alice.get(next.replaceAll('&amp;', '&'));
    expect(second.text).toContain('+447000000050<');
    expect(second.text).toContain('+447000000059<');
    expect(second.text).not.toContain('Next page');
    expect(second.text).toContain('First page');
  });

  it('are revoked after a page that says what follows, and released likewise', async () => {
    const serial = await world.enrol(number);
    const path = `/subscribers/${encodeURIComponent(number)}`;
    const asked = await alice.get(`${path}/revoke`);
    expect(asked.text).toContain('Revoke +33612345678?');
    expect(asked.text).toContain('(1 valid now)');
    expect(world.store.certificates.statusOf(serial)).toBe('valid');
    const done = await alice.post(`${path}/revoke`, {
      token: tokenIn(asked.text),
      reason: 'keyCompromise',
    });
    expect([done.status, done.location]).toEqual([303, `${path}?done=revoked`]);
    expect(world.store.certificates.statusOf(serial)).toBe('revoked');
    expect(world.store.numbers.blocked()).toMatchObject([
      { number, by: 'alice', reason: 'keyCompromise' },
    ]);
    const shown = await alice.get(done.location);
    expect(shown.text).toContain('The number is revoked and blocked.');
    expect(shown.text).toMatch(/Blocked since .* by alice\./);
    const released = await alice.submit(`${path}/release`, `${path}/release`, {});
    expect(released.location).toBe(`${path}?done=released`);
    expect(lastAudit()).toMatchObject({ actor: 'alice', action: 'number/released' });
    expect(world.store.numbers.isBlocked(number)).toBe(false);
    expect((await alice.submit(`${path}/revoke`, `${path}/release`, {})).status).toBe(409);
  });

  it('may be numbers that were never enrolled', async () => {
    const { text } = await alice.get('/subscribers?search=%2B33700000000');
    expect(text).toContain('href="/subscribers/%2B33700000000"');
    await alice.submit('/subscribers/+33700000000/revoke', '/subscribers/+33700000000/revoke', {
      reason: 'unspecified',
    });
    expect(world.store.numbers.isBlocked('+33700000000')).toBe(true);
  });

  it('are not revoked for a reason that is not offered', async () => {
    const path = '/subscribers/+33700000001/revoke';
    expect((await alice.submit(path, path, { reason: 'superseded' })).status).toBe(400);
    expect(world.store.numbers.isBlocked('+33700000001')).toBe(false);
  });
});

describe('certificates', () => {
  it('are shown with every field', async () => {
    const serial = await world.enrol('+33611111111');
    const { text } = await alice.get(`/certificates/${serial}`);
    for (const part of [
      serial,
      'CN=+33611111111',
      'Discretio Client Authority',
      'RSA 2048, e = 65537',
      'clientAuth',
      'digitalSignature',
      'sha256WithRSAEncryption',
      '-----BEGIN CERTIFICATE-----\n',
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/(?:[0-9a-f]{4} ){7}[0-9a-f]{4}</);
    expect(text).toContain('href="/subscribers/%2B33611111111/revoke"');
  });

  it('of clients are revoked with their number only', async () => {
    const serial = await world.enrol('+33622222222');
    const path = `/certificates/${serial}/revoke`;
    expect((await alice.get(path)).location).toBe('/subscribers/%2B33622222222/revoke');
    expect((await alice.submit('/', path, { reason: 'keyCompromise' })).status).toBe(400);
    expect(world.store.certificates.statusOf(serial)).toBe('valid');
  });

  it('of servers are revoked after a page that says what follows', async () => {
    const der = new Uint8Array(32).fill(3);
    const serial = 'c0ffee';
    const certificate = { serial, der, publicKey: der, notAfter: world.clock.at + 86_400_000 };
    world.store.certificates.addServer({ certificate, host: 'sip.example', at: world.clock.at });
    const path = `/certificates/${serial}`;
    expect((await alice.get(path)).text).toContain('The stored bytes are not a certificate');
    expect((await alice.get(`${path}/revoke`)).text).toContain('no phone registers or enrols');
    const done = await alice.submit(`${path}/revoke`, `${path}/revoke`, {
      reason: 'cessationOfOperation',
    });
    expect(done.location).toBe(`${path}?done=certificate-revoked`);
    expect(world.store.certificates.get(serial)).toMatchObject({ state: 'revoked' });
    expect((await alice.get(`${path}/revoke`)).status).toBe(409);
  });

  it('are filtered', async () => {
    const serial = world.record('+33633333333');
    const other = world.record('+33644444444');
    const path = '/certificates?subject=%2B33633333333';
    const { text } = await alice.get(`${path}&state=valid&authority=client`);
    expect(text).toContain(serial);
    expect(text).not.toContain(other);
    for (const none of ['&state=revoked', '&state=expired', '&authority=server'])
      expect((await alice.get(path + none)).text).toContain('No certificate.');
  });
});

describe('pending enrolments', () => {
  it('are listed until their token expires', async () => {
    const publicKey = new Uint8Array(1);
    const id = '12'.repeat(16);
    const [at, requestHash, token] = [world.clock.at, 'ab', '123456'];
    const pending = '+33655555555';
    world.store.enrolments.begin({ id, number: pending, publicKey, requestHash, token, at });
    expect((await alice.get('/enrolments')).text).toContain(pending);
    world.clock.at += 600_001;
    const { text } = await alice.get('/enrolments');
    expect(text).not.toContain(pending);
    expect(text).not.toContain('123456');
  });
});

describe('the audit log', () => {
  it('is filtered, and in pages', async () => {
    const at = world.clock.at;
    for (let index = 0; index < 101; index += 1)
      world.store.audit.append({
        at,
        actor: 'bob',
        action: 'test/done',
        subject: `case ${index}`,
        detail: { index },
      });
    const first = await alice.get('/audit?actor=bob&action=test%2F');
    expect(first.text).toContain('101 entries.');
    expect(first.text).toContain('case 100<');
    expect(first.text).not.toContain('case 0<');
    const [, next = ''] = /href="([^"]*before=[^"]*)">Next page/.exec(first.text) ?? [];
    expect((await alice.get(next.replaceAll('&amp;', '&'))).text).toContain('case 0<');
    const minute = new Date(at + 60_000).toISOString().slice(0, 16);
    expect((await alice.get(`/audit?actor=bob&from=${minute}`)).text).toContain('No entry.');
    expect((await alice.get(`/audit?actor=bob&until=${minute}`)).text).toContain('101 entries.');
  });

  it('is exported whole, oldest first, as JSON lines with hashes', async () => {
    const { text, headers } = await alice.get('/audit/export.jsonl');
    expect(headers['content-disposition']).toBe('attachment; filename="audit.jsonl"');
    const entries: readonly unknown[] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(entries).toEqual([...world.store.audit.all()]);
  });

  it('is exported as CSV in which nothing is a formula', async () => {
    const { text } = await alice.get('/audit/export.csv?subject=%2B33612345678');
    const lines = text.trimEnd().split('\r\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines.slice(1)) expect(line).toContain(`"'+33612345678"`);
    expect(text).not.toMatch(/(?:^|,)"[=+@-]/m);
  });

  it('is verified, also against a hash noted earlier', async () => {
    const { text } = await alice.get('/audit/verify');
    expect(text).toContain(`holds over all ${world.store.audit.count({})} entries`);
    const head = lastAudit()?.hash ?? '';
    expect(text).toContain(head);
    expect((await alice.get(`/audit/verify?head=${head}`)).text).toContain('holds over all');
    expect((await alice.get(`/audit/verify?head=${'0'.repeat(64)}`)).text).toContain(
      'The log was cut off',
    );
    expect((await alice.get('/audit/verify?head=x')).text).toContain('64 hexadecimal digits');
  });
});

describe('backups', () => {
  it('are made and listed, and the log says by whom', async () => {
    const durable = await startAdminWorld({
      store: openStore(join(folder, 'state'), Date.now()),
      backupFolder: backups,
    });
    try {
      const visitor = await durable.signedIn();
      expect((await visitor.get('/backups')).text).toContain('No backup yet.');
      const done = await visitor.submit('/backups', '/backups', {});
      expect(done.location).toBe('/backups?done=backup');
      const [name = ''] = readdirSync(backups);
      expect((await visitor.get(done.location)).text).toContain(name);
      const made = durable.store.audit.find({ actor: 'alice', action: 'store/backed-up' }, 9);
      expect(made).toHaveLength(1);
    } finally {
      await durable.close();
    }
  });

  it('say why they failed', async () => {
    const broken = await startAdminWorld({ backupFolder: join(folder, 'missing', '\0') });
    try {
      const answer = await (await broken.signedIn()).submit('/backups', '/backups', {});
      expect(answer.status).toBe(503);
      expect(answer.text).toContain('The backup failed: ');
    } finally {
      await broken.close();
    }
  });
});

describe('hostile values', () => {
  it.each(hostile)('%j is text wherever it is shown', async (value) => {
    const serial = world.record(value);
    const since = world.clock.at;
    world.store.numbers.revokeNumber({
      number: value,
      by: value,
      reason: 'unspecified',
      at: since,
    });
    const passwordHash = await hashPassword('x', new Uint8Array(16), cheapCost);
    const administrator = { name: value, passwordHash, mustChangePassword: false };
    world.store.administrators.add(administrator, value, since);
    world.calls.push({ caller: value, callee: value, since, state: 'ringing' });
    world.registrations.push({ number: value, address: value, since, expiresAt: since });
    const encoded = encodeURIComponent(value);
    for (const path of [
      '/',
      `/subscribers?search=${encoded}&after=${encoded}`,
      '/subscribers',
      `/subscribers/${encoded}`,
      `/subscribers/${encoded}/revoke`,
      `/subscribers/${encoded}/release`,
      `/certificates?subject=${encoded}&state=${encoded}`,
      `/certificates/${serial}`,
      `/certificates/${encoded}`,
      `/audit?actor=${encoded}&action=${encoded}&subject=${encoded}&from=${encoded}`,
      '/audit',
      `/audit/verify?head=${encoded}`,
      '/configuration',
      '/administrators',
      `/administrators/${encoded}/remove`,
      `/sign-in?next=${encoded}`,
      `/${encoded}`,
      `/?done=${encoded}`,
    ]) {
      const answer = await alice.get(path);
      expect([200, 303, 404], path).toContain(answer.status);
      expect(answer.text, path).not.toMatch(unescaped);
      expect(answer.headers['set-cookie'] ?? [], path).not.toContain('x=1');
    }
    const released = await alice.submit('/', `/subscribers/${encoded}/release`, {});
    expect(released.location).toBe(`/subscribers/${encoded}?done=released`);
  });

  it('at sign-in come back as text', async () => {
    for (const value of hostile) {
      const form = { name: value, password: value, code: value, next: value };
      const { status, text } = await world.visitor().submit('/sign-in', '/sign-in', form);
      expect(status).toBe(403);
      expect(text).not.toMatch(unescaped);
    }
  });
});

describe('the outbox', () => {
  it('exists only where the SMS centre is simulated', async () => {
    expect((await alice.get('/outbox')).text).toContain('your token is 123456');
    const real = await startAdminWorld();
    try {
      const visitor = await real.signedIn();
      expect((await visitor.get('/outbox')).status).toBe(404);
      expect((await visitor.get('/')).text).not.toContain('/outbox');
      expect((await visitor.get('/backups')).text).toContain('No folder for backups');
      expect((await visitor.submit('/', '/backups', {})).status).toBe(400);
    } finally {
      await real.close();
    }
  });
});
