import { rmSync } from 'node:fs';
import { afterEach, beforeEach } from 'vitest';
import type { ApplianceStore } from '../contract.ts';
import { createMemoryStore, openStore } from '../open.ts';
import { newFolder, start } from './fixtures.ts';

/** A store of the kind for each test, closed and removed after it; `opened` is given it. Gives a function that closes a durable one and opens it again. */
export const useStore = (
  kind: 'durable' | 'memory',
  opened: (store: ApplianceStore) => void,
): (() => void) => {
  let folder: string;
  let store: ApplianceStore;
  const open = (): void => {
    store = kind === 'memory' ? createMemoryStore() : openStore(folder, start);
    opened(store);
  };
  beforeEach(() => {
    folder = newFolder();
    open();
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true });
  });
  return () => {
    if (kind === 'memory') return;
    store.close();
    open();
  };
};
