import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyLogName } from '../devices/external/capture.ts';
import { createEvidenceStore, type EvidenceStore } from '../reports/evidence/store.ts';
import { gatherFacts } from '../scenarios/wire/facts.ts';
import {
  enhancedPacket,
  interfaceDescription,
  sectionHeader,
} from '../simulators/lab/capture/pcapng-writer.ts';
import { addCapture } from './added-capture.ts';

let folder = '';
let store: EvidenceStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'added-'));
  store = await createEvidenceStore(join(folder, 'run'));
  await store.write('evidence/call/capture.json', { kind: 'missing', reason: 'to be added' });
  await store.write(
    `evidence/call/${keyLogName}`,
    `CLIENT_RANDOM ${'1'.repeat(64)} ${'2'.repeat(96)}\n`,
  );
  await store.write('evidence/scan/sip.json', {});
  writeFileSync(
    join(folder, 'call.pcapng'),
    Buffer.concat([
      sectionHeader('by another'),
      interfaceDescription('eth0', 0),
      enhancedPacket(0n, new Uint8Array(60), 60),
    ]),
  );
  writeFileSync(join(folder, 'text'), 'no capture at all');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const add = (words: string) => addCapture(store, words);
const at = (name: string) => join(folder, name);

describe('a capture that is added to a finished run', () => {
  it('lies with its activity, the secrets that the run kept in it', async () => {
    await add(`call=${at('call.pcapng')}`);
    const recorded: unknown = JSON.parse(
      readFileSync(at('run/evidence/call/capture.json'), 'utf8'),
    );
    expect(recorded).toEqual({ kind: 'captured', packets: 1, dropped: 0 });
    const path = at('run/evidence/call/capture.pcapng');
    expect(readFileSync(path, 'latin1')).toContain('CLIENT_RANDOM 1111');
    const facts = await gatherFacts(path, { sipPorts: [], registrationPorts: [] });
    expect(facts).toMatchObject({ packets: 1, problems: [] });
  });

  it('is added once', async () => {
    await add(`call=${at('call.pcapng')}`);
    await expect(add(`call=${at('call.pcapng')}`)).rejects.toThrow(
      /call of this run was captured already; nothing was changed$/,
    );
  });

  it.each([
    [
      'words without an activity',
      () => at('call.pcapng'),
      /give it as ACTIVITY=FILE, such as call=/,
    ],
    [
      'an activity that leads elsewhere',
      () => `../run=${at('call.pcapng')}`,
      /give it as ACTIVITY=FILE/,
    ],
    [
      'an activity that waits for none',
      () => `scan=${at('call.pcapng')}`,
      /no activity scan that waits for a capture/,
    ],
    [
      'a file that is not there',
      () => `call=${at('none')}`,
      /there is no such file; give a capture in pcap or pcapng/,
    ],
    [
      'a file that is no capture',
      () => `call=${at('text')}`,
      /neither pcap nor pcapng \(at byte 0\)/,
    ],
  ])('%s is refused', async (_what, words, line) => {
    await expect(add(words())).rejects.toThrow(line);
    const recorded: unknown = JSON.parse(
      readFileSync(at('run/evidence/call/capture.json'), 'utf8'),
    );
    expect(recorded).toMatchObject({ kind: 'missing' });
  });
});
