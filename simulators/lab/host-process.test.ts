import { describe, expect, it } from 'vitest';
import { startHostProcess, type HostProgram } from './host-process.ts';

const script = (text: string): HostProgram => ({
  command: process.execPath,
  args: ['--eval', text],
});

/** What a program says until it has ended, and how it ended. */
const outcome = async (program: HostProgram) => {
  const said: unknown[] = [];
  const running = startHostProcess([], program);
  running.onMessage((message) => said.push(message));
  return { how: await running.ended, said: [...said] };
};

describe('a program on a host', () => {
  it('has been heard to its last word when it has ended', async () => {
    const text = `for (let at = 0; at < 200; at += 1) process.send(at, () => at === 199 && process.exit(3));`;
    const { how, said } = await outcome(script(text));
    expect(said).toEqual(Array.from({ length: 200 }, (_, at) => at));
    expect(how).toBe(`${process.execPath} ended with 3`);
  });

  it('that does not exist has ended, with the reason', async () => {
    const running = startHostProcess([], { command: '/nowhere/program', args: [] });
    running.send({ kind: 'anything' });
    expect(await running.ended).toMatch(/^\/nowhere\/program could not start: .*ENOENT/);
    await running.stop(10);
  });

  it('comes to run by the words that lead into its host', async () => {
    const { said } = await outcome({
      ...script('process.send(process.env.PLACE, () => process.exit(0))'),
      environment: { PLACE: 'here' },
    });
    expect(said).toEqual(['here']);
    const led = startHostProcess(['env', 'PLACE=there'], script('process.send(process.env.PLACE)'));
    const answer = await new Promise((resolve) => {
      led.onMessage(resolve);
    });
    expect(answer).toBe('there');
    await led.stop(5_000);
  });

  it.each([
    ['that ends with its control channel', '', 'ended with 0'],
    ['that does not is killed', 'setInterval(() => {}, 1000);', 'was ended by SIGKILL'],
  ])('%s', async (_, rest, how) => {
    const running = startHostProcess(
      [],
      script(`process.on('disconnect', () => {}); process.send('up'); ${rest}`),
    );
    await new Promise((resolve) => {
      running.onMessage(resolve);
    });
    await running.stop(rest === '' ? 10_000 : 100);
    expect(await running.ended).toBe(`${process.execPath} ${how}`);
  });

  it('does not wait for a process that it leaves behind with its control channel', async () => {
    const { how } = await outcome({
      command: 'sh',
      args: ['-c', 'sleep 3 >/dev/null 2>&1 & exit 4'],
    });
    expect(how).toBe('sh ended with 4');
  });
});
