import { createHostileAuthorities, type HostileAuthorities } from '../hostile-authorities.ts';

export { issueClient } from '../hostile-authorities.ts';

/** A whole test hierarchy with keys made now. */
export type TestAuthorities = HostileAuthorities;

/** Makes a root, both intermediate authorities and a server certificate for 127.0.0.1. */
export const createTestAuthorities = (): TestAuthorities =>
  createHostileAuthorities(Uint8Array.of(127, 0, 0, 1));
