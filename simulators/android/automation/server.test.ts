import { inflateSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, type Machine } from '../machine.ts';
import { exposeSocket } from '../phone/sockets.ts';
import { notes } from '../testing/notes.ts';
import { startAutomationServer, type AutomationServer } from './server.ts';

const elementKey = 'element-6066-11e4-a52e-4f735466cecf';
const id = (name: string): string => `org.example.notes:id/${name}`;

let machine: Machine;
let server: AutomationServer;
let exposed: Awaited<ReturnType<typeof exposeSocket>>;
let base: string;
let application: ReturnType<typeof notes>;
const unknown: string[] = [];

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`${base}${path}`, init);
  const { value } = (await response.json()) as { readonly value: unknown };
  return { status: response.status, value };
};

const findBy = async (strategy: string, selector: string): Promise<string> => {
  const { value } = await ask('POST', '/element', { strategy, selector });
  return (value as Record<string, string>)[elementKey] ?? '';
};

beforeEach(async () => {
  application = notes();
  machine = createMachine({ applications: [application] });
  machine.manager.launch('org.example.notes');
  server = await startAutomationServer(
    machine,
    () => undefined,
    (what) => void unknown.push(what),
  );
  exposed = await exposeSocket(machine.state, 'tcp:6790');
  base = `http://127.0.0.1:${exposed.port}`;
  const { value } = await ask('POST', '/session', { capabilities: {} });
  base += `/session/${(value as { readonly sessionId: string }).sessionId}`;
});

afterEach(async () => {
  exposed.close();
  await server.stop();
  await machine.manager.stop();
  unknown.length = 0;
});

