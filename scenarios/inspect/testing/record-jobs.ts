import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { bringLoopbackUp, startCapture } from '../../../simulators/lab/capture/packet-socket.ts';

/** Runs in a network namespace of its own: records each job's traffic on the loopback interface while its shell script runs. */

interface Job {
  readonly file: string;
  readonly script: string;
  readonly keyLog?: string;
}

const [, , jobsFile = ''] = process.argv;
const jobs = JSON.parse(readFileSync(jobsFile, 'utf8')) as readonly Job[];

const up = bringLoopbackUp();
if (!up.ok) throw new Error(up.error.code);
for (const { file, script, keyLog } of jobs) {
  const capture = await startCapture({ interface: 'lo', file, comment: 'inspect/testing' });
  if (!capture.ok) throw new Error(capture.error.code);
  const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  const lines = keyLog !== undefined && existsSync(keyLog) ? readFileSync(keyLog, 'utf8') : '';
  await capture.value.stop({ tlsKeyLog: lines.split('\n').filter((line) => line !== '') });
  if (status !== 0) throw new Error(`the script for ${file} ended with ${status}: ${stderr}`);
}
