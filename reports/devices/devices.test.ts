import { describe, expect, it } from 'vitest';
import { renderAllure } from './allure.ts';
import { renderDeviceGrid } from './grid-html.ts';
import { renderDeviceJunit, renderSkippedJunit } from './junit.ts';
import { farmResultsSchema, worstOutcome, type Cell, type FarmResults } from './results.ts';

const cell = (device: string, outcome: Cell['outcome'], reason: string): Cell => ({
  device,
  peer: 'b',
  role: 'caller',
  network: 'wifi',
  scenario: '5.2/identifiers',
  outcome,
  reason,
  attempts: [{ kind: outcome === 'flaky' ? 'pass' : outcome, reason, took: 1500, run: 'runs/1' }],
});

const results: FarmResults = farmResultsSchema.parse({
  schema: 1,
  farm: 'ours <b>',
  startedAt: '2026-11-23T19:00:00.000Z',
  took: 4000,
  devices: [
    {
      name: 'a',
      labels: ['old'],
      facts: {
        serial: 'A1',
        manufacturer: 'samsung',
        model: 'SM-A525F',
        android: '14',
        securityPatch: '2026-10-05',
        nature: 'device',
      },
      standing: 'ran',
    },
    {
      name: 'd',
      labels: [],
      facts: null,
      standing: 'quarantined',
      reason: 'battery swells',
      until: '2026-12-31',
    },
  ],
  cells: [
    cell('a', 'flaky', 'passed at attempt 2'),
    cell('a', 'fail', 'shows "other" identifiers'),
  ],
});

const [device, quarantined] = results.devices;
if (!device || !quarantined) throw new Error('there are two');

describe('a farm’s results', () => {
  it('in JUnit count what is flaky among the errors, never among what passes', () => {
    const xml = renderDeviceJunit(device, results);
    expect(xml).toContain('tests="2" failures="1" errors="1" skipped="0"');
    expect(xml).toContain('<error message="passed at attempt 2" type="flaky"/>');
    expect(xml).toContain('<property name="securityPatch" value="2026-10-05"/>');
    expect(xml).toContain('&quot;other&quot;');
  });

  it('in JUnit show a phone in quarantine as skipped, with its reason', () => {
    expect(renderDeviceJunit(quarantined, results)).toContain(
      '<skipped message="battery swells"/>',
    );
  });

  it('in Allure mark what is flaky and let it not pass', () => {
    const files = renderAllure(results, (index) => `u${index}`);
    expect(files.map(({ name }) => name)).toEqual(['u0-result.json', 'u1-result.json']);
    expect(files[0]?.content).toMatchObject({ status: 'broken', statusDetails: { flaky: true } });
    expect(files[1]?.content).toMatchObject({ status: 'failed' });
  });

  it('are one page that names every phone and escapes what it shows', () => {
    const html = renderDeviceGrid(results);
    expect(html).toContain('ours &lt;b&gt;');
    expect(html).toContain('quarantined: battery swells, until 2026-12-31');
    expect(html).toContain('<h2>The worst is: fail</h2>');
    expect(html).toContain('href="runs/1/report.html"');
    expect(html).not.toMatch(/(?:src|href)="https?:/);
  });

  it('without a phone are one skipped case', () => {
    const skipped = { ...results, skipped: 'no phone is there', devices: [], cells: [] };
    expect(renderSkippedJunit(skipped)).toContain('<skipped message="no phone is there"/>');
    expect(renderDeviceGrid(skipped)).toContain('Nothing was run');
  });

  it('have a worst: what is flaky is worse than what is inconclusive, better than what fails', () => {
    expect(worstOutcome(['pass', 'inconclusive', 'flaky'])).toBe('flaky');
    expect(worstOutcome(['flaky', 'fail'])).toBe('fail');
    expect(worstOutcome([])).toBe('skipped');
  });
});
