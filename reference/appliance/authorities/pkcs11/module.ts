import { existsSync } from 'node:fs';
import { endianness } from 'node:os';
import { promisify } from 'node:util';
import koffi, { type LibraryHandle } from 'koffi';
import { authoritiesProblem } from '../problem.ts';
import { pkcs11Functions, returnValueName, type Pkcs11Function } from './constants.ts';
import { emptyCell, wordAt, type Cell } from './memory.ts';

/** Calls a function of the module in another thread: words, and cells for pointers to them. Gives the return value. */
export type Pkcs11Call = (
  name: Pkcs11Function,
  ...parameters: readonly (number | Cell)[]
) => Promise<number>;

const word = 'uint64_t';
const wordLength = 8;

const unsupported = (): string | undefined => {
  if (process.platform !== 'linux') return `tokens work on Linux only, not on ${process.platform}`;
  return endianness() === 'LE' && ['x64', 'arm64'].includes(process.arch)
    ? undefined
    : `tokens are not supported on ${process.arch}`;
};

type GetFunctionList = (place: number) => number | bigint;

const listAddress = (library: LibraryHandle): bigint => {
  const getFunctionList = library.func('C_GetFunctionList', word, [word]) as GetFunctionList;
  const place = emptyCell(wordLength);
  const value = Number(getFunctionList(place.address));
  if (value !== 0) throw new Error(`C_GetFunctionList: ${returnValueName(value)}`);
  return BigInt(wordAt(place));
};

const openLibrary = (module: string): { readonly list: bigint; readonly library: unknown } => {
  try {
    const library = koffi.load(module);
    return { library, list: listAddress(library) };
  } catch (error) {
    const reason = `not a PKCS #11 module (${String(error).replaceAll(/\s*\n\s*/g, ' ')})`;
    throw authoritiesProblem('authorities/token', module, reason);
  }
};

type AsyncFunction = (...words: readonly number[]) => Promise<number | bigint>;

const bind = (list: bigint, [place, parameters]: readonly [number, number]): AsyncFunction => {
  // CK_FUNCTION_LIST: a version in the first word, then the functions.
  const address = koffi.decode(list, (place + 1) * wordLength, 'void *') as unknown;
  const words = Array.from({ length: parameters }, () => word);
  const bound = koffi.decode(address, koffi.proto(word, words)) as {
    readonly async: (...words: unknown[]) => void;
  };
  return promisify(bound.async) as AsyncFunction;
};

/** Loads a PKCS #11 module (an absolute path) and binds what is used of it. Throws an AuthoritiesProblem. */
export const loadPkcs11 = (module: string): Pkcs11Call => {
  const refusal = unsupported();
  if (refusal !== undefined) throw authoritiesProblem('authorities/token', module, refusal);
  if (!existsSync(module)) {
    const reason = 'there is no such PKCS #11 module; name the path of its library';
    throw authoritiesProblem('authorities/token', module, reason);
  }
  const { list, library } = openLibrary(module);
  const functions = new Map(
    Object.entries(pkcs11Functions).map(([name, described]) => [name, bind(list, described)]),
  );
  // What other threads work with must not be collected while they do.
  const held = new Set<unknown>([library]);
  return async (name, ...parameters) => {
    held.add(parameters);
    try {
      const words = parameters.map((given) => (typeof given === 'number' ? given : given.address));
      return Number(await functions.get(name)?.(...words));
    } finally {
      held.delete(parameters);
    }
  };
};
