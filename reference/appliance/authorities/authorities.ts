import { newKeyPair, signerOf } from './authority-keys.ts';
import { defaultNames, issueHierarchy, type SigningKey } from './hierarchy.ts';
import { onlineAuthorities } from './online.ts';
import type { Authorities, AuthoritiesWorld, AuthorityNames } from './types.ts';

export type { Authorities, ServerCredentials } from './types.ts';

export interface AuthoritiesOptions extends AuthoritiesWorld {
  /** CommonNames of the authorities. */
  readonly names?: AuthorityNames;
}

const newSigningKey = async (): Promise<SigningKey> => {
  const { spki, privateKey } = await newKeyPair();
  return { spki, sign: signerOf(privateKey) };
};

/** Makes the three authorities of target 5.2 with new keys, in memory only; a real appliance opens those of a ceremony. */
export const createAuthorities = async (options: AuthoritiesOptions): Promise<Authorities> => {
  const [root, clientAuthority, serverAuthority] = await Promise.all([
    newSigningKey(),
    newSigningKey(),
    newSigningKey(),
  ]);
  const keys = { root, clientAuthority, serverAuthority };
  const hierarchy = await issueHierarchy({ names: options.names ?? defaultNames, keys }, options);
  const close = (): Promise<void> => Promise.resolve();
  return { ...onlineAuthorities({ ...hierarchy, close }, options), root: hierarchy.root };
};
