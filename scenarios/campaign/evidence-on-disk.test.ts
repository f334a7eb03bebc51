import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { interfaceDescription, sectionHeader } from '../../simulators/lab/capture/pcapng-writer.ts';
import { concat } from '../../reference/core/bytes.ts';
import { readEvidence, type Activities } from './evidence-on-disk.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-on-disk-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const activities: Activities = {
  status: 'complete',
  outcomes: [{ id: 'call', status: 'done', took: 5 }],
};

const put = async (path: string, content: string | Uint8Array) => {
  const place = join(folder, 'evidence', path);
  await mkdir(dirname(place), { recursive: true });
  await writeFile(place, content);
};
const captured = '{"kind":"captured","packets":0,"dropped":0}';
const emptyCapture = concat(sectionHeader('test'), interfaceDescription('lo', 65_535));
const schema = z.strictObject({ packets: z.number() });
const read = () => readEvidence(folder, activities);

describe('evidence read from disk', () => {
  it('gives what is there, also from folders below', async () => {
    await put('call/a.json', '{"packets":3}');
    await put('call/stored/alice/key.pem', 'é');
    const evidence = await read();
    expect(evidence.json('call', 'a.json', schema)).toEqual({ packets: 3 });
    expect(evidence.text('call', 'stored/alice/key.pem')).toBe('é');
    expect(evidence.bytes('call', 'stored/alice/key.pem')).toEqual(new Uint8Array([0xc3, 0xa9]));
  });

  it.each([
    ['truncated', '{"packets":'],
    ['empty', ''],
    ['of another shape', '{"packets":"3"}'],
    ['with a field too many', '{"packets":3,"more":1}'],
    ['binary', new Uint8Array([0xff, 0x00])],
  ])('takes a JSON file that is %s for absent', async (_how, content) => {
    await put('call/a.json', content);
    expect((await read()).json('call', 'a.json', schema)).toBeNull();
  });

  it('takes what is not there, a folder or a link out of the run for absent', async () => {
    await put('call/folder/x', '');
    await writeFile(join(folder, 'outside.json'), '{"packets":3}');
    await symlink(join(folder, 'outside.json'), join(folder, 'evidence/call/link.json'));
    const evidence = await read();
    for (const path of ['none.json', 'folder', 'link.json', '../../outside.json']) {
      expect(evidence.json('call', path, schema)).toBeNull();
      expect(evidence.bytes('call', path)).toBeNull();
      expect(evidence.text('call', path)).toBeNull();
    }
  });

  it('is all absent in a folder without evidence', async () => {
    const evidence = await read();
    expect(evidence.bytes('call', 'a.json')).toBeNull();
    expect(evidence.wire('call')).toEqual({ kind: 'missing', reason: 'no capture was made' });
  });

  it('has the outcome of an activity, or that it was not reached, with why the run ended', async () => {
    const broken = await readEvidence(folder, {
      status: 'incomplete',
      ended: 'the run broke off',
      outcomes: activities.outcomes,
    });
    expect(broken.outcome('call').status).toBe('done');
    const unreached = { id: 'scan', status: 'interrupted', took: 0 };
    expect(broken.outcome('scan')).toEqual({ ...unreached, reason: 'the run broke off' });
    expect((await read()).outcome('scan')).toEqual({ ...unreached, reason: 'it was not reached' });
    expect(broken.wire('scan')).toEqual({
      kind: 'missing',
      reason: 'the activity was not reached',
    });
  });
});

describe('a capture read from disk', () => {
  it('gives its facts', async () => {
    await put('call/capture.json', captured);
    await put('call/capture.pcapng', emptyCapture);
    expect((await read()).wire('call')).toMatchObject({
      kind: 'captured',
      path: 'evidence/call/capture.pcapng',
      facts: { packets: 0, problems: [] },
    });
  });

  it('knows the services by the ports of the activity, and does without', async () => {
    await put('call/capture.json', captured);
    await put('call/capture.pcapng', emptyCapture);
    for (const topology of ['{"sip":{"port":1},"registration":{"port":2},"more":3}', 'broken']) {
      await put('call/topology.json', topology);
      expect((await read()).wire('call').kind).toBe('captured');
    }
  });

  it('is not kept among the small files', async () => {
    await put('call/capture.pcapng', emptyCapture);
    expect((await read()).bytes('call', 'capture.pcapng')).toBeNull();
  });

  it('that was not permitted is missing with the reason', async () => {
    await put('call/capture.json', '{"kind":"missing","reason":"EPERM"}');
    await put('call/capture.pcapng', emptyCapture);
    expect((await read()).wire('call')).toEqual({
      kind: 'missing',
      reason: 'the wire was not captured: EPERM',
    });
  });

  it.each([
    ['without its file', null, 'the file cannot be read .ENOENT.'],
    ['cut in the first block', emptyCapture.subarray(0, 20), 'truncated'],
    ['of no known format', new TextEncoder().encode('not a capture, but long enough'), ''],
  ])('%s is missing with the reason, never half believed', async (_how, content, reason) => {
    await put('call/capture.json', captured);
    if (content) await put('call/capture.pcapng', content);
    expect((await read()).wire('call')).toEqual({
      kind: 'missing',
      reason: expect.stringMatching(`^evidence/call/capture.pcapng: .*${reason}`),
    });
  });

  it('without a readable capture.json is missing, whatever its file holds', async () => {
    await put('call/capture.json', '{"kind":"captured"}');
    await put('call/capture.pcapng', emptyCapture);
    expect((await read()).wire('call')).toEqual({ kind: 'missing', reason: 'no capture was made' });
  });
});
