import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { locatorOf, valueIn } from './locator.ts';
import { furtherNames, neededNames } from './names.ts';
import { parseSelectors, readSelectors } from './read.ts';

const text = readFileSync(join(import.meta.dirname, 'reference-application.yaml'), 'utf8');
const without =
  (line: RegExp, instead = ''): (() => unknown) =>
  () =>
    parseSelectors('mine.yaml', text.replace(line, instead));

describe('a selectors file', () => {
  it.each(['reference-application', 'reference-page'])('%s has every name', (name) => {
    const { elements } = readSelectors(name, '.');
    expect(Object.keys(elements).toSorted()).toEqual([...neededNames, ...furtherNames].toSorted());
  });

  it('says which name is missing', () => {
    expect(without(/^ {2}hang-up:.*\n/m)).toThrow(
      /^selectors mine\.yaml:\d+: elements\.hang-up: is missing: no phone can enrol and call without it; devices/,
    );
  });

  it('takes a misspelt name for what it is', () => {
    expect(without(/^ {2}mute:/m, '  mutte:')).toThrow(
      /elements: has an unknown field mutte; remove it/,
    );
  });

  it('may leave out what an application does not have', () => {
    const selectors = parseSelectors('mine.yaml', text.replace(/^ {2}hold:.*\n/m, ''));
    expect(locatorOf(selectors, 'hold')).toBeNull();
    expect(locatorOf(selectors, 'mute')).not.toBeNull();
  });

  it('refuses a page that could not get the microphone', () => {
    const page = readFileSync(join(import.meta.dirname, 'reference-page.yaml'), 'utf8');
    expect(() =>
      parseSelectors('page.yaml', page.replace('http://localhost', 'http://192.0.2.1')),
    ).toThrow(/address: must begin with http:\/\/localhost/);
    expect(() => parseSelectors('page.yaml', page.replace(/^address:.*\n/m, ''))).toThrow(
      /address: is given where the page is in Chrome/,
    );
  });

  it('that cannot be read is told with a way out', () => {
    expect(() => readSelectors('no-such.yaml', '/tmp')).toThrow(
      'selectors no-such.yaml: cannot be read (ENOENT); give reference-application, reference-page or the path of a selectors file',
    );
  });
});

describe('the locator of an element', () => {
  it('is a resource id in an application and a test id in a page', () => {
    expect(locatorOf(readSelectors('reference-application', '.'), 'end-reason')).toEqual({
      using: 'id',
      is: 'org.discretio.phone:id/end_reason',
      value: { from: 'content-desc' },
    });
    expect(locatorOf(readSelectors('reference-page', '.'), 'end-reason')).toEqual({
      using: 'css selector',
      is: '[data-testid="end-reason"]',
      value: { from: 'data-code' },
    });
  });

  it('may be any other that UiAutomator2 takes', () => {
    const selectors = parseSelectors(
      'mine.yaml',
      text
        .replace(/^ {2}mute:.*$/m, '  mute: { by: accessibility-id, is: Mute }')
        .replace(/^ {2}hold:.*$/m, `  hold: { by: xpath, is: '//*[@text="Hold"]' }`)
        .replace(/^ {2}dial:.*$/m, `  dial: { by: uiautomator, is: 'new UiSelector().index(2)' }`),
    );
    expect(locatorOf(selectors, 'mute')).toMatchObject({ using: 'accessibility id', is: 'Mute' });
    expect(locatorOf(selectors, 'hold')).toMatchObject({
      using: 'xpath',
      is: '//*[@text="Hold"]',
    });
    expect(locatorOf(selectors, 'dial')).toMatchObject({
      using: '-android uiautomator',
      is: 'new UiSelector().index(2)',
    });
  });
});

describe('a value', () => {
  it('is the text, or what a pattern finds in it', () => {
    expect(valueIn(' 00:07 ', undefined)).toBe('00:07');
    expect(valueIn('Local 1a2b 3c4d', '^Local (.+)$')).toBe('1a2b 3c4d');
    expect(valueIn('nothing here', '[0-9]+')).toBe('');
  });
});
