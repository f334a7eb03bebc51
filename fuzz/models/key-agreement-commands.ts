import * as fc from 'fast-check';
import type { HeaderList } from '../../reference/core/csl/headers.ts';
import { demand, sameBytes, sameValue } from '../properties.ts';
import {
  dialogOf,
  judgeAnswer,
  judgeConfirmation,
  judgeInvite,
  numberOf,
  say,
  settle,
  type Known,
  type Phone,
  type World,
} from './key-agreement.ts';
import { arrivingOf, messagesOf, parts, type Edit, type SaidOf } from './key-agreement-edits.ts';
import {
  arrivingAck,
  arrivingBytes,
  callIdOf,
  contextAt,
  displayOf,
  freshValues,
  keyTexts,
  phoneOf,
  textOfNumber,
  type Phones,
} from './key-agreement-phones.ts';

/** One step; `reached` is told what it came to. */
export type Step = fc.Command<World, Phones>;
type Reached = (shape: string) => void;

/** One of a list, counted from its end. */
const fromEnd = <Value>(list: readonly Value[], place: number): Value | undefined =>
  list.length === 0 ? undefined : list[list.length - 1 - (place % list.length)];

const step = (
  name: string,
  check: (world: World) => boolean,
  run: (world: World, phones: Phones) => void,
): Step => ({ check, run, toString: () => name });

const keep = (phones: Phones, message: number, headers: HeaderList): void =>
  void phones.headers.set(message, headers);

interface OfferAsked {
  readonly sender: Phone;
  readonly dialled: number;
  readonly call: number;
  readonly media: number;
  /** In the dialog of that Call-ID, where there is one. */
  readonly again: boolean;
}

const offer = (asked: OfferAsked, reached: Reached): Step =>
  step(
    `offer ${JSON.stringify(asked)}`,
    () => true,
    (world, phones) => {
      const { sender, call, media, again } = asked;
      const dialog = again ? dialogOf(world, sender, call) : undefined;
      const dialled = dialog ? numberOf(dialog.peer) : asked.dialled;
      const phone = phoneOf(phones, sender);
      const previous = dialog && phone.dialogs.get(call);
      const made = phones.agreement.createOffer({
        ...freshValues(world.said.length, world.now, media),
        own: phone.own,
        dialled: textOfNumber(dialled),
        callId: callIdOf(call),
        ...(previous && { previous }),
      });
      const expected = numberOf(sender) === dialled ? 'dials-itself' : 'ok';
      sameValue('offer', expected, made.ok ? 'ok' : made.error.code);
      reached(`offer ${expected}`);
      if (!made.ok) return;
      const chained = dialog?.answer ?? null;
      const said = { kind: 'offer', sender, dialled, call, media, previous: chained } as const;
      const message = say(world, sender, { ...said, time: world.now });
      keep(phones, message, made.value.headers);
      phones.offers.set(message, made.value);
      phone.underWay.set(message, made.value.underWay);
    },
  );

interface Delivery {
  readonly which: number;
  /** To whom, or to which exchange; null is the right one. */
  readonly to: number | null;
  readonly edits: readonly Edit[];
  readonly known: Known;
}

/** For whom an offer is meant: the peer of its dialog, else the phone that has the number's first certificate. */
const meantFor = (world: World, { previous, sender, call, dialled }: SaidOf<'offer'>): Phone =>
  (previous === null ? undefined : dialogOf(world, sender, call)?.peer) ?? (dialled as Phone);

