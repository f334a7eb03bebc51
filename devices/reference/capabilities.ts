import type { Capability } from '../contract.ts';

/** Everything that the reference can do; its firewall only where it has one, as its appliance says. */
export const capabilities: ReadonlySet<Capability> = new Set<Capability>([
  'enrol',
  'call',
  'hold',
  'read-token',
  'show-identifiers',
  'export-stored-files',
  'alter-stored-files',
  'tls-key-log',
  'key-agreement-log',
  'media-keys',
  'refusal-log',
  'revoke',
  'administer',
  'show-firewall',
]);
