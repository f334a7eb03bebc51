import { fault, ok, type Result } from '../../../reference/core/result.ts';

/** Where a command's output goes. */
export interface Redirection {
  readonly stream: 1 | 2;
  /** A path, or 1 for where the output goes. */
  readonly to: string | 1;
  readonly isAppending: boolean;
}

export interface SimpleCommand {
  readonly words: readonly string[];
  readonly redirections: readonly Redirection[];
}

/** Commands joined by `|`, and when they run: always, or after success or failure of those before. */
export interface Pipeline {
  readonly when: 'always' | 'after-success' | 'after-failure';
  readonly commands: readonly SimpleCommand[];
}

type Token =
  | { readonly kind: 'word'; readonly text: string; readonly at: number }
  | { readonly kind: 'operator'; readonly text: string; readonly at: number };

const operators = ['&&', '||', '2>&1', '2>>', '2>', '1>', '>>', '>', ';', '|', '\n'] as const;

/** Characters up to the quote that ends, and what they stand for. */
const quoted = (text: string, start: number): Result<{ readonly text: string; end: number }> => {
  const quote = text[start] ?? '';
  let word = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === quote) return ok({ text: word, end: at + 1 });
    const next = text[at + 1];
    if (quote === '"' && character === '\\' && next !== undefined && '"\\$`'.includes(next)) {
      word += next;
      at += 1;
    } else word += character;
  }
  return fault('shell/quote', start);
};

/** A word with its quotes taken away. */
const wordAt = (text: string, start: number): Result<{ readonly text: string; end: number }> => {
  let word = '';
  let at = start;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (/[\s;|>&]/.test(character)) break;
    if (character === '\\') {
      word += text[at + 1] ?? '';
      at += 2;
    } else if (character === '"' || character === "'") {
      const part = quoted(text, at);
      if (!part.ok) return part;
      word += part.value.text;
      at = part.value.end;
    } else {
      word += character;
      at += 1;
    }
  }
  return ok({ text: word, end: Math.min(at, text.length) });
};

const tokensOf = (text: string): Result<readonly Token[]> => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at, at + 4);
    const operator = operators.find((candidate) => rest.startsWith(candidate));
    if (operator) {
      tokens.push({ kind: 'operator', text: operator, at });
      at += operator.length;
    } else if (/\s/.test(rest.charAt(0))) at += 1;
    else if (rest.startsWith('&')) return fault('shell/background', at);
    else {
      const word = wordAt(text, at);
      if (!word.ok) return word;
      tokens.push({ kind: 'word', text: word.value.text, at });
      at = word.value.end;
    }
  }
  return ok(tokens);
};

const conditions: Readonly<Record<string, Pipeline['when']>> = {
  ';': 'always',
  '\n': 'always',
  '&&': 'after-success',
  '||': 'after-failure',
};

/**
 * Reads what Android's shell would do with a line: words, single and double quotes, `;`, `&&`, `||`, `|` and redirections.
 * Variables, subshells and background jobs are not known.
 */
export const parseCommandLine = (line: string): Result<readonly Pipeline[]> => {
  const tokens = tokensOf(line);
  if (!tokens.ok) return tokens;
  const pipelines: Pipeline[] = [];
  let when: Pipeline['when'] = 'always';
  let commands: SimpleCommand[] = [];
  let words: string[] = [];
  let redirections: Redirection[] = [];
  let target: Omit<Redirection, 'to'> | null = null;
  const endCommand = (): boolean => {
    if (words.length === 0) return false;
    commands.push({ words, redirections });
    words = [];
    redirections = [];
    return true;
  };
  for (const { kind, text, at } of tokens.value) {
    if (target) {
      if (kind !== 'word') return fault('shell/redirection', at);
      redirections.push({ ...target, to: text });
      target = null;
    } else if (kind === 'word') words.push(text);
    else if (text === '2>&1') redirections.push({ stream: 2, to: 1, isAppending: false });
    else if (text.includes('>'))
      target = { stream: text.startsWith('2') ? 2 : 1, isAppending: text.endsWith('>>') };
    else {
      const isComplete = endCommand();
      const next = conditions[text];
      if (!isComplete && (text === '|' || next !== 'always')) return fault('shell/operator', at);
      if (next === undefined) continue;
      if (commands.length > 0) pipelines.push({ when, commands });
      commands = [];
      when = next;
    }
  }
  if (target) return fault('shell/redirection', line.length);
  if (!endCommand() && (commands.length > 0 || when !== 'always'))
    return fault('shell/operator', line.length);
  if (commands.length > 0) pipelines.push({ when, commands });
  return ok(pipelines);
};

/** A word that the shell reads back as it is. */
export const quoteWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
