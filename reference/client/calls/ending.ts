import { wipeSessionKeys } from '../../core/csl/key-schedule.ts';
import { openPortPair, type PortPair } from '../media/port-pair.ts';
import { isOver, type Call } from './call.ts';
import { isEngaged, refuse, type Line } from './line.ts';

/** Keeps track of work on ports, so that a phone that stops can wait for it. */
const track = <Value>(line: Line, work: Promise<Value>): Promise<Value> => {
  const noted = work.finally(() => line.portWork.delete(noted));
  line.portWork.add(noted);
  return noted;
};

const openFor = async (line: Line, call: Call): Promise<PortPair | null> => {
  const ports = await openPortPair(line.host);
  if (isOver(call)) {
    await ports.close();
    return null;
  }
  call.ports = ports;
  return ports;
};

/** Opens the ports of a call; null, and they are closed again, where it has ended meanwhile. */
export const openPorts = (line: Line, call: Call): Promise<PortPair | null> =>
  track(line, openFor(line, call));

const freePorts = async (ports: PortPair, goodbye: Promise<void> | undefined): Promise<void> => {
  await goodbye?.catch(() => undefined);
  await ports.close();
};

/** Gives up the re-INVITE under way, if there is one: keys and state before it stay (interpretations I-9). */
export const abandonChange = (call: Call): void => {
  const { change } = call;
  call.change = null;
  if (change?.kind === 'offered') change.offer.abandon();
  if (change?.kind === 'received') change.answered?.answer.abandon();
};

/** Overwrites whatever a call still holds (interpretations I-4). */
const eraseSecrets = (call: Call): void => {
  if (call.keys) wipeSessionKeys(call.keys);
  call.keys = null;
  abandonChange(call);
  if (call.role === 'caller') {
    call.pending?.abandon();
    call.pending = null;
    return;
  }
  call.answered?.answer.abandon();
  call.answered = null;
};

/** Ends a call on this side, once: audio stops with an RTCP BYE, secrets are overwritten, the ports are freed. Tells the user agent nothing. */
export const finish = (line: Line, call: Call, endedBy: string | null): void => {
  if (isOver(call)) return;
  call.state = 'ended';
  call.endedBy = endedBy;
  const goodbye = call.media?.end();
  eraseSecrets(call);
  const { ports } = call;
  call.ports = null;
  if (ports) void track(line, freePorts(ports, goodbye));
  const { wish } = call;
  call.wish = null;
  wish?.settled.reject(new Error(`phone ${line.own.number}: the call ended before it was changed`));
  line.changed();
};

/** Ends a call on both sides. On this side first: what the user agent then reports is no longer its reason. */
export const hangUp = (line: Line, call: Call, endedBy: string | null): void => {
  if (isOver(call)) return;
  finish(line, call, endedBy);
  if (isEngaged(line, call)) line.command({ kind: 'hang-up' });
};

/** Ends a call because of a fault of this phone. */
export const fail = (line: Line, call: Call, error: unknown): void => {
  hangUp(line, call, 'phone/fault');
  refuse(line, 'phone/fault', error instanceof Error ? error.message : String(error));
};
