/** Whether a text is a path: the number of a case, then which of the simpler ones, step by step. */
export const isPath = (text: string): boolean => /^\d{1,15}(:\d{1,9}){0,10000}$/.test(text);
