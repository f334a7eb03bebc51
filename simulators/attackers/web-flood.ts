import { setTimeout as delay } from 'node:timers/promises';
import { certificateRequest, freshKey } from './certificate-forger.ts';
import { postJson, type RegistrationTarget } from './enrolment-client.ts';

/** A flood of enrolment requests. */
export interface FloodOrder {
  readonly target: RegistrationTarget;
  /** The number that all of them are for. */
  readonly number: string;
  /** Requests under way at once, each over a connection of its own. */
  readonly parallel: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** What came of it; plain data. */
export interface FloodResult {
  /** Answers by status; `failed` and `deadline` for those that got none. */
  readonly answers: Readonly<Record<string, number>>;
  /** Milliseconds from the first request to the last answer. */
  readonly took: number;
}

/** Milliseconds that one request of the flood may take. */
const deadlineMs = 3_000;

/** Asks for enrolments as fast as the service answers, each with a handshake and a request that has to be checked. */
export const floodRegistration = async (order: FloodOrder): Promise<FloodResult> => {
  const { target, number, parallel, duration } = order;
  const csr = certificateRequest(number, freshKey());
  const answers: Record<string, number> = {};
  const began = performance.now();
  let over = false;
  const press = async (): Promise<void> => {
    while (!over) {
      const outcome = await postJson(target, '/v1/enrolments', { number, csr }, deadlineMs);
      const name = outcome.kind === 'answered' ? String(outcome.status) : outcome.kind;
      answers[name] = (answers[name] ?? 0) + 1;
    }
  };
  const pressing = Array.from({ length: parallel }, press);
  await delay(duration);
  over = true;
  await Promise.all(pressing);
  return { answers, took: Math.round(performance.now() - began) };
};
