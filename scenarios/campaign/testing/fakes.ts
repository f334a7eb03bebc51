import type { Appliance, Capability, Phone, Target } from '../../../devices/contract.ts';
import { ok } from '../../../reference/core/result.ts';
import type { LabSite } from '../../../simulators/lab/site.ts';
import type { Activity } from '../activity.ts';
import type { Start } from '../start.ts';
import type { Repertoire } from '../plan.ts';
import type { StartCapture } from '../recording.ts';
import { pass, type Scenario } from '../scenario.ts';

/** The smallest things of the contract's types, for the tests of the campaign. */

/** Never settles. */
export const never = <Value>(): Promise<Value> => new Promise<Value>(() => undefined);

const unused = (): Promise<never> => Promise.reject(new Error('not part of this test'));
const noCapability: ReadonlySet<Capability> = new Set<Capability>();

/** A phone that can be stopped, and whatever a test adds. */
export const fakePhone = (name: string, more: Partial<Phone> = {}): Phone => ({
  name,
  capabilities: noCapability,
  requestEnrolment: unused,
  completeEnrolment: unused,
  unlock: unused,
  register: unused,
  setAutoAnswer: unused,
  dial: unused,
  hangUp: unused,
  waitForCall: unused,
  waitForAudio: unused,
  report: unused,
  refusals: () => Promise.resolve([]),
  storedFiles: () => Promise.resolve([]),
  tlsKeyLog: () => Promise.resolve([]),
  keyAgreementLog: () => Promise.resolve([]),
  mediaKeys: () => Promise.resolve([]),
  stop: () => Promise.resolve(),
  ...more,
});

/** An appliance that listens nowhere. */
export const fakeAppliance = (more: Partial<Appliance> = {}): Appliance => ({
  capabilities: noCapability,
  describe: () =>
    Promise.resolve({
      sip: { host: '127.0.0.1', port: 5061 },
      registration: { host: '127.0.0.1', port: 443 },
      relay: { host: '127.0.0.1', first: 20_000, last: 20_001 },
      trust: { root: '', clientAuthority: '', serverAuthority: '' },
    }),
  readToken: unused,
  refusals: () => Promise.resolve([]),
  stop: () => Promise.resolve(),
  ...more,
});

/** A target whose parts say in `events` when they start and stop. */
export const fakeTarget = (events: string[], more: Partial<Target> = {}): Target => {
  const stopping = (what: string) => () => {
    events.push(`stop ${what}`);
    return Promise.resolve();
  };
  return {
    name: 'fake',
    capabilities: noCapability,
    codec: () => 'none',
    startAppliance: () => {
      events.push('start appliance');
      return Promise.resolve(fakeAppliance({ stop: stopping('appliance') }));
    },
    startPhone: (_site, name) => {
      events.push(`start ${name}`);
      return Promise.resolve(fakePhone(name, { stop: stopping(name) }));
    },
    ...more,
  };
};

/** A site without folders. */
export const fakeSite: LabSite = {
  kind: 'loopback',
  interface: 'lo',
  segments: [],
  topology: null,
  folder: unused,
  address: () => '127.0.0.1',
  ownsHost: false,
  start: () => {
    throw new Error('a fake site starts nothing');
  },
  close: () => Promise.resolve(),
};

/** A capture that notes in `events` when it starts and what secrets it ends with, and writes no file. */
export const fakeCapture =
  (events: string[]): StartCapture =>
  ({ comment }) => {
    events.push(`capture ${comment}`);
    return Promise.resolve(
      ok({
        stop: ({ tlsKeyLog }) => {
          events.push(`captured with ${JSON.stringify(tlsKeyLog)}`);
          return Promise.resolve({ packets: 3, bytes: 300, dropped: 0, files: [] });
        },
      }),
    );
  };

/** An activity that does nothing, and whatever a test adds. */
export const fakeActivity = (id: string, more: Partial<Activity> = {}): Activity => ({
  id,
  title: `doing ${id}`,
  effect: 'does nothing to it',
  disturbs: false,
  needs: [],
  after: [],
  captured: false,
  run: () => Promise.resolve(),
  ...more,
});

/** A scenario that passes, and whatever a test adds. */
export const fakeScenario = (id: string, more: Partial<Scenario> = {}): Scenario => ({
  id,
  revision: 1,
  claims: ['5.1.k'],
  activities: [],
  needs: [],
  judge: () => pass('seen'),
  ...more,
});

/** What a run with that plan starts from. */
export const fakeStart = (plan: Start['plan'], more: Partial<Start> = {}): Start => ({
  schema: 1,
  version: '0.0.0',
  run: 'a run',
  startedAt: '2026-11-23T00:00:00.000Z',
  language: 'en',
  environment: { node: '', openssl: '', platform: '', capture: '', codec: '' },
  plan,
  ...more,
});

/** Everything at its default, without controls: seed 7, reference target. */
export const usualSelection = {
  only: [],
  seed: 7,
  profile: 'quick',
  lab: 'loopback',
  target: 'reference',
  controls: false,
} as const;

/** A repertoire of these. */
export const repertoireOf = (
  scenarios: readonly Scenario[],
  activities: readonly Activity[] = [],
): Repertoire => ({ scenarios, activities });
