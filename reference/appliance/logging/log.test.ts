import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLog, openLog } from './log.ts';

const collect = () => {
  const lines: string[] = [];
  return { lines, stream: { write: (line: string) => void lines.push(line) } };
};

describe('the log', () => {
  it('writes one line of JSON for each event, with time, level and code', () => {
    const { lines, stream } = collect();
    const log = createLog(stream, 'info');
    log.refused('sip/identity', 'From is\nanother’s');
    log.callEnded('abc', 7, 350);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        code: 'sip/identity',
        detail: 'From is\\u000aanother’s',
      },
      {
        level: 'info',
        time: expect.any(String),
        code: 'call/ended',
        callId: 'abc',
        packets: 7,
        bytes: 350,
      },
    ]);
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  });

  it('leaves out what is below its level', () => {
    const { lines, stream } = collect();
    const log = createLog(stream, 'warn');
    log.numberBlocked('+33612345678');
    log.warning('relay/batch-mode', 'not here');
    expect(lines).toHaveLength(1);
  });

  it('makes its file readable by its owner alone, and opens it anew', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-'));
    const file = join(folder, 'appliance.log');
    const log = openLog({ level: 'info', destination: file });
    log.stopped(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    renameSync(file, `${file}.1`);
    log.reopen();
    log.stopped(2);
    const codes = [`${file}.1`, file].map(
      (path) => readFileSync(path, 'utf8').split('\n').length - 1,
    );
    expect(codes).toEqual([1, 1]);
    rmSync(folder, { recursive: true });
  });

  it('says in one line that its file cannot be written', () => {
    expect(() => openLog({ level: 'info', destination: '/proc/none/appliance.log' })).toThrow(
      /^log \/proc\/none\/appliance.log: cannot be written \(ENOENT\); name another/,
    );
  });
});
