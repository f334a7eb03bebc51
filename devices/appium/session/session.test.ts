import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSelectors } from '../selectors/read.ts';
import { makeSecretPath, startAppium } from './appium-server.ts';
import { openSession, pageAddress, sessionCapabilities } from './open-session.ts';
import { freePorts } from './ports.ts';
import { sessionProblem } from './session-problem.ts';
import { findAndroidTools } from './tools.ts';

const wanted = { phone: 'a', serial: 'S1', application: 'org.a', server: '127.0.0.1:4723' };

describe('what Appium says becomes one line with what to do', () => {
  it.each([
    [
      'session not created: This version of ChromeDriver only supports Chrome version 156\nCurrent browser version is 120.0.1',
      'chromedriver-version',
      /chromedriver is for Chrome 156, the phone has 120; give the one of 120/,
    ],
    [
      "No Chromedriver found that can automate Chrome '99.0.4844'. You could also try",
      'chromedriver-version',
      /no chromedriver for its Chrome 99\.0\.4844 is here/,
    ],
    [
      "adb server version (32) doesn't match this client (41); killing...",
      'adb-version',
      /the server speaks version 32, this adb 41; end the other server/,
    ],
    [
      'Could not find a connected Android device in 20000ms',
      'unknown-device',
      /Appium finds no S1; adb devices -l on its machine/,
    ],
    ['Device S1 was not in the list of connected devices', 'unknown-device', /finds no S1/],
    [
      'adb: device unauthorized. This adb server',
      'unauthorised',
      /has not authorised this computer/,
    ],
    ['adb: device offline', 'offline', /is offline to adb; draw its cable/],
    [
      "Cannot start the 'org.a' application. Consider",
      'application-missing',
      /org\.a is not installed; give its APK/,
    ],
    [
      'The Android API level 25 is not supported; the driver requires Android 8',
      'android-version',
      /older than 8/,
    ],
    ['The port #8200 is in use', 'port-taken', /a port of its session is taken/],
    [
      'WebDriverError: Request failed with error code HPE_INVALID_CONSTANT when running',
      'port-taken',
      /Appium at 127\.0\.0\.1:4723: another program listens there; end it/,
    ],
    [
      'WebDriverError: Request failed with error code ECONNREFUSED',
      'appium-unreachable',
      /Appium at 127\.0\.0\.1:4723 does not answer/,
    ],
    [
      'something new\nwith more lines',
      'session',
      /gives no session: something new; its log says more/,
    ],
  ])('%s', (said, code, message) => {
    const problem = sessionProblem(wanted, said);
    expect(problem).toMatchObject({ code });
    expect(problem.message).toMatch(message);
    expect(problem.message).not.toContain('\n');
  });
});

describe('a session', () => {
  const options = {
    phone: 'a',
    serial: 'S1',
    adb: { host: '127.0.0.1', port: 5037 },
    systemPort: 8201,
    chromedriverPort: 9516,
    isPrepared: false,
  };

  it('has ports of its own, never ends the adb server, and opens the application or Chrome', () => {
    const native = readSelectors('reference-application', '.');
    const server = { host: '127.0.0.1', port: 1, path: '/' };
    expect(sessionCapabilities({ ...options, server, selectors: native })).toMatchObject({
      'appium:systemPort': 8201,
      'appium:chromedriverPort': 9516,
      'appium:suppressKillServer': true,
      'appium:appPackage': 'org.discretio.phone',
    });
    const page = sessionCapabilities({
      ...options,
      server,
      selectors: readSelectors('reference-page', '.'),
    });
    expect(page).toMatchObject({ browserName: 'Chrome' });
    expect(page).not.toHaveProperty('appium:skipServerInstallation');
  });

  it('opens the reference’s page with its key, and begins without it nothing', () => {
    const page = readSelectors('reference-page', '.');
    expect(pageAddress(page, 4321, { DISCRETIO_PAGE_KEY: 'a&$&b' })).toBe(
      'http://localhost:4321/?key=a%26%24%26b',
    );
    expect(() => pageAddress(page, 4321, {})).toThrow(
      /^reference screen: it opens with its key alone; give what follows key= .* as DISCRETIO_PAGE_KEY$/,
    );
    expect(pageAddress(readSelectors('reference-application', '.'), 4321, {})).toBeNull();
  });

  it('that no Appium gives is told with its address', async () => {
    const [port = 0] = await freePorts(1);
    const server = { host: '127.0.0.1', port, path: '/' };
    await expect(
      openSession({ ...options, server, selectors: readSelectors('reference-application', '.') }),
    ).rejects.toMatchObject({ code: 'appium-unreachable' });
  });

  it.each([
    ['a page', 'HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n<h1></h1>'],
    ['another protocol', 'SSH-2.0-server\r\n'],
    ['nothing', ''],
  ])('that another program with Appium’s port answers with %s is told as that', async (_, said) => {
    const other = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(said));
    });
    await new Promise<void>((done) => {
      other.listen(0, '127.0.0.1', done);
    });
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const server = { host: '127.0.0.1', port, path: '/' };
    await expect(
      openSession({ ...options, server, selectors: readSelectors('reference-application', '.') }),
    ).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(
        `127.0.0.1:${port}: another program listens there`,
      ) as string,
    });
    other.close();
  });
});

