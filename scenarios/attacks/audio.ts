import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import {
  audioAttacksActivity,
  audioAttacksSchema,
  type AudioAttacks,
  type OutsiderResult,
  type ProbeResult,
} from './activities/audio-evidence.ts';

const path = `evidence/${audioAttacksActivity}/probes.json`;

const counts = ({ sent, markers, received, refused }: Omit<ProbeResult, 'probe' | 'expected'>) =>
  `${sent} sent beside ${markers} good packets: ${received} taken, ${refused} refused`;

const judgeProbe = (result: ProbeResult): Finding => {
  const { probe, expected, sent, markers, received, refused } = result;
  const observed = counts(result);
  const lost = inconclusive(`"${probe}": some packets were not counted: ${observed}`, [path]);
  if (sent === 0) return inconclusive(`"${probe}": nothing could be sent`, [path]);
  if (expected === 'refused') {
    if (received > markers)
      return fail(`"${probe}" was taken`, 'every packet refused', observed, [path]);
    // A good packet that was lost proves nothing; that one arrived shows that the phone still took audio.
    return refused < sent || received === 0 ? lost : pass(`"${probe}": ${observed}`, [path]);
  }
  if (expected === 'accepted') {
    if (refused > 0) return fail(`"${probe}" was refused`, 'every packet taken', observed, [path]);
    return received < sent + markers ? lost : pass(`"${probe}": ${observed}`, [path]);
  }
  return received + refused < sent + markers ? lost : pass(`"${probe}": ${observed}`, [path]);
};

/**
 * Of RTCP only refusals are counted. Where the phone counts all of what is altered and all the good audio, and of what is in
 * clear none, nothing was lost on the way: it was taken.
 */
const judgeControl = ({ probes }: AudioAttacks): Finding | null => {
  const all = (name: string, fits: (result: ProbeResult) => boolean): boolean => {
    const tried = probes.filter(({ probe }) => probe === name);
    return tried.length > 0 && tried.every(fits);
  };
  const isSilent = ({ sent, markers, received, refused }: ProbeResult) =>
    sent > 0 && refused === 0 && received === markers;
  const isRefused = ({ sent, markers, received, refused }: ProbeResult) =>
    sent > 0 && refused === sent && received === markers;
  const clear = probes.find(({ probe }) => probe === 'control-in-clear');
  return clear && all('control-in-clear', isSilent) && all('control-altered', isRefused)
    ? fail(
        '"control-in-clear" was taken, while SRTCP with an altered tag is refused',
        'every packet refused',
        counts(clear),
        [path],
      )
    : null;
};

const onAudio = (
  evidence: Evidence,
  judge: (found: AudioAttacks) => readonly Finding[],
): Finding => {
  const found = evidence.json(audioAttacksActivity, 'probes.json', audioAttacksSchema);
  if (!found) return inconclusive('the falsified audio is not among the evidence');
  const findings = judge(found);
  const bad = worst(findings);
  if (bad?.kind === 'fail') return bad;
  const control = found.probes.find(({ probe }) => probe === 'good');
  if (!control || judgeProbe(control).kind !== 'pass')
    return inconclusive('the control, good audio, was not taken', [path]);
  return bad ?? pass(findings.map(({ observed }) => observed).join('; '), [path]);
};

const judgeProbes =
  (names: readonly string[]) =>
  (evidence: Evidence): Finding =>
    onAudio(evidence, (found) => {
      const { probes, state } = found;
      const taken = names.includes('control-in-clear') ? judgeControl(found) : null;
      if (taken) return [taken];
      const findings = names.map((name) => {
        const tried = probes.filter(({ probe }) => probe === name).map(judgeProbe);
        return worst(tried) ?? tried[0] ?? inconclusive(`"${name}" was not tried`, [path]);
      });
      if (state === 'in-call') return findings;
      const observed = `the call is ${state}`;
      return [
        ...findings,
        fail('the call did not outlive it', 'the call goes on', observed, [path]),
      ];
    });

const judgeOutsider = (result: OutsiderResult): Finding => {
  const { from, markers, received, refused, stolen, heard } = result;
  const observed = `${counts(result)}; ${stolen} packets to the outsider, ${heard} to the peer`;
  const expected = 'nothing passes the relay, nothing is sent elsewhere';
  if (received + refused > markers)
    return fail(`packets from the ${from} reached the phone`, expected, observed, [path]);
  if (stolen > 0) return fail(`audio was led to the ${from}`, expected, observed, [path]);
  return received === 0 || heard === 0
    ? inconclusive(`the audio of the call itself did not pass: ${observed}`, [path])
    : pass(`${from}: ${observed}`, [path]);
};

const judgeOutsiders = (evidence: Evidence): Finding =>
  onAudio(evidence, ({ outsiders }) =>
    outsiders.length === 0
      ? [inconclusive('no outsider joined in', [path])]
      : outsiders.map(judgeOutsider),
  );

/** The probes of each scenario. */
export const audioProbes: Readonly<
  Record<string, { readonly claims: readonly string[]; readonly probes: readonly string[] }>
> = {
  'R1/audio-in-clear': { claims: ['5.1.m'], probes: ['clear', 'clear-with-zero-tag'] },
  'R2/authentication-tag': {
    claims: ['5.1.g'],
    probes: ['no-tag', 'tag-of-32-bits', 'bit-flips'],
  },
  'R3/replay': {
    claims: ['5.1.g'],
    probes: ['replay', 'replay-outside-window', 'reordered', 'gap'],
  },
  'R4/rollover': {
    claims: ['5.1.g'],
    probes: ['rollover', 'late-across-rollover', 'other-rollover'],
  },
  'R5/echo': { claims: ['5.1.g'], probes: ['echo'] },
  'R7/control-in-clear': { claims: ['5.1.m'], probes: ['control-altered', 'control-in-clear'] },
  'R10/malformed-speex': { claims: ['5.1.h'], probes: ['malformed-speex'] },
};

const scenario = (id: string, claims: readonly string[], judge: Scenario['judge']): Scenario => ({
  id: `attacks/${id}`,
  revision: 1,
  claims,
  activities: [audioAttacksActivity],
  needs: ['call'],
  judge,
});

/** Attacks on the audio of a call (catalogue R). */
export const audioAttackScenarios: readonly Scenario[] = [
  ...Object.entries(audioProbes).map(([id, { claims, probes }]) =>
    scenario(id, claims, judgeProbes(probes)),
  ),
  scenario('R8/outsider-at-relay', ['3.1.d', '4.a'], judgeOutsiders),
];
