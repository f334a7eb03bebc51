import { createContext, Script } from 'node:vm';

const script = new Script('work()');
const context: { work: () => void } = { work: () => {} };
createContext(context);

/** Runs synchronous work and ends it by force after so many milliseconds; false where that was needed. */
export const withinTime = (milliseconds: number, work: () => void): boolean => {
  try {
    context.work = work;
    script.runInContext(context, { timeout: milliseconds });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
};