const deliverInvite = (
  delivery: Delivery & { readonly inDialog: boolean | null; readonly media: number },
  reached: Reached,
): Step =>
  step(
    `INVITE ${JSON.stringify(delivery)}`,
    (world) => messagesOf(world, 'offer').length > 0,
    (world, phones) => {
      const [message, asked] = fromEnd(messagesOf(world, 'offer'), delivery.which) ?? [];
      if (message === undefined || asked === undefined) return;
      const { to, edits, known, media } = delivery;
      const receiver = to === null ? meantFor(world, asked) : ((to % 4) as Phone);
      const inDialog = delivery.inDialog ?? asked.previous !== null;
      const arriving = arrivingOf(world, message, asked, edits);
      const phone = phoneOf(phones, receiver);
      const previous = inDialog ? phone.dialogs.get(arriving.call) : undefined;
      const context = contextAt(phones, world, receiver, known);
      const outcome = phones.agreement.verifyOffer(arrivingBytes(phones, arriving), {
        ...context,
        ...(previous && { previous }),
      });
      const expected = judgeInvite(world, receiver, arriving, inDialog, known);
      sameValue('INVITE', expected, outcome.ok ? 'ok' : outcome.error.code);
      reached(`INVITE ${expected}${previous ? ' in a dialog' : ''}`);
      if (!outcome.ok) return;
      const { sender } = asked;
      const { peer, displayed } = outcome.value;
      sameValue('number of the caller', textOfNumber(numberOf(sender)), peer.number);
      sameValue('identifiers at the callee', displayOf(receiver, sender), displayed);
      const fresh = freshValues(world.said.length, world.now, media);
      const made = outcome.value.createAnswer(fresh);
      demand('a 200 can be made', made.ok, 'ok', () => made);
      if (!made.ok) return;
      const said = { kind: 'answer', sender: receiver, offer: message, media } as const;
      const answer = say(world, receiver, { ...said, time: world.now });
      keep(phones, answer, made.value.headers);
      phones.answers.set(answer, made.value);
      phone.underWay.set(answer, made.value.underWay);
    },
  );

const deliverAnswer = (delivery: Delivery, reached: Reached): Step =>
  step(
    `200 ${JSON.stringify(delivery)}`,
    (world) => messagesOf(world, 'answer').length > 0,
    (world, phones) => {
      const [message, given] = fromEnd(messagesOf(world, 'answer'), delivery.which) ?? [];
      if (message === undefined || given === undefined) return;
      const offers = messagesOf(world, 'offer');
      const to = delivery.to === null ? undefined : fromEnd(offers, delivery.to);
      const asked = to ?? offers.find(([each]) => each === given.offer);
      const made = asked && phones.offers.get(asked[0]);
      if (asked === undefined || made === undefined) return;
      const [exchange, { sender, call }] = asked;
      const arriving = arrivingOf(world, message, asked[1], delivery.edits);
      const phone = phoneOf(phones, sender);
      const context = contextAt(phones, world, sender, delivery.known);
      const outcome = made.verifyAnswer(arrivingBytes(phones, arriving), context);
      const expected = judgeAnswer(world, exchange, arriving, delivery.known);
      sameValue('200', expected, outcome.ok ? 'ok' : outcome.error.code);
      reached(`200 ${expected}`);
      phone.underWay.delete(exchange);
      if (!outcome.ok) return;
      const { peer, displayed, keys, answerHash, ackHeaders } = outcome.value;
      sameValue('number of the callee', textOfNumber(numberOf(given.sender)), peer.number);
      sameValue('identifiers at the caller', displayOf(sender, given.sender), displayed);
      phone.dialogs.set(call, {
        answerHash,
        ownCertificate: phone.own.certificate.der,
        peerCertificate: peer.certificate.der,
      });
      phones.agreed.set(message, { keys, answerHash });
      const all = [...phones.agreed.values()].flatMap(keyTexts);
      sameValue('keys that no other call or direction has', all.length, new Set(all).size);
      keep(phones, say(world, sender, { kind: 'confirmation', answer: message }), ackHeaders);
    },
  );

const deliverAck = (delivery: Delivery, reached: Reached): Step =>
  step(
    `ACK ${JSON.stringify(delivery)}`,
    (world) => messagesOf(world, 'confirmation').length > 0,
    (world, phones) => {
      const [message, sent] = fromEnd(messagesOf(world, 'confirmation'), delivery.which) ?? [];
      if (message === undefined || sent === undefined) return;
      const answers = messagesOf(world, 'answer');
      const to = delivery.to === null ? undefined : fromEnd(answers, delivery.to);
      const answer = to?.[0] ?? sent.answer;
      const given = world.said[answer];
      const made = phones.answers.get(answer);
      const offered = given?.kind === 'answer' ? world.said[given.offer] : undefined;
      if (made === undefined || given?.kind !== 'answer' || offered?.kind !== 'offer') return;
      const put = delivery.edits.find(({ part }) => part === 'info2');
      const of = put ? put.with % world.said.length : message;
      const tag = { of, altered: delivery.edits.some(({ part }) => part === 'tag') };
      const outcome = made.verifyConfirmation(arrivingAck(phones, tag));
      const expected = judgeConfirmation(world, answer, tag);
      sameValue('ACK', expected, outcome.ok ? 'ok' : outcome.error.code);
      reached(`ACK ${expected}`);
      const phone = phoneOf(phones, given.sender);
      phone.underWay.delete(answer);
      if (!outcome.ok) return;
      const agreed = phones.agreed.get(answer);
      sameValue('both sides have the same keys', agreed?.keys, outcome.value.keys);
      sameBytes('hash', agreed?.answerHash ?? new Uint8Array(), outcome.value.answerHash);
      phone.dialogs.set(offered.call, {
        answerHash: outcome.value.answerHash,
        ownCertificate: phone.own.certificate.der,
        peerCertificate: phoneOf(phones, offered.sender).own.certificate.der,
      });
    },
  );

