import { z } from 'zod';
import { isElementName, neededNames } from './names.ts';

/** Of a selectors file: how an application's screens are found, and nothing about what they mean. */

const text = z.string().min(1).max(1024);

/** Where an element's machine-readable value stands: its text, an attribute, or in a part of either. */
const read = z.strictObject({
  from: z.string().regex(/^[a-z][a-z-]{0,31}$/, 'is not the name of an attribute'),
  /** Its first group, or the whole match, is the value. */
  pattern: text.refine(compiles, 'is no regular expression of JavaScript; mend it').optional(),
});

function compiles(source: string): boolean {
  try {
    return Boolean(new RegExp(source, 'u'));
  } catch {
    return false;
  }
}

const element = z.union(
  [
    text.transform((is) => ({ is })),
    z.strictObject({
      by: z.enum(['resource-id', 'accessibility-id', 'uiautomator', 'xpath', 'test-id', 'css']),
      is: text,
      value: read.optional(),
    }),
    z.strictObject({ is: text, value: read.optional() }),
  ],
  'must be an identifier, or { by: resource-id, is: IDENTIFIER, value: { from: ATTRIBUTE } }',
);

const elements = z.record(z.string(), element).superRefine((given, context) => {
  const unknown = Object.keys(given).find((name) => !isElementName(name));
  if (unknown !== undefined)
    context.addIssue({ code: 'unrecognized_keys', keys: [unknown], input: given });
  for (const name of neededNames)
    if (!Object.hasOwn(given, name))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'is missing: no phone can enrol and call without it',
        input: given,
      });
});

const common = {
  /** The application, for messages and reports. */
  name: z.string().min(1).max(120),
  /** Values are read from here unless an element says otherwise. */
  value: read.default({ from: 'text' }),
  elements,
};

/** A native application, found by the Android package that it is. */
const native = z.strictObject({
  ...common,
  context: z.literal('native'),
  package: z.string().regex(/^[A-Za-z][\w.]{2,254}$/, 'is not the name of an Android package'),
  activity: z.string().regex(/^\.?[A-Za-z][\w.$]{0,254}$/, 'is not the name of an activity'),
  /** Identifiers that hold no slash stand in this package's own resources. */
});

/** A page in Chrome, or in a web view of an application. */
const web = z.strictObject({
  ...common,
  context: z.literal('web'),
  /** The page in Chrome on the phone: `{port}` is the port that adb reverse gives the phone, `{key}` what opens the page. */
  address: z
    .string()
    .regex(
      /^http:\/\/(localhost|127\.0\.0\.1)[:/]/,
      'must begin with http://localhost: a page gets the microphone from a secure context only',
    )
    .optional(),
  /** The application whose web view holds the page, instead of Chrome. */
  package: z
    .string()
    .regex(/^[A-Za-z][\w.]{2,254}$/, 'is not the name of an Android package')
    .optional(),
  activity: z
    .string()
    .regex(/^\.?[A-Za-z][\w.$]{0,254}$/, 'is not the name of an activity')
    .optional(),
});

/** How an application's screens are found. */
export const selectorsSchema = z
  .discriminatedUnion('context', [native, web])
  .refine(
    (given) =>
      given.context === 'native' || (given.address === undefined) !== (given.package === undefined),
    {
      path: ['address'],
      error:
        'is given where the page is in Chrome, package and activity where it is in a web view; give the one or the others',
    },
  );

export type Selectors = Readonly<z.infer<typeof selectorsSchema>>;
