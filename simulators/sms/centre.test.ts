import { describe, expect, it } from 'vitest';
import { createSmsCentre } from './centre.ts';

describe('simulated SMS centre', () => {
  it('gives the newest text of a number, sent before or after it was asked for', async () => {
    const centre = createSmsCentre();
    const waiting = centre.waitFor('+331', 5000);
    await centre.send('+332', 'other');
    await centre.send('+331', 'first');
    expect(await waiting).toEqual({ number: '+331', text: 'first' });
    await centre.send('+331', 'second');
    expect(await centre.waitFor('+331', 5000)).toMatchObject({ text: 'second' });
    expect(centre.outbox.map((message) => message.text)).toEqual(['other', 'first', 'second']);
  });

  it('passes over what was there before, if asked to', async () => {
    const centre = createSmsCentre();
    await centre.send('+331', 'old');
    const waiting = centre.waitFor('+331', 5000, centre.outbox.length);
    await centre.send('+331', 'new');
    expect(await waiting).toMatchObject({ text: 'new' });
  });

  it('gives up at the deadline, naming the number', async () => {
    await expect(createSmsCentre().waitFor('+331', 10)).rejects.toThrow('no text to +331');
  });
});
