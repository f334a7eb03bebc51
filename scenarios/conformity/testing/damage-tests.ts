import { describe, expect, it } from 'vitest';
import type { Evidence, Scenario } from '../../campaign/scenario.ts';
import { without, withBytes, withFacts, withOutcome } from '../../testing/altered.ts';
import { topologyOf, withoutSession } from '../../testing/altered-wire.ts';
import { judgementOf } from '../../testing/judge-cases.ts';
import type { RealRun } from '../../testing/real-run.ts';
import { gatherFacts } from '../../wire/facts.ts';
import type { WireFacts } from '../../wire/facts-model.ts';
import { concat, utf8 } from '../../../reference/core/bytes.ts';
import { dropped } from './damage.ts';

/** Which files a judge reads. */
const filesRead = (scenario: Scenario, evidence: Evidence): ReadonlySet<string> => {
  const read = new Set<string>();
  const note = <Value>(activity: string, path: string, value: Value): Value => {
    read.add(`${activity}/${path}`);
    return value;
  };
  judgementOf(scenario, {
    ...evidence,
    json: (activity, path, schema) => note(activity, path, evidence.json(activity, path, schema)),
    bytes: (activity, path) => note(activity, path, evidence.bytes(activity, path)),
    text: (activity, path) => note(activity, path, evidence.text(activity, path)),
  });
  return read;
};

/** Files that only sharpen what is said: without them nothing is claimed that they could contradict. */
const optional = [
  'call/capture.json',
  'revocation/capture.json',
  'first-use/capture.json',
  '5.1/key-agreement/derivation reads call/srtp-keys.json',
];

const contents = ['', '{', 'null', '[]', '{}', '"text"', '[null]', '{"alice":{}}'];

const describeFiles = (evidence: Evidence, scenarios: readonly Scenario[]): void => {
  const pairs = scenarios.flatMap((scenario) =>
    [...filesRead(scenario, evidence)].map((file) => ({ scenario, id: scenario.id, file })),
  );

  it.each(pairs)('$id neither passes nor fails without $file', ({ scenario, id, file }) => {
    const [activity = '', ...path] = file.split('/');
    const { kind, reason } = judgementOf(scenario, without(activity, path.join('/'))(evidence));
    expect(reason ?? '').not.toMatch(/^the judge of /);
    const mayPass = optional.includes(file) || optional.includes(`${id} reads ${file}`);
    expect(mayPass ? ['pass', 'inconclusive'] : ['inconclusive']).toContain(kind);
  });

  it.each(pairs.filter(({ file }) => file.endsWith('.json')))(
    '$id takes $file of a wrong shape for absent',
    ({ scenario, file }) => {
      const [activity = '', ...path] = file.split('/');
      const name = path.join('/');
      const absent = judgementOf(scenario, without(activity, name)(evidence)).kind;
      for (const content of contents) {
        const broken = withBytes(activity, name, utf8(content))(evidence);
        const { kind, reason } = judgementOf(scenario, broken);
        expect(reason ?? '').not.toMatch(/^the judge of /);
        expect(kind, content).toBe(absent);
      }
    },
  );
};

/** The facts with one thing less, in every way. */
const diminished = (facts: WireFacts): readonly (readonly [string, WireFacts])[] => {
  const less = <Key extends 'sipMessages' | 'httpMessages' | 'udpFlows'>(key: Key) =>
    facts[key].map(
      (_entry, removed) =>
        [
          `${key} ${removed}`,
          { ...facts, [key]: facts[key].filter((_other, index) => index !== removed) },
        ] as const,
    );
  return [
    ...facts.tlsSessions.map(
      (_session, removed) => [`session ${removed}`, withoutSession(facts, removed)] as const,
    ),
    ...less('sipMessages'),
    ...less('httpMessages'),
    ...less('udpFlows'),
    ['everything', { ...facts, tlsSessions: [], sipMessages: [], httpMessages: [], udpFlows: [] }],
  ];
};

/** Type of a block of pcapng that holds a packet (draft-ietf-opsawg-pcapng, enhanced packet block). */
const packetBlock = 6;

/** A pcapng file without one of its packets. */
const withoutPacket = (capture: Uint8Array, removed: number): Uint8Array => {
  const view = new DataView(capture.buffer, capture.byteOffset, capture.byteLength);
  const kept: Uint8Array[] = [];
  let packet = 0;
  for (let at = 0; at < capture.length;) {
    const length = view.getUint32(at + 4, true);
    const isRemoved = view.getUint32(at, true) === packetBlock && packet++ === removed;
    if (!isRemoved) kept.push(capture.subarray(at, at + length));
    at += length;
  }
  return concat(...kept);
};

const factsWithout = (capture: Uint8Array, evidence: Evidence, removed: number) => {
  const { sip, registration } = topologyOf(evidence);
  return gatherFacts(withoutPacket(capture, removed), {
    sipPorts: [sip.port],
    registrationPorts: [registration.port],
  });
};

const failures = (scenarios: readonly Scenario[], evidence: Evidence): readonly string[] =>
  scenarios.flatMap((scenario) => {
    const { kind, reason = '' } = judgementOf(scenario, evidence);
    return kind === 'fail' || reason.startsWith('the judge of')
      ? [`${scenario.id}: ${reason}`]
      : [];
  });

/** Scenarios that a dropped packet leaves undisturbed: each says that something was there, none that something was not. */
const positive = [
  '2.1/components',
  '2.2/request',
  '3.1/key-matches-certificate',
  '3.1/secrets-not-stored',
  '5.1/key-agreement/signed',
  '5.2/identifiers',
  '5.2/same-certificate',
  '5.2/three-certificates',
  '5.3/derivation',
  '5.3/encryption',
  '6.1/call-form',
  '6.1/enrolment-form',
  '6.1/stored-as-pem',
  '6.2/certificate-headers',
  '6.2/exchange-headers',
];

/** That what is lost is never held against the target, and never counts for it. */
export const describeDamage = (
  { evidence, capture }: RealRun,
  scenarios: readonly Scenario[],
): void => {
  describe('damaged evidence', () => {
    describeFiles(evidence, scenarios);

    it.each(scenarios)('$id says nothing of an activity that failed', (scenario) => {
      const outcome = { status: 'failed' as const, reason: 'ringing did not come within 10 s' };
      for (const activity of scenario.activities) {
        const { kind } = judgementOf(scenario, withOutcome(activity, outcome)(evidence));
        expect(kind).toBe('inconclusive');
      }
    });

    it('no scenario fails for anything that a capture lacks', () => {
      const wire = evidence.wire('call');
      const variants = wire.kind === 'captured' ? diminished(wire.facts) : [];
      expect(variants.length).toBeGreaterThan(30);
      for (const [what, facts] of variants)
        expect(failures(scenarios, withFacts(() => facts)(evidence)), what).toEqual([]);
    });

    it('no scenario fails for a packet that was lost', async () => {
      const packets = Array.from({ length: 36 }, (_, index) => index * 4 + (index % 3));
      for (const removed of packets) {
        const facts = await factsWithout(capture ?? new Uint8Array(), evidence, removed);
        const altered = withFacts(() => facts)(evidence);
        expect(failures(scenarios, altered), `packet ${removed}`).toEqual([]);
      }
    });

    it('only what was seen to be there survives a dropped packet', async () => {
      const altered = await dropped(evidence);
      const passing = scenarios.filter(
        (scenario) =>
          scenario.activities.includes('call') && judgementOf(scenario, altered).kind === 'pass',
      );
      expect(passing.map(({ id }) => id).toSorted()).toEqual(positive);
    });
  });
};
