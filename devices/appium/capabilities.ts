import type { Capability } from '../contract.ts';
import type { DeviceFacts } from './device/device-facts.ts';
import type { ElementName } from './selectors/names.ts';
import type { Selectors } from './selectors/schema.ts';

/** Where the program runs that makes the keys, stores them and speaks to the servers, as opposed to the screen that shows it. */
export type ClientPlace = 'this-device' | 'elsewhere';

/**
 * Claims of what a phone itself is, makes and stores: its Android, the key that it makes, the files that it keeps. The screen of a client
 * that runs elsewhere is no evidence for them.
 */
const claimsOfTheDevice = /^(?:2\.3\.2\.a|2\.3\.c|2\.2\.a|3\.1\.[a-z]|5\.3\.[a-z])$/;

/** Whether nothing that is seen of phones shows anything of a claim, since the client of one of them runs elsewhere. */
export const isBeyondScreens = (claim: string, places: readonly ClientPlace[]): boolean =>
  claimsOfTheDevice.test(claim) && places.includes('elsewhere');

/** Where the client of a phone runs: on it only where it is hardware, and what it shows is no page that another machine serves. */
export const clientPlace = (
  nature: DeviceFacts['nature'],
  selectors: Pick<Selectors, 'context'> & { readonly address?: string | undefined },
): ClientPlace =>
  nature === 'device' && (selectors.context === 'native' || selectors.address === undefined)
    ? 'this-device'
    : 'elsewhere';

/** What decides on a phone's capabilities. */
export interface PhoneAbilities {
  readonly place: ClientPlace;
  readonly selectors: Selectors;
  /** How stored files can be read off the phone, if at all. */
  readonly storedFiles: 'run-as' | 'root' | 'no';
  /** Whether the client gives its test secrets away: TLS keys, exponents and media keys. */
  readonly logsKeys: boolean;
}

const has = (selectors: Selectors, ...names: readonly ElementName[]): boolean =>
  names.every((name) => selectors.elements[name] !== undefined);

/** What a phone that is driven by its screen can really do: a screen shows no stored key and no key of the wire. */
export const phoneCapabilities = ({
  place,
  selectors,
  storedFiles,
  logsKeys,
}: PhoneAbilities): ReadonlySet<Capability> =>
  new Set<Capability>([
    'enrol',
    'call',
    ...(has(selectors, 'hold', 'call-held') ? (['hold'] as const) : []),
    ...(has(selectors, 'local-identifier', 'peer-identifier')
      ? (['show-identifiers'] as const)
      : []),
    ...(place === 'this-device' && storedFiles !== 'no' ? (['export-stored-files'] as const) : []),
    ...(place === 'elsewhere' ? (['client-elsewhere'] as const) : []),
    ...(logsKeys ? (['tls-key-log', 'key-agreement-log', 'media-keys'] as const) : []),
  ]);
