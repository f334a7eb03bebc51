import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTokenDoor } from './token-door.ts';

describe('the door by which specs read tokens', () => {
  let door: Awaited<ReturnType<typeof openTokenDoor>>;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    door = await openTokenDoor(async (number) => {
      asked.push(number);
      if (number !== '+33639982901') throw new Error('no token came');
      return '654321';
    });
  });
  afterEach(() => door.close());

  it('gives the token of a number to whoever has its path', async () => {
    const answer = await fetch(`${door.url}${encodeURIComponent('+33639982901')}`);
    expect(await answer.text()).toBe('654321');
    expect((await fetch(`${door.url}1`)).status).toBe(504);
  });

  it('answers whatever else is asked, and lives on', async () => {
    const { origin } = new URL(door.url);
    expect((await fetch(`${origin}/%`)).status).toBe(404);
    expect((await fetch(`${origin}/%E0%A4%A/1`)).status).toBe(404);
    expect((await fetch(`${door.url}%`)).status).toBe(400);
    expect(asked).toEqual([]);
    expect((await fetch(`${door.url}1`)).status).toBe(504);
  });

  it('closes also while somebody waits for a token', async () => {
    const waiting = await openTokenDoor(() => {
      void waiting.close();
      return new Promise(() => undefined);
    });
    await expect(fetch(`${waiting.url}1`)).rejects.toThrow('fetch failed');
    await waiting.close();
  });
});
