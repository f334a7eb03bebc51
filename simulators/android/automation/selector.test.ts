import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseSelector } from './selector.ts';

const matches = (text: string, attributes: Readonly<Record<string, string>>): boolean => {
  const selector = parseSelector(text);
  return selector.ok && selector.value.conditions.every((condition) => condition(attributes));
};

describe('a UiSelector', () => {
  test.prop([fc.string()])('finds exactly the text that it was given', (text) => {
    const quoted = text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\\n');
    const selector = `new UiSelector().text("${quoted}")`;
    expect(matches(selector, { text })).toBe(true);
    expect(matches(selector, { text: `${text}x` })).toBe(false);
  });

  test.prop([fc.string(), fc.boolean()])(
    'is a value or a refusal, whatever the text',
    (text, isStarted) => {
      const parsed = parseSelector(isStarted ? `new UiSelector()${text}` : text);
      expect([true, false]).toContain(parsed.ok);
    },
  );

  it('knows the methods that page objects use', () => {
    const node = { 'resource-id': 'a:id/b', text: 'Hello there', class: 'C', enabled: 'true' };
    const all =
      'UiSelector().resourceId("a:id/b").textContains("hello").className("C").enabled(true);';
    expect(matches(`new ${all}`, node)).toBe(true);
    expect(matches('new UiSelector().textStartsWith("there")', node)).toBe(false);
    expect(matches('new UiSelector().textMatches("Hello .*")', node)).toBe(true);
    expect(matches('new UiSelector().textMatches("(")', node)).toBe(false);
    expect(
      matches(
        'new UiScrollable(new UiSelector().scrollable(true)).scrollIntoView(new UiSelector().text("Hello there"))',
        node,
      ),
    ).toBe(true);
    expect(parseSelector('new UiSelector().text("x").instance(2)')).toMatchObject({
      value: { instance: 2 },
    });
  });

  it.each([
    ['By.id("x")', 0],
    ['new UiSelector().frob("x")', 16],
    ['new UiSelector().text("open', 16],
  ])('refuses %s', (text, offset) => {
    expect(parseSelector(text)).toMatchObject({
      ok: false,
      error: { code: 'invalid selector', offset },
    });
  });
});
