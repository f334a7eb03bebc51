import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { html } from './html.ts';

describe('the html template', () => {
  it('escapes texts, joins lists, leaves out null and false, and keeps its own', () => {
    const inner = html`<b>${'<script>"\''}</b>`;
    expect(inner.safe).toBe('<b>&lt;script&gt;&quot;&#39;</b>');
    expect(html`<p title="${'a"b'}">${[inner, 'x&y', null, false, 7]}</p>`.safe).toBe(
      '<p title="a&quot;b"><b>&lt;script&gt;&quot;&#39;</b>x&amp;y7</p>',
    );
  });

  it('shows line ends, controls and direction marks as signs', () => {
    expect(html`${'a\r\nb\0\u202Ec'}`.safe).toBe('a␍␊b␀[U+202E]c');
  });

  test.prop([fc.string({ unit: 'binary' })])('lets no text out of its place', (text) => {
    const { safe } = html`${text}`;
    expect(safe).not.toMatch(/[<>"'\p{Cc}]/u);
    expect(safe.replace(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
  });
});
