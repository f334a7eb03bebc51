import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { targets } from './catalogue.ts';

const root = join(import.meta.dirname, '..');

/**
 * What counts as a public parser: an exported function, not asynchronous, named with one of these verbs, whose first parameter
 * is bytes, a text, or headers as received. Functions of nodes and messages that another parser has made are reached through it.
 */
const rule =
  /^export (?:const|function) ((?:read|parse|decode|scan|peek|split|dissect|unpack)[A-Z]\w*|from(?:Hex|Base64))\b(?: =)? ?\(\s*\w+: (?:Uint8Array|string|string \| Uint8Array|Uint8Array \| string|HeaderList|HeaderPairs)\b/gm;

const parsers = globSync('{reference/core,scenarios/wire,simulators}/**/*.ts', { cwd: root })
  .filter((file) => !/\.test\.ts$|\/(testing|fixtures)\//.test(file))
  .flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(rule)].map(([, name]) => `${file}#${name}`),
  )
  .toSorted();

/** Parsers by the rule that have no target, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  'reference/core/pki/certificate-extensions.ts#parseExtensions':
    'takes the elements of a certificate beside its bytes; only parseCertificate calls it',
  'reference/core/pki/extension-list.ts#readExtensionValue':
    'takes an element of a list beside its bytes; parseCertificate, parseCrl and parseOcspResponse call it',
  'reference/core/pki/extension-list.ts#readKnownExtensions':
    'takes an element of a list beside its bytes; parseCrl and parseOcspResponse call it',
  'simulators/attackers/csl-exchange.ts#readOffer':
    'an attacker’s side of a call with the reference: judged by the scenarios that it serves',
  'simulators/attackers/csl-exchange.ts#readAnswer':
    'an attacker’s side of a call with the reference: judged by the scenarios that it serves',
  'simulators/attackers/csl-exchange.ts#readAck':
    'an attacker’s side of a call with the reference: judged by the scenarios that it serves',
};

const covered = new Set(targets.flatMap((target) => target.parsers));

describe('every public parser is fuzzed', () => {
  it('the rule sees them', () => {
    expect(parsers).toEqual(
      expect.arrayContaining([
        'reference/core/bytes.ts#fromBase64',
        'reference/core/csl/message.ts#readMessage',
        'reference/core/keystore/pem.ts#parsePem',
        'reference/core/sdp/media.ts#parseMedia',
        'scenarios/wire/tls/messages.ts#parseClientHello',
      ]),
    );
  });

  it('by a target, or there is a written reason', () => {
    const without = parsers.filter((parser) => !covered.has(parser) && !(parser in exceptions));
    expect(without).toEqual([]);
  });

  it('and what a target or a list names exists', () => {
    const exists = (parser: string): boolean => {
      const [file = '', name = ''] = parser.split('#');
      const [found] = globSync(file, { cwd: root });
      const exported = new RegExp(`^export (?:const|(?:async )?function\\*?) ${name}\\b`, 'm');
      return found !== undefined && exported.test(readFileSync(join(root, found), 'utf8'));
    };
    const named = [...covered, ...Object.keys(exceptions)];
    expect(named.filter((parser) => !exists(parser))).toEqual([]);
  });

  it('no exception is needless', () => {
    expect(Object.keys(exceptions).filter((parser) => covered.has(parser))).toEqual([]);
  });
});
