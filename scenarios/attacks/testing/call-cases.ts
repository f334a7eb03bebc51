import type { Scenario } from '../../campaign/scenario.ts';
import { formRefusals } from '../key-agreement-forms.ts';
import { agreementCases } from './agreement-cases.ts';
import {
  asCallee,
  asCaller,
  attempt,
  controlCases,
  inAttempts,
  media,
  missing,
  noMedia,
  type Role,
} from './call-alterations.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

/** What the attacker is, and the faults by which a scenario tries the phone; `late` ones show only after the 200. */
interface Tried {
  readonly role: Role;
  readonly faults: readonly string[];
  readonly late?: readonly string[];
}

const forms: Record<string, readonly Tried[]> = {};

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

for (const [id, { refusals }] of Object.entries(formRefusals))
  forms[`attacks/${id}`] = (['caller', 'callee'] as const).flatMap((role): readonly Tried[] => {
    const own = refusals.filter((refusal) => refusal.role === role);
    const named = (isLate: boolean) =>
      own
        .filter(({ status }) => role === 'callee' || (status === undefined) === isLate)
        .map(({ fault }) => fault);
    if (own.length === 0) return [];
    return role === 'callee'
      ? [{ role, faults: named(false) }]
      : [{ role, faults: named(false), late: named(true) }];
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
    attempt(role, fault, { refusals: ['csl/base64'] }),
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

/** What a malicious user’s calls can come to; `scenarios` are the repertoire’s own. */
export const callCases = (scenarios: readonly Scenario[]): readonly JudgeCase[] => [
  ...agreementCases,
  ...scenarios.flatMap(({ id }) => {
    const attacked = tried[id] ?? forms[id] ?? [];
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
  }),
];
