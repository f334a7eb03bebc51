import { afterEach, describe, expect, it } from 'vitest';
import { discover, matchPhones } from '../farm/discovery.ts';
import { parseFarm } from '../farm/read.ts';
import { DeviceProblem } from '../problem.ts';
import { checkAdbVersion } from '../session/adb-process.ts';
import { counted, startFakeAdb } from '../testing/fake-adb.ts';
import { adbBytes, adbShell, askAdbServer } from './adb-server.ts';
import { readFacts, readInbox, setNetwork, grant } from './link.ts';
import { parseFiles, readStoredFiles } from './stored-files.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const serving = async (answer: (request: string) => string | Uint8Array) => {
  const fake = await startFakeAdb(answer);
  closing.push(fake.close);
  return fake;
};

const onPhone = (shell: Readonly<Record<string, string>>) => (request: string) => {
  if (request.startsWith('host:transport:')) return 'OKAY';
  return `OKAY${shell[request.replace(/^(shell|exec):/, '')] ?? ''}`;
};

describe('an adb server', () => {
  it('is asked over its own protocol', async () => {
    const fake = await serving(() => `OKAY${counted('S1 device model:X\n')}`);
    expect(await askAdbServer(fake, 'host:devices-l')).toBe('S1 device model:X\n');
  });

  it('runs a command on a phone, and gives bytes as they are', async () => {
    const fake = await serving(onPhone({ getprop: '[a]: [b]', 'screencap -p': '\r\n\0' }));
    expect(await adbShell(fake, 'S1', 'getprop')).toBe('[a]: [b]');
    expect([...(await adbBytes(fake, 'S1', 'screencap -p'))]).toEqual([13, 10, 0]);
    expect(fake.asked).toContain('host:transport:S1');
  });

  it('that refuses is told with its reason', async () => {
    const fake = await serving(() => `FAIL${counted("device 'S9' not found")}`);
    await expect(adbShell(fake, 'S9', 'getprop')).rejects.toMatchObject({
      code: 'adb-refusal',
      message: `the adb server 127.0.0.1:${fake.port} refuses host:transport: device 'S9' not found; adb devices -l shows what is connected`,
    });
  });

  it('that is something else, or nothing, is told', async () => {
    const fake = await serving(() => 'HTTP/1.1 400 Bad Request\r\n');
    await expect(askAdbServer(fake, 'host:version')).rejects.toMatchObject({
      code: 'adb-unreachable',
    });
    const gone = await startFakeAdb(() => '');
    await gone.close();
    await expect(askAdbServer(gone, 'host:version')).rejects.toThrow(
      `does not answer (ECONNREFUSED); start it with adb -P ${gone.port} start-server`,
    );
  });

  it('of another version is refused before adb would end it', async () => {
    const fake = await serving(() => `OKAY${counted('0020')}`);
    await expect(
      checkAdbVersion(fake, { home: '/sdk', adb: '/sdk/adb', version: 41 }),
    ).rejects.toMatchObject({
      code: 'adb-version',
      message: expect.stringMatching(
        /speaks version 32, \/sdk\/adb 41; end the other server/,
      ) as string,
    });
  });
});

describe('discovery', () => {
  const { farm } = parseFarm(
    'f',
    'name: f\ntarget: t\nphones:\n  a: { serial: A1 }\n  b: { serial: B1 }\n  s: { simulated: {} }',
  );

  it('finds what is ready and says of each other phone why it is not', async () => {
    const fake = await serving(() => `OKAY${counted('A1 device\nB1 unauthorized\n')}`);
    const found = await discover({ ...farm, adb: fake });
    expect(found.ready).toEqual(['a', 's']);
    expect(found.problems).toMatchObject([{ phone: 'b', problem: { code: 'unauthorised' } }]);
  });

  it('without a server has the simulated phones only', () => {
    const found = matchPhones(farm, new DeviceProblem('adb-unreachable', 'no server'));
    expect(found.ready).toEqual(['s']);
    expect(found.problems.map(({ problem }) => problem.message)).toEqual([
      'no server',
      'no server',
    ]);
  });
});

describe('a phone over adb', () => {
  const link = (server: { host: string; port: number }) => ({
    phone: 'a',
    serial: 'S1',
    server,
    adb: 'adb',
  });

  it('tells its facts', async () => {
    const fake = await serving(
      onPhone({ getprop: '[ro.product.model]: [X]\n[ro.build.version.sdk]: [34]\n' }),
    );
    expect(await readFacts(link(fake))).toMatchObject({ model: 'X', sdk: 34, nature: 'device' });
  });

  it('is put on a network before it leaves the other', async () => {
    const fake = await serving(onPhone({}));
    await setNetwork(link(fake), 'mobile');
    expect(fake.asked.filter((each) => each.startsWith('shell:'))).toEqual([
      'shell:svc data enable',
      'shell:svc wifi disable',
    ]);
  });

  it('that does not let its texts or permissions be had says so', async () => {
    const fake = await serving((request) =>
      request.startsWith('host:') ? 'OKAY' : 'OKAYjava.lang.SecurityException: Permission Denial',
    );
    await expect(readInbox(link(fake))).rejects.toThrow(
      /does not let adb read texts; take readsInbox away/,
    );
    await expect(grant(link(fake), 'org.a', ['android.permission.X'])).rejects.toThrow(
      /android\.permission\.X cannot be granted to org\.a/,
    );
  });

  it('gives the files of a debuggable build by run-as', async () => {
    const fake = await serving(
      onPhone({
        'run-as org.a find . -type f': './files/key.pem\n./../x\n./bad name\n',
        'run-as org.a cat files/key.pem': 'PEM',
      }),
    );
    expect(await readStoredFiles(link(fake), 'org.a', 'run-as')).toEqual([
      { path: 'files/key.pem', base64: Buffer.from('PEM').toString('base64') },
    ]);
    expect(parseFiles('./a\nfind: ./b: Permission denied\n')).toEqual(['a']);
  });

  it('whose build is not debuggable says what to do', async () => {
    const fake = await serving(
      onPhone({ 'run-as org.a find . -type f': 'run-as: package not debuggable: org.a' }),
    );
    await expect(readStoredFiles(link(fake), 'org.a', 'run-as')).rejects.toThrow(
      /no file of org\.a can be read by run-as; its build must be debuggable/,
    );
  });
});
