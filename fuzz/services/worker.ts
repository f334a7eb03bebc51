import { workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { createAdministration } from './administration.ts';
import type { Service, ServiceName, ServiceRequest } from './contract.ts';
import { createRegistration } from './registration.ts';

const { name, port, flag } = workerData as {
  readonly name: ServiceName;
  readonly port: MessagePort;
  readonly flag: Int32Array;
};

const starting: Promise<Service> =
  name === 'registration' ? createRegistration() : createAdministration();

const answer = async (order: number, request: ServiceRequest | null): Promise<void> => {
  const outcome = await starting
    .then((service) => request && service(request))
    .catch((error: unknown) => ({ fault: error instanceof Error ? error.message : String(error) }));
  port.postMessage([order, outcome]);
  Atomics.add(flag, 0, 1);
  Atomics.notify(flag, 0);
};

port.on('message', ([order, request]: [number, ServiceRequest | null]) => {
  void answer(order, request);
});
