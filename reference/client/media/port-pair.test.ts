import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { openPortPair } from './port-pair.ts';

const bound = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve('free')));
  });

describe('a pair of ports', () => {
  it('is two in a row, held until closed and free afterwards', async () => {
    const pair = await openPortPair('127.0.0.1');
    expect(pair.rtp.address().port).toBe(pair.port);
    expect(pair.rtcp.address().port).toBe(pair.port + 1);
    expect(await bound(pair.port)).toBe('EADDRINUSE');
    await Promise.all([pair.close(), pair.close()]);
    await pair.close();
    expect([await bound(pair.port), await bound(pair.port + 1)]).toEqual(['free', 'free']);
  });

  it('takes an address of IPv6 as such, or says in one line that there is none', async () => {
    const port = await openPortPair('::1').then(
      async (pair) => {
        const { family } = pair.rtp.address();
        await pair.close();
        return family;
      },
      (error: Error) => error.message,
    );
    expect(port).toMatch(/^IPv6$|^phone media: no UDP port on ::1 /);
  });

  it('is refused in one line at an address that is not ours', async () => {
    await expect(openPortPair('192.0.2.1')).rejects.toThrow(
      /^phone media: no UDP port on 192\.0\.2\.1 \([^\n]+\); check the phone's address$/,
    );
  });
});
