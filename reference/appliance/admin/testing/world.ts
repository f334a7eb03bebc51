import { createHash, randomBytes } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { serialText } from '../../../core/pki/serial.ts';
import { parseCertificate } from '../../../core/pki/certificate.ts';
import { newTestKey } from '../../../core/pki/testing/hierarchy.ts';
import { createAuthorities, type Authorities } from '../../authorities/authorities.ts';
import type { ApplianceStore } from '../../store/contract.ts';
import { createMemoryStore } from '../../store/open.ts';
import type { LiveCall, LiveRegistration } from '../context.ts';
import { hashPassword } from '../password.ts';
import {
  startAdminService,
  type AdminRefusal,
  type AdminService,
  type AdminServiceOptions,
} from '../service.ts';
import { createVisitor, type Visitor } from './visitor.ts';

/** A cost that tests can afford; never for a real administrator. */
export const cheapCost = { cost: 16, blockSize: 8, parallelization: 1 } as const;

/** The password of the administrators of {@link AdminWorld}. */
export const worldPassword = 'a quiet green river';

/** A running administration service over a store in memory, with a clock that stands until it is moved. */
export interface AdminWorld {
  readonly store: ApplianceStore;
  readonly service: AdminService;
  readonly authorities: Authorities;
  readonly clock: { at: number };
  readonly refusals: AdminRefusal[];
  readonly calls: LiveCall[];
  readonly registrations: LiveRegistration[];
  /** How a client of the service makes its TLS contexts. */
  readonly tls: SecureContextOptions;
  visitor(): Visitor;
  /** A visitor who has signed in as an administrator, who is added if there is none of that name. */
  signedIn(name?: string): Promise<Visitor>;
  addAdministrator(name: string): Promise<void>;
  /** A real certificate for a number; gives its serial. */
  enrol(number: string): Promise<string>;
  /** A record of a certificate whose bytes are none, which costs no key. */
  record(number: string): string;
  close(): Promise<void>;
}

const startEnrolment = (store: ApplianceStore, number: string, at: number): string => {
  const id = Buffer.from(randomBytes(16)).toString('hex');
  const publicKey = new TextEncoder().encode(id);
  store.enrolments.begin({ id, number, publicKey, requestHash: id, token: '123456', at });
  return id;
};

const issueTo = (
  store: ApplianceStore,
  number: string,
  at: number,
  certificate: {
    readonly serial: string;
    readonly der: Uint8Array;
    readonly publicKey: Uint8Array;
    readonly notAfter: number;
  },
): string => {
  const id = startEnrolment(store, number, at);
  const outcome = store.enrolments.issue({ id, certificate, at, notice: 'revoked' });
  if (outcome.kind !== 'issued') throw new Error(`${number}: ${outcome.kind}`);
  return certificate.serial;
};

const enrolIn =
  (store: ApplianceStore, authorities: Authorities, clock: { readonly at: number }) =>
  async (number: string): Promise<string> => {
    const publicKey = newTestKey().spki;
    const der = await authorities.issueClientCertificate(number, publicKey);
    const parsed = parseCertificate(der);
    if (!parsed.ok) throw new Error(parsed.error.code);
    const { notAfter, serial } = parsed.value;
    return issueTo(store, number, clock.at, {
      serial: serialText(serial),
      der,
      publicKey,
      notAfter,
    });
  };

const recordIn =
  (store: ApplianceStore, clock: { readonly at: number }) =>
  (number: string): string => {
    const der = new Uint8Array(createHash('sha256').update(randomBytes(16)).digest());
    const serial = Buffer.from(der.subarray(0, 16)).toString('hex');
    const notAfter = clock.at + 86_400_000;
    return issueTo(store, number, clock.at, { serial, der, publicKey: der, notAfter });
  };

const signInAs = async (visitor: Visitor, name: string): Promise<void> => {
  const answer = await visitor.submit('/sign-in', '/sign-in', { name, password: worldPassword });
  if (answer.status !== 303) throw new Error(`sign-in of ${name}: ${answer.status}`);
};

/** Starts the service on the loopback interface; `changes` replaces options. */
export const startAdminWorld = async (
  changes: Partial<AdminServiceOptions> = {},
): Promise<AdminWorld> => {
  const clock = { at: Date.now() };
  const store = changes.store ?? createMemoryStore();
  const authorities = await createAuthorities({ now: Date.now, randomBytes });
  const refusals: AdminRefusal[] = [];
  const [calls, registrations]: [LiveCall[], LiveRegistration[]] = [[], []];
  const service = await startAdminService({
    host: '127.0.0.1',
    port: 0,
    credentials: await authorities.issueServerCertificate(['127.0.0.1']),
    store,
    live: { calls: () => calls, registrations: () => registrations },
    configuration: [['sip.port', '5061']],
    authorities: [],
    backupFolder: null,
    now: () => clock.at,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    passwordCost: cheapCost,
    limits: { requestBurst: 100_000, signInBurst: 1000 },
    onRefusal: (refusal) => refusals.push(refusal),
    ...changes,
  });
  const tls = { ca: [authorities.trust.root, authorities.trust.serverAuthority] };
  const visitor = () => createVisitor(service.endpoint.port, tls);
  const addAdministrator = async (name: string): Promise<void> => {
    const passwordHash = await hashPassword(worldPassword, randomBytes(16), cheapCost);
    const administrator = { name, passwordHash, mustChangePassword: false };
    store.administrators.add(administrator, 'system', clock.at);
  };
  return {
    store,
    service,
    authorities,
    clock,
    refusals,
    calls,
    registrations,
    tls,
    visitor,
    addAdministrator,
    signedIn: async (name = 'alice') => {
      await addAdministrator(name);
      const one = visitor();
      await signInAs(one, name);
      return one;
    },
    enrol: enrolIn(store, authorities, clock),
    record: recordIn(store, clock),
    close: async () => {
      await service.close();
      store.close();
    },
  };
};
