import { z } from 'zod';
import { authoritiesProblem } from './problem.ts';
import { readBySchema } from '../../core/read-by-schema.ts';

/** Which token holds the authorities' keys. */
export interface TokenPlace {
  /** Absolute path of the PKCS #11 module. */
  readonly module: string;
  /** The token's label. */
  readonly token: string;
}

/** Labels of the keys in a token. */
export const tokenKeyLabels = {
  clientAuthority: 'discretio client authority',
  serverAuthority: 'discretio server authority',
} as const;

const shape = z.strictObject({
  module: z.string().startsWith('/').max(4096),
  token: z.string().min(1).max(32),
});

export const tokenFileText = (place: TokenPlace): string => `${JSON.stringify(place, null, 2)}\n`;

/** Reads the file; throws an AuthoritiesProblem. */
export const readTokenFile = (text: string, thing: string): TokenPlace => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const place = readBySchema(shape, value);
  if (place.success) return place.data;
  const reason = 'it must be {"module": "/path/of/module.so", "token": "LABEL"}; correct it';
  throw authoritiesProblem('authorities/file', thing, reason);
};
