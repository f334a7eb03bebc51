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

/** An address, or a document beside the file that names it, by its relative path. */
const document = /^(?:[\w.-]+\/)*[\w.-]+\.md(?:#[\w-]+)?$/;

/** An outcome other than a pass that is known of a target, for a claim or for one scenario. */
export const expectedOutcomeSchema = z
  .strictObject({
    claim: oneLine.optional(),
    scenario: oneLine.optional(),
    kind: z.enum(['fail', 'inconclusive', 'unsupported', 'warn']),
    ...expectationSchema.shape,
    reason: oneLine,
    link: z
      .string()
      .refine(
        (text) => document.test(text) || z.url({ protocol: /^https?$/ }).safeParse(text).success,
        'must be a URL, or the path of a document such as ../docs/targets.md#part',
      ),
    expires: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2027-06-30')
      .refine(isDay, 'is not a day of the calendar'),
  })
  .refine(({ claim, scenario }) => (claim === undefined) !== (scenario === undefined), {
    error: 'names either a claim or a scenario',
  });
export type ExpectedOutcome = Readonly<z.infer<typeof expectedOutcomeSchema>>;
