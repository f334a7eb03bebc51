import { z } from 'zod';
import { without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const activity = 'tls-phones';

const attempts = z.array(
  z.looseObject({
    name: z.string(),
    registered: z.boolean(),
    connections: z.array(
      z.looseObject({
        offered: z.object({ versions: z.array(z.number()), suites: z.array(z.number()) }),
      }),
    ),
  }),
);
type Attempt = z.infer<typeof attempts>[number];

const control = (change: (attempt: Attempt) => object): Alteration =>
  withJson(activity, 'attempts.json', attempts, (all) =>
    all.map((each) => (each.name === 'control' ? { ...each, ...change(each) } : each)),
  );

const offering = (more: { readonly versions?: number[]; readonly suites?: number[] }): Alteration =>
  control(({ connections }) => ({
    connections: connections.map((each) => ({
      ...each,
      offered: {
        versions: [...each.offered.versions, ...(more.versions ?? [])],
        suites: [...each.offered.suites, ...(more.suites ?? [])],
      },
    })),
  }));

const missing = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no evidence', /not among the evidence/, without(activity, 'attempts.json')),
  undecided(
    id,
    'an activity that failed',
    /activity tls-phones/,
    withOutcome(activity, { status: 'failed', reason: 'the phone could not enrol' }),
  ),
  undecided(
    id,
    'no control',
    /not among the evidence/,
    withJson(activity, 'attempts.json', attempts, (all) =>
      all.filter(({ name }) => name !== 'control'),
    ),
  ),
  undecided(
    id,
    'a control that did not register',
    /the control/,
    control(() => ({ registered: false })),
  ),
  undecided(
    id,
    'a control that never connected',
    /the control/,
    control(() => ({ connections: [] })),
  ),
];

const [versions, suites] = ['attacks/T1/phone-offer', 'attacks/T2/phone-offer'];

/** What a phone may offer. */
export const tlsPhoneOfferCases: readonly JudgeCase[] = [
  ...missing(versions),
  failing(versions, 'TLS 1.3 too', /other versions/, offering({ versions: [0x0304] })),
  failing(versions, 'TLS 1.1 too', /other versions/, offering({ versions: [0x0302] })),
  tolerated(versions, 'a value that means nothing', /alone/, offering({ versions: [0x3a3a] })),
  ...missing(suites),
  failing(suites, 'ECDHE too', /other suites/, offering({ suites: [0xc030] })),
  failing(suites, 'a suite that is almost GREASE', /other suites/, offering({ suites: [0x3a4a] })),
  tolerated(suites, 'a signal', /alone/, offering({ suites: [0x00ff, 0x5600, 0xfafa] })),
];
