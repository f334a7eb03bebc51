import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseCommandLine, quoteWord } from './command-line.ts';

const wordsOf = (line: string): unknown => {
  const parsed = parseCommandLine(line);
  return parsed.ok
    ? parsed.value.map(({ when, commands }) => [when, ...commands.map(({ words }) => words)])
    : parsed.error;
};

describe('a command line', () => {
  test.prop([fc.array(fc.string(), { minLength: 1 })])(
    'gives quoted words back as they were',
    (words) => {
      expect(wordsOf(words.map(quoteWord).join(' '))).toEqual([['always', words]]);
    },
  );

  test.prop([fc.string()])('is a value or a refusal within it, whatever the text', (line) => {
    const parsed = parseCommandLine(line);
    if (!parsed.ok) expect(parsed.error.offset).toBeLessThanOrEqual(line.length);
    expect([true, false]).toContain(parsed.ok);
  });

  it('knows quotes, escapes, conditions, pipes and redirections', () => {
    expect(wordsOf(`echo "a \\"b\\" $" 'c d'\\ e; x && y || z | w`)).toEqual([
      ['always', ['echo', 'a "b" $', 'c d e']],
      ['always', ['x']],
      ['after-success', ['y']],
      ['after-failure', ['z'], ['w']],
    ]);
    expect(parseCommandLine('a 2>&1 >>/sdcard/x 2>/dev/null')).toMatchObject({
      value: [
        {
          commands: [
            {
              words: ['a'],
              redirections: [
                { stream: 2, to: 1 },
                { stream: 1, to: '/sdcard/x', isAppending: true },
                { stream: 2, to: '/dev/null' },
              ],
            },
          ],
        },
      ],
    });
    expect(wordsOf('')).toEqual([]);
  });

  it.each([
    ['echo "open', 'shell/quote', 5],
    ['sleep 9 & echo', 'shell/background', 8],
    ['| cat', 'shell/operator', 0],
    ['a && && b', 'shell/operator', 5],
    ['a |', 'shell/operator', 3],
    ['a >', 'shell/redirection', 3],
    ['a > ; b', 'shell/redirection', 4],
  ])('refuses %s', (line, code, offset) => {
    expect(wordsOf(line)).toMatchObject({ code, offset });
  });
});
