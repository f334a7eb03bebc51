import { fileURLToPath } from 'node:url';
import type { Administration } from '../../../devices/contract.ts';
import { askOnHost } from '../../../simulators/attackers/on-host.ts';
import type { PictureOrder, PictureOutcome } from '../../../simulators/attackers/web-pictures.ts';
import { nodeProgram } from '../../../simulators/lab/host-process.ts';
import type { World } from '../../campaign/activity.ts';

const program = fileURLToPath(
  new URL('../../../simulators/attackers/web-pictures-program.ts', import.meta.url),
);

/** Milliseconds for each page, and for the program to end. */
const limits = { page: 10_000, end: 5_000 } as const;

/** Pictures of the page as the administrator sees it in a browser, for people: no verdict rests on them. `list` is where the subscribers are. */
export const takePicturesOf = async (
  world: World,
  { endpoint, account, password }: Administration,
  list: string,
): Promise<void> => {
  const host = world.site.start('administrator', nodeProgram(program, []));
  try {
    const paths = { overview: '/', subscribers: list };
    const order: PictureOrder = { endpoint, account, password, paths, deadlineMs: limits.page };
    const outcome = (await askOnHost(host)(order)) as PictureOutcome;
    if (outcome.kind === 'none')
      return await world.write('pictures.json', { reason: outcome.reason });
    for (const [name, base64] of Object.entries(outcome.pictures))
      await world.write(`pictures/${name}.png`, new Uint8Array(Buffer.from(base64, 'base64')));
  } finally {
    await host.stop(limits.end);
  }
};
