import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { ApplianceStore } from '../../reference/appliance/store/contract.ts';
import { createMemoryStore } from '../../reference/appliance/store/open.ts';
import { certificateOf, start } from '../../reference/appliance/store/testing/fixtures.ts';

const numbers = ['+33639990003', '+33639990004'] as const;
const lifetime = 600_000;
const tries = 3;
const tokenOf = (place: number): string => String(100_000 + place);

interface Enrolment {
  readonly number: string;
  readonly begunAt: number;
  state: 'pending' | 'issued' | 'dead';
  isExpired: boolean;
  wrong: number;
  /** Of its certificate, once it has one. */
  isRevoked: boolean;
}

/** A store of tokens with a clock (I-6): what each enrolment came to. */
interface Model {
  readonly enrolments: Enrolment[];
  now: number;
}

const idOf = (place: number): string => place.toString(16).padStart(32, '0');

const enrolmentAt = ({ enrolments }: Model, place: number): [Enrolment, number] | null => {
  const found = enrolments[place % Math.max(enrolments.length, 1)];
  return found ? [found, place % enrolments.length] : null;
};

const agree = ({ enrolments }: Model, store: ApplianceStore): void => {
  const held = enrolments.map((_, place) => {
    const enrolment = store.enrolments.get(idOf(place));
    return [enrolment?.state, enrolment?.wrongTries];
  });
  expect(held).toEqual(enrolments.map(({ state, wrong }) => [state, wrong]));
};

class Begin implements fc.Command<Model, ApplianceStore> {
  readonly number: string;
  constructor(number: string) {
    this.number = number;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, store: ApplianceStore): void {
    const place = model.enrolments.length;
    const { publicKey } = certificateOf(`model ${place}`);
    const id = idOf(place);
    const at = model.now;
    const { number } = this;
    const token = tokenOf(place);
    store.enrolments.begin({ id, number, publicKey, requestHash: 'ab', token, at });
    model.enrolments.push({
      number,
      begunAt: at,
      state: 'pending',
      isExpired: false,
      wrong: 0,
      isRevoked: false,
    });
    agree(model, store);
  }
  toString(): string {
    return `begin(${this.number})`;
  }
}

/** What a token must come to, and what is then remembered. */
const tried = (enrolment: Enrolment, now: number, isRight: boolean): string => {
  const age = now - enrolment.begunAt;
  if (enrolment.isExpired || age < 0 || age >= lifetime) {
    if (enrolment.state === 'pending') {
      enrolment.state = 'dead';
      enrolment.isExpired = true;
    }
    return 'expired';
  }
  if (enrolment.wrong >= tries || enrolment.state === 'dead') return 'dead';
  if (isRight) return enrolment.isRevoked ? 'dead' : 'right';
  enrolment.wrong += 1;
  if (enrolment.state === 'pending' && enrolment.wrong >= tries) enrolment.state = 'dead';
  return 'wrong';
};

class TryToken implements fc.Command<Model, ApplianceStore> {
  readonly place: number;
  readonly isRight: boolean;
  constructor(place: number, isRight: boolean) {
    this.place = place;
    this.isRight = isRight;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, store: ApplianceStore): void {
    const found = enrolmentAt(model, this.place);
    const place = found?.[1] ?? 99;
    const attempt = {
      id: idOf(place),
      token: this.isRight ? tokenOf(place) : '000000',
      at: model.now,
      lifetime,
      tries,
    };
    const expected = found ? tried(found[0], model.now, this.isRight) : 'unknown';
    expect(store.enrolments.tryToken(attempt).kind).toBe(expected);
    agree(model, store);
  }
  toString(): string {
    return `try(${this.place}, ${this.isRight ? 'right' : 'wrong'})`;
  }
}

/** What issuing must come to: once for each enrolment, and everything older of the number ends with it. */
const issued = (model: Model, enrolment: Enrolment): string => {
  if (enrolment.state === 'issued') return enrolment.isRevoked ? 'refused' : 'issued';
  if (enrolment.state === 'dead') return 'refused';
  for (const other of model.enrolments) {
    if (other.number !== enrolment.number) continue;
    if (other.state === 'issued') other.isRevoked = true;
    if (other.state === 'pending') other.state = 'dead';
  }
  enrolment.state = 'issued';
  return 'issued';
};

class Issue implements fc.Command<Model, ApplianceStore> {
  readonly place: number;
  constructor(place: number) {
    this.place = place;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, store: ApplianceStore): void {
    const found = enrolmentAt(model, this.place);
    const place = found?.[1] ?? 99;
    const certificate = certificateOf(`model ${place}`);
    const made = { id: idOf(place), certificate, at: model.now, notice: 'superseded' };
    const expected = found ? issued(model, found[0]) : 'refused';
    expect(store.enrolments.issue(made).kind).toBe(expected);
    agree(model, store);
  }
  toString(): string {
    return `issue(${this.place})`;
  }
}

class SetClock implements fc.Command<Model, ApplianceStore> {
  readonly by: number;
  constructor(by: number) {
    this.by = by;
  }
  check(): boolean {
    return true;
  }
  run(model: Model): void {
    model.now += this.by;
  }
  toString(): string {
    return `clock ${this.by}`;
  }
}

const places = fc.nat({ max: 5 });

describe('enrolment tokens against a table with a clock', () => {
  test.prop(
    [
      fc.commands(
        [
          fc.constantFrom(...numbers).map((number) => new Begin(number)),
          fc.tuple(places, fc.boolean()).map(([place, isRight]) => new TryToken(place, isRight)),
          fc.tuple(places, fc.boolean()).map(([place, isRight]) => new TryToken(place, isRight)),
          places.map((place) => new Issue(place)),
          fc.constantFrom(-1, 1, lifetime - 1, lifetime, -lifetime).map((by) => new SetClock(by)),
        ],
        { size: '+1', maxCommands: 40 },
      ),
    ],
    { numRuns: 100 },
  )('come to the same at every step', (commands) => {
    fc.modelRun(
      () => ({ model: { enrolments: [], now: start }, real: createMemoryStore() }),
      commands,
    );
  });
});
