import { z } from 'zod';
import { expectationSchema } from '../../reports/model/verdict.ts';

const isDay = (text: string): boolean => {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
};

const oneLine = z
  .string()
  .min(1)
  .refine((text) => !/[\r\n]/.test(text), 'must be one line');

/** An outcome other than a pass that is known of a target, for a claim or for one scenario. */
export const expectedOutcomeSchema = z
  .strictObject({
    claim: oneLine.optional(),
    scenario: oneLine.optional(),
    kind: z.enum(['fail', 'inconclusive', 'unsupported', 'warn']),
    ...expectationSchema.shape,
    reason: oneLine,
    link: z.url({ protocol: /^https?$/ }),
    expires: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2027-06-30')
      .refine(isDay, 'is not a day of the calendar'),
  })
  .refine(({ claim, scenario }) => (claim === undefined) !== (scenario === undefined), {
    error: 'names either a claim or a scenario',
  });
export type ExpectedOutcome = Readonly<z.infer<typeof expectedOutcomeSchema>>;
