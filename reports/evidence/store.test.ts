import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEvidenceStore } from './store.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writing evidence', () => {
  it('keeps bytes, texts and JSON, in folders made as needed', async () => {
    const store = await createEvidenceStore(join(folder, 'runs', 'one'));
    await store.write('wire/packet.bin', new Uint8Array([0, 255, 10]));
    await store.write('notes.txt', 'été\n');
    await store.write('run.json', { schema: 1, list: [1, 2] });
    const read = (path: string) => readFile(join(store.folder, path));
    expect([...(await read('wire/packet.bin'))]).toEqual([0, 255, 10]);
    expect((await read('notes.txt')).toString()).toBe('été\n');
    expect((await read('run.json')).toString()).toBe(
      '{\n  "schema": 1,\n  "list": [\n    1,\n    2\n  ]\n}\n',
    );
    expect(await store.list()).toEqual(['notes.txt', 'run.json', 'wire/packet.bin']);
  });

  it('replaces a file whole and leaves no temporary file', async () => {
    const store = await createEvidenceStore(folder);
    await Promise.all(['first, longer', 'second'].map((text) => store.write('a.txt', text)));
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('second');
    expect(await store.list()).toEqual(['a.txt']);
  });

  it('appends in the order of the calls', async () => {
    const store = await createEvidenceStore(folder);
    const lines = Array.from({ length: 40 }, (_, index) => `${index}\n`);
    await Promise.all(lines.map((line) => store.append('log/lines.txt', line)));
    expect(await readFile(join(folder, 'log/lines.txt'), 'utf8')).toBe(lines.join(''));
  });

  it('keeps what an earlier store wrote', async () => {
    await (await createEvidenceStore(folder)).write('old.txt', 'old');
    const again = await createEvidenceStore(folder);
    await again.write('new.txt', 'new');
    expect(await again.list()).toEqual(['new.txt', 'old.txt']);
  });

  it('gives a place to a program that writes by itself', async () => {
    const store = await createEvidenceStore(folder);
    await writeFile(await store.locate('captures/lo.pcap'), 'x');
    expect(await store.list()).toEqual(['captures/lo.pcap']);
  });

  it.each(['../x', '/etc/x', 'a/../../x', 'a//b', '', '.', 'a/.', 'a\\b', 'a\0b', 'a\nb'])(
    'refuses the path %j and writes nothing',
    async (path) => {
      const store = await createEvidenceStore(join(folder, 'run'));
      await expect(store.write(path, 'x')).rejects.toThrow('refused evidence path');
      await expect(store.append(path, 'x')).rejects.toThrow('refused evidence path');
      await expect(store.locate(path)).rejects.toThrow('refused evidence path');
      expect(await store.list()).toEqual([]);
    },
  );

  it('refuses a path that a symbolic link leads out of the run folder', async () => {
    const store = await createEvidenceStore(join(folder, 'run'));
    await symlink(folder, join(store.folder, 'out'));
    await expect(store.write('out/x', 'x')).rejects.toThrow('leaves the run folder by a link');
  });

  it('goes on after a refusal', async () => {
    const store = await createEvidenceStore(folder);
    await expect(store.write('../x', 'x')).rejects.toThrow('refused');
    await store.write('x', 'x');
    expect(await store.list()).toEqual(['x']);
  });
});

describe('sealing', () => {
  it('waits for writes under way and gives the hash of the manifest', async () => {
    const store = await createEvidenceStore(folder);
    const writes = ['b', 'a/z', 'a.txt'].map((path) => store.write(path, path));
    const seal = await store.sealManifest();
    await Promise.all(writes);
    const bytes = await readFile(join(folder, 'manifest.json'));
    expect(seal).toBe(createHash('sha256').update(bytes).digest('hex'));
    const manifest = JSON.parse(bytes.toString()) as { files: { path: string }[] };
    expect(manifest.files.map((file) => file.path)).toEqual(['a.txt', 'a/z', 'b']);
  });

  it('gives the same bytes again when nothing changed', async () => {
    const store = await createEvidenceStore(folder);
    await store.write('a', 'a');
    expect(await store.sealManifest()).toBe(await store.sealManifest());
  });
});

const smallDisk = (script: string): string[] => [
  '-Urm',
  'sh',
  '-c',
  'mount -t tmpfs -o size=64k none "$1" && exec "$2" --input-type=module-typescript -e "$3"',
  'sh',
  folder,
  process.execPath,
  script,
];
const canMount =
  spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

describe('a disk that cannot take the evidence', () => {
  it('is one line with the folder, the reason and the way out', async () => {
    await writeFile(join(folder, 'file'), '');
    const target = join(folder, 'file', 'run');
    await expect(createEvidenceStore(target)).rejects.toThrow(
      `cannot write evidence to ${target}: a file stands where a folder is needed (ENOTDIR); name another folder with --out DIR`,
    );
  });

  it.skipIf(!canMount)(
    `when full, says so and leaves no part of the file${canMount ? '' : ' (skipped: unshare cannot mount here)'}`,
    () => {
      const script = `
        import { createEvidenceStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))};
        const store = await createEvidenceStore(${JSON.stringify(folder)});
        await store.write('small', 'kept');
        const failure = await store.write('big', new Uint8Array(1_000_000)).catch((error) => error.message);
        console.log(JSON.stringify({ failure, files: await store.list() }));`;
      const output = execFileSync('unshare', smallDisk(script), { encoding: 'utf8' });
      expect(JSON.parse(output)).toEqual({
        failure: `cannot write evidence to ${folder}: the disk is full (ENOSPC); name another folder with --out DIR`,
        files: ['small'],
      });
    },
  );
});
