import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExpectations } from './expectations.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'expectations-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
const read = async (content: string | Uint8Array) => {
  const path = join(folder, `${(files += 1)}.yaml`);
  await writeFile(path, content);
  return readExpectations(path);
};
const refusal = (content: string | Uint8Array) =>
  read(content).then(
    () => 'accepted',
    (error: unknown) => String(error),
  );

const entry = {
  claim: '5.1.k',
  kind: 'fail',
  reason: 'AES128 is still on',
  link: 'https://example.org/issues/1',
  expires: '2027-06-30',
};
const asFile = (...entries: readonly object[]) => JSON.stringify({ expectations: entries });

describe('a file of expectations', () => {
  it('is YAML', async () => {
    const yaml = `
# known of the model of 2014
expectations:
  - scenario: attacks/T2/sip
    kind: inconclusive
    reason: it answers too slowly
    link: https://example.org/issues/2
    expires: 2027-01-31
`;
    expect(await read(yaml)).toEqual([
      {
        scenario: 'attacks/T2/sip',
        kind: 'inconclusive',
        reason: 'it answers too slowly',
        link: 'https://example.org/issues/2',
        expires: '2027-01-31',
      },
    ]);
  });

  it('may point into a document', async () => {
    const documented = { ...entry, link: '../docs/targets.md#a-part' };
    expect(await read(asFile(documented))).toEqual([documented]);
  });

  it('or JSON, and may be empty', async () => {
    expect(await read(asFile(entry))).toEqual([entry]);
    expect(await read(asFile())).toEqual([]);
  });

  const { claim: _claim, ...withoutSubject } = entry;
  it.each<[string, string, RegExp]>([
    ['no list', '{}', /1: expectations: /],
    ['another top', '[]', /the whole file: /],
    ['an unknown field', asFile({ ...entry, until: 'x' }), /expectations\.0: .*until/],
    ['an unknown kind', asFile({ ...entry, kind: 'pass' }), /expectations\.0\.kind: /],
    ['no reason', asFile({ ...entry, reason: '' }), /expectations\.0\.reason: /],
    ['a reason of two lines', asFile({ ...entry, reason: 'a\nb' }), /reason: must be one line/],
    [
      'a link that is none',
      asFile({ ...entry, link: 'javascript:1' }),
      /expectations\.0\.link: must be a URL/,
    ],
    ['a day that is none', asFile({ ...entry, expires: '2027-02-30' }), /is not a day/],
    ['a time for a day', asFile({ ...entry, expires: 'soon' }), /must be a day/],
    ['no subject', asFile(withoutSubject), /either a claim or a scenario/],
    ['two subjects', asFile({ ...entry, scenario: 'x' }), /either a claim or a scenario/],
    ['a claim that is none', asFile({ ...entry, claim: '9.9.z' }), /there is no claim 9\.9\.z/],
    ['the same twice', asFile(entry, entry), /expectations\.1: entry 0 is about the same/],
    ['no YAML', 'expectations: [', /this is no YAML/],
    ['aliases', 'a: &a [1]\nexpectations: *a', /aliases are not taken/],
  ])('with %s is refused by field, in one line', async (_what, content, reason) => {
    const said = await refusal(content);
    expect(said).toMatch(reason);
    expect(said).not.toContain('\n');
    expect(said).toContain(folder);
  });

  it('names the line', async () => {
    expect(await refusal('expectations:\n  - claim: 5.1.k\n    kind: never\n')).toMatch(
      /\.yaml:3: expectations\.0\.kind/,
    );
  });

  it('that cannot be read is said to be', async () => {
    await expect(readExpectations(join(folder, 'nowhere'))).rejects.toThrow(
      /cannot be read \(ENOENT\)/,
    );
    expect(await refusal(new Uint8Array([0xff, 0xfe]))).toContain('it is not UTF-8');
    expect(await refusal(' '.repeat(1_048_577))).toContain('bytes are more than');
  });

  test.prop([fc.string()], { numRuns: 60 })(
    'never fails otherwise than in one line',
    async (text) => {
      const said = await refusal(text);
      expect(said === 'accepted' || said.startsWith('Error: expectations /')).toBe(true);
      expect(said).not.toMatch(/\n\s+at /);
    },
  );
});
