import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../endpoint.ts';
import type { TestAuthorities } from './authorities.ts';

/** Whether the openssl program can be run here. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Runs `openssl s_server` with some options on a free port until `stop`. */
export const startOpensslServer = (
  authorities: TestAuthorities,
  options: readonly string[],
): Promise<{ readonly endpoint: Endpoint; readonly stop: () => Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), 'attackers-'));
  const key = join(folder, 'key.pem');
  const chain = join(folder, 'chain.pem');
  writeFileSync(key, authorities.server.key);
  writeFileSync(chain, authorities.server.chain);
  const files = ['-key', key, '-cert', chain, '-cert_chain', chain];
  const child = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', ...files, ...options]);
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill();
    await exited;
    rmSync(folder, { recursive: true });
  };
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stderr.on('data', (text: Buffer) => {
      printed += text.toString();
    });
    child.stdout.on('data', (text: Buffer) => {
      printed += text.toString();
      const port = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
      if (port !== undefined)
        resolve({ endpoint: { host: '127.0.0.1', port: Number(port) }, stop });
    });
    void exited.then(() => reject(new Error(`openssl s_server ended: ${printed}`)));
  });
};
