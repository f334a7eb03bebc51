import { z } from 'zod';
import { withJson, type Alteration } from '../../testing/altered.ts';
import {
  displaysSchema,
  keyAgreementLogSchema,
  mediaKeysSchema,
  possessionSchema,
  secretSearchSchema,
  tokensSchema,
  topologySchema,
} from '../activities/call-evidence.ts';

const changing =
  <Schema extends z.ZodType>(path: string, schema: Schema) =>
  (change: (value: z.infer<Schema>) => unknown): Alteration =>
    withJson('call', path, schema, change);

/** The JSON files of the call, changed in place or replaced by what is given. */
export const withDisplays = changing('displays.json', displaysSchema);
export const withTokens = changing('tokens.json', tokensSchema);
export const withPossession = changing('possession.json', possessionSchema);
export const withKeys = changing('srtp-keys.json', mediaKeysSchema);
export const withExponents = changing('key-agreement.json', keyAgreementLogSchema);
export const withTopology = changing('topology.json', topologySchema);
export const withStorageSearch = changing('secrets-in-storage.json', secretSearchSchema);
export const withTrafficSearch = changing('secrets-in-traffic.json', secretSearchSchema);
export const withRecord = changing(
  'capture.json',
  z.object({ packets: z.number(), dropped: z.number() }),
);