const abandon = (which: number): Step =>
  step(
    `abandon ${which}`,
    ({ said }) => said.some(({ kind }) => kind !== 'confirmation'),
    (world, phones) => {
      const { said } = world;
      const own = said.flatMap((each, message) =>
        each.kind === 'confirmation' ? [] : [[message, each.sender] as const],
      );
      const [message, sender] = fromEnd(own, which) ?? [];
      if (message === undefined || sender === undefined) return;
      (phones.offers.get(message) ?? phones.answers.get(message))?.abandon();
      phoneOf(phones, sender).underWay.delete(message);
      settle(world, sender, message);
    },
  );

const pass = (wall: number, elapsed: number): Step =>
  step(
    `clock ${wall} ${elapsed}`,
    () => true,
    (world) => {
      world.now += wall;
      world.elapsed += elapsed;
    },
  );

const untouched: Delivery = { which: 0, to: null, edits: [], known: 'good' };

/** What follows if nobody interferes: the last message arrives. */
const next = (reached: Reached): Step =>
  step(
    'next',
    ({ said }) => said.length > 0,
    (world, phones) => {
      const kind = world.said.at(-1)?.kind;
      if (kind === 'offer')
        deliverInvite({ ...untouched, inDialog: null, media: 0 }, reached).run(world, phones);
      if (kind === 'answer') deliverAnswer(untouched, reached).run(world, phones);
      if (kind === 'confirmation') deliverAck(untouched, reached).run(world, phones);
    },
  );

const which = fc.constantFrom(0, 0, 0, 0, 1, 2, 5);
const known = fc.constantFrom<Known>('good', 'good', 'good', 'good', 'revoked', 'unavailable');
const edits = fc.oneof(
  { weight: 3, arbitrary: fc.constant<readonly Edit[]>([]) },
  {
    weight: 2,
    arbitrary: fc.array(
      fc.record({ part: fc.constantFrom(...parts, 'tag'), with: fc.nat({ max: 40 }) }),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
  },
);
const to = fc.option(fc.nat({ max: 5 }), { freq: 5 });
const media = fc.nat({ max: 1 });
const delivered = { which, to, edits, known };

const minutes = fc.constantFrom(1, 60_000, 299_999, 300_000, 300_001, 7_200_000);

/** Everything that can happen; `reached` is told what each step came to. */
export const keyAgreementSteps = (reached: Reached): fc.Arbitrary<Step>[] => {
  const offers = fc
    .record({
      sender: fc.constantFrom<Phone>(0, 0, 1, 1, 2, 3),
      dialled: fc.nat({ max: 2 }),
      call: fc.nat({ max: 1 }),
      media,
      again: fc.boolean(),
    })
    .map((asked) => offer(asked, reached));
  const invites = fc
    .record({ ...delivered, inDialog: fc.option(fc.boolean(), { freq: 3 }), media })
    .map((each) => deliverInvite(each, reached));
  const answers = fc.record(delivered).map((each) => deliverAnswer(each, reached));
  const acks = fc.record(delivered).map((each) => deliverAck(each, reached));
  const clocks = fc.oneof(
    minutes.map((time) => pass(time, time)),
    minutes.map((time) => pass(-time, 0)),
    minutes.map((time) => pass(time, 0)),
  );
  const others = fc.oneof(clocks, which.map(abandon));
  const honest = fc.constant(next(reached));
  return [offers, offers, invites, invites, answers, acks, others, honest, honest, honest];
};
