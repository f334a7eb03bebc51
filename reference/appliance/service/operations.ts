import { z } from 'zod';
import { resetAdministrator } from '../admin/sign-in.ts';
import { hashPassword, oneTimePassword } from '../admin/password.ts';
import { normaliseNumber } from '../enrolment/telephone-number.ts';
import type { ApplianceStore } from '../store/contract.ts';

const number = z.string().max(32);
const administratorName = z.string().regex(/^[A-Za-z0-9._@-]{1,64}$/);

/** What `discretio admin` asks for; `by` is the operator's user name. */
export const operationSchema = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('revoke'),
    number,
    reason: z.enum(['unspecified', 'keyCompromise', 'superseded', 'cessationOfOperation']),
  }),
  z.strictObject({ operation: z.literal('release'), number }),
  z.strictObject({ operation: z.literal('list') }),
  z.strictObject({ operation: z.literal('export') }),
  z.strictObject({ operation: z.literal('backup'), folder: z.string().min(1).max(4096) }),
  z.strictObject({ operation: z.literal('add'), name: administratorName }),
  z.strictObject({ operation: z.literal('reset-password'), name: administratorName }),
]);

export type Operation = z.infer<typeof operationSchema>;

/** What an operation gives: rows while it works (of a list or export), then its end. */
export type OperationEvent =
  | { readonly kind: 'row'; readonly text: string }
  /** `text` is one line for the operator; it may hold a one-time password, so it is never logged. */
  | { readonly kind: 'done'; readonly text: string }
  /** Nothing was changed; one line with reason and way out. */
  | { readonly kind: 'refused'; readonly text: string };

/** What operations work with. */
export interface OperationContext {
  readonly store: ApplianceStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Resolves once what was revoked is on published lists; absent while no appliance runs. */
  readonly published?: () => Promise<void>;
}

const pageSize = 500;

const done = (text: string): OperationEvent => ({ kind: 'done', text });
const refused = (text: string): OperationEvent => ({ kind: 'refused', text });
const plural = (count: number, thing: string): string =>
  `${count} ${thing}${count === 1 ? '' : 's'}`;

const badNumber = (text: string): OperationEvent =>
  refused(
    `number ${JSON.stringify(text.slice(0, 40))}: is no telephone number in E.164; write + and the country code first`,
  );

const revoke = async (
  { store, now, published }: OperationContext,
  operation: Extract<Operation, { operation: 'revoke' }>,
  by: string,
): Promise<OperationEvent> => {
  const normal = normaliseNumber(operation.number);
  if (normal === undefined) return badNumber(operation.number);
  const { serials, enrolmentsKilled, alreadyBlocked } = store.numbers.revokeNumber({
    number: normal,
    by,
    reason: operation.reason,
    at: now(),
  });
  await published?.();
  const certificates = `${plural(serials.length, 'certificate')} revoked, ${plural(enrolmentsKilled, 'pending enrolment')} ended`;
  const block = alreadyBlocked ? 'was blocked already' : 'is blocked';
  const lists = published
    ? 'calls and connections ended, lists published'
    : 'lists are published when the appliance starts';
  return done(`${normal} ${block}: ${certificates}; ${lists}`);
};

const release = ({ store, now }: OperationContext, text: string, by: string): OperationEvent => {
  const normal = normaliseNumber(text);
  if (normal === undefined) return badNumber(text);
  return store.numbers.releaseNumber({ number: normal, by, at: now() })
    ? done(`${normal} may enrol again; its certificates stay revoked`)
    : refused(`${normal}: is not blocked; discretio admin list shows who is`);
};

function* subscribers(store: ApplianceStore): IterableIterator<OperationEvent> {
  let count = 0;
  let after: string | undefined;
  for (;;) {
    const page = store.queries.subscribers({
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    for (const { number: text, isBlocked, certificate, certificates } of page) {
      const newest = certificate && {
        serial: certificate.serial,
        state: certificate.state,
        issuedAt: new Date(certificate.issuedAt).toISOString(),
        notAfter: new Date(certificate.notAfter).toISOString(),
      };
      const row = { number: text, blocked: isBlocked, certificates, newest };
      yield { kind: 'row', text: JSON.stringify(row) };
    }
    count += page.length;
    after = page.at(-1)?.number;
    if (page.length < pageSize || after === undefined) return yield done(plural(count, 'number'));
  }
}

const addAdministrator = async (
  { store, now, randomBytes }: OperationContext,
  name: string,
  by: string,
): Promise<OperationEvent> => {
  const password = oneTimePassword(randomBytes);
  const passwordHash = await hashPassword(password, randomBytes(16));
  const isNew = store.administrators.add(
    { name, passwordHash, mustChangePassword: true },
    by,
    now(),
  );
  return isNew
    ? done(`administrator ${name}: one-time password, shown this once: ${password}`)
    : refused(
        `administrator ${name}: exists already; discretio admin reset-password gives a new one-time password`,
      );
};

const resetPassword = async (
  context: OperationContext,
  name: string,
  by: string,
): Promise<OperationEvent> => {
  const reset = await resetAdministrator(context.store, name, by, context);
  return reset
    ? done(`administrator ${name}: one-time password, shown this once: ${reset.password}`)
    : refused(`administrator ${name}: there is none of that name; discretio admin add makes one`);
};

/** Reading changes nothing, but who read everything is noted too. */
const note = ({ store, now }: OperationContext, action: string, by: string): void =>
  void store.audit.append({ at: now(), actor: by, action, subject: 'state', detail: {} });

/** Performs one operation over a store, audited with who asked for it. Throws a StoreError when the disk does not let it. */
export async function* perform(
  context: OperationContext,
  operation: Operation,
  by: string,
): AsyncGenerator<OperationEvent, void, void> {
  const { store, now } = context;
  switch (operation.operation) {
    case 'revoke':
      return yield await revoke(context, operation, by);
    case 'release':
      return yield release(context, operation.number, by);
    case 'list':
      note(context, 'subscribers/listed', by);
      return yield* subscribers(store);
    case 'export': {
      note(context, 'store/exported', by);
      let count = 0;
      for (const text of store.exportLines()) {
        yield { kind: 'row', text };
        count += 1;
      }
      return yield done(plural(count, 'row'));
    }
    case 'backup':
      await store.backup(operation.folder, by, now());
      return yield done(
        `${operation.folder}: a whole copy, with the key that opens it; protect it as the state itself`,
      );
    case 'add':
      return yield await addAdministrator(context, operation.name, by);
    case 'reset-password':
      return yield await resetPassword(context, operation.name, by);
  }
}
