import type {
  CeremonyCertificate,
  CeremonyRecord,
} from '../reference/appliance/authorities/ceremony.ts';

/** A time as its day, in UTC. */
export const dayOf = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().slice(0, 10);

const lines = (
  role: string,
  { name, fingerprint, keyIdentifier, notAfter }: CeremonyCertificate,
) => [
  `${role}: ${name}, until ${dayOf(notAfter)}`,
  `  SHA-256         ${fingerprint}`,
  `  key identifier  ${keyIdentifier}`,
];

/** What a ceremony made and what to keep where. */
export const ceremonyLines = (
  record: CeremonyRecord,
  places: { readonly rootFolder: string; readonly folder: string; readonly inToken: boolean },
): readonly string[] => [
  ...lines('root', record.root),
  ...lines('client authority', record.clientAuthority),
  ...lines('server authority', record.serverAuthority),
  '',
  `${places.rootFolder}: the root. Write down the fingerprints, copy the folder to two removable`,
  '  media, keep these and the passphrase in two places under lock, and erase the folder here. No',
  '  appliance needs its key. It is needed to renew the list below and to revoke an authority.',
  `${places.folder}: for the appliance. ${
    places.inToken
      ? 'The keys are in the token and cannot leave it; its PIN'
      : 'The keys are encrypted; their passphrase'
  }`,
  '  goes into a file of mode 600 or a systemd credential, never beside the keys in a backup.',
  `root's list: until ${dayOf(record.rootListUntil)}. Renew it well before that, with`,
  '  discretio authorities renew-root-list; verifiers refuse everybody once it has expired.',
];
