import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { startRegistrationService } from '../../registration/service.ts';
import { openStore } from '../open.ts';
import { serviceAuthoritiesOf, type FixedAuthorities } from './fixed-authorities.ts';
import type { FromService, ToService } from './kill-protocol.ts';

/** Enrolment over HTTPS and revocation over a durable store, told by its parent, to be killed at any moment. */
const [folder = '', authoritiesFile = ''] = process.argv.slice(2);
const tell = (message: FromService): void => void process.send?.(message);

const fixed = JSON.parse(readFileSync(authoritiesFile, 'utf8')) as FixedAuthorities;
const store = openStore(folder, Date.now());
process.on('message', ({ number }: ToService) => {
  store.numbers.revokeNumber({ number, by: 'driver', reason: 'keyCompromise', at: Date.now() });
  tell({ kind: 'revoked', number });
});
const { endpoint } = await startRegistrationService({
  host: '127.0.0.1',
  port: 0,
  credentials: fixed.credentials,
  authorities: serviceAuthoritiesOf(fixed),
  store,
  sms: {
    send: (number, text) => {
      tell({ kind: 'text', number, text });
      return Promise.resolve();
    },
  },
  now: Date.now,
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
  perAddress: [{ count: 1_000_000, per: 1000 }],
});
tell({ kind: 'ready', port: endpoint.port });
