import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exposeSocket } from './phone/sockets.ts';
import {
  startAndroidPhone,
  type AndroidPhoneOptions,
  type SimulatedAndroidPhone,
} from './start.ts';
import { adbMissing, freePort, startAdb, type RealAdb } from './testing/programs.ts';
import { notes } from './testing/notes.ts';

let adb: RealAdb;
let folder: string;
const phones: SimulatedAndroidPhone[] = [];

const start = async (options: AndroidPhoneOptions = {}): Promise<SimulatedAndroidPhone> => {
  const phone = await startAndroidPhone(options);
  phones.push(phone);
  return phone;
};

const connected = async (options: AndroidPhoneOptions = {}) => {
  const phone = await start(options);
  await adb.run('connect', phone.serial);
  const run = (...words: readonly string[]) => adb.run('-s', phone.serial, ...words);
  return { phone, run };
};

/** What `adb devices` says of a phone, once it says so; the test's own deadline ends the waiting. */
const listedAs = async (phone: SimulatedAndroidPhone, state: string): Promise<string> => {
  for (;;) {
    const { stdout } = await adb.run('devices', '-l');
    const line = stdout.split('\n').find((text) => text.startsWith(phone.serial)) ?? '';
    if (line.includes(` ${state}`)) return line;
  }
};

