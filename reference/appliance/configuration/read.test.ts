import { fc, test } from '@fast-check/vitest';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { configuredPorts, interfacesOf } from './interfaces.ts';
import { ConfigurationError, parseConfiguration, readConfiguration } from './read.ts';
import { defaultLimits } from '../../core/sip/proxy/limits.ts';
import { configurationSchema } from './schema.ts';

const example = join(import.meta.dirname, '../../../docs/appliance/appliance.example.yaml');
const exampleText = readFileSync(example, 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
afterAll(() => rmSync(folder, { recursive: true }));

const minimal = `internet: { host: 127.0.0.1 }
administration: { host: 127.0.0.1 }
state: state
authorities:
  folder: authorities
  passphrase: { file: secret }
sms: { kind: simulated }
`;

const problemOf = (text: string): string => {
  try {
    parseConfiguration('a.yaml', text);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'none';
};

/** Names of every field of a schema, in JSON Schema's words. */
const fieldsOf = (schema: unknown): readonly { name: string; description: unknown }[] => {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, anyOf, oneOf, allOf } = schema as Record<string, unknown>;
  const own = Object.entries((properties ?? {}) as Record<string, Record<string, unknown>>);
  return [
    ...own.flatMap(([name, inner]) => [
      { name, description: inner['description'] ?? (inner['properties'] ? 'a group' : undefined) },
      ...fieldsOf(inner),
    ]),
    ...[anyOf, oneOf, allOf].flatMap((list) =>
      Array.isArray(list) ? list.flatMap((inner: unknown) => fieldsOf(inner)) : [],
    ),
  ];
};

describe('the example', () => {
  it('is valid, and says the defaults where it has them', () => {
    const read = parseConfiguration(example, exampleText);
    expect(read.limits.signalling).toEqual(
      Object.fromEntries(
        Object.keys(read.limits.signalling).map((name) => [
          name,
          defaultLimits[name as keyof typeof defaultLimits],
        ]),
      ),
    );
    const { limits, log, internet } = parseConfiguration('a.yaml', minimal);
    expect(read.limits).toEqual({ ...limits, signalling: read.limits.signalling });
    expect(read.log).toEqual(log);
    expect(read.internet).toEqual({ ...internet, host: '203.0.113.10', device: 'eth0' });
  });

  it('has every field, and every field has its description', () => {
    const schema = configurationSchema.toJSONSchema({ io: 'input', unrepresentable: 'any' });
    const fields = fieldsOf(schema);
    expect(fields.length).toBeGreaterThan(40);
    expect(fields.filter(({ description }) => description === undefined)).toEqual([]);
    const missing = fields.filter(({ name }) => !new RegExp(`\\b${name}:`).test(exampleText));
    expect(missing).toEqual([]);
  });

  it('has alternatives that are valid too', () => {
    const kinds = exampleText.split(/(?=^#? ?sms:)/m).slice(1);
    const bodies = kinds.map((kind) =>
      kind
        .split('\n')
        .filter((line) => line.startsWith('#   ') || line.startsWith('# sms:'))
        .map((line) => line.slice(2))
        .join('\n'),
    );
    const read = bodies
      .filter((body) => body !== '')
      .map(
        (body) => parseConfiguration('a.yaml', minimal.replace(/sms:.*\n/, `${body}\n`)).sms.kind,
      );
    expect(read).toEqual(['http', 'simulated']);
  });
});

describe('a configuration', () => {
  it('needs little, and takes paths from its own folder', () => {
    const read = parseConfiguration('/etc/discretio/a.yaml', minimal);
    expect(read.state).toBe('/etc/discretio/state');
    expect(read.authorities).toEqual({
      folder: '/etc/discretio/authorities',
      passphrase: { file: '/etc/discretio/secret' },
    });
    expect(read.internet.relay).toEqual({ first: 20_000, last: 29_999, mode: 'batch' });
    expect(read.metrics).toBeUndefined();
    expect([read.internet.sip.domains, read.enrolment]).toEqual([[], {}]);
  });

  it('takes every path from its own folder', () => {
    const sms =
      'kind: smpp, host: a, systemId: a, sender: a, password: { file: p }, tls: true, ca: ca.pem';
    const text = `${minimal.replace('kind: simulated', sms)}enrolment: { weakKeys: weak }\n`;
    const read = parseConfiguration('/etc/discretio/a.yaml', text);
    expect(read.enrolment.weakKeys).toBe('/etc/discretio/weak');
    expect(read.sms).toMatchObject({
      ca: '/etc/discretio/ca.pem',
      password: { file: '/etc/discretio/p' },
    });
  });

  it.each([
    ['internet: { host: 127.0.0.1', 'a.yaml:1: column 28', 'is no YAML (bad indent)'],
    [minimal.replace('state: state\n', ''), 'a.yaml:1: state is missing', 'example.yaml'],
    [
      `${minimal}colour: red\n`,
      'a.yaml:1: the whole file has an unknown field colour',
      'remove it',
    ],
    [minimal.replace('kind: simulated', 'kind: pigeon'), 'a.yaml:7: sms.kind'],
    [
      minimal.replace('host: 127.0.0.1 }', 'host: 0.0.0.0 }'),
      'a.yaml:1: internet.host must be one address',
    ],
    [minimal.replace('host: 127.0.0.1 }', 'host: example.org }'), 'internet.host is not an IPv4'],
    [
      minimal.replace('host: 127.0.0.1 }', 'host: 127.0.0.1, sip: { port: 70000 } }'),
      'a.yaml:1: internet.sip.port',
      '65535',
    ],
    [
      minimal.replace('host: 127.0.0.1 }', 'host: 127.0.0.1, relay: { first: 5000, last: 5002 } }'),
      'internet.relay.last leaves no four ports',
    ],
    [
      minimal.replaceAll('127.0.0.1', '192.0.2.1'),
      'a.yaml:2: administration.host is the Internet side’s',
      'link of its own',
    ],
    [
      `${minimal}metrics: { host: 192.0.2.9 }\n`,
      'a.yaml:8: metrics.host must be a loopback address',
    ],
    [
      minimal.replace('host: 127.0.0.1 }', 'host: 127.0.0.1, sip: { domains: ["a b"] } }'),
      'a.yaml:1: internet.sip.domains.0 is neither a DNS name nor an address',
    ],
    [
      minimal.replace('host: 127.0.0.1 }', 'host: 127.0.0.1, sip: { domains: tel.example } }'),
      'a.yaml:1: internet.sip.domains',
    ],
    [`${minimal}enrolment: { weakKeys: 5 }\n`, 'a.yaml:8: enrolment.weakKeys'],
    [
      minimal.replace(
        'kind: simulated',
        'kind: smpp, host: a, systemId: a, sender: a, password: { file: a }, tls: true, ca: 5',
      ),
      'a.yaml:7: sms.ca',
    ],
    [
      minimal.replace(
        'kind: simulated',
        'kind: smpp, host: a, systemId: a, sender: a, password: { file: a }, ca: a',
      ),
      'a.yaml:7: sms.ca is of no use without TLS',
      'set sms.tls',
    ],
    [
      minimal
        .replace('state: state', 'state: &a state')
        .replace('folder: authorities', 'folder: *a'),
      'aliases are not taken',
    ],
    [`${minimal}state: other\n`, 'a.yaml:8: column 1', 'duplicate key'],
    [minimal.replace('{ file: secret }', '{ file: a, credential: b }'), 'authorities.passphrase'],
    ['- 1\n', 'a.yaml:1: the whole file'],
    ['', 'a.yaml:1: the whole file'],
  ])('that is wrong is refused in one line: %#', (text, ...parts) => {
    const problem = problemOf(text);
    for (const part of parts) expect(problem).toContain(part);
    expect(problem).not.toContain('\n');
  });

  it.each([
    minimal.replace('{ file: secret }', 'Tr0ub4dor'),
    minimal.replace('{ file: secret }', '{ Tr0ub4dor: x }'),
    minimal.replace('{ file: secret }', '{ file: secret, value: Tr0ub4dor }'),
    minimal.replace('{ file: secret }', '"Tr0ub4dor'),
    `${minimal}Tr0ub4dor: 1\n`,
  ])('with a secret inline is refused without showing it: %#', (text) => {
    const problem = problemOf(text);
    expect(problem).not.toBe('none');
    expect(problem).not.toContain('Tr0ub4dor');
  });

  it('with a secret inline is told where secrets go', () => {
    expect(problemOf(minimal.replace('{ file: secret }', 'Tr0ub4dor'))).toMatch(
      /^configuration a.yaml:6: authorities.passphrase secrets are never written here; give \{ file: PATH/,
    );
  });

  test.prop([
    fc.oneof(
      fc.string(),
      fc.json(),
      fc.string().map((text) => minimal + text),
    ),
  ])('is read or refused in one line, whatever it is', (text) => {
    expect(problemOf(text)).not.toContain('\n');
  });

  it('that cannot be read is named, with the way out', () => {
    expect(() => readConfiguration(join(folder, 'none.yaml'))).toThrow(
      /there is no such file; give/,
    );
    expect(() => readConfiguration(folder)).toThrow(/it is a folder; give/);
    const file = join(folder, 'bytes.yaml');
    writeFileSync(file, Uint8Array.of(0xff, 0xfe, 0xff));
    expect(() => readConfiguration(file)).toThrow(/it is not UTF-8/);
    writeFileSync(file, 'a'.repeat(100_000));
    expect(() => readConfiguration(file)).toThrow(/100000 bytes are more than 65536/);
  });
});

describe('the description of the interfaces', () => {
  it('has what the services start with, and their interfaces', () => {
    const read = parseConfiguration(example, exampleText);
    const described = interfacesOf(read, configuredPorts(read), () => 'found');
    expect(described.internet.device).toBe('eth0');
    const ports = described.internet.services.map(({ protocol, first, last }) => [
      protocol,
      first,
      last,
    ]);
    expect(ports).toEqual([
      ['tcp', 443, 443],
      ['tcp', 5061, 5061],
      ['udp', 20_000, 29_999],
    ]);
    expect(described.administration?.services.map(({ first }) => first)).toEqual([8443]);
    const bare = parseConfiguration('a.yaml', minimal);
    expect(
      interfacesOf(bare, configuredPorts(bare), (address) => `of ${address}`).internet.device,
    ).toBe('of 127.0.0.1');
  });

  it('shows measurements on the administration side only where they are configured there', () => {
    const read = parseConfiguration(
      'a.yaml',
      `${minimal.replace('administration: { host: 127.0.0.1 }', 'administration: { host: 10.0.0.1 }')}metrics: { host: 10.0.0.1 }\n`,
    );
    const described = interfacesOf(read, configuredPorts(read), () => 'found');
    expect(described.administration?.services.map(({ first }) => first)).toEqual([8443, 9464]);
  });
});
