import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { sections } from './sections.ts';
import { passagesOf } from './target-text.ts';

const body = (number: string): string =>
  `What section ${number} says.\n\n1. a numbered line of it\n4 phones of 3G, 5.1.1 being no section`;

/** A security target of our own, whose headings are written by a function. */
const targetOf = (heading: (number: string) => string, before = ''): string =>
  before + sections.map(({ number }) => `${heading(number)}\n${body(number)}\n`).join('\n');

const expected = sections.map(({ number }) => ({ section: number, text: body(number) }));

describe('the sections of a copy of the security target', () => {
  it.each<[string, (number: string) => string]>([
    ['numbers apart', (number) => `${number} Heading`],
    ['numbers glued, where they have dots', (n) => ` ${n}${n.includes('.') ? '' : ' '}Été`],
    ['a dot behind', (number) => `${number}. Heading of it`],
    ['the word before', (number) => `Section ${number} Heading`],
    ['tabs', (number) => `\t${number}\tHeading`],
  ])('are found by number, with %s', (_, heading) => {
    expect(passagesOf(targetOf(heading))).toEqual(expected);
  });

  it('end with line ends of any kind', () => {
    const text = targetOf((number) => `${number} Heading`);
    expect(passagesOf(text.replaceAll('\n', '\r\n'))).toEqual(expected);
  });

  it.each<[string, (number: string) => string]>([
    ['with dots and pages', (number) => `${number} Heading ........ 7\n`],
    ['with tabs and pages', (number) => `${number} Heading\t7\n`],
    ['bare', (number) => `${number} Heading\n`],
  ])('are not those of a table of contents %s', (_, line) => {
    const contents = sections.map(({ number }) => line(number)).join('');
    expect(passagesOf(targetOf((number) => `${number} Heading`, contents))).toEqual(expected);
  });

  it('go on over a heading of two lines, not over a first sentence', () => {
    const text = '5.1 Encryption of\nthe product\n\nIt is so.\n\n5.2 Authentication\nThey do.\n';
    expect(passagesOf(text)).toEqual([
      { section: '5.1', text: 'It is so.' },
      { section: '5.2', text: 'They do.' },
    ]);
  });

  it('are left out where the copy lacks them', () => {
    expect(passagesOf('5.1 Encryption\nA.\n\n6.2 Data\nB.\n')).toEqual([
      { section: '5.1', text: 'A.' },
      { section: '6.2', text: 'B.' },
    ]);
    expect(passagesOf('a letter about nothing of the kind')).toEqual([]);
  });

  it('are cut where they are too long', () => {
    const [passage] = passagesOf(`5.1 Encryption\n${'word '.repeat(4000)}`);
    expect(passage?.text).toHaveLength(8004);
    expect(passage?.text.endsWith('[…]')).toBe(true);
  });

  it('are found in time whatever the text is made of', () => {
    for (const line of ['1 A\n', '5.1 A\n', '5.1 A ....', ' ', '.', '5.1', '\t1\n'])
      expect(passagesOf(line.repeat(200_000)).length).toBeLessThan(2);
  });

  test.prop([fc.array(fc.oneof(fc.string(), fc.constantFrom('5.1 Aa', '2 B', '2.1C', '', 'x')))])(
    'are a list in the target’s order, each once, of text that stands in the copy',
    (lines) => {
      const text = lines.join('\n');
      const found = passagesOf(text);
      const ranks = found.map(({ section }) =>
        sections.findIndex(({ number }) => number === section),
      );
      expect(ranks).toEqual([...new Set(ranks)].toSorted((a, b) => a - b));
      for (const passage of found) {
        expect(passage.text).not.toBe('');
        const stands = text.replaceAll(/\r\n?|\f/g, '\n').replaceAll(/\n{3,}/g, '\n\n');
        expect(stands).toContain(passage.text);
      }
    },
  );
});
