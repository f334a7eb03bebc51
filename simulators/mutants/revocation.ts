import type { PhoneParts } from '../../reference/client/parts.ts';
import { createTls } from '../../reference/appliance/signalling/listen.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import type { IssuedCrl, OnlineAuthorities } from '../../reference/appliance/authorities/types.ts';
import type { Revocation } from '../../reference/appliance/revocation/revocation.ts';
import type { Mutant } from './mutant.ts';

/** Asks nobody. */
export const anyStatus: PhoneParts['revocation'] = () => Promise.resolve('good');

type Publishing = Pick<OnlineAuthorities, 'crl' | 'ocsp'>;

/** Publishes otherwise than the store has it. */
const publishing =
  (change: (right: Publishing) => Partial<Publishing>): ApplianceParts['startRevocation'] =>
  ({ authorities, ...options }) =>
    applianceParts.startRevocation({
      ...options,
      authorities: {
        crl: authorities.crl,
        ocsp: authorities.ocsp,
        ...change(authorities),
      },
    });

/** Revokes otherwise. */
const revoking =
  (change: (right: Revocation) => Partial<Revocation>): ApplianceParts['startRevocation'] =>
  async (options) => {
    const right = await applianceParts.startRevocation(options);
    return { ...right, ...change(right) };
  };

/** The first list of each authority, for ever. */
const firstLists = ({ crl }: Publishing): Pick<Publishing, 'crl'> => {
  const lists = new Map<string, Promise<IssuedCrl>>();
  return {
    crl: (kind, number, revoked) => {
      const list = lists.get(kind) ?? crl(kind, number, revoked);
      lists.set(kind, list);
      return list;
    },
  };
};

/** Everybody is revoked as soon as one is. */
const revokedTogether = ({ ocsp }: Publishing): Pick<Publishing, 'ocsp'> => {
  let first: number | null = null;
  return {
    ocsp: (request, statusOf) =>
      ocsp(request, async (kind, serial) => {
        const status = await statusOf(kind, serial);
        if (status.kind === 'revoked') first ??= status.at;
        return first === null ? status : { kind: 'revoked', at: first, reason: 'keyCompromise' };
      }),
  };
};

/** Cuts the connections of a revoked number, and leaves its calls to themselves. */
const cuttingConnections = (): Pick<ApplianceParts, 'startSignalling' | 'endSessions'> => {
  const sockets = new Map<string, Set<{ destroy(): unknown }>>();
  return {
    startSignalling: (options) =>
      applianceParts.startSignalling({
        ...options,
        createTls: (...given) => {
          const server = createTls(...given);
          server.on('secureConnection', (socket) => {
            const { CN = '' } = socket.getPeerCertificate().subject;
            const name = Array.isArray(CN) ? CN.join() : CN;
            sockets.set(name, (sockets.get(name) ?? new Set()).add(socket));
          });
          return server;
        },
      }),
    endSessions: (_signalling, number) => {
      for (const socket of sockets.get(number) ?? []) socket.destroy();
    },
  };
};

/** Appliances and phones to which a revocation means nothing. */
export const revocationMutants: readonly Mutant[] = [
  {
    id: 'phone-ignores-revocation',
    fault: 'the phone does not ask whether its peer’s certificate is revoked',
    claims: ['4.d'],
    because: /revoked-certificate" was accepted/,
    parts: { phone: { revocation: anyStatus } },
  },
  {
    id: 'appliance-keeps-revoked-sessions',
    fault: 'live connections and calls survive the revocation of their user',
    claims: ['4.d'],
    because: /did not follow the revocation at once/,
    parts: { appliance: { endSessions: () => undefined } },
  },
  {
    id: 'appliance-admits-revoked-users',
    fault: 'a revoked certificate still opens a session',
    claims: ['4.d'],
    because: /a revoked certificate registered/,
    parts: { appliance: { clientStatus: () => () => 'good' } },
  },
  {
    id: 'revocation-cuts-connections-only',
    fault: 'a revocation closes the connections of its user, and calls go on',
    claims: ['4.d'],
    because: /end of the call at the (?:revoked|other) phone did not follow/,
    parts: { appliance: cuttingConnections() },
  },
  {
    id: 'revoked-number-not-blocked',
    fault: 'a revocation does not block the number',
    claims: ['4.b'],
    because: /revoked number was enrolled before an administrator released it/,
    parts: {
      appliance: {
        startRevocation: revoking((right) => ({
          revokeNumber(request) {
            const done = right.revokeNumber(request);
            right.releaseNumber(request);
            return done;
          },
          releaseNumber: () => true,
        })),
      },
    },
  },
  {
    id: 'revocation-fails',
    fault: 'the administrator’s revocation ends in an error',
    claims: ['4.c'],
    because: /could not revoke/,
    parts: {
      appliance: {
        startRevocation: revoking(() => ({
          revokeNumber() {
            throw new Error('the store is read-only');
          },
        })),
      },
    },
  },
  {
    id: 'ocsp-always-good',
    fault: 'OCSP calls every certificate good',
    claims: ['4.c'],
    because: /OCSP does not say that a revoked certificate is revoked/,
    parts: {
      appliance: {
        startRevocation: publishing(({ ocsp }) => ({
          ocsp: (request) => ocsp(request, () => ({ kind: 'good' })),
        })),
      },
    },
  },
  {
    id: 'list-never-renewed',
    fault: 'the revocation list stays as it was at the start',
    claims: ['4.c'],
    because: /the list lacks a revoked certificate|the list did not follow/,
    parts: { appliance: { startRevocation: publishing(firstLists) } },
  },
  {
    id: 'ocsp-revokes-everybody',
    fault: 'OCSP calls everybody revoked as soon as one is',
    claims: ['4.c'],
    because: /took another’s certificate with it/,
    parts: { appliance: { startRevocation: publishing(revokedTogether) } },
  },
];