describe('the automation server', () => {
  it('finds the same element by every strategy', async () => {
    const draft = await findBy('id', id('draft'));
    expect(draft).not.toBe('');
    expect(await findBy('id', 'draft')).toBe(draft);
    expect(await findBy('xpath', `//android.widget.EditText[@hint='Note']`)).toBe(draft);
    expect(await findBy('-android uiautomator', 'new UiSelector().text("Note")')).toBe(draft);
    expect(await findBy('class name', 'android.widget.EditText')).toBe(draft);
    const network = await findBy('accessibility id', 'online');
    expect((await ask('GET', `/element/${network}/text`)).value).toBe('on');
    const keep = await findBy('xpath', `//*[@text='Keep "it" & <more>']`);
    expect((await ask('GET', `/element/${keep}/attribute/resource-id`)).value).toBe(id('keep'));
    const { value } = await ask('POST', '/elements', {
      strategy: 'class name',
      selector: 'android.widget.EditText',
    });
    expect(value).toHaveLength(2);
  });

  it('types, replaces, clears and taps; a password is dots and an empty input its hint', async () => {
    const draft = await findBy('id', id('draft'));
    await ask('POST', `/element/${draft}/value`, { text: 'one', replace: false });
    await ask('POST', `/element/${draft}/value`, { text: ' two' });
    expect((await ask('GET', `/element/${draft}/text`)).value).toBe('one two');
    const secret = await findBy('id', id('secret'));
    expect((await ask('GET', `/element/${secret}/text`)).value).toBe('•••••••');
    await ask('POST', `/element/${await findBy('id', id('keep'))}/click`);
    expect(application.kept).toEqual(['one two']);
    await ask('POST', `/element/${draft}/clear`);
    expect((await ask('GET', `/element/${draft}/text`)).value).toBe('Note');
    expect((await ask('GET', `/element/${draft}/attribute/showing-hint`)).value).toBe('true');
  });

  it('taps and types by W3C actions', async () => {
    const draft = await findBy('id', id('draft'));
    await ask('POST', '/actions', {
      actions: [
        {
          type: 'pointer',
          actions: [
            { type: 'pointerMove', x: 0, y: 0, origin: { [elementKey]: draft } },
            { type: 'pointerDown' },
            { type: 'pointerUp' },
          ],
        },
      ],
    });
    await ask('POST', '/actions', {
      actions: [{ type: 'key', actions: [{ type: 'keyDown', value: 'k' }] }],
    });
    expect((await ask('GET', `/element/${draft}/attribute/focused`)).value).toBe('true');
    expect((await ask('GET', `/element/${draft}/text`)).value).toBe('k');
  });

  it('answers with W3C errors', async () => {
    const missing = await ask('POST', '/element', { strategy: 'id', selector: 'none' });
    expect(missing).toMatchObject({ status: 404, value: { error: 'no such element' } });
    expect(await ask('POST', '/element', { strategy: 'xpath', selector: '//[' })).toMatchObject({
      status: 400,
      value: { error: 'invalid selector' },
    });
    const draft = await findBy('id', id('draft'));
    machine.state.foreground = null;
    expect(await ask('GET', `/element/${draft}/text`)).toMatchObject({
      status: 404,
      value: { error: 'stale element reference' },
    });
    expect(await ask('GET', '/alert/text')).toMatchObject({ value: { error: 'no such alert' } });
    expect(await ask('POST', '/appium/frob', {})).toMatchObject({
      status: 404,
      value: { error: 'unknown command' },
    });
    expect(unknown).toEqual(['POST /appium/frob']);
    const broken = await fetch(`${base}/element`, { method: 'POST', body: '{' });
    expect(broken.status).toBe(400);
    expect(await ask('POST', '/rotation', { z: 45 })).toMatchObject({
      value: { error: 'invalid argument' },
    });
  });

  it('shows a permission dialog above the application, and what its user decides', async () => {
    machine.state.packages.get('org.example.notes')?.permissions.clear();
    await ask('POST', `/element/${await findBy('id', id('loud'))}/click`);
    expect((await ask('GET', '/alert/text')).value).toBe(
      'Allow org.example.notes to record audio?',
    );
    expect((await ask('POST', '/element', { strategy: 'id', selector: id('loud') })).status).toBe(
      404,
    );
    const allow = 'com.android.permissioncontroller:id/permission_allow_foreground_only_button';
    await ask('POST', `/element/${await findBy('id', allow)}/click`);
    expect(
      machine.state.packages
        .get('org.example.notes')
        ?.permissions.get('android.permission.RECORD_AUDIO'),
    ).toBe(true);
    expect(await findBy('id', id('loud'))).not.toBe('');
  });

  it('turns, and draws a picture of the size that it says', async () => {
    const picture = async () => {
      const { value } = await ask('GET', '/screenshot');
      const bytes = Buffer.from(String(value), 'base64');
      expect(bytes.subarray(1, 4).toString()).toBe('PNG');
      const data = bytes.indexOf('IDAT');
      const pixels = inflateSync(bytes.subarray(data + 4, data + 4 + bytes.readUInt32BE(data - 4)));
      return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), pixels };
    };
    const upright = await picture();
    expect(upright).toMatchObject({ width: 1080, height: 2280 });
    expect(upright.pixels.length).toBe(1081 * 2280);
    expect(new Set(upright.pixels).size).toBeGreaterThan(4);
    expect((await ask('POST', '/orientation', { orientation: 'LANDSCAPE' })).value).toBe(
      'LANDSCAPE',
    );
    expect(await picture()).toMatchObject({ width: 2280, height: 1080 });
    expect((await ask('GET', '/rotation')).value).toEqual({ x: 0, y: 0, z: 90 });
    expect((await ask('GET', '/window/rect')).value).toMatchObject({ width: 2280, height: 1080 });
  });

  it('goes back to the launcher, and tells what the device is', async () => {
    await ask('POST', '/back', {});
    expect(machine.state.foreground).toBeNull();
    expect((await ask('GET', '/source')).value).toContain('com.android.launcher3');
    expect((await ask('GET', '/appium/device/info')).value).toMatchObject({
      apiVersion: '34',
      realDisplaySize: '1080x2280',
    });
    await ask('POST', '/appium/settings', { settings: { waitForIdleTimeout: 10 } });
    expect((await ask('GET', '/appium/settings')).value).toEqual({ waitForIdleTimeout: 10 });
  });
});
