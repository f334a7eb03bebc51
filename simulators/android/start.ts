import { randomBytes, type KeyObject } from 'node:crypto';
import { isSignedBy, parseAdbKey } from './adbd/adb-keys.ts';
import { startAdbDaemon } from './adbd/server.ts';
import type { Authorisation } from './adbd/transport.ts';
import { createEvents, type AdbConditions, type AndroidEvents } from './events.ts';
import { createMachine, type MachineOptions } from './machine.ts';
import type { Gestures } from './phone/gestures.ts';
import type { Screen } from './phone/layout.ts';
import type { AndroidState } from './phone/state.ts';

/** How a simulated phone is made. */
export interface AndroidPhoneOptions extends MachineOptions {
  /** Whether hosts must be accepted by the phone's user; `ask` is "unauthorized" until `events.adb.authorise()`. */
  readonly authorisation?: 'none' | 'ask';
  /** What adb's features line announces; shell_v2 and others of Android 14 unless given. */
  readonly features?: readonly string[];
}

/** A simulated phone, ready for `adb connect`. */
export interface SimulatedAndroidPhone {
  /** What `adb connect` takes and `adb devices` lists: `127.0.0.1:PORT`. */
  readonly serial: string;
  readonly port: number;
  /** What is on the phone, to look at; `state.events` tells of changes. */
  readonly state: AndroidState;
  readonly events: AndroidEvents;
  /** What is on its screen now. */
  screen(): Screen;
  /** Fingers and keys. */
  readonly touch: Gestures;
  /** Shell commands, automation requests and protocol faults that the simulation did not know: a test asserts that there are none. */
  unknown(): readonly string[];
  stop(): Promise<void>;
}

const usualFeatures = ['shell_v2', 'cmd', 'stat_v2', 'fixed_push_mkdir'];

/** Keys of hosts: those that the phone's user has accepted, and those that wait for him. */
const createHostKeys = () => {
  const accepted: KeyObject[] = [];
  let waiting: readonly KeyObject[] = [];
  const authorisation: Authorisation = {
    token: () => new Uint8Array(randomBytes(20)),
    isKnown: (token, signature) => accepted.some((key) => isSignedBy(key, token, signature)),
  };
  return {
    authorisation,
    offer(text: string): void {
      const key = parseAdbKey(text);
      if (key.ok) waiting = [...waiting, key.value];
    },
    accept(): void {
      accepted.push(...waiting);
      waiting = [];
    },
    forget: () => void (accepted.length = 0),
  };
};

/** Starts a simulated phone on a loopback port; any number of them run in one process. */
export const startAndroidPhone = async (
  options: AndroidPhoneOptions = {},
): Promise<SimulatedAndroidPhone> => {
  const { state, unknown, manager, controls, gestures, screen, services } = createMachine(options);
  const conditions: AdbConditions = {
    latency: 0,
    isReachable: true,
    isAnswering: true,
    isAuthorising: options.authorisation === 'ask',
  };
  const keys = createHostKeys();
  const { product, model } = state.device;
  const daemon = await startAdbDaemon({
    banner: () => ({
      product,
      model: model.replaceAll(/\s/g, '_'),
      device: product,
      features: options.features ?? usualFeatures,
    }),
    authorisation: () => (conditions.isAuthorising ? keys.authorisation : null),
    openService: services,
    isReachable: () => conditions.isReachable,
    isAnswering: () => conditions.isAnswering,
    latency: () => conditions.latency,
    onKey: (key) => keys.offer(key),
    onFault: (code) => void unknown.push(code),
  });
  return {
    serial: `127.0.0.1:${daemon.port}`,
    port: daemon.port,
    state,
    events: createEvents(state, manager, controls, conditions, {
      disconnect: daemon.disconnect,
      forget: keys.forget,
      authorise() {
        keys.accept();
        daemon.authorise();
      },
    }),
    screen,
    touch: gestures,
    unknown: () => [...unknown],
    async stop() {
      await manager.stop();
      await daemon.stop();
    },
  };
};
