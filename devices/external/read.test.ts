import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { TargetFileError } from './problem.ts';
import { parseTargetFile, readTargetFile } from './read.ts';
import { hasEngine } from './schema.ts';

const docs = join(import.meta.dirname, '../../docs');
const examples = globSync('targets/*.yaml', { cwd: docs });
const external = readFileSync(join(docs, 'targets/external.yaml'), 'utf8');

const faultOf = (text: string): string => {
  try {
    parseTargetFile('t.yaml', text);
    return 'none';
  } catch (error) {
    return error instanceof TargetFileError ? error.message : String(error);
  }
};

describe('the examples of docs/targets', () => {
  it.each(examples)('%s is a target, and docs/targets.md names it', (name) => {
    const { description } = readTargetFile(join(docs, name));
    expect(description.name).not.toBe('');
    expect(readFileSync(join(docs, 'targets.md'), 'utf8')).toContain(`(${name})`);
  });

  it('show every kind of appliance, phone and way', () => {
    const shown = examples.map((name) => readTargetFile(join(docs, name)).description);
    const appliances = shown.map(({ appliance }) => appliance);
    const outside = appliances.flatMap((each) => (each.kind === 'external' ? [each] : []));
    const set = (values: readonly (string | undefined)[]) => new Set(values);
    expect(set(appliances.map(({ kind }) => kind))).toEqual(set(['reference', 'external']));
    expect(set(outside.map(({ tokens }) => tokens.from))).toEqual(
      set(['http', 'command', 'operator']),
    );
    expect(set(outside.flatMap(({ revocation }) => revocation?.by ?? []))).toEqual(
      set(['socket', 'command', 'operator']),
    );
    expect(set(outside.map(({ capture }) => capture.from))).toEqual(
      set(['interface', 'command', 'files']),
    );
    expect(
      set(shown.flatMap(({ phones }) => Object.values(phones).map(({ kind }) => kind))),
    ).toEqual(set(['reference', 'person', 'file']));
  });
});

describe('the reference’s engines', () => {
  const appliance = (fields: string) =>
    parseTargetFile('t.yaml', `name: x\nappliance: { kind: reference${fields} }\n`).description
      .appliance;
  it.each([
    ['', 'embedded', 'embedded', false],
    [', signalling: embedded, relay: embedded', 'embedded', 'embedded', false],
    [', signalling: kamailio', 'kamailio', 'embedded', true],
    [', relay: rtpengine', 'embedded', 'rtpengine', true],
    [', signalling: kamailio, relay: rtpengine', 'kamailio', 'rtpengine', true],
  ])('may be any pair: “%s” is %s and %s', (fields, signalling, relay, isEngine) => {
    expect(appliance(fields)).toEqual({ kind: 'reference', signalling, relay });
    expect(hasEngine(appliance(fields))).toBe(isEngine);
  });

  it('are those two, and no others', () => {
    const file = 'name: x\nappliance: { kind: reference, relay: kamailio }\n';
    expect(faultOf(file)).toMatch(/appliance\.relay: /);
  });
});

describe('a file that is wrong is refused with its line, the field and the way out', () => {
  const changed = (from: string | RegExp, to: string) => external.replace(from, to);
  it.each([
    [
      'an unknown field',
      changed('capture: {', 'colour: red\n  capture: {'),
      /appliance: has an unknown field colour; remove it/,
    ],
    ['a field that is missing', changed(/ +root: .*\n/, ''), /appliance\.trust\.root: is missing/],
    [
      'a name for an address',
      changed('203.0.113.10', 'sip.example'),
      /:8: appliance\.sip\.host: is not an IPv4 or IPv6 address; give/,
    ],
    ['a port that is none', changed('5061', '0'), /appliance\.sip\.port: too small/],
    [
      'a range backwards',
      changed('29999', '19999'),
      /appliance\.relay: its last port comes before/,
    ],
    [
      'a page without the number',
      changed('{number}', ''),
      /appliance\.tokens\.url: has no \{number\}/,
    ],
    [
      'a pattern that is none',
      changed("'code (\\d{6,})'", "'('"),
      /appliance\.tokens\.pattern: is no regular expression/,
    ],
    [
      'a command for a shell',
      changed('[cat, /var/log/discretio.log]', 'cat /var/log/x'),
      /appliance\.refusals\.command: must be a list of words/,
    ],
    [
      'a command without words',
      changed('[cat, /var/log/discretio.log]', '[]'),
      /appliance\.refusals\.command: must name a program/,
    ],
    [
      'a kind that is none',
      changed('kind: external', 'kind: elsewhere'),
      /appliance\.kind: invalid/,
    ],
    [
      'a phone that is none',
      `${external}phones: { bob: robot }\n`,
      /phones\.bob: must be reference, person/,
    ],
    ['what is no YAML', `${external}\n\t: [`, /column \d+: this is no YAML/],
    ['an alias', 'name: &a x\nappliance: *a\n', /aliases are not taken; write the value out/],
    ['a list', '- 1\n', /the whole file: invalid input/],
  ])('%s', (_what, text, line) => {
    expect(faultOf(text)).toMatch(line);
    expect(faultOf(text)).toMatch(/^target t\.yaml:[^\n]*docs\/targets\.md describes every field$/);
  });

  it('a password in the file is not repeated', () => {
    const fault = faultOf(changed('{ file: secrets/administrator }', 'hunter2-secret'));
    expect(fault).toMatch(
      /appliance\.administration\.password: secrets are never written here; give \{ file: PATH \}/,
    );
    expect(fault).not.toContain('hunter2');
  });

  it('a file that is not there is named', () => {
    expect(() => readTargetFile('/nowhere/t.yaml')).toThrow(
      'target /nowhere/t.yaml: cannot be read (ENOENT); give the path of a target',
    );
  });

  test.prop([fc.string({ unit: 'binary', maxLength: 300 })])(
    'whatever a file holds, it is a target or a TargetFileError',
    (text) => {
      try {
        parseTargetFile('t.yaml', text);
      } catch (error) {
        expect(error).toBeInstanceOf(TargetFileError);
      }
    },
  );
});
