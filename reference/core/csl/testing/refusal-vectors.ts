import { toBase64, toHex } from '../../bytes.ts';
import type { AnswerContext } from '../answer.ts';
import type { DialogHistory, ExchangeUnderWay } from '../checks.ts';
import type { HeaderList, MessageKind } from '../headers.ts';
import type { OfferContext, PendingOffer } from '../offer.ts';
import { statusFor, type CslRefusal } from '../refusal.ts';
import {
  answerContext,
  answerMessage,
  callId,
  now,
  offerContext,
  offerMessage,
  pendingOffer,
  sessionText,
} from './exchange-support.ts';
import type { Altered } from './altered.ts';
import { bothKinds } from './common-cases.ts';
import { confirmationPending, confirmationsOnly, goodAck } from './confirmation-cases.ts';
import { memoryInputOf } from './memory-input.ts';
import { answersOnly, history, offersOnly } from './refusal-cases.ts';
import { checkOrder, offerPairs } from './refusal-pairs.ts';
import type {
  RefusalVectors,
  TextIndex,
  VectorCase,
  VectorContext,
  VectorHistory,
  VectorMessage,
} from './refusal-vector-format.ts';
import { certificateDer, vectors } from './vector-support.ts';

/** A list in which every text stands once. */
const createTexts = () => {
  const indices = new Map<string, TextIndex>();
  const indexOf = (text: string): TextIndex => {
    const index = indices.get(text) ?? indices.size;
    indices.set(text, index);
    return index;
  };
  return { indexOf, all: () => [...indices.keys()] };
};

type Texts = ReturnType<typeof createTexts>;

const names = new Map(
  Object.keys(vectors.certificates.pem).map((name) => [toHex(certificateDer(name)), name]),
);

const nameOf = (der: Uint8Array): string => names.get(toHex(der)) ?? '';

const historyIn = (previous: DialogHistory | undefined): VectorHistory | null =>
  previous
    ? {
        answerHash: toHex(previous.answerHash),
        ownCertificate: nameOf(previous.ownCertificate),
        peerCertificate: nameOf(previous.peerCertificate),
      }
    : null;

const underWayIn = (exchanges: readonly ExchangeUnderWay[]) =>
  exchanges.map(({ publicValue, nonce }) => ({
    publicValue: toHex(publicValue),
    nonce: toHex(nonce),
  }));

const commonContext = (context: OfferContext | AnswerContext) => ({
  clientAuthorities: context.clientAuthorities.map(({ der }) => nameOf(der)),
  now: context.now,
  underWay: underWayIn(context.underWay),
  revocation: context.revocation,
});

const offerContextIn = (context: OfferContext): VectorContext => {
  const memory = memoryInputOf(context.replayMemory);
  return {
    own: nameOf(context.own.certificate.der),
    ...commonContext(context),
    previous: historyIn(context.previous),
    elapsed: context.elapsed,
    memory: {
      start: memory.start,
      remembered: memory.remembered.map((each) => ({ ...each, nonce: toHex(each.nonce) })),
    },
  };
};

const answerContextIn = (pending: PendingOffer, context: AnswerContext): VectorContext => ({
  own: nameOf(pending.own.certificate.der),
  ...commonContext(context),
  previous: historyIn(pending.previous),
  sent: {
    dialled: pending.dialled,
    offerHash: toHex(pending.offerHash),
    exponent: toHex(pending.exponent),
    nonce: toHex(pending.nonce),
    publicValue: toHex(pending.publicValue),
  },
});

const headersIn = (headers: HeaderList, texts: Texts): VectorMessage['headers'] =>
  headers.map(([name, value]) => [name, texts.indexOf(value)]);

const reactionTo = (code: CslRefusal | null, kind: MessageKind): VectorCase['reaction'] => {
  if (code === null) return null;
  if (kind === 'offer') return `${statusFor(code)}`;
  return kind === 'answer' ? 'acknowledge-and-end' : 'bye';
};

type Unnumbered = VectorCase extends infer Case
  ? Case extends VectorCase
    ? Omit<Case, 'id'>
    : never
  : never;

type Fault<Context> = Omit<Altered<Context>, 'code'> & { readonly code: CslRefusal | null };

const offerCase =
  (texts: Texts) =>
  ({ what, code, change = {}, context }: Fault<OfferContext>): Unnumbered => {
    const { headers, fromUser, toUser } = offerMessage(change);
    const sdp = texts.indexOf(change.sdp ?? sessionText);
    return {
      what,
      code,
      reaction: reactionTo(code, 'offer'),
      kind: 'offer',
      message: { headers: headersIn(headers, texts), callId, fromUser, toUser, sdp },
      context: offerContextIn(offerContext(context)),
    };
  };

