import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { markup, trusted } from './markup.ts';
import { oneLine, printable } from './text.ts';

describe('printable text', () => {
  it.each([
    ['a\u0000b', 'a␀b'],
    ['\u001b[31mred', '␛[31mred'],
    ['line\r\nnext\tcell', 'line\nnext\tcell'],
    ['lone\rreturn', 'lone␍return'],
    ['+336\u200e12', '+336[U+200E]12'],
    ['\u202eevil', '[U+202E]evil'],
    ['\ud800', '[U+D800]'],
    ['\uffff', '[U+FFFF]'],
    ['\u0085\u2028', '[U+0085][U+2028]'],
    ['été 📞 “x”', 'été 📞 “x”'],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test.prop([fc.string({ unit: 'binary' })])('is total, stable and well-formed', (text) => {
    const shown = printable(text);
    expect(shown).not.toMatch(/[^\n\t\P{C}]/u);
    expect(shown.isWellFormed()).toBe(true);
    expect(printable(shown)).toBe(shown);
    expect(oneLine(text)).not.toMatch(/[\n\t]/);
  });
});

describe('the template', () => {
  it('escapes texts for content and attributes, joins lists, drops null and false', () => {
    const list = ['<', '&'].map((item) => markup`<b>${item}</b>`);
    expect(markup`<a title="${`"'>`}">${list}${null}${false}${3}</a>`.safe).toBe(
      '<a title="&quot;&#39;&gt;"><b>&lt;</b><b>&amp;</b>3</a>',
    );
  });

  it('inserts as it is only what is declared trusted', () => {
    expect(markup`${trusted('<hr>')}${'<hr>'}`.safe).toBe('<hr>&lt;hr&gt;');
  });
});
