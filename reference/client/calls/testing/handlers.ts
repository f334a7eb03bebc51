import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import {
  createHandler,
  createParties,
  openPortCount,
  type HandlerOptions,
  type Parties,
  type TestHandler,
} from './handler.ts';

/**
 * Makes the call handlers of a test file. After each test they are closed, no media port may be left, and nothing may have
 * escaped from an event handler or a timer, which would end the process.
 */
export const useHandlers = (): ((
  name: Exclude<keyof Parties, 'authority'>,
  options?: HandlerOptions,
) => TestHandler) => {
  let parties: Parties;
  const handlers: TestHandler[] = [];
  const escaped: unknown[] = [];
  const escape = (error: unknown): void => void escaped.push(error);
  beforeEach(() => {
    process.on('unhandledRejection', escape).on('uncaughtException', escape);
  });
  beforeAll(async () => {
    parties = await createParties();
  });
  afterEach(async () => {
    await Promise.all(handlers.splice(0).map(({ calls }) => calls.close()));
    expect(await openPortCount(), 'media ports left open').toBe(0);
    process.off('unhandledRejection', escape).off('uncaughtException', escape);
    expect(escaped.splice(0)).toEqual([]);
  });
  return (name, options) => {
    const handler = createHandler(parties, parties[name], options);
    handlers.push(handler);
    return handler;
  };
};
