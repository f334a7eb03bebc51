import { rm } from 'node:fs/promises';
import type { Authorities } from '../../reference/appliance/authorities/authorities.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import type {
  Revocation,
  RevocationOptions,
} from '../../reference/appliance/revocation/revocation.ts';
import { followDenials, type Denials } from './denials.ts';
import { createEngineFailure, type EngineFailure } from './failure.ts';
import { untouchedMediaPath } from './live-calls.ts';
import type { RunningKamailio } from './kamailio.ts';
import { startRtpengine, type RunningRtpengine } from './rtpengine.ts';
import { createRunFolder } from './run-folder.ts';
import { startKamailioSignalling } from './signalling.ts';

/** Parts of one appliance whose signalling is Kamailio and whose relay is rtpengine. */
export interface KamailioParts {
  readonly parts: Partial<ApplianceParts>;
  readonly failure: EngineFailure;
  /** Resolves once what Kamailio has logged by now is read, as far as can be told. */
  readonly caughtUp: () => Promise<void>;
  /** Removes the run directory. */
  readonly clear: () => Promise<void>;
}

/** What the parts of one appliance learn of each other as they start. */
interface Learnt {
  authorities?: Authorities;
  denials?: Denials;
  relay?: RunningRtpengine;
  engine?: RunningKamailio;
}

const known = <Value>(value: Value | undefined, what: string): Value => {
  if (value === undefined)
    throw new Error(`kamailio: ${what} must be started before its signalling`);
  return value;
};

/** Revocation as the reference has it, which tells of each list as it is published: Kamailio reads lists from a file. */
const startRevocation = async (options: RevocationOptions, learnt: Learnt): Promise<Revocation> => {
  const lists = options.store.revocationLists;
  const revocation = await applianceParts.startRevocation({
    ...options,
    store: {
      certificates: options.store.certificates,
      numbers: options.store.numbers,
      onCommitted: (listener) => options.store.onCommitted(listener),
      revocationLists: {
        reserveNumber: (...given) => lists.reserveNumber(...given),
        latest: (authority) => lists.latest(authority),
        publish(list, at) {
          const isNew = lists.publish(list, at);
          if (isNew && list.authority === 'client') learnt.denials?.listed();
          return isNew;
        },
      },
    },
  });
  return {
    ...revocation,
    async settled() {
      await revocation.settled();
      await learnt.denials?.settled();
    },
  };
};

/** Makes the parts of one appliance; the run directory is made here. */
export const kamailioParts = async (): Promise<KamailioParts> => {
  const folder = await createRunFolder();
  const failure = createEngineFailure();
  const learnt: Learnt = {};
  return {
    failure,
    async caughtUp() {
      // Its log and its control socket are read in turns: what was written before the question is here with the answer.
      await learnt.engine?.control.ask('core.uptime').catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    },
    clear: () => rm(folder, { recursive: true, force: true }),
    parts: {
      async createAuthorities(world) {
        learnt.authorities = await applianceParts.createAuthorities(world);
        return learnt.authorities;
      },
      startRevocation: (options) => startRevocation(options, learnt),
      clientStatus(store) {
        learnt.denials = followDenials(known(learnt.authorities, 'authorities'), store, failure);
        return applianceParts.clientStatus(store);
      },
      async createRelay(settings) {
        learnt.relay = await startRtpengine(settings, folder, failure);
        return learnt.relay.relay;
      },
      createMediaPath: () => untouchedMediaPath,
      async startSignalling(options) {
        const denials = known(learnt.denials, 'the status of certificates');
        const signalling = await startKamailioSignalling(options, {
          folder,
          authorities: known(learnt.authorities, 'authorities'),
          relay: known(learnt.relay, 'the relay'),
          lists: denials.lists,
          denied: denials.settled,
          isBlocked: denials.isBlocked,
          failure,
        });
        learnt.engine = signalling.engine;
        denials.tell(signalling.engine.control, folder);
        return signalling;
      },
    },
  };
};
