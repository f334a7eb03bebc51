import { fromBase64, fromLatin1, latin1, toBase64, toHex } from '../../../reference/core/bytes.ts';
import type { HeaderList, MessageKind } from '../../../reference/core/csl/headers.ts';
import { parseMedia } from '../../../reference/core/sdp/media.ts';
import { byteKinds, changedBytes } from '../../generators/mutations.ts';
import { sipGrammar } from '../../generators/sip-messages.ts';
import { textOfCase } from '../../generators/text-mutations.ts';
import { modelMessage } from '../../models/csl-headers.ts';

/** One change of a message of the key agreement. */
export interface Edit {
  readonly kind: number;
  readonly at: number;
  readonly value: number;
}

/** The X-CSL headers and the session description of a message before it is sent. */
export interface Draft {
  readonly headers: HeaderList;
  readonly sdp: Uint8Array;
}

const replaced = (headers: HeaderList, index: number, value: string): HeaderList =>
  headers.map(([name, each], place) => [name, place === index ? value : each]);

const index = ({ headers }: Draft, { at }: Edit): number => at % Math.max(1, headers.length);

type Change = (draft: Draft, edit: Edit) => Draft;

const octets: Change = (draft, edit) => {
  const place = index(draft, edit);
  const decoded = fromBase64(draft.headers[place]?.[1] ?? '');
  if (!decoded.ok) return draft;
  const mutation = [edit.value % (byteKinds - 1), edit.at, edit.value >> 4] as const;
  const changed = changedBytes(decoded.value, mutation, [decoded.value]);
  return { ...draft, headers: replaced(draft.headers, place, toBase64(changed)) };
};

const text: Change = (draft, edit) => {
  const place = index(draft, edit);
  const bytes = fromLatin1(draft.headers[place]?.[1] ?? '');
  const mutation = [edit.value % byteKinds, edit.at >> 2, edit.value >> 4] as const;
  const changed = latin1(changedBytes(bytes, mutation, [bytes]));
  return { ...draft, headers: replaced(draft.headers, place, changed) };
};

const description: Change = (draft, { at, value }) => ({
  ...draft,
  sdp: textOfCase(
    { bases: [draft.sdp], words: sipGrammar.words },
    { base: 0, mutations: [[value % (byteKinds + 12), at, value >> 5]], free: null },
  ),
});

const foreign = ['X-CSL-Info3', 'X-CSL-', 'x-csl-from', 'X-CSL-Info1', 'X-CSL-Info2'];

const changes: readonly Change[] = [
  octets,
  octets,
  octets,
  text,
  text,
  description,
  description,
  (draft, edit) => ({ ...draft, headers: draft.headers.toSpliced(index(draft, edit), 1) }),
  (draft, edit) => {
    const header = draft.headers[index(draft, edit)];
    return header
      ? { ...draft, headers: draft.headers.toSpliced(edit.value % 5, 0, header) }
      : draft;
  },
  (draft, { at, value }) => {
    const header = [foreign[value % foreign.length] ?? '', 'AAAA'] as const;
    return { ...draft, headers: draft.headers.toSpliced(at % 5, 0, header) };
  },
  (draft, edit) => {
    const [one, other] = [index(draft, edit), edit.value % Math.max(1, draft.headers.length)];
    const [first, second] = [draft.headers[one]?.[1] ?? '', draft.headers[other]?.[1] ?? ''];
    const headers = replaced(replaced(draft.headers, one, second), other, first);
    return { ...draft, headers };
  },
  (draft) => ({ ...draft, headers: [] }),
  // What nothing authenticates: order, case and blanks.
  (draft) => ({ ...draft, headers: draft.headers.toReversed() }),
  (draft) => ({
    ...draft,
    headers: draft.headers.map(([name, value]) => [name.toLowerCase(), ` ${value}\t`]),
  }),
];

/** Kinds of changes. */
export const editKinds = changes.length;

/** A message with changes. */
export const edited = (draft: Draft, edits: readonly Edit[]): Draft =>
  edits.reduce<Draft>(
    (now, edit) => changes[edit.kind % changes.length]?.(now, edit) ?? now,
    draft,
  );

/** What the receiver holds to be authenticated, as one text; null where the form is wrong. */
const authenticated = ({ headers, sdp }: Draft, kind: MessageKind): string | null => {
  const { faults, values } = modelMessage(headers, kind);
  if (faults.size > 0) return null;
  const read = [...values].map(([name, bytes]) => `${name} ${toHex(bytes)}`).toSorted();
  if (kind === 'confirmation') return read.join('\n');
  const media = parseMedia(sdp);
  return media.ok ? [...read, media.value.text].join('\n') : null;
};

/** Whether a message must be refused: its form is wrong, or anything authenticated differs. This knows no cryptography. */
export const mustRefuse = (right: Draft, sent: Draft, kind: MessageKind): boolean => {
  const said = authenticated(sent, kind);
  return said === null || said !== authenticated(right, kind);
};
