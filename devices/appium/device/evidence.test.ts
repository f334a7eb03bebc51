import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startFakeAdb } from '../testing/fake-adb.ts';
import { factsOf, type PackageFacts } from './device-facts.ts';
import { openDeviceEvidence, withoutSecrets } from './evidence.ts';
import { readLog } from './link.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const app = { name: 'org.a', uid: 10_212 };
const ownLine = '11-23 10:00:00.000  4242  4242 I Phone: registered';
const typedLine = '11-23 10:00:01.000   999   999 I appium: Sending text to element: hunter two';

/** A phone whose whole log has what Appium typed; its shell knows the options that are given. */
const phoneWith = async (known: readonly string[]) => {
  const fake = await startFakeAdb((request) => {
    if (request.startsWith('host:')) return 'OKAY';
    if (request === 'shell:pidof org.a') return 'OKAY4242\n';
    const option = /--\w+=\d+/.exec(request)?.[0] ?? '';
    if (!request.startsWith('shell:logcat')) return 'OKAY';
    if (option === '') return `OKAY${ownLine}\n${typedLine}\n`;
    return known.includes(option)
      ? `OKAY${ownLine}\n`
      : `OKAYlogcat: unrecognized option '${option}'\n`;
  });
  closing.push(fake.close);
  return { fake, link: { phone: 'a', serial: 'S1', server: fake, adb: '/bin/true' } };
};

describe('the log of a phone', () => {
  it.each([[['--uid=10212']], [['--pid=4242']]])(
    'is the tested application’s alone, where logcat knows %s',
    async (known) => {
      const { link } = await phoneWith(known);
      expect(await readLog(link, app, 0)).toBe(`${ownLine}\n`);
    },
  );

  it('is none where one application’s cannot be told from others', async () => {
    const { link } = await phoneWith([]);
    await expect(readLog(link, app, 0)).rejects.toThrow(
      /does not tell the log of org\.a from that of others; read it by hand/,
    );
  });

  it('loses each line that holds a secret, in whatever form', () => {
    const secrets = new Set(['a "b" c', '']);
    expect(
      withoutSecrets('1\nx a "b" c\n{"p":"a \\"b\\" c"}\n?p=a%20%22b%22%20c\n2', secrets),
    ).toEqual({ log: '1\n2', left: 3 });
  });
});

const installed: PackageFacts = {
  versionName: '1',
  versionCode: 1,
  isDebuggable: false,
  uid: app.uid,
  permissions: new Map(),
};

const openEvidence = async (logged: string, package_: PackageFacts | null, video = false) => {
  const fake = await startFakeAdb((request) =>
    request.startsWith('shell:logcat') ? `OKAY${logged}` : 'OKAY',
  );
  const folder = mkdtempSync(join(tmpdir(), 'discretio-evidence-'));
  closing.push(fake.close, () => rmSync(folder, { recursive: true }));
  const typed = new Set<string>();
  const evidence = await openDeviceEvidence({
    link: { phone: 'a', serial: 'S1', server: fake, adb: '/bin/true' },
    facts: factsOf('S1', new Map()),
    application: { name: app.name, installed: package_ },
    folder,
    screenshot: () => Promise.resolve(''),
    video,
    typed: () => typed,
  });
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { evidence, typed, fake, folder, text };
};

describe('evidence of a phone', () => {
  it('holds nothing that was typed, and says that something was left out', async () => {
    const { evidence, typed, text } = await openEvidence(`${ownLine}\n${typedLine}\n`, installed);
    typed.add('hunter two');
    await evidence.close();
    expect(text('logcat.txt')).toBe(`${ownLine}\n`);
    expect(text('notes.txt')).toBe(
      'logcat: 1 lines that hold a secret that was typed were left out\n',
    );
  });

  it('holds no log where the phone has none of the application’s own', async () => {
    const { evidence, folder, text } = await openEvidence(typedLine, null);
    await evidence.close();
    expect(existsSync(join(folder, 'logcat.txt'))).toBe(false);
    expect(text('notes.txt')).toMatch(/^logcat: org\.a has none of its own/);
  });

  it('is filmed only once it is told to be', async () => {
    const before = await openEvidence('', installed, true);
    await before.evidence.close();
    expect(before.fake.asked).not.toContain('shell:pkill -INT screenrecord');
    const after = await openEvidence('', installed, true);
    after.evidence.film();
    await after.evidence.close();
    expect(after.fake.asked).toContain('shell:pkill -INT screenrecord');
  });
});
