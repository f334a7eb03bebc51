import { numberOf, type Arriving, type Phone, type Said, type World } from './key-agreement.ts';

/** A message of a kind. */
export type SaidOf<Kind extends Said['kind']> = Extract<Said, { readonly kind: Kind }>;

/** All messages of a kind, with their numbers. */
export const messagesOf = <Kind extends Said['kind']>(
  { said }: World,
  kind: Kind,
): readonly (readonly [number, SaidOf<Kind>])[] =>
  said.flatMap((each, message) =>
    each.kind === kind ? [[message, each as SaidOf<Kind>] as const] : [],
  );

/** One change of a message on its way. */
export interface Edit {
  readonly part: (typeof parts)[number];
  readonly with: number;
}

/** What may be changed. */
export const parts = [
  'certificate',
  'info1',
  'nonce',
  'info2',
  'signature',
  'tag of another',
  'tag',
  'call',
  'from',
  'to',
  'media',
] as const;

const edited = (world: World, arriving: Arriving, edit: Edit): Arriving => {
  const { said } = world;
  const other = edit.with % said.length;
  const hasInfo1 = said[other]?.kind !== 'confirmation';
  const { info1, signature, tag } = arriving;
  switch (edit.part) {
    case 'certificate':
      return { ...arriving, certificate: (edit.with % 4) as Phone };
    case 'info1':
      return hasInfo1 ? { ...arriving, info1: { ...info1, of: other } } : arriving;
    case 'nonce':
      return { ...arriving, info1: { ...info1, altered: true } };
    case 'info2':
      return { ...arriving, signature: { ...signature, of: other }, tag: { ...tag, of: other } };
    case 'signature':
      return { ...arriving, signature: { ...signature, altered: true } };
    case 'tag of another': {
      const isAnswer = said[signature.of]?.kind === 'answer' && said[other]?.kind === 'answer';
      return isAnswer ? { ...arriving, tag: { ...tag, of: other } } : arriving;
    }
    case 'tag':
      // The end of an INVITE's Info2 is its signature's.
      return said[signature.of]?.kind === 'offer'
        ? { ...arriving, signature: { ...signature, altered: true } }
        : { ...arriving, tag: { ...tag, altered: true } };
    case 'call':
      return { ...arriving, call: edit.with % 2 };
    case 'from':
      return { ...arriving, from: edit.with % 3 };
    case 'to':
      return { ...arriving, to: edit.with % 3 };
    case 'media':
      return { ...arriving, media: edit.with % 2 };
  }
};

const asSent = (world: World, message: number, asked: SaidOf<'offer'>): Arriving => {
  const said = world.said[message];
  const whole = { of: message, altered: false };
  const { call, sender, dialled, media } = asked;
  return {
    certificate: said?.kind === 'answer' ? said.sender : sender,
    info1: whole,
    signature: whole,
    tag: whole,
    call,
    from: numberOf(sender),
    to: dialled,
    media: said?.kind === 'answer' ? said.media : media,
  };
};

/** An offer, or the answer to one, as it arrives after changes on its way. */
export const arrivingOf = (
  world: World,
  message: number,
  asked: SaidOf<'offer'>,
  edits: readonly Edit[],
): Arriving => edits.reduce((sum, edit) => edited(world, sum, edit), asSent(world, message, asked));
