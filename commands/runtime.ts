/** Why this Node cannot run the program, with what runs it; null where it can. Imports nothing, so that it can be asked before anything else is loaded. */
export const runtimeProblem = (
  node: string,
  instead = 'npm run evaluate or npx discretio, which find',
): string | null =>
  Number(node.split('.')[0]) >= 24
    ? null
    : `Node ${node} is too old; run ./setup, then ${instead} Node 24`;
