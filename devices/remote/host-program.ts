import { pathToFileURL } from 'node:url';
import type { Appliance, Phone, Site, Target } from '../contract.ts';
import type { PartMessage, PartReport, PartRequest, PassedError } from './protocol.ts';

/** One part of a target, appliance or phone, in a process of its own on its host; it ends when its control channel closes. */

const report = (message: PartReport): void => void process.send?.(message);

/** Says a last thing, and ends. */
const leave = (message: PartReport): void => {
  if (!process.connected) process.exit(1);
  process.send?.(message, () => process.exit(1));
};

const passed = (error: unknown): PassedError =>
  error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };

const loadTarget = async (file: string | undefined): Promise<Target> => {
  if (file === undefined) return (await import('../reference/target.ts')).referenceTarget();
  if (/\.ya?ml$/.test(file)) return (await import('../external/target.ts')).loadTargetFile(file);
  const loaded: { readonly target: Target } = await import(pathToFileURL(file).href);
  return loaded.target;
};

const siteOf = ({ folder, addresses, ownsHost }: PartRequest): Site => ({
  ownsHost,
  folder: () => Promise.resolve(folder),
  address(host, segment = '') {
    const address = addresses[segment];
    if (address === undefined) throw new Error(`host ${host} has no address on ${segment}`);
    return address;
  },
});

const startPart = async (request: PartRequest): Promise<Appliance | Phone> => {
  const target = await loadTarget(request.targetFile);
  const site = siteOf(request);
  if (request.part.kind === 'appliance') return target.startAppliance(site);
  const { name, appliance } = request.part;
  return target.startPhone(site, name, appliance);
};

let part: Appliance | Phone | null = null;

const start = async (request: PartRequest): Promise<void> => {
  try {
    part = await startPart(request);
    report({ kind: 'started', capabilities: [...part.capabilities] });
  } catch (error) {
    leave({ kind: 'refused', error: passed(error) });
  }
};

const call = async (id: number, name: string, args: readonly unknown[]): Promise<void> => {
  try {
    const method: unknown = part && Reflect.get(part, name);
    if (typeof method !== 'function') throw new Error(`this part has no method ${name}`);
    const value: unknown = await Reflect.apply(method, part, args);
    report({ kind: 'returned', id, value });
  } catch (error) {
    report({ kind: 'thrown', id, error: passed(error) });
  }
};

process.on('message', (message: PartMessage) => {
  if (message.kind === 'start') void start(message.request);
  else void call(message.id, message.method, message.args);
});
process.on('uncaughtException', (error) => leave({ kind: 'broken', error: passed(error) }));
// The testbed is gone, or wants this part no more; what it holds goes with the process.
process.once('disconnect', () => process.exit(0));
// Ctrl-C reaches every process of a terminal; the testbed decides when its parts end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
