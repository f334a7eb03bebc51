import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabSite } from '../../simulators/lab/site.ts';
import { nodeProgram, type HostProcess } from '../../simulators/lab/host-process.ts';
import { capabilityProblem, nonsense } from '../honesty.ts';
import {
  DeadlineError,
  UnaskedError,
  type Appliance,
  type Capability,
  type Phone,
  type Target,
} from '../contract.ts';
import type { PartReport, PartRequest, PassedError } from './protocol.ts';

/** Milliseconds that a part may take to stop, and then its process to end. */
export interface StopLimits {
  readonly stop: number;
  readonly end: number;
}

/** Less, in all, than a run waits for a part. */
const usualLimits: StopLimits = { stop: 3_000, end: 1_000 };

const errorOf = ({ name, message }: PassedError): Error => {
  if (name === 'DeadlineError') return new DeadlineError(message);
  return name === 'UnaskedError'
    ? new UnaskedError(message)
    : Object.assign(new Error(message), { name });
};

/** A part in another process. */
interface RemotePart {
  readonly capabilities: ReadonlySet<Capability>;
  readonly call: (method: string, args: readonly unknown[]) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

/** Asks a part and matches its answers; everything still open is rejected when its process ends. */
const createAsking = (process: HostProcess, what: string) => {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  let next = 0;
  let over: string | null = null;
  const give = (how: string): void => {
    over ??= `${what}: its process is gone (${how})`;
    for (const { reject } of open.values()) reject(new Error(over));
    open.clear();
  };
  void process.ended.then(give);
  return {
    take(report: PartReport): void {
      if (report.kind === 'broken') give(`an error outside every step: ${report.error.message}`);
      if (report.kind !== 'returned' && report.kind !== 'thrown') return;
      const asked = open.get(report.id);
      open.delete(report.id);
      if (report.kind === 'returned') asked?.resolve(report.value);
      else asked?.reject(errorOf(report.error));
    },
    call: (method: string, args: readonly unknown[]): Promise<unknown> => {
      if (over !== null) return Promise.reject(new Error(over));
      const answer = Promise.withResolvers<unknown>();
      open.set((next += 1), answer);
      process.send({ kind: 'call', id: next, method, args });
      return answer.promise;
    },
  };
};

/** What a part says of a method that nothing has: it must refuse it; null where it does. */
const methodProblem = async (
  host: string,
  asking: ReturnType<typeof createAsking>,
  { stop }: StopLimits,
): Promise<string | null> => {
  const method = nonsense();
  const answer = asking.call(method, []).then(
    () => 'answers',
    () => null,
  );
  const said = await Promise.race([answer, delay(stop, 'does not refuse', { ref: false })]);
  return said === null
    ? null
    : `${host}: ${said} a method ${method}, which does not exist: what it claims cannot be believed; let it have what the contract names`;
};

const startRemote = async (
  site: LabSite,
  host: string,
  request: PartRequest,
  limits: StopLimits,
): Promise<RemotePart> => {
  const process = site.start(host, nodeProgram(join(import.meta.dirname, 'host-program.ts'), []));
  const asking = createAsking(process, host);
  const started = Promise.withResolvers<readonly Capability[]>();
  process.onMessage((message) => {
    const report = message as PartReport;
    if (report.kind === 'started') started.resolve(report.capabilities as readonly Capability[]);
    else if (report.kind === 'refused') started.reject(errorOf(report.error));
    else asking.take(report);
  });
  void process.ended.then((how) => started.reject(new Error(`${host}: ${how} before it was up`)));
  process.send({ kind: 'start', request });
  const capabilities = new Set(await started.promise);
  const problem =
    capabilityProblem(host, capabilities) ?? (await methodProblem(host, asking, limits));
  if (problem !== null) {
    await process.stop(limits.end);
    throw new Error(problem);
  }
  return {
    capabilities,
    call: asking.call,
    stop: async () => {
      // Its own end first: a part frees its ports and leaves the network before its process goes.
      const ending = asking.call('stop', []).catch(() => undefined);
      const limit = delay(limits.stop, 'late', { ref: false });
      const how = await Promise.race([ending, process.ended, limit]);
      await process.stop(limits.end);
      if (how === 'late')
        throw new Error(`${host}: did not stop within ${limits.stop / 1000} s; it was ended`);
    },
  };
};

/** Calls a method of a remote part. What comes back has the type of the contract: the part was checked in its own process. */
const callerOf =
  <Part extends object>({ call }: RemotePart) =>
  <Name extends keyof Part & string>(name: Name): Part[Name] =>
    ((...args: readonly unknown[]) => call(name, args)) as Part[Name];

const remoteAppliance = (part: RemotePart): Appliance => {
  const remote = callerOf<Appliance>(part);
  return {
    capabilities: part.capabilities,
    describe: remote('describe'),
    readToken: remote('readToken'),
    refusals: remote('refusals'),
    ...(part.capabilities.has('revoke')
      ? { revoke: remote('revoke'), release: remote('release') }
      : {}),
    ...(part.capabilities.has('administer') ? { administration: remote('administration') } : {}),
    ...(part.capabilities.has('show-firewall') ? { firewallRules: remote('firewallRules') } : {}),
    stop: part.stop,
  };
};

const remotePhone = (name: string, part: RemotePart): Phone => {
  const remote = callerOf<Phone>(part);
  return {
    name,
    capabilities: part.capabilities,
    requestEnrolment: remote('requestEnrolment'),
    completeEnrolment: remote('completeEnrolment'),
    unlock: remote('unlock'),
    register: remote('register'),
    setAutoAnswer: remote('setAutoAnswer'),
    dial: remote('dial'),
    hangUp: remote('hangUp'),
    ...(part.capabilities.has('hold') ? { hold: remote('hold'), resume: remote('resume') } : {}),
    waitForCall: remote('waitForCall'),
    waitForAudio: remote('waitForAudio'),
    report: remote('report'),
    refusals: remote('refusals'),
    storedFiles: remote('storedFiles'),
    ...(part.capabilities.has('alter-stored-files')
      ? { replaceStoredFile: remote('replaceStoredFile') }
      : {}),
    tlsKeyLog: remote('tlsKeyLog'),
    keyAgreementLog: remote('keyAgreementLog'),
    mediaKeys: remote('mediaKeys'),
    stop: part.stop,
  };
};

const addressesOf = (site: LabSite, host: string): Readonly<Record<string, string>> => {
  const attachments = site.topology?.hosts.find(({ name }) => name === host)?.attachments ?? [];
  return Object.fromEntries([
    ['', site.address(host)],
    ...attachments.map(({ segment }) => [segment, site.address(host, segment)] as const),
  ]);
};

/** The same target with each part in a process of its own, on its host in the lab. `targetFile` is the file that the target came from; the reference where absent. */
export const targetOnHosts = (
  target: Target,
  targetFile: string | undefined,
  site: LabSite,
  limits: StopLimits = usualLimits,
): Target => {
  const file = targetFile === undefined ? {} : { targetFile };
  return {
    name: target.name,
    capabilities: target.capabilities,
    codec: () => target.codec(),
    async startAppliance() {
      const request: PartRequest = {
        ...file,
        part: { kind: 'appliance' },
        folder: await site.folder('appliance'),
        addresses: addressesOf(site, 'appliance'),
        ownsHost: site.ownsHost,
      };
      return remoteAppliance(await startRemote(site, 'appliance', request, limits));
    },
    async startPhone(_site, name, appliance) {
      const request: PartRequest = {
        ...file,
        part: { kind: 'phone', name, appliance },
        folder: await site.folder(`phone-${name}`),
        addresses: addressesOf(site, name),
        ownsHost: site.ownsHost,
      };
      return remotePhone(name, await startRemote(site, name, request, limits));
    },
  };
};
