/** A phone: two of the four have certificates of one number, of which the later renews the first. */
export type Phone = 0 | 1 | 2 | 3;

/** Numbers by phone. */
const numbers = [0, 1, 2, 0] as const;

/** The number of a phone. */
export const numberOf = (phone: Phone): number => numbers[phone];

/** Milliseconds that a message's time may be off, and that an offer is remembered behind it (I-2). */
const tolerance = 300_000;

/** A message as its sender meant it. No bytes: who says what, and what that is chained to. */
export type Said =
  | {
      readonly kind: 'offer';
      readonly sender: Phone;
      /** The number dialled. */
      readonly dialled: number;
      readonly call: number;
      readonly media: number;
      readonly time: number;
      /** The answer that a re-INVITE is chained to (I-9). */
      readonly previous: number | null;
    }
  | {
      readonly kind: 'answer';
      readonly sender: Phone;
      readonly offer: number;
      readonly media: number;
      readonly time: number;
    }
  | { readonly kind: 'confirmation'; readonly answer: number };

/** A message as it arrives: parts of any messages, put together by whoever owns the network. */
export interface Arriving {
  /** Whose certificate. */
  readonly certificate: Phone;
  /** Whose X-CSL-Info1, and whether its nonce was changed. */
  readonly info1: { readonly of: number; readonly altered: boolean };
  readonly signature: { readonly of: number; readonly altered: boolean };
  readonly tag: { readonly of: number; readonly altered: boolean };
  readonly call: number;
  readonly from: number;
  readonly to: number;
  readonly media: number;
}

/** What is known of a certificate's revocation. */
export type Known = 'good' | 'revoked' | 'unavailable';

interface Remembered {
  readonly nonce: string;
  readonly time: number;
  readonly until: number;
}

interface Dialog {
  /** The last answer that verified. */
  readonly answer: number;
  readonly peer: Phone;
}

interface State {
  /** Own offers and answers that are not decided, by message. */
  readonly underWay: Set<number>;
  readonly dialogs: Map<number, Dialog>;
  memory: readonly Remembered[];
  greatestForgotten: number;
}

/** Three users and what has been said between them (interpretations I-2, I-3, I-9), by message number. */
export interface World {
  readonly said: Said[];
  readonly phones: readonly State[];
  /** When all processes began, wall clock. */
  readonly start: number;
  now: number;
  elapsed: number;
}

/** A world in which nothing has been said, an hour after the phones were started. */
export const emptyWorld = (now: number): World => ({
  said: [],
  phones: numbers.map(() => ({
    underWay: new Set(),
    dialogs: new Map(),
    memory: [],
    greatestForgotten: Number.NEGATIVE_INFINITY,
  })),
  start: now - 3_600_000,
  now,
  elapsed: 0,
});

const stateOf = ({ phones }: World, phone: Phone): State => {
  const state = phones[phone];
  if (state === undefined) throw new RangeError(`no phone ${phone}`);
  return state;
};

/** The dialog that a phone has under a Call-ID. */
export const dialogOf = (world: World, phone: Phone, call: number): Dialog | undefined =>
  stateOf(world, phone).dialogs.get(call);

/** Whether a phone's own message awaits what decides it. */
export const isUnderWay = (world: World, phone: Phone, message: number): boolean =>
  stateOf(world, phone).underWay.has(message);

/** Notes what a phone said, and that it is under way; gives its number. */
export const say = (world: World, phone: Phone, said: Said): number => {
  const message = world.said.push(said) - 1;
  if (said.kind !== 'confirmation') stateOf(world, phone).underWay.add(message);
  return message;
};

/** A phone gives its own message up, or it is decided. */
export const settle = (world: World, phone: Phone, message: number): void =>
  void stateOf(world, phone).underWay.delete(message);

const nonceOf = ({ certificate, info1 }: Arriving): string =>
  `${certificate} ${info1.of} ${info1.altered}`;

const timeOf = (world: World, message: number): number => {
  const said = world.said[message];
  return said === undefined || said.kind === 'confirmation' ? Number.NaN : said.time;
};

const isLate = (world: World, { info1 }: Arriving): boolean =>
  !(Math.abs(world.now - timeOf(world, info1.of)) <= tolerance);

const forget = (state: State, elapsed: number): void => {
  for (const { until, time } of state.memory)
    if (elapsed > until) state.greatestForgotten = Math.max(state.greatestForgotten, time);
  state.memory = state.memory.filter(({ until }) => elapsed <= until);
};

const isReplayed = (world: World, receiver: Phone, arriving: Arriving): boolean => {
  const state = stateOf(world, receiver);
  forget(state, world.elapsed);
  const time = timeOf(world, arriving.info1.of);
  const isPast = time < world.start || time <= state.greatestForgotten;
  return isPast || state.memory.some(({ nonce }) => nonce === nonceOf(arriving));
};

