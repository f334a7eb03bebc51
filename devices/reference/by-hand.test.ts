import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openLoopbackSite } from '../../simulators/lab/site.ts';
import { startByHand } from './by-hand.ts';

it('a start that fails halfway waits for what still starts, and leaves nothing behind', async () => {
  const lab = await openLoopbackSite();
  const servers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const before = servers();
  let isSlowOneReady = false;
  const site = {
    ...lab,
    async folder(name: string) {
      if (name === 'phone-1') throw new Error('no space');
      await setTimeout(name === 'phone-2' ? 300 : 0);
      isSlowOneReady ||= name === 'phone-2';
      return lab.folder(name);
    },
  };
  const ignore = (): void => undefined;
  const options = { phones: 2, areEnrolled: false, onText: ignore, onRefusal: ignore };
  await expect(startByHand(site, options)).rejects.toThrow('no space');
  expect(isSlowOneReady).toBe(true);
  await expect.poll(servers).toBe(before);
  await lab.close();
});