describe('an Appium of this run’s own', () => {
  it('has a path of its own each time, in a file that only its owner reads', async () => {
    const [one, other] = [await makeSecretPath(), await makeSecretPath()];
    expect(one.path).toMatch(/^\/[0-9a-f]{32}$/);
    expect(one.path).not.toBe(other.path);
    expect(statSync(one.config).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(one.config, 'utf8'))).toEqual({
      server: { 'base-path': one.path },
    });
    for (const each of [one, other]) each.remove();
    expect(existsSync(one.config)).toBe(false);
  });

  it('takes no session from a page that knows its port alone, and shows no path in its command line', async () => {
    const log = join(mkdtempSync(join(tmpdir(), 'discretio-appium-test-')), 'appium.log');
    const tools = { home: '/nowhere', adb: '/nowhere/adb', version: 41 };
    const appium = await startAppium({ tools, log });
    try {
      const base = `http://127.0.0.1:${appium.port}`;
      const body = JSON.stringify({ capabilities: { alwaysMatch: { platformName: 'Android' } } });
      const ask = (path: string) =>
        fetch(`${base}${path}/session`, {
          method: 'POST',
          headers: { 'content-type': 'text/plain', origin: 'http://elsewhere.example' },
          body,
        });
      expect((await ask('')).status).toBe(404);
      expect((await ask('/wd/hub')).status).toBe(404);
      expect((await ask(appium.path)).status).not.toBe(404);
      expect(readFileSync(`/proc/${appium.pid}/cmdline`, 'utf8')).not.toContain(
        appium.path.slice(1),
      );
    } finally {
      await appium.stop();
      rmSync(dirname(log), { recursive: true });
    }
  });
});

describe('what sessions need', () => {
  it('adb that is missing is told with the way to get it', async () => {
    await expect(findAndroidTools({ PATH: '/nowhere' })).rejects.toThrow(
      'adb was not found; install it (apt-get install adb), or set ANDROID_HOME',
    );
  });

  it('adb that does not run is no adb', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'discretio-adb-'));
    writeFileSync(join(folder, 'adb'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await expect(findAndroidTools({ PATH: folder })).rejects.toThrow(/is no adb that runs here/);
    rmSync(folder, { recursive: true });
  });

  it('ports are free and different', async () => {
    expect(new Set(await freePorts(20)).size).toBe(20);
  });

  it('a port that is taken is told before Appium starts', async () => {
    const server = createServer();
    await new Promise<void>((done) => {
      server.listen(0, '127.0.0.1', done);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const tools = { home: '/sdk', adb: '/sdk/adb', version: 41 };
    await expect(startAppium({ tools, port, log: '/dev/null' })).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(
        `Appium: port ${port} is taken; end what listens there`,
      ) as string,
    });
    server.close();
  });
});
