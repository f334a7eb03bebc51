import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { err, ok, type Fault, type Result } from '../../reference/core/result.ts';
import { checkEvidencePath, manifestName } from './paths.ts';

/** The content of `manifest.json`: every other file of the run folder, ordered by path (code units). */
export const manifestSchema = z.strictObject({
  schema: z.literal(1),
  algorithm: z.literal('sha256'),
  files: z.array(
    z.strictObject({
      path: z.string().refine((path) => checkEvidencePath(path).ok),
      bytes: z.number().int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

/** Why a run folder is not what its manifest says, with the paths concerned. */
export interface ManifestFault extends Fault<
  'manifest-missing' | 'manifest-malformed' | 'manifest-mismatch' | 'manifest-unreadable'
> {
  /** In the manifest, not in the folder. */
  readonly missing: readonly string[];
  /** Of another length or hash than the manifest says. */
  readonly altered: readonly string[];
  /** In the folder, not in the manifest; symbolic links and other special files are always here. */
  readonly additional: readonly string[];
}

const byCodeUnits = (left: string, right: string): number => {
  if (left === right) return 0;
  return left < right ? -1 : 1;
};

/** Regular files and everything else below a folder, both as relative paths ordered by code units; links are not followed. */
export const listFolder = async (
  folder: string,
): Promise<{ readonly files: readonly string[]; readonly special: readonly string[] }> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const pathOf = (entry: (typeof entries)[number]) =>
    join(entry.parentPath, entry.name).slice(join(folder, '/').length);
  const paths = (kept: typeof entries) => kept.map(pathOf).sort(byCodeUnits);
  return {
    files: paths(entries.filter((entry) => entry.isFile())),
    special: paths(entries.filter((entry) => !entry.isFile() && !entry.isDirectory())),
  };
};

const describeFile = async (folder: string, path: string): Promise<Manifest['files'][number]> => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(join(folder, path)) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { path, bytes, sha256: hash.digest('hex') };
};

/** The manifest of a folder as it is now. */
export const describeFolder = async (folder: string): Promise<Manifest> => {
  const { files } = await listFolder(folder);
  const described = [];
  for (const path of files)
    if (path !== manifestName) described.push(await describeFile(folder, path));
  return { schema: 1, algorithm: 'sha256', files: described };
};

const refuse = (
  code: ManifestFault['code'],
  detail: string,
  paths: Partial<Pick<ManifestFault, 'missing' | 'altered' | 'additional'>> = {},
): { readonly ok: false; readonly error: ManifestFault } =>
  err({ code, offset: -1, detail, missing: [], altered: [], additional: [], ...paths });

const readManifest = async (folder: string): Promise<Result<Manifest, ManifestFault>> => {
  const path = join(folder, manifestName);
  const there = await stat(path).catch(() => undefined);
  if (!there?.isFile()) return refuse('manifest-missing', `no ${manifestName} in ${folder}`);
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    const unique = new Set(parsed.data?.files.map((file) => file.path));
    if (parsed.success && unique.size === parsed.data.files.length) return ok(parsed.data);
    const [issue] = parsed.error?.issues ?? [];
    const field = issue ? `${issue.path.join('.')}: ${issue.message}` : 'a path occurs twice';
    return refuse('manifest-malformed', field);
  } catch (error) {
    return refuse('manifest-malformed', error instanceof Error ? error.message : String(error));
  }
};

const compare = (
  manifest: Manifest,
  found: Manifest,
  special: readonly string[],
): Result<void, ManifestFault> => {
  const actual = new Map(found.files.map((file) => [file.path, file]));
  const listed = new Set(manifest.files.map((file) => file.path));
  const missing = manifest.files.map((file) => file.path).filter((path) => !actual.has(path));
  const altered = manifest.files
    .filter(({ path, bytes, sha256 }) => {
      const file = actual.get(path);
      return file && (file.bytes !== bytes || file.sha256 !== sha256);
    })
    .map((file) => file.path);
  const additional = [...[...actual.keys()].filter((path) => !listed.has(path)), ...special];
  const parts = Object.entries({ missing, altered, additional })
    .filter(([, paths]) => paths.length > 0)
    .map(([name, paths]) => `${name}: ${paths.join(', ')}`);
  if (parts.length === 0) return ok(undefined);
  return refuse('manifest-mismatch', parts.join('; '), { missing, altered, additional });
};

/**
 * Compares a run folder with its manifest. It finds accidents and careless edits; whoever can rewrite the manifest too is found
 * only by comparing the hash of `manifest.json` with one kept elsewhere.
 */
export const verifyManifest = async (folder: string): Promise<Result<void, ManifestFault>> => {
  const manifest = await readManifest(folder);
  if (!manifest.ok) return manifest;
  try {
    const { special } = await listFolder(folder);
    return compare(manifest.value, await describeFolder(folder), special);
  } catch (error) {
    return refuse('manifest-unreadable', error instanceof Error ? error.message : String(error));
  }
};
