import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { formsOf, linksOf, signInFormOf, withoutHiddenValues } from './web-page.ts';

const page = `<!doctype html><a href="/a?x=1&amp;y=2">a</a><a href='/a?x=1&amp;y=2'>again</a>
<a href="//elsewhere.example/">out</a><a href="https://elsewhere.example/">out</a><a>none</a>
<form action="/search"><input name=q type=search></form>
<form method="post" action="/sign-in"><input type="hidden" name="token" value="&lt;secret&#x3e;">
<input name="name"><input name="password" TYPE="PASSWORD">
<select name="role"><option value="a"><option value="b" selected></select>
<input type="submit"><button name="go" value="1">Go</button></form>`;

describe('reading a page', () => {
  it('finds its forms as a browser would send them', () => {
    const [search, signIn] = formsOf(page);
    expect(search).toEqual({
      method: 'GET',
      action: '/search',
      fields: [{ name: 'q', type: 'search', value: '' }],
    });
    expect(signIn).toEqual({
      method: 'POST',
      action: '/sign-in',
      fields: [
        { name: 'token', type: 'hidden', value: '<secret>' },
        { name: 'name', type: 'text', value: '' },
        { name: 'password', type: 'password', value: '' },
        { name: 'role', type: 'select', value: 'b' },
        { name: 'go', type: 'button', value: '1' },
      ],
    });
  });

  it('knows the form that asks for a password, and a page without one', () => {
    expect(signInFormOf(page)?.action).toBe('/sign-in');
    expect(signInFormOf('<form method="post"><input name="x"></form>')).toBeUndefined();
  });

  it('follows links of the same site only, each once', () => {
    expect(linksOf(page)).toEqual(['/a?x=1&y=2']);
  });

  it('leaves out what hidden fields hold, in any order and quoting', () => {
    const tags = [
      '<input type="hidden" name="t" value="s3cret">',
      "<input value='s3cret' type='hidden'>",
      '<INPUT VALUE=s3cret TYPE=HIDDEN>',
    ];
    for (const tag of tags) expect(withoutHiddenValues(tag)).not.toContain('s3cret');
    const shown = '<input type="text" value="seen">';
    expect(withoutHiddenValues(shown)).toBe(shown);
  });

  test.prop([
    fc.string({
      unit: fc.constantFrom(
        '<',
        'form',
        '>',
        ' ',
        '"',
        "'",
        '=',
        'input',
        'a',
        '/',
        '&#x;',
        '&#99999999;',
      ),
    }),
  ])('never throws on what is no page', (text) => {
    expect(formsOf(text)).toBeInstanceOf(Array);
    expect(linksOf(`${text}<a href="${text}">`)).toBeInstanceOf(Array);
    expect(typeof withoutHiddenValues(text)).toBe('string');
  });
});
