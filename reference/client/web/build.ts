import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join, relative } from 'node:path';
import type { Plugin } from 'vite';

const root = join(import.meta.dirname, '../../..');
const screen = join(import.meta.dirname, 'screen');

/** Where built screens are kept, each under the hash of what it was made of. */
const cache = join(root, 'dist/phone-screen');

/** A file of the screen as it is served. */
export interface ScreenFile {
  readonly type: string;
  readonly bytes: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Files that the screen is built from, relative to the project; a test holds this against what the build reads. */
export const screenSources = async (): Promise<readonly string[]> => {
  const found: string[] = [];
  const patterns = ['reference/client/web/**/*', 'reference/client/audio/resampler.ts'];
  for await (const entry of glob(patterns, { cwd: root, withFileTypes: true }))
    if (entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      found.push(relative(root, join(entry.parentPath, entry.name)));
  return found.toSorted();
};

const versionOf = async (name: string): Promise<string> => {
  const path = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return JSON.parse(await readFile(path, 'utf8')).version;
};

/** The hash of all that the built screen depends on. */
const hashOfSources = async (): Promise<string> => {
  const hash = createHash('sha256');
  for (const name of ['vite', 'preact', '@preact/preset-vite'])
    hash.update(`${name} ${await versionOf(name)}\n`);
  for (const file of await screenSources())
    hash.update(`${file}\n`).update(await readFile(join(root, file)));
  return hash.digest('hex').slice(0, 32);
};

/** Builds the screen into a folder; gives the paths of all modules that it was made of. */
export const buildScreen = async (folder: string): Promise<readonly string[]> => {
  const [{ build }, { preact }] = await Promise.all([
    import('vite'),
    import('@preact/preset-vite'),
  ]);
  const modules: string[] = [];
  const listing = (): Plugin => ({
    name: 'modules',
    moduleParsed: ({ id }) => void modules.push(id),
  });
  await build({
    configFile: false,
    root: screen,
    base: './',
    logLevel: 'error',
    plugins: [...preact(), listing()],
    build: {
      outDir: folder,
      emptyOutDir: true,
      // Inlined files would be data: URLs, which the page's policy refuses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: ['chrome70', 'firefox90', 'safari15'],
      reportCompressedSize: false,
    },
    worker: { format: 'es', plugins: () => [listing()] },
  });
  return modules;
};

/** Builds into a folder of its own and puts it in place as a whole: of two at once, one is kept. */
const buildInto = async (folder: string): Promise<void> => {
  const temporary = join(cache, `.${randomUUID()}`);
  const { NODE_ENV: before } = process.env;
  await mkdir(cache, { recursive: true });
  try {
    await buildScreen(temporary);
    await rename(temporary, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    // Vite sets it for the whole process.
    if (before === undefined) delete process.env['NODE_ENV'];
    await rm(temporary, { recursive: true, force: true });
  }
};

const readAll = async (folder: string): Promise<ReadonlyMap<string, ScreenFile>> => {
  const files = new Map<string, ScreenFile>();
  for await (const entry of glob('**/*', { cwd: folder, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const type = types[extname(path)] ?? 'application/octet-stream';
    files.set(relative(folder, path), { type, bytes: await readFile(path) });
  }
  return files;
};

const prepare = async (): Promise<ReadonlyMap<string, ScreenFile>> => {
  try {
    const folder = join(cache, await hashOfSources());
    if (!existsSync(folder)) await buildInto(folder);
    return await readAll(folder);
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new Error(`the phone's screen cannot be built: ${reason}; run ./setup`, { cause: error });
  }
};

let prepared: Promise<ReadonlyMap<string, ScreenFile>> | undefined;

/** The files of the screen by their paths, built on first use; rejects with one line where that fails. */
export const screenFiles = (): Promise<ReadonlyMap<string, ScreenFile>> => (prepared ??= prepare());
