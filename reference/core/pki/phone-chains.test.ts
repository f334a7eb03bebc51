import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { nameOf } from '../../../simulators/attackers/certificate-forger.ts';
import { chainCases } from './testing/chain-cases.ts';
import { both, makeChain, makeChainKeys, withKey, type MadeChain } from './testing/chain-plan.ts';
import { byAppliance, byOpenSsl, byPhone } from './testing/chain-verdicts.ts';
import { parsedCertificate } from './testing/ocsp-fixture.ts';
import type { Certificate } from './certificate.ts';

/** The rows of the README's table, cell by cell. */
const rows = readFileSync(new URL('fixtures/chains/README.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!Group|---)/.test(line))
  .map((line) => line.split('|').slice(1, -1))
  .map((cells) => cells.map((cell) => cell.trim()))
  .map(([group = '', title = '', appliance = '', phone = '', byOther = '', reason = '']) => ({
    group,
    title,
    appliance,
    phone,
    byOther,
    reason,
  }));

const caseOf = (group: string, title: string): number =>
  chainCases.findIndex((each) => each.group === group && each.title === title);

const version = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? '';
const [, release = 'none'] = /^OpenSSL (\d+\.\d+)/.exec(version) ?? [];
const skipped = (because: string) => ` (skipped: ${because})`;

const chains: MadeChain[] = [];
let phone: Certificate;
beforeAll(() => {
  const keys = makeChainKeys();
  chains.push(...chainCases.map(({ make }) => make(keys)));
  const other = both(withKey('other'), () => ({ subject: nameOf('+33639989903') }));
  phone = parsedCertificate(makeChain(keys, { leaf: other }).leaf);
});

const accepts = (verdict: string): boolean => verdict === 'accepted';

describe('chains of phones', () => {
  it('has every case in the table, once', () => {
    const titles = (each: { readonly group: string; readonly title: string }): string =>
      `${each.group}: ${each.title}`;
    expect(rows.map(titles)).toEqual(chainCases.map(titles));
    expect(new Set(rows.map(titles)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(250);
  });

  it.each(rows)(
    '$group, $title: $appliance by the appliance, $phone by a phone',
    ({ group, title, appliance, phone: expected }) => {
      const chain = chains[caseOf(group, title)];
      expect(chain && [byAppliance(chain), byPhone(chain, phone)]).toEqual([appliance, expected]);
    },
  );

  it('has a reason exactly where the verdicts differ', () => {
    const wrong = rows.filter(({ appliance, phone: byPeer, byOther, reason }) => {
      const verdicts = new Set([appliance, byPeer, byOther].map(accepts));
      return (reason !== '') !== verdicts.size > 1;
    });
    expect(wrong.map(({ title }) => title)).toEqual([]);
  });
});

describe('openssl verify', () => {
  let said: readonly string[] = [];
  // Some ninety processes: 1 s on a quiet machine.
  beforeAll(async () => {
    if (release !== 'none') said = await byOpenSsl(chains);
  }, 120_000);
  const old = release === '3.0' ? '' : skipped(`the table is of OpenSSL 3.0, here is ${release}`);
  it.skipIf(old !== '').each(rows)(
    `$group, $title: $byOther${old}`,
    ({ group, title, byOther }) => {
      expect(said[caseOf(group, title)]).toBe(byOther);
    },
  );

  const missing = release === 'none' ? skipped('openssl is not installed') : '';
  it.skipIf(missing !== '')(`accepts what we accept, reasons aside${missing}`, () => {
    const unexplained = rows.filter(({ appliance, reason }) => accepts(appliance) && reason === '');
    expect(unexplained.length).toBeGreaterThan(30);
    const refused = unexplained.filter(
      ({ group, title }) => said[caseOf(group, title)] !== 'accepted',
    );
    expect(refused.map(({ title }) => title)).toEqual([]);
  });
});
