/** Why authorities cannot be made, opened or used. */
export type AuthoritiesProblemCode =
  | 'authorities/exists'
  | 'authorities/folder'
  | 'authorities/missing-file'
  | 'authorities/file'
  | 'authorities/root-key-present'
  | 'authorities/passphrase'
  | 'authorities/key-protection'
  | 'authorities/key-mismatch'
  | 'authorities/chain'
  | 'authorities/revoked'
  | 'authorities/root-list'
  | 'authorities/host'
  | 'authorities/expired'
  | 'authorities/token';

/** One line: the thing, the reason and the way out. Never holds a secret. */
export interface AuthoritiesProblem extends Error {
  readonly code: AuthoritiesProblemCode;
}

/** An Error with a code and a message of one line. */
export const authoritiesProblem = (
  code: AuthoritiesProblemCode,
  thing: string,
  reason: string,
): AuthoritiesProblem => Object.assign(new Error(`${thing}: ${reason}`), { code });