const isReflected = (world: World, receiver: Phone, arriving: Arriving): boolean =>
  numberOf(arriving.certificate) === numberOf(receiver) ||
  isUnderWay(world, receiver, arriving.info1.of);

const isWhole = ({ signature, info1, certificate, media }: Arriving, said: Said): boolean =>
  said.kind !== 'confirmation' &&
  !signature.altered &&
  !info1.altered &&
  info1.of === signature.of &&
  certificate === said.sender &&
  media === said.media;

const revocationCode = (known: Known): string | null =>
  known === 'good' ? null : known === 'revoked' ? 'revoked' : 'revocation-unavailable';

const remember = (world: World, receiver: Phone, arriving: Arriving): void => {
  const state = stateOf(world, receiver);
  const time = timeOf(world, arriving.info1.of);
  const until = world.elapsed + time + tolerance - world.now;
  state.memory = [...state.memory, { nonce: nonceOf(arriving), time, until }];
};

/** What a phone must say to an INVITE: `ok` or the refusal's code. Only a signature that holds is remembered. */
export const judgeInvite = (
  world: World,
  receiver: Phone,
  arriving: Arriving,
  inDialog: boolean,
  known: Known,
): string => {
  const signed = world.said[arriving.signature.of];
  if (signed?.kind !== 'offer') return 'info2-length';
  if (isLate(world, arriving)) return 'time';
  if (isReplayed(world, receiver, arriving)) return 'replay';
  if (isReflected(world, receiver, arriving)) return 'reflection';
  const dialog = inDialog ? dialogOf(world, receiver, arriving.call) : undefined;
  const addressed = dialog !== undefined || arriving.to === numberOf(receiver);
  if (numberOf(arriving.certificate) !== arriving.from || !addressed) return 'identity';
  if (dialog !== undefined && dialog.peer !== arriving.certificate) return 'dialog-certificate';
  const holds =
    isWhole(arriving, signed) &&
    signed.call === arriving.call &&
    signed.dialled === numberOf(receiver) &&
    signed.previous === (dialog?.answer ?? null);
  if (!holds) return 'signature';
  remember(world, receiver, arriving);
  return revocationCode(known) ?? 'ok';
};

/** What a caller must say to a 200; the first decides, whatever it says. */
export const judgeAnswer = (
  world: World,
  offer: number,
  arriving: Arriving,
  known: Known,
): string => {
  const asked = world.said[offer];
  if (asked?.kind !== 'offer' || !isUnderWay(world, asked.sender, offer)) return 'exchange-over';
  const code = answerCode(world, offer, arriving, known);
  settle(world, asked.sender, offer);
  const dialog = { answer: arriving.signature.of, peer: arriving.certificate };
  if (code === 'ok') stateOf(world, asked.sender).dialogs.set(asked.call, dialog);
  return code;
};

const answerCode = (world: World, offer: number, arriving: Arriving, known: Known): string => {
  const asked = world.said[offer];
  const signed = world.said[arriving.signature.of];
  if (asked?.kind !== 'offer' || signed?.kind !== 'answer') return 'info2-length';
  if (isLate(world, arriving)) return 'time';
  if (isReflected(world, asked.sender, arriving)) return 'reflection';
  if (numberOf(arriving.certificate) !== asked.dialled) return 'identity';
  const dialog = asked.previous === null ? undefined : peerOf(world, asked.previous, asked.sender);
  if (dialog !== undefined && dialog !== arriving.certificate) return 'dialog-certificate';
  if (!isWhole(arriving, signed) || signed.offer !== offer) return 'signature';
  const refused = revocationCode(known);
  if (refused !== null) return refused;
  return arriving.tag.of === arriving.signature.of && !arriving.tag.altered ? 'ok' : 'tag';
};

/** Who stood at the other end of the exchange of an answer. */
const peerOf = (world: World, answer: number, own: Phone): Phone | undefined => {
  const said = world.said[answer];
  if (said?.kind !== 'answer') return undefined;
  const offer = world.said[said.offer];
  if (offer?.kind !== 'offer') return undefined;
  return said.sender === own ? offer.sender : said.sender;
};

/** What a callee must say to an ACK for its answer; the first decides. */
export const judgeConfirmation = (
  world: World,
  answer: number,
  tag: { readonly of: number; readonly altered: boolean },
): string => {
  const given = world.said[answer];
  if (given?.kind !== 'answer' || !isUnderWay(world, given.sender, answer)) return 'exchange-over';
  settle(world, given.sender, answer);
  const sent = world.said[tag.of];
  if (sent?.kind !== 'confirmation') return 'info2-length';
  if (tag.altered || sent.answer !== answer) return 'tag';
  const offer = world.said[given.offer];
  if (offer?.kind === 'offer')
    stateOf(world, given.sender).dialogs.set(offer.call, { answer, peer: offer.sender });
  return 'ok';
};
