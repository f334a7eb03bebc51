import { describe, expect, it } from 'vitest';
import type { WebOutcome, WebRequest } from './web-client.ts';
import { formsOf } from './web-page.ts';
import { cookieFacts, createWebVisitor } from './web-visitor.ts';

interface Answer {
  readonly status?: number;
  readonly location?: string;
  readonly setCookies?: readonly string[];
  readonly body?: string;
}

/** A visitor of a site that answers as told, and what it was asked. */
const visiting = (site: (order: WebRequest) => Answer, host = '192.0.2.1') => {
  const asked: WebRequest[] = [];
  const visitor = createWebVisitor({
    endpoint: { host, port: 8443 },
    trust: '',
    deadlineMs: 1,
    send: async (order): Promise<WebOutcome> => {
      asked.push(order);
      const { status = 200, location = null, setCookies = [], body = '' } = site(order);
      const tls = { protocol: 'TLSv1.3', suite: 'TLS_AES_256_GCM_SHA384' };
      return { kind: 'answered', status, location, setCookies, body, ...tls };
    },
  });
  return { visitor, asked };
};

describe('a visitor', () => {
  it('keeps cookies and gives them back until they are taken away', async () => {
    const { visitor, asked } = visiting(({ path }) => ({
      setCookies: path === '/out' ? ['s=; Max-Age=0'] : ['s=1; Secure', 't=2'],
    }));
    await visitor.open('/');
    await visitor.open('/out');
    await visitor.open('/');
    expect(asked.map(({ headers }) => headers['cookie'])).toEqual([undefined, 's=1; t=2', 't=2']);
  });

  it('follows redirects within the site, a few of them, and tells their statuses', async () => {
    const around = visiting(() => ({ status: 303, location: '/round' }));
    expect((await around.visitor.open('/')).redirects).toHaveLength(5);
    const away = visiting(() => ({ status: 302, location: 'https://elsewhere.example/' }));
    expect(await away.visitor.open('/')).toMatchObject({ path: '/', redirects: [] });
    const there = visiting(
      ({ path }) =>
        path === '/' ? { status: 303, location: 'https://[2001:db8::1]:8443/in?x=1' } : {},
      '2001:db8::1',
    );
    expect(await there.visitor.open('/')).toMatchObject({ path: '/in?x=1', redirects: [303] });
  });

  it('sends a form with its first button, changed as asked, from its own site', async () => {
    const { visitor, asked } = visiting(() => ({}));
    const [form] = formsOf(
      '<form method=post action="?do"><input type=hidden name=t value=v><input name=n value=old><button name=b value=1><button name=b value=2></form>',
    );
    if (!form) throw new Error('no form');
    await visitor.submit(form, '/page', { n: 'new & more' });
    await visitor.submit(form, '/page', { t: null });
    expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['POST', '/page?do', 't=v&n=new+%26+more&b=1'],
      ['POST', '/page?do', 'n=old&b=1'],
    ]);
    expect(asked[0]?.headers).toMatchObject({ origin: 'https://192.0.2.1:8443' });
  });

  it('puts the fields of a search into the query', async () => {
    const { visitor, asked } = visiting(() => ({}));
    const [form] = formsOf('<form action="/find?old=1"><input name=q type=search></form>');
    if (!form) throw new Error('no form');
    await visitor.submit(form, '/', { q: '<x>' });
    expect(asked[0]).toMatchObject({ method: 'GET', path: '/find?q=%3Cx%3E' });
  });
});

describe('a cookie', () => {
  it.each([
    ['__Host-s=abc; Path=/; Secure; HttpOnly; SameSite=Strict', true, true, 'strict', 3],
    ['s=abc; httponly; samesite=Lax', false, true, 'lax', 3],
    ['s=abc', false, false, null, 3],
    ['s=abc; Max-Age=0', false, false, null, 0],
    ['s=secure; Path=/httponly', false, false, null, 6],
  ])('%s is told without its value', (text, secure, httpOnly, sameSite, length) => {
    const name = text.slice(0, text.indexOf('='));
    expect(cookieFacts(text)).toEqual({ name, secure, httpOnly, sameSite, length });
  });
});
