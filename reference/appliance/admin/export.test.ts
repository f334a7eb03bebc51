import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../store/contract.ts';
import { csvField, exportLines } from './export.ts';

const entry = (changes: Partial<AuditEntry>): AuditEntry => ({
  sequence: 1,
  at: 0,
  clockBehind: 0,
  actor: 'alice',
  action: 'number/revoked',
  subject: '+33612345678',
  detail: { reason: 'keyCompromise' },
  hash: 'ab',
  ...changes,
});

describe('export of the audit log', () => {
  it.each([
    ['=1+1', `"'=1+1"`],
    ['+33612345678', `"'+33612345678"`],
    ['-2', `"'-2"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    [' \u200b=1', `"' \u200b=1"`],
    ['\t=1', `"'\t=1"`],
    ['\r\nx', `"'\r\nx"`],
    ['a"b', '"a""b"'],
    ['plain', '"plain"'],
    [7, '"7"'],
  ])('writes %j as an inert field', (value, field) => expect(csvField(value)).toBe(field));

  test.prop([fc.string({ unit: 'binary' })])(
    'never ends a field early or begins one actively',
    (text) => {
      const field = csvField(text);
      expect(field.slice(1, -1).replaceAll('""', '')).not.toContain('"');
      expect(field).not.toMatch(/^"[=+\-@|\t\r\n]/);
    },
  );

  it('has one row for each entry that the filter lets through', () => {
    const entries = [entry({}), entry({ sequence: 2, actor: 'bob', at: 5 })];
    expect([...exportLines(entries, { actor: 'bob' }, 'csv')]).toEqual([
      '"sequence","time","clockBehind","actor","action","subject","detail","hash"\r\n',
      `"2","1970-01-01T00:00:00.005Z","0","bob","number/revoked","'+33612345678","{""reason"":""keyCompromise""}","ab"\r\n`,
    ]);
    expect(
      [...exportLines(entries, { until: 5 }, 'jsonl')].map((line) => JSON.parse(line)),
    ).toEqual([entries[0]]);
    expect([...exportLines(entries, { action: 'number/', from: 5 }, 'jsonl')]).toHaveLength(1);
    expect([...exportLines(entries, { action: 'number', before: 9 }, 'jsonl')]).toEqual([]);
  });
});
