import { describe, expect, it } from 'vitest';
import type { StoredRevocationList } from '../store/contract.ts';
import { alarmsAt } from './alarms.ts';

const day = 86_400_000;
const list = (nextUpdate: number): StoredRevocationList => ({
  authority: 'client',
  number: 1,
  thisUpdate: 0,
  nextUpdate,
  der: new Uint8Array(),
});
const quiet = {
  latest: () => list(8 * day),
  authorities: [{ authority: 'root', notAfter: 1000 * day }] as const,
  pageNotAfter: 1000 * day,
};

describe('alarms of the overview', () => {
  it('are silent while nothing is due', () => expect(alarmsAt(quiet, 5 * day)).toEqual([]));

  it('name each list that is missing, late or expired', () => {
    const latest = (authority: string) =>
      ({ root: undefined, client: list(6 * day), server: list(5 * day) })[authority];
    expect(alarmsAt({ ...quiet, latest }, 5 * day)).toEqual([
      { key: 'alarm.list-missing', authority: 'root', time: null },
      { key: 'alarm.list-expiring', authority: 'client', time: 6 * day },
      { key: 'alarm.list-expired', authority: 'server', time: 5 * day },
    ]);
  });

  it('warn 90 days before an authority expires and 30 before the page’s certificate does', () => {
    const of = (left: number) =>
      alarmsAt(
        { ...quiet, authorities: [{ authority: 'client', notAfter: left }], pageNotAfter: left },
        0,
      ).map(({ key }) => key);
    expect(of(91 * day)).toEqual([]);
    expect(of(90 * day)).toEqual(['alarm.authority-expiring']);
    expect(of(30 * day)).toEqual(['alarm.authority-expiring', 'alarm.page-expiring']);
    expect(of(0)).toEqual(['alarm.authority-expired', 'alarm.page-expired']);
  });
});