describe.skipIf(adbMissing !== null)(
  `the real adb and a simulated phone${adbMissing ? ` (${adbMissing})` : ''}`,
  () => {
    beforeAll(async () => {
      adb = await startAdb();
      folder = await mkdtemp(join(tmpdir(), 'discretio-android-'));
    });
    afterEach(async () => {
      await Promise.all(phones.splice(0).map((phone) => phone.stop()));
    });
    afterAll(async () => {
      await adb.stop();
      await rm(folder, { recursive: true });
    });

    it('connects two phones, lists them with their models and runs commands with their exit status', async () => {
      const device = { model: 'Galaxy Test', product: 'gtest' };
      const [one, two] = [await connected({ device }), await connected()];
      const { stdout } = await adb.run('devices', '-l');
      expect(stdout).toMatch(
        new RegExp(`${one.phone.serial} +device product:gtest model:Galaxy_Test device:gtest`),
      );
      expect(stdout).toContain(`${two.phone.serial} `);
      expect(await one.run('shell', 'getprop ro.product.model')).toMatchObject({
        stdout: 'Galaxy Test\n',
        status: 0,
      });
      expect(await two.run('shell', 'nosuch --flag; echo "a  b" | cat && exit 7')).toMatchObject({
        stdout: 'a  b\n',
        stderr: '/system/bin/sh: nosuch: inaccessible or not found\n',
        status: 7,
      });
      expect(two.phone.unknown()).toEqual(['nosuch --flag']);
      expect(one.phone.unknown()).toEqual([]);
    });

    it('tells a device of before Android 7 nothing of exit status', async () => {
      const { run } = await connected({ features: [] });
      expect(await run('shell', 'echo here; false')).toMatchObject({ stdout: 'here\n', status: 0 });
    });

    it('pushes and pulls a file of many packets, and refuses to write where the shell may not', async () => {
      const { run, phone } = await connected();
      const bytes = Buffer.alloc(300_000, 'push and pull ');
      await writeFile(join(folder, 'sent'), bytes);
      expect((await run('push', join(folder, 'sent'), '/sdcard/sent')).status).toBe(0);
      expect(phone.state.files.get('/sdcard/sent')?.bytes.length).toBe(bytes.length);
      expect((await run('pull', '/sdcard/sent', join(folder, 'back'))).status).toBe(0);
      expect(bytes.equals(await readFile(join(folder, 'back')))).toBe(true);
      expect((await run('shell', 'ls /sdcard')).stdout).toBe('sent\n');
      expect(await run('push', join(folder, 'sent'), '/system/x')).toMatchObject({ status: 1 });
      expect(await run('pull', '/sdcard/none', join(folder, 'none'))).toMatchObject({ status: 1 });
    });

    it('forwards a port of this machine to a socket of the phone, and refuses one that nobody has', async () => {
      const { run, phone } = await connected();
      const echo = createServer((socket) => socket.pipe(socket));
      await once(echo.listen(0, '127.0.0.1'), 'listening');
      const address = echo.address();
      const inside = typeof address === 'object' && address ? address.port : 0;
      phone.state.sockets.set('localabstract:echo', () => connect(inside, '127.0.0.1'));
      const [port, refused] = [await freePort(), await freePort()];
      await run('forward', `tcp:${port}`, 'localabstract:echo');
      await run('forward', `tcp:${refused}`, 'localabstract:none');
      const socket = connect(port, '127.0.0.1');
      socket.write('through the phone');
      expect(String((await once(socket, 'data'))[0])).toBe('through the phone');
      socket.destroy();
      const closed = connect(refused, '127.0.0.1');
      closed.resume();
      await once(closed, 'close');
      echo.close();
    });

    it('leads a port of the phone to this machine by reverse, lists it and takes it away', async () => {
      const { run, phone } = await connected();
      const web = createServer((socket) => void socket.end('from the host'));
      await once(web.listen(0, '127.0.0.1'), 'listening');
      const address = web.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      expect(await run('reverse', 'tcp:8080', `tcp:${port}`)).toMatchObject({ status: 0 });
      expect((await run('reverse', '--list')).stdout).toContain(`tcp:8080 tcp:${port}`);
      const exposed = await exposeSocket(phone.state, 'tcp:8080');
      const socket = connect(exposed.port, '127.0.0.1');
      expect(String((await once(socket, 'data'))[0])).toBe('from the host');
      exposed.close();
      expect(await run('reverse', '--remove', 'tcp:8080')).toMatchObject({ status: 0 });
      expect(phone.state.sockets.has('tcp:8080')).toBe(false);
      expect((await run('reverse', '--remove', 'tcp:8080')).status).toBe(1);
      web.close();
    });

    it('installs, upgrades and refuses to downgrade an application; data stay until it is removed', async () => {
      const application = notes();
      const { run, phone } = await connected({ installable: [application] });
      const packageFile = async (versionCode: number): Promise<string> => {
        const path = join(folder, `notes-${versionCode}.apk`);
        await writeFile(path, JSON.stringify({ package: application.packageName, versionCode }));
        return path;
      };
      expect(await run('install', await packageFile(2))).toMatchObject({ status: 0 });
      expect((await run('install', '-r', await packageFile(3))).stdout).toContain('Success');
      const downgrade = await run('install', '-r', await packageFile(1));
      expect(downgrade.stdout + downgrade.stderr).toContain('INSTALL_FAILED_VERSION_DOWNGRADE');
      expect((await run('shell', 'pm list packages --show-versioncode notes')).stdout).toBe(
        'package:org.example.notes versionCode:3\n',
      );
      await run('shell', 'pm grant org.example.notes android.permission.RECORD_AUDIO');
      expect(phone.state.packages.get('org.example.notes')?.permissions.size).toBe(1);
      expect((await run('uninstall', 'org.example.notes')).stdout).toContain('Success');
      expect(phone.state.packages.has('org.example.notes')).toBe(false);
    });

    it('is unauthorized until its user accepts the host, whose key is then remembered', async () => {
      const { phone, run } = await connected({ authorisation: 'ask' });
      await listedAs(phone, 'unauthorized');
      expect((await run('shell', 'echo')).stderr).toContain('unauthorized');
      phone.events.adb.authorise();
      await listedAs(phone, 'device');
      await adb.run('disconnect', phone.serial);
      await adb.run('connect', phone.serial);
      await listedAs(phone, 'device');
      await adb.run('disconnect', phone.serial);
      phone.events.adb.unauthorise();
      await adb.run('connect', phone.serial);
      await listedAs(phone, 'unauthorized');
    });

    it('is refused while the cable is drawn, is offline where it does not answer, and comes back', async () => {
      const { phone, run } = await connected();
      phone.events.adb.disconnect();
      await listedAs(phone, 'offline');
      expect((await run('shell', 'echo')).stderr).toContain('device offline');
      await adb.run('disconnect', phone.serial);
      phone.events.adb.reconnect();
      phone.events.adb.offline();
      // adb waits ten seconds for an answer unless it is told to give up.
      const connecting = adb.run('connect', phone.serial);
      await listedAs(phone, 'offline');
      await adb.run('disconnect', phone.serial);
      await connecting;
      phone.events.adb.reconnect();
      await adb.run('connect', phone.serial);
      await listedAs(phone, 'device');
      phone.events.adb.latency(40);
      const before = performance.now();
      expect((await run('shell', 'echo slow')).stdout).toBe('slow\n');
      expect(performance.now() - before).toBeGreaterThan(120);
    });

    it('streams its log until nobody listens', async () => {
      const { phone, run } = await connected();
      await run('logcat', '-c');
      phone.events.airplaneMode(true);
      const { stdout } = await run('logcat', '-d');
      expect(stdout).toContain('I ConnectivityService: network none');
    });
  },
);
