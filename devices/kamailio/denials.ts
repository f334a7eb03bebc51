import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Authorities } from '../../reference/appliance/authorities/authorities.ts';
import type { ApplianceStore, StoreEvent } from '../../reference/appliance/store/contract.ts';
import { toPem } from '../../reference/core/keystore/pem.ts';
import type { KamailioControl } from './control.ts';
import type { EngineFailure } from './failure.ts';
import { pathsIn } from './run-folder.ts';

/** What Kamailio is told of revocations. */
export interface Denials {
  /** PEM of the lists of root and client authority, as they are now. */
  readonly lists: () => string;
  /** From now on Kamailio is told. */
  tell(control: KamailioControl, folder: string): void;
  /** Resolves once it knows everything; rejects when it could not be told. */
  readonly settled: () => Promise<void>;
  /** Whether the number was revoked by an administrator, and has not just got another certificate. */
  readonly isBlocked: (number: string) => boolean;
  /** A new list of the client authority was published. */
  listed(): void;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** Digest by which the routes know a certificate: of its PEM text as OpenSSL writes it. */
const digestOf = (der: Uint8Array): string =>
  createHash('sha256').update(pemText(der)).digest('hex');

const pemText = (der: Uint8Array): string => {
  const base64 = Buffer.from(der).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
};

/** Follows the store. What Kamailio could not be told is a failure of the engine: it serves whom it should refuse. */
export const followDenials = (
  authorities: Authorities,
  store: ApplianceStore,
  failure: EngineFailure,
): Denials => {
  let engine: { readonly control: KamailioControl; readonly folder: string } | undefined;
  let told: Promise<void> = Promise.resolve();
  const queue = (work: (control: KamailioControl, folder: string) => Promise<unknown>): void => {
    const next = told.then(async () => {
      if (engine) await work(engine.control, engine.folder);
    });
    told = next;
    next.catch((error: unknown) => failure.report(messageOf(error)));
  };
  const lists = (): string => {
    const client = store.revocationLists.latest('client');
    return authorities.rootList.pem + (client ? toPem('X509 CRL', client.der) : '');
  };
  store.onCommitted((event: StoreEvent) => {
    if (event.kind === 'number-blocked')
      queue((control) => control.ask('htable.seti', 'blocked', `s:${event.number}`, '1'));
    else if (event.kind === 'number-released')
      queue((control) => control.ask('htable.delete', 'blocked', `s:${event.number}`));
    else if (event.kind === 'certificates-revoked' && event.authority === 'client')
      for (const serial of event.serials)
        queue(async (control) => {
          const known = store.certificates.get(serial);
          if (known) await control.ask('htable.seti', 'denied', `s:${digestOf(known.der)}`, '1');
        });
  });
  return {
    lists,
    isBlocked: (number) => store.numbers.isBlocked(number),
    tell(control, folder) {
      engine = { control, folder };
    },
    settled: async () => {
      // What is being committed now is told to everybody first.
      await new Promise((resolve) => setImmediate(resolve));
      await told;
    },
    listed: () =>
      queue(async (control, folder) => {
        await writeFile(pathsIn(folder).lists, lists(), { mode: 0o600 });
        await control.ask('tls.reload');
      }),
  };
};
