import { describe, expect, it } from 'vitest';
import { createMachine, type MachineOptions } from '../machine.ts';
import { notes } from '../testing/notes.ts';
import { noInput } from './shell.ts';

const machineOf = (options: MachineOptions = {}) => {
  const machine = createMachine(options);
  const run = async (line: string, signal = new AbortController().signal) => {
    const parts: Uint8Array[] = [];
    const errors: Uint8Array[] = [];
    const status = await machine.shell.run(line, {
      stdin: noInput(),
      signal,
      out: (bytes) => void parts.push(bytes),
      error: (bytes) => void errors.push(bytes),
    });
    return {
      status,
      out: Buffer.concat(parts).toString(),
      error: Buffer.concat(errors).toString(),
    };
  };
  const said = async (line: string): Promise<string> => (await run(line)).out.trim();
  return { ...machine, run, said };
};

describe('the phone’s shell', () => {
  it('answers what the driver asks before a session', async () => {
    const { said, run, unknown } = machineOf({ applications: [notes()] });
    expect(await said('getprop ro.build.version.sdk')).toBe('34');
    expect(await said('getprop')).toContain('[ro.build.version.release]: [14]');
    await run('settings put global hidden_api_policy 1');
    expect(await said('settings get global hidden_api_policy')).toBe('1');
    expect(await said('settings delete global hidden_api_policy')).toBe('Deleted 1 rows');
    expect(await said('settings get global hidden_api_policy')).toBe('null');
    expect(await said('cmd package list packages --show-versioncode io.appium.settings')).toBe(
      'package:io.appium.settings versionCode:105',
    );
    expect(await said('am start-activity -W -n org.example.notes/.NotesActivity')).toContain(
      'Status: ok',
    );
    expect(await said('dumpsys window displays')).toContain(
      'org.example.notes/org.example.notes.NotesActivity',
    );
    expect(await said('pidof org.example.notes')).toMatch(/^\d+$/);
    expect(await said('ps -A | grep notes')).toMatch(/S org\.example\.notes$/);
    expect(await said('dumpsys package org.example.notes')).toContain(
      'android.permission.RECORD_AUDIO: granted=true',
    );
    expect(unknown).toEqual([]);
  });

  it('records what it does not know and refuses it as Android does', async () => {
    const { run, unknown } = machineOf();
    expect(await run('frobnicate --now')).toEqual({
      status: 127,
      out: '',
      error: '/system/bin/sh: frobnicate: inaccessible or not found\n',
    });
    expect((await run('constructor')).status).toBe(127);
    expect((await run('dumpsys nosuch')).status).toBe(255);
    expect((await run('echo "open')).status).toBe(1);
    expect(unknown).toEqual(['frobnicate --now', 'constructor', 'dumpsys nosuch', 'echo "open']);
  });

  it('starts, stops and clears an application, and says so where there is none', async () => {
    const application = notes();
    const { said, run, state, gestures, screen } = machineOf({ applications: [application] });
    expect((await run('am start -n org.example.notes/.Other')).error).toContain('Error type 3');
    await run('am start -n org.example.notes/.NotesActivity');
    gestures.tapAt(540, 300);
    gestures.type('first');
    const keep = screen().root?.children.find(({ widget }) => widget.id?.endsWith('/keep'));
    if (keep) gestures.tapNode(keep);
    expect(application.kept).toEqual(['first']);
    expect(await said('run-as org.example.notes cat files/0.txt')).toBe('first');
    expect(await said('run-as org.example.notes ls files')).toBe('0.txt');
    expect((await run('cat /data/data/org.example.notes/files/0.txt')).error).toContain(
      'Permission denied',
    );
    expect((await run('run-as com.android.settings ls')).error).toContain('not debuggable');
    expect((await run('run-as nobody ls')).error).toContain('unknown package');
    await run('am force-stop org.example.notes');
    expect((await run('pidof org.example.notes')).status).toBe(1);
    expect(state.foreground).toBeNull();
    expect(await said('pm clear org.example.notes')).toBe('Success');
    expect(application.kept).toEqual([]);
    expect(await said('pm clear nobody')).toBe('Failed');
  });

  it('switches the networks, Doze and the screen, and tells the application', async () => {
    const { run, said, state } = machineOf({ applications: [notes()] });
    await run('am start -n org.example.notes/.NotesActivity');
    const told = (): readonly string[] =>
      state.log.filter(({ tag }) => tag === 'Notes').map(({ message }) => message);
    await run('cmd connectivity airplane-mode enable');
    expect(await said('cmd connectivity airplane-mode')).toBe('enabled');
    expect(await said('settings get global airplane_mode_on')).toBe('1');
    await run('svc wifi enable');
    await run('cmd connectivity airplane-mode disable; svc wifi disable');
    expect(told()).toEqual(['offline', 'online']);
    await run('dumpsys deviceidle force-idle');
    expect(await said('dumpsys deviceidle get deep')).toBe('IDLE');
    await run('dumpsys deviceidle whitelist +org.example.notes');
    await run('dumpsys deviceidle unforce');
    expect(told()).toEqual(['offline', 'online', 'offline', 'online']);
    expect(await said('dumpsys deviceidle whitelist')).toContain('org.example.notes');
    await run('dumpsys battery set level 5; dumpsys battery unplug');
    expect(await said('dumpsys battery | grep level')).toBe('level: 5');
    await run('input keyevent KEYCODE_SLEEP');
    expect(await said('dumpsys power')).toContain('Asleep');
  });

  it('grants only what was asked for, lists messages and changes the screen’s size', async () => {
    const { run, said, state } = machineOf({ applications: [notes()], permissions: 'ask' });
    const microphone = 'android.permission.RECORD_AUDIO';
    expect(await said('dumpsys package org.example.notes')).toContain(
      `${microphone}: granted=false`,
    );
    await run(`pm grant org.example.notes ${microphone}`);
    expect(state.packages.get('org.example.notes')?.permissions.get(microphone)).toBe(true);
    expect((await run('pm grant org.example.notes android.permission.CAMERA')).error).toContain(
      'SecurityException',
    );
    expect(await said('content query --uri content://sms/inbox')).toBe('No result found.');
    state.messages.push({ from: '+33639984009', body: 'token 123456', at: 5 });
    expect(await said('content query --uri content://sms/inbox')).toBe(
      'Row: 0 _id=1, address=+33639984009, date=5, read=0, type=1, body=token 123456',
    );
    await run('wm size 720x1280; wm density 320');
    expect(await said('wm size')).toBe('Physical size: 1080x2280\nOverride size: 720x1280');
    expect(await said('wm density')).toContain('Override density: 320');
  });

  it('writes files by redirection, lists and removes them', async () => {
    const { run, said } = machineOf();
    await run('echo one > /sdcard/a; echo two >> /sdcard/a; nosuch 2>/dev/null');
    expect(await said('cat /sdcard/a')).toBe('one\ntwo');
    expect(await said('ls /sdcard')).toBe('a');
    expect((await run('[ -e /sdcard/a ] && echo there')).out).toBe('there\n');
    expect(await said('base64 /sdcard/a')).toBe('b25lCnR3bwo=');
    expect((await run('rm /sdcard/a && ls /sdcard/a')).error).toContain('No such file');
    expect((await run('rm /sdcard/a')).status).toBe(1);
  });

  it('takes a picture that is a PNG, and streams the log until nobody listens', async () => {
    const { run, state } = machineOf();
    expect((await run('screencap -p')).out.slice(1, 4)).toBe('PNG');
    await run('uiautomator dump /sdcard/w.xml');
    expect((await run('cat /sdcard/w.xml')).out).toMatch(/^<\?xml.*<\/hierarchy>$/s);
    const listening = new AbortController();
    const reading = run('logcat', listening.signal);
    state.events.emit('log', { at: 0, pid: 1, level: 'I', tag: 'T', message: 'streamed' });
    listening.abort();
    expect((await reading).out).toContain('I T: streamed');
  });
});
