import { spawnSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLoopbackSite } from './site.ts';

let parent = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'site-test-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const moduleUrl = new URL('./site.ts', import.meta.url).href;

/** Opens a site in a process of its own, which then ends in the way the code says. */
const inAnotherProcess = (ending: string) =>
  spawnSync(
    process.execPath,
    [
      '--input-type=module-typescript',
      '--eval',
      `const { openLoopbackSite } = await import(${JSON.stringify(moduleUrl)});
       const site = await openLoopbackSite(${JSON.stringify(parent)});
       await site.folder('alice');
       ${ending}`,
    ],
    { encoding: 'utf8' },
  );

describe('the folders of a run', () => {
  it('are for the owner alone and go when the site is closed', async () => {
    const site = await openLoopbackSite(parent);
    const folder = await site.folder('alice/keys');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(site.address('bob')).toBe('127.0.0.1');
    await site.close();
    expect(await readdir(parent)).toEqual([]);
  });

  it('go when the process ends without closing the site', async () => {
    expect(inAnotherProcess('process.exit(3);')).toMatchObject({ status: 3, stderr: '' });
    expect(await readdir(parent)).toEqual([]);
  });

  it('go at the next start when the process was killed', async () => {
    expect(inAnotherProcess(`process.kill(process.pid, 'SIGKILL');`).signal).toBe('SIGKILL');
    expect(await readdir(parent)).toHaveLength(1);
    const next = await openLoopbackSite(parent);
    const left = await readdir(parent);
    expect(left).toEqual([expect.stringContaining(`-${process.pid}-`)]);
    await next.close();
  });

  it('stay under the name of a killed run when they are no folders', async () => {
    inAnotherProcess(`process.kill(process.pid, 'SIGKILL');`);
    const [killed = ''] = await readdir(parent);
    await rm(join(parent, killed), { recursive: true });
    await writeFile(join(parent, killed), '');
    await symlink(parent, join(parent, `${killed}x`));
    await (await openLoopbackSite(parent)).close();
    expect((await readdir(parent)).toSorted()).toEqual([killed, `${killed}x`]);
  });

  it.skipIf(process.getuid?.() !== 0)(
    `of another user stay, even for root${process.getuid?.() === 0 ? '' : ' (skipped: not root)'}`,
    async () => {
      inAnotherProcess(`process.kill(process.pid, 'SIGKILL');`);
      const [killed = ''] = await readdir(parent);
      await chown(join(parent, killed), 65_534, 65_534);
      await (await openLoopbackSite(parent)).close();
      expect(await readdir(parent)).toEqual([killed]);
    },
  );

  it('stay when they belong to a living process, another program or another container', async () => {
    const first = await openLoopbackSite(parent);
    const own = basename(join(await first.folder('x'), '..'));
    await mkdir(join(parent, 'discretio-1-4000000-abcdef'));
    await mkdir(join(parent, 'discretio-notes'));
    await writeFile(join(parent, 'other'), '');
    const second = await openLoopbackSite(parent);
    const names = await readdir(parent);
    expect(names).toHaveLength(5);
    expect(names).toEqual(expect.arrayContaining([own, 'discretio-notes', 'other']));
    expect(names).toContain('discretio-1-4000000-abcdef');
    await Promise.all([first.close(), second.close()]);
  });
});
