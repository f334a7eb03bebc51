import { generateKeyPair } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const makePair = promisify(generateKeyPair);

/** Environment variables that key-supply.ts reads: the folder of keys, and the one in which a run notes what it took. */
const variables = { keys: 'DISCRETIO_PREPARED_KEYS', taken: 'DISCRETIO_TAKEN_KEYS' } as const;

/** RSA keys made once for many runs; the making of its keys is a fifth of a short run. */
export interface PreparedKeys {
  /** What a run needs in its environment to take each key at most once, with all the processes that it starts. `name` is its own. */
  readonly environmentFor: (name: string) => Promise<Readonly<Record<string, string>>>;
}

/** Makes so many keys, of 2048 bits and with the exponent 65537, in a new folder of this one. */
export const prepareKeys = async (folder: string, count: number): Promise<PreparedKeys> => {
  const keys = join(folder, 'keys');
  await mkdir(keys, { mode: 0o700 });
  const make = async (index: number): Promise<void> => {
    const { privateKey } = await makePair('rsa', { modulusLength: 2048, publicExponent: 65_537 });
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    await writeFile(join(keys, `${index}.der`), der, { mode: 0o600 });
  };
  await Promise.all(Array.from({ length: count }, (_, index) => make(index)));
  const supply = new URL('key-supply.ts', import.meta.url).href;
  return {
    async environmentFor(name) {
      const taken = join(folder, `taken-${name}`);
      await mkdir(taken);
      const options = process.env['NODE_OPTIONS'] ?? '';
      return {
        [variables.keys]: keys,
        [variables.taken]: taken,
        NODE_OPTIONS: `${options} --import=${supply}`.trim(),
      };
    },
  };
};
