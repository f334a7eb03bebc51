import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveAppliance } from './appliance/target.ts';
import { runLiveCampaign, type LiveCampaignOrder } from './campaign.ts';
import { livePhone } from './phone/target.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-'));
});
afterAll(() => rm(folder, { recursive: true }));

const small = { phones: 2, workers: 2, seed: 3 };

const order = (more: Partial<LiveCampaignOrder> = {}): LiveCampaignOrder => ({
  ...small,
  runs: 300,
  folder,
  shrinkFor: 180_000,
  ...more,
});

const faulty = (name: string): string => join(import.meta.dirname, 'testing', `${name}.ts`);

const long = { timeout: 240_000 };

describe('live fuzzing finds nothing wrong', () => {
  it('in the appliance', long, async () => {
    const report = await runLiveCampaign(liveAppliance, order({ runs: 240, batch: 120 }));
    expect(report).toMatchObject({ failure: null, inconclusive: null, runs: 240, batches: 2 });
    for (const shape of ['request 400', 'invite 488', 'answer 486', 'datagram relayed'])
      expect(report.reached.get(shape), shape).toBeGreaterThan(0);
    expect(report.reached.get('appliance tls/handshake')).toBeGreaterThan(0);
  });

  it('in the phone', long, async () => {
    const report = await runLiveCampaign(livePhone, order({ runs: 80, batch: 40 }));
    expect(report).toMatchObject({ failure: null, inconclusive: null, runs: 80, batches: 2 });
    for (const shape of ['headers 488', 'offer accepted', 'offer 403', 'media'])
      expect(report.reached.get(shape), shape).toBeGreaterThan(0);
    expect(report.reached.get('phone csl/signature')).toBeGreaterThan(0);
  });
});

describe('live fuzzing finds', () => {
  it('an appliance that a message ends, and the one case', long, async () => {
    const partsFile = faulty('crashing-appliance');
    const { failure } = await runLiveCampaign(liveAppliance, order({ partsFile, batch: 300 }));
    expect(failure).toMatchObject({ property: 'process goes on', isConfirmed: true });
    expect(failure?.observed).toContain('TypeError: version');
    expect(failure?.cases.length).toBe(1);
    const written: unknown = JSON.parse(await readFile(failure?.file ?? '', 'utf8'));
    expect(written).toMatchObject({
      target: 'live-appliance',
      seed: 3,
      path: failure?.path,
      cases: [{ number: failure?.cases[0] }],
    });
    const path = failure?.path ?? '';
    const again = await runLiveCampaign(liveAppliance, order({ partsFile, batch: 300, path }));
    expect(again.failure?.property).toBe('process goes on');
  });

  it('an appliance that stops passing calls on', long, async () => {
    const partsFile = faulty('deaf-appliance');
    const { failure } = await runLiveCampaign(liveAppliance, order({ partsFile, batch: 75 }));
    expect(failure).toMatchObject({ property: 'control call', isConfirmed: true });
    expect(failure?.cases.length).toBeLessThan(75);
  });

  it('an appliance that keeps messages', long, async () => {
    const partsFile = faulty('leaking-appliance');
    const { failure } = await runLiveCampaign(
      liveAppliance,
      order({ partsFile, runs: 400, batch: 40 }),
    );
    expect(failure).toMatchObject({ property: 'flat memory' });
  });

  it('a phone that takes any signature', long, async () => {
    const partsFile = faulty('gullible-phone');
    const { failure } = await runLiveCampaign(livePhone, order({ partsFile, batch: 60 }));
    expect(['refuses what was changed', 'no call without agreement']).toContain(failure?.property);
    expect(failure).toMatchObject({ isConfirmed: true });
    expect(failure?.cases.length).toBe(1);
  });

  it('a phone whose call a datagram ends', long, async () => {
    const partsFile = faulty('touchy-phone');
    const { failure } = await runLiveCampaign(livePhone, order({ partsFile, batch: 60 }));
    expect(failure?.property).toBe('datagrams end no call');
  });
});
