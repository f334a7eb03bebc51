import { without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  audioAttacksActivity,
  audioAttacksSchema,
  type AudioAttacks,
  type OutsiderResult,
  type ProbeResult,
} from '../activities/audio-evidence.ts';
import { audioProbes } from '../audio.ts';

const found = (change: (value: AudioAttacks) => AudioAttacks): Alteration =>
  withJson(audioAttacksActivity, 'probes.json', audioAttacksSchema, change);

const probe = (name: string, change: (result: ProbeResult) => Partial<ProbeResult>): Alteration =>
  found((value) => ({
    ...value,
    probes: value.probes.map((each) => (each.probe === name ? { ...each, ...change(each) } : each)),
  }));

const outsider = (change: (result: OutsiderResult) => Partial<OutsiderResult>): Alteration =>
  found((value) => ({
    ...value,
    outsiders: value.outsiders.map((each, index) =>
      index === 0 ? { ...each, ...change(each) } : each,
    ),
  }));

const missing = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no probes', /not among/, without(audioAttacksActivity, 'probes.json')),
  undecided(
    id,
    'an activity that failed',
    /activity audio-attacks/,
    withOutcome(audioAttacksActivity, { status: 'failed', reason: 'no call' }),
  ),
  undecided(
    id,
    'good audio not taken',
    /the control/,
    probe('good', () => ({ received: 0 })),
  ),
];

const goodProbes: readonly string[] = ['reordered', 'gap', 'rollover', 'late-across-rollover'];

const probeCases = (id: string, name: string): readonly JudgeCase[] => [
  undecided(
    id,
    `${name} not tried`,
    /was not tried/,
    found((value) => ({ ...value, probes: value.probes.filter((each) => each.probe !== name) })),
  ),
  undecided(
    id,
    `${name} lost`,
    /were not counted/,
    probe(name, ({ markers }) => ({ received: markers - 1, refused: 0 })),
  ),
  ...(goodProbes.includes(name)
    ? [
        failing(
          id,
          `${name} refused`,
          /was refused/,
          probe(name, () => ({ refused: 1 })),
        ),
      ]
    : name === 'malformed-speex'
      ? []
      : [
          failing(
            id,
            `one of ${name} taken`,
            /was taken/,
            probe(name, ({ sent, markers }) => ({ received: markers + 1, refused: sent - 1 })),
          ),
        ]),
];

const relay = 'attacks/R8/outsider-at-relay';

/** What falsified audio can come to. */
export const audioCases: readonly JudgeCase[] = [
  ...Object.entries(audioProbes).flatMap(([name, { probes }]) => {
    const id = `attacks/${name}`;
    return [
      ...missing(id),
      failing(
        id,
        'the call ended',
        /did not outlive/,
        found((value) => ({ ...value, state: 'ended' })),
      ),
      ...probes.flatMap((each) => probeCases(id, each)),
    ];
  }),
  failing(
    'attacks/R7/control-in-clear',
    'RTCP in clear neither refused nor lost',
    /was taken, while/,
    probe('control-in-clear', ({ markers }) => ({ received: markers, refused: 0 })),
  ),
  undecided(
    'attacks/R7/control-in-clear',
    'some of the RTCP in clear not refused',
    /were not counted/,
    probe('control-in-clear', ({ markers }) => ({ received: markers, refused: 1 })),
  ),
  undecided(
    'attacks/R7/control-in-clear',
    'no RTCP refused at all',
    /were not counted/,
    found((value) => ({
      ...value,
      probes: value.probes.map((each) =>
        each.probe.startsWith('control-') ? { ...each, received: each.markers, refused: 0 } : each,
      ),
    })),
  ),
  ...missing(relay),
  failing(
    relay,
    'one packet reached the phone',
    /reached the phone/,
    outsider(({ markers }) => ({ received: markers, refused: 1 })),
  ),
  failing(
    relay,
    'audio stolen',
    /was led to/,
    outsider(() => ({ stolen: 1 })),
  ),
  undecided(
    relay,
    'no audio to the peer',
    /did not pass/,
    outsider(() => ({ heard: 0 })),
  ),
  undecided(
    relay,
    'nobody joined in',
    /no outsider/,
    found((value) => ({ ...value, outsiders: [] })),
  ),
];
