import { z } from 'zod';
import type { Scenario } from '../../campaign/scenario.ts';
import { without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const attempts = z.array(
  z.looseObject({
    role: z.enum(['caller', 'callee']),
    fault: z.string(),
    outcome: z.looseObject({ kind: z.string() }),
    refusals: z.array(z.string()),
  }),
);
type Attempt = z.infer<typeof attempts>[number];

const inAttempts = (change: (value: Attempt[]) => unknown): Alteration =>
  withJson('malicious-calls', 'attempts.json', attempts, change);

type Role = Attempt['role'];

/** What the attacker is, and the faults by which a scenario tries the phone; `late` ones show only after the 200. */
interface Tried {
  readonly role: Role;
  readonly faults: readonly string[];
  readonly late?: readonly string[];
}

const tried: Readonly<Record<string, readonly Tried[]>> = {
  'attacks/K7/callee-checks-number': [
    { role: 'caller', faults: ['certificate-of-another-number'] },
  ],
  'attacks/K7/caller-checks-number': [
    { role: 'callee', faults: ['certificate-of-another-number'] },
  ],
  'attacks/X12/chain-of-peer': [
    { role: 'caller', faults: ['rogue-authority', 'rogue-chain'] },
    { role: 'callee', faults: ['rogue-authority', 'rogue-chain'] },
  ],
  'attacks/X8/revoked-certificate': [
    { role: 'caller', faults: ['revoked-certificate'] },
    { role: 'callee', faults: ['revoked-certificate'] },
  ],
  'attacks/X4/altered-certificate': [
    { role: 'caller', faults: ['altered-certificate'] },
    { role: 'callee', faults: ['altered-certificate'] },
  ],
  'attacks/K5/signature': [
    { role: 'caller', faults: ['altered-signature', 'missing-signature'] },
    { role: 'callee', faults: ['altered-signature', 'missing-signature'] },
  ],
  'attacks/K5/tag': [
    { role: 'caller', faults: [], late: ['altered-tag', 'missing-tag'] },
    { role: 'callee', faults: ['altered-tag', 'missing-tag'] },
  ],
  'attacks/K9/no-call-in-clear': [
    { role: 'caller', faults: ['no-headers'] },
    { role: 'callee', faults: ['no-headers'] },
  ],
};

const noMedia = { packets: 0, verified: 0 };
const media = { packets: 15, verified: 0 };

/** The attempt of a role with a fault, changed. */
const attempt = (role: Role, fault: string, change: Partial<Attempt>): Alteration =>
  inAttempts((made) =>
    made.map((each) =>
      each.role === role && each.fault === fault ? { ...each, ...change } : each,
    ),
  );

const asCaller = (bye: boolean, heard: object) => ({
  outcome: { kind: 'answered', answer: 'verified', bye, media: heard },
});
const asCallee = (ack: string, bye: boolean, heard: object) => ({
  outcome: { kind: 'reacted', ack, bye, media: heard },
});

const accepting = (id: string, role: Role, fault: string): readonly JudgeCase[] =>
  role === 'caller'
    ? [
        failing(
          id,
          `${fault} answered, and audio sent`,
          /was accepted/,
          attempt(role, fault, asCaller(false, media)),
        ),
        failing(
          id,
          `audio sent before the BYE after ${fault}`,
          /was sent audio/,
          attempt(role, fault, asCaller(true, media)),
        ),
      ]
    : [
        failing(
          id,
          `${fault} confirmed by a tag`,
          /was accepted/,
          attempt(role, fault, asCallee('verified', false, noMedia)),
        ),
        failing(
          id,
          `${fault} confirmed by a tag, then BYE`,
          /was accepted/,
          attempt(role, fault, asCallee('verified', true, noMedia)),
        ),
        failing(
          id,
          `audio sent after ${fault}`,
          /was sent audio/,
          attempt(role, fault, asCallee('absent', true, media)),
        ),
        undecided(
          id,
          `no ACK and no BYE in time after ${fault}`,
          /came out otherwise/,
          attempt(role, fault, asCallee('none', false, noMedia)),
        ),
        undecided(
          id,
          `an ACK without a tag and no BYE in time after ${fault}`,
          /came out otherwise/,
          attempt(role, fault, asCallee('absent', false, noMedia)),
        ),
        undecided(
          id,
          `no INVITE for ${fault}`,
          /came out otherwise/,
          attempt(role, fault, { outcome: { kind: 'no-invite', by: 'deadline' } }),
        ),
        undecided(
          id,
          `an INVITE that the attacker cannot read for ${fault}`,
          /came out otherwise/,
          attempt(role, fault, { outcome: { kind: 'offer-unreadable', code: 'sdp' } }),
        ),
      ];

/** Of faults in an INVITE: a 200 that is not taken back has accepted it. */
const early = (id: string, fault: string): readonly JudgeCase[] => [
  failing(
    id,
    `${fault} answered by 200`,
    /was accepted/,
    attempt('caller', fault, asCaller(false, noMedia)),
  ),
  undecided(
    id,
    `${fault} answered by 200, then BYE`,
    /came out otherwise/,
    attempt('caller', fault, asCaller(true, noMedia)),
  ),
  undecided(
    id,
    `${fault} refused with 480`,
    /came out otherwise/,
    attempt('caller', fault, { outcome: { kind: 'refused', status: 480, media: noMedia } }),
  ),
  undecided(
    id,
    `no answer to ${fault} in time`,
    /came out otherwise/,
    attempt('caller', fault, { outcome: { kind: 'deadline', media: noMedia } }),
  ),
];

const late = (id: string, fault: string): readonly JudgeCase[] => [
  undecided(
    id,
    `no BYE in time after ${fault}, and no audio`,
    /came out otherwise/,
    attempt('caller', fault, asCaller(false, noMedia)),
  ),
];

const faultCases = (id: string, role: Role, fault: string): readonly JudgeCase[] => [
  ...accepting(id, role, fault),
  failing(
    id,
    `${fault} tried again and accepted`,
    /was accepted/,
    inAttempts((made) => {
      const control = made.findLastIndex((each) => each.role === role && each.fault === 'none');
      const accepted =
        role === 'caller' ? asCaller(false, media) : asCallee('verified', false, media);
      return made.toSpliced(control, 0, { role, fault, refusals: [], ...accepted });
    }),
  ),
  undecided(
    id,
    `another reason for ${fault}`,
    /for another reason/,
    attempt(role, fault, { refusals: ['csl/time'] }),
  ),
  undecided(
    id,
    `no reason for ${fault}`,
    /for another reason/,
    attempt(role, fault, { refusals: [] }),
  ),
  undecided(
    id,
    `${fault} not tried`,
    /was not tried/,
    inAttempts((made) => made.filter((each) => each.role !== role || each.fault !== fault)),
  ),
];

const isControl = (role: Role) => (each: Attempt) => each.role === role && each.fault === 'none';

const controlCases = (id: string, role: Role): readonly JudgeCase[] => {
  const bad = role === 'caller' ? asCaller(true, noMedia) : asCallee('wrong', false, noMedia);
  const reason = /the control calls/;
  return [
    undecided(id, `the controls of the ${role} ended`, reason, attempt(role, 'none', bad)),
    undecided(
      id,
      `the last control of the ${role} without audio`,
      reason,
      inAttempts((made) => {
        const last = made.findLast(isControl(role));
        Object.assign(last?.outcome ?? {}, { media: noMedia });
      }),
    ),
    undecided(
      id,
      `no last control of the ${role}`,
      reason,
      inAttempts((made) => made.toSpliced(made.findLastIndex(isControl(role)), 1)),
    ),
    undecided(
      id,
      `no controls of the ${role}`,
      reason,
      inAttempts((made) => made.filter((each) => !isControl(role)(each))),
    ),
  ];
};

const missing = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no calls', /not among the evidence/, without('malicious-calls', 'attempts.json')),
  undecided(
    id,
    'an empty list',
    /was not tried|the control/,
    inAttempts(() => []),
  ),
  undecided(
    id,
    'calls of the wrong shape',
    /not among the evidence/,
    inAttempts(() => ({})),
  ),
  undecided(
    id,
    'an activity that failed',
    /activity malicious-calls/,
    withOutcome('malicious-calls', { status: 'failed', reason: 'could not enrol' }),
  ),
];

/** What a malicious user’s calls can come to; `scenarios` are the repertoire’s own. */
export const callCases = (scenarios: readonly Scenario[]): readonly JudgeCase[] =>
  scenarios.flatMap(({ id }) => {
    const attacked = tried[id] ?? [];
    if (attacked.length === 0) return [];
    return [
      ...missing(id),
      ...attacked.flatMap(({ role, faults, late: after = [] }) => [
        ...controlCases(id, role),
        ...[...faults, ...after].flatMap((fault) => faultCases(id, role, fault)),
        ...(role === 'caller' ? faults.flatMap((fault) => early(id, fault)) : []),
        ...(role === 'caller' ? after.flatMap((fault) => late(id, fault)) : []),
      ]),
    ];
  });
