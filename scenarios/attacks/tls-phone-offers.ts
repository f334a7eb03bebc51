import { z } from 'zod';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';

const attemptsSchema = z.array(
  z.object({
    name: z.string(),
    registered: z.boolean(),
    connections: z.array(
      z.object({
        offered: z.object({ versions: z.array(z.number()), suites: z.array(z.number()) }),
      }),
    ),
  }),
);
type Offered = z.infer<typeof attemptsSchema>[number]['connections'][number]['offered'];

const activity = 'tls-phones';
const path = `evidence/${activity}/attempts.json`;

const hex = (code: number): string => `0x${code.toString(16).padStart(4, '0')}`;

/** Signals that name no suite: secure renegotiation (RFC 5746) and a fallback (RFC 7507). */
const signals = [0x00ff, 0x5600];

/** Values that mean nothing, so that servers ignore what they do not know (RFC 8701). */
const isGrease = (code: number): boolean =>
  (code & 0x0f0f) === 0x0a0a && code >> 8 === (code & 0xff);

/** A server of the record level cannot speak what it pretends to choose: what a phone would take is in what it offers. */
const judgeOffer =
  (what: keyof Offered, right: number, others: readonly number[]) =>
  (evidence: Evidence): Finding => {
    const attempts = evidence.json(activity, 'attempts.json', attemptsSchema);
    const control = attempts?.find(({ name }) => name === 'control');
    if (!control)
      return inconclusive('what the phone did at hostile servers is not among the evidence', [
        path,
      ]);
    const offered = [...new Set(control.connections.flatMap((each) => each.offered[what]))].filter(
      (code) => !others.includes(code) && !isGrease(code),
    );
    const wrong = offered.filter((code) => code !== right);
    if (wrong.length > 0)
      return fail(
        `a phone offers other ${what} than ${hex(right)}`,
        `${hex(right)} alone`,
        offered.map(hex).join(', '),
        [path],
      );
    return control.registered && offered.length > 0
      ? pass(`the phone offers ${hex(right)} alone`, [path])
      : inconclusive('the control, the same server without a fault, was not registered with', [
          path,
        ]);
  };

const scenario = (row: string, claims: readonly string[], judge: Scenario['judge']): Scenario => ({
  id: `attacks/${row}/phone-offer`,
  revision: 1,
  claims,
  activities: [activity],
  needs: ['enrol', 'refusal-log'],
  judge,
});

/** What a phone offers in its ClientHello (catalogue T1, T2). */
export const tlsPhoneOffers: readonly Scenario[] = [
  scenario('T1', ['5.1.a'], judgeOffer('versions', 0x0303, [])),
  scenario('T2', ['5.1.b'], judgeOffer('suites', 0x009f, signals)),
];