const answerCase =
  (texts: Texts) =>
  ({
    what,
    code,
    change = {},
    context,
    pending = pendingOffer,
  }: Fault<AnswerContext>): Unnumbered => {
    const sent = pending();
    const { headers, fromUser, toUser } = answerMessage(sent, change);
    const sdp = texts.indexOf(change.sdp ?? sessionText);
    return {
      what,
      code,
      reaction: reactionTo(code, 'answer'),
      kind: 'answer',
      message: { headers: headersIn(headers, texts), callId, fromUser, toUser, sdp },
      context: answerContextIn(sent, answerContext(context)),
    };
  };

const confirmationCase =
  (texts: Texts) =>
  (fault: {
    readonly what: string;
    readonly code: CslRefusal | null;
    readonly headers: HeaderList;
    readonly isOver?: true;
  }): Unnumbered => {
    const { what, code, headers, isOver } = fault;
    const { answerHash, callerConfirmation } = confirmationPending();
    const key = isOver ? new Uint8Array(callerConfirmation.length) : callerConfirmation;
    return {
      what,
      code,
      reaction: reactionTo(code, 'confirmation'),
      kind: 'confirmation',
      message: { headers: headersIn(headers, texts) },
      context: { answerHash: toHex(answerHash), callerConfirmation: toHex(key) },
    };
  };

/** For every two neighbouring codes that can be combined, one INVITE with both faults. */
const neighbouringPairs = (): readonly Fault<OfferContext>[] => {
  const pairs = offerPairs();
  return checkOrder.flatMap((code, index) => {
    const next = checkOrder.slice(index + 1);
    const found = next
      .map((later) => pairs.find(([one, two]) => one.code === code && two.code === later))
      .find((pair) => pair !== undefined);
    if (!found) return [];
    const [one, two] = found;
    return [
      {
        what: `${one.what}, and ${two.what}: the first is named`,
        code: one.code,
        change: { ...one.change, ...two.change },
        context: { ...one.context, ...two.context },
      },
    ];
  });
};

const previous = history('a', 'b');

const blanks = (headers: HeaderList): HeaderList =>
  headers.map(([name, value]) => [name, ` \t${value} \t`]);

/** What is accepted: each fault differs from one of these in one thing. */
const controls = {
  offers: [
    { what: 'control', code: null },
    { what: 'control: blanks at both ends', code: null, change: { headers: blanks } },
    { what: 'control: exactly 300,000 ms early', code: null, change: { time: now - 300_000 } },
    { what: 'control: exactly 300,000 ms late', code: null, change: { time: now + 300_000 } },
    {
      what: 'control: a re-INVITE',
      code: null,
      change: { previousAnswerHash: previous.answerHash },
      context: { previous },
    },
  ],
  answers: [
    { what: 'control', code: null },
    { what: 'control: a re-INVITE', code: null, pending: () => pendingOffer(history('b', 'a')) },
  ],
} satisfies {
  readonly offers: readonly Fault<OfferContext>[];
  readonly answers: readonly Fault<AnswerContext>[];
};

const slugOf = (what: string): string => what.toLowerCase().replaceAll(/[^a-z0-9^+]+/g, '-');

/** Builds the file anew: the same bytes every time. */
export const buildRefusalVectors = (): RefusalVectors => {
  const texts = createTexts();
  const offers = [...controls.offers, ...bothKinds, ...offersOnly, ...neighbouringPairs()];
  const answers = [...controls.answers, ...bothKinds, ...answersOnly];
  const control = { what: 'control', code: null, headers: goodAck } as const;
  const cases: readonly Unnumbered[] = [
    ...offers.map(offerCase(texts)),
    ...answers.map(answerCase(texts)),
    ...[control, ...confirmationsOnly].map(confirmationCase(texts)),
  ];
  const used = ['a', 'b', 'c', 'a-renewed', 'b-renewed', 'clients', 'clients-next'];
  return {
    about: 'Refusals of the key agreement CSL1; README.md beside this file explains them.',
    certificates: Object.fromEntries(used.map((name) => [name, toBase64(certificateDer(name))])),
    texts: texts.all(),
    cases: cases.map((each) => ({ id: `${each.kind}/${slugOf(each.what)}`, ...each })),
  };
};

/** The file's text. */
export const refusalVectorsText = (): string => {
  const { cases, ...rest } = buildRefusalVectors();
  const head = JSON.stringify(rest, null, 1).slice(0, -2);
  const lines = cases.map((each) => ` ${JSON.stringify(each)}`).join(',\n');
  return `${head},\n "cases": [\n${lines}\n ]\n}\n`;
};
