import { rm } from 'node:fs/promises';
import type { Authorities } from '../../reference/appliance/authorities/authorities.ts';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import type {
  Revocation,
  RevocationOptions,
} from '../../reference/appliance/revocation/revocation.ts';
import { followDenials, type Denials } from './denials.ts';
import { createEngineFailure, type EngineFailure } from './failure.ts';
import type { RunningKamailio } from './kamailio.ts';
import { untouchedMediaPath } from './live-calls.ts';
import type { MediaPath } from '../../reference/appliance/signalling/media-path.ts';
import { startNgServer } from './ng-server.ts';
import type { RelayControl } from './revoke.ts';
import { startRtpengineRelay } from './rtpengine-relay.ts';
import { startRtpengine } from './rtpengine.ts';
import { createRunFolder } from './run-folder.ts';
import { startKamailioSignalling } from './signalling.ts';

/** What carries an appliance's signalling and what its media: the appliance's own, or an engine of the security target. */
export interface Engines {
  readonly signalling: 'embedded' | 'kamailio';
  readonly relay: 'embedded' | 'rtpengine';
}

/** Parts of one appliance that Kamailio, rtpengine or both carry. */
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
  relay?: RelayControl;
  /** Of the appliance's own relay. */
  mediaPath?: MediaPath;
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

/** What every appliance on Kamailio has, whatever relays its media. */
const signallingParts = (
  folder: string,
  failure: EngineFailure,
  learnt: Learnt,
): Partial<ApplianceParts> => ({
  async createAuthorities(world) {
    learnt.authorities = await applianceParts.createAuthorities(world);
    return learnt.authorities;
  },
  startRevocation: (options) => startRevocation(options, learnt),
  clientStatus(store) {
    learnt.denials = followDenials(known(learnt.authorities, 'authorities'), store, failure);
    return applianceParts.clientStatus(store);
  },
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
});

/** Kamailio tells rtpengine of calls. */
const toldRtpengine = (
  folder: string,
  failure: EngineFailure,
  learnt: Learnt,
): Partial<ApplianceParts> => ({
  async createRelay(settings) {
    const running = await startRtpengine(settings, folder, failure);
    learnt.relay = running;
    return running.relay;
  },
  createMediaPath: () => untouchedMediaPath,
});

/** Kamailio tells the appliance's own relay of calls. */
const toldOwnRelay = (failure: EngineFailure, learnt: Learnt): Partial<ApplianceParts> => ({
  async createRelay(settings, onEvent) {
    const relay = await applianceParts.createRelay(settings, onEvent);
    const server = await startNgServer(relay, settings.host, failure).catch(
      async (error: unknown) => {
        await relay.close();
        throw error;
      },
    );
    const { control, token, path } = server;
    learnt.relay = { control, token, end: (callId) => path.end(callId) };
    learnt.mediaPath = path;
    return {
      ...relay,
      async close() {
        await server.close();
        await relay.close();
      },
    };
  },
  createMediaPath: () => ({
    ...untouchedMediaPath,
    registered: (...given) => learnt.mediaPath?.registered(...given),
  }),
});

const partsOn = (
  { signalling, relay }: Engines,
  folder: string,
  failure: EngineFailure,
  learnt: Learnt,
): Partial<ApplianceParts> => {
  const startRelay: ApplianceParts['createRelay'] = (settings, onEvent) =>
    startRtpengineRelay(settings, folder, failure, onEvent);
  if (signalling === 'embedded') return relay === 'embedded' ? {} : { createRelay: startRelay };
  return {
    ...signallingParts(folder, failure, learnt),
    ...(relay === 'embedded'
      ? toldOwnRelay(failure, learnt)
      : toldRtpengine(folder, failure, learnt)),
  };
};

const bothEngines: Engines = { signalling: 'kamailio', relay: 'rtpengine' };

/** Makes the parts of one appliance, on both engines unless told otherwise; the run directory is made here. */
export const kamailioParts = async (engines: Engines = bothEngines): Promise<KamailioParts> => {
  const folder = await createRunFolder();
  const failure = createEngineFailure();
  const learnt: Learnt = {};
  return {
    failure,
    caughtUp: async () => learnt.engine?.caughtUp(),
    clear: () => rm(folder, { recursive: true, force: true }),
    parts: partsOn(engines, folder, failure, learnt),
  };
};
