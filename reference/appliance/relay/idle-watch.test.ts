import { describe, expect, it } from 'vitest';
import { createIdleWatch } from './idle-watch.ts';

describe('the idle watch of a call', () => {
  it('reports a silent phone once, and again when it has sent in between', () => {
    const watch = createIdleWatch(100, 0);
    expect(watch.look(50, 1, 1)).toEqual([]);
    expect(watch.look(149, 2, 1)).toEqual([]);
    expect(watch.look(150, 3, 1)).toEqual(['callee']);
    expect(watch.look(200, 4, 1)).toEqual([]);
    expect(watch.look(220, 4, 2)).toEqual([]);
    expect(watch.look(299, 4, 2)).toEqual([]);
    expect(watch.look(320, 4, 2)).toEqual(['caller', 'callee']);
    expect(watch.look(900, 4, 2)).toEqual([]);
  });

  it('reports phones that never sent', () => {
    const watch = createIdleWatch(100, 1000);
    expect(watch.look(1099, 0, 0)).toEqual([]);
    expect(watch.look(1100, 0, 0)).toEqual(['caller', 'callee']);
  });
});
