import type { CallReport, Phone } from '../../../devices/contract.ts';
import { toHex } from '../../../reference/core/bytes.ts';
import { header, type SipMessage } from '../../../reference/core/sip/message/message.ts';
import { countCsl } from '../../../simulators/attackers/hostile-headers.ts';
import {
  redirected,
  type HostileOperator,
} from '../../../simulators/attackers/hostile-operator.ts';
import { tagOf } from '../../../simulators/attackers/hostile-requests.ts';
import type { Letter } from '../../../simulators/attackers/hostile-switch.ts';
import type { Plot, Scene } from '../../../simulators/attackers/hostile-tamperings.ts';
import type { TappedPacket } from '../../../simulators/attackers/hostile-tap.ts';
import type { HexKey, HostileCall, HostileSide, PhoneSaid } from './hostile-evidence.ts';

/** Milliseconds: for each state awaited, and for audio that may never come. */
const deadlineMs = 5_000;
const audioMs = 1_000;

/** Audio packets that each phone waits for in a call that comes about. */
const audioPackets = 5;

/** Packets of each direction kept in the evidence. */
const packetsKept = 8;

/** The two phones of a hostile operator, and their numbers. */
export interface Victims {
  readonly operator: HostileOperator;
  readonly caller: Phone;
  readonly callee: Phone;
  readonly numbers: { readonly caller: string; readonly callee: string };
}

/** Every message goes through the plot, with media led to the operator's ports; what comes of it is noted. */
export const play = (
  { operator, numbers }: Victims,
  plot: Plot | null,
  rest: Pick<Scene, 'before' | 'calleeIdentifier'>,
): void => {
  const tampering = plot?.({ operator, ...numbers, ...rest });
  operator.switch.setTampering(async (letter) => {
    const led = await redirected(operator, letter);
    const letters = tampering ? await tampering(led) : [led];
    for (const each of letters) operator.note(each);
    return letters;
  });
};

const sideOf = ({ numbers }: Victims, number: string): HostileSide =>
  number === numbers.caller ? 'caller' : 'callee';

const nameOf = (message: SipMessage): string =>
  message.kind === 'request'
    ? message.method
    : `${message.status} ${(header(message, 'CSeq') ?? '').split(' ')[1] ?? ''}`;

const passedOf = (
  victims: Victims,
  callId: string,
  letters: readonly Letter[],
): HostileCall['passed'] =>
  letters
    .filter(({ message }) => header(message, 'Call-ID') === callId)
    .map(({ from, message }) => ({
      from: sideOf(victims, from),
      what: nameOf(message),
      csl: countCsl(message),
      toTag: tagOf(header(message, 'To')),
    }));

const heardOf = (victims: Victims, packets: readonly TappedPacket[]) => {
  const towards = (side: HostileSide) => packets.filter(({ to }) => sideOf(victims, to) === side);
  const kept = (side: HostileSide) =>
    towards(side)
      .slice(0, packetsKept)
      .map(({ bytes }) => ({ to: side, packet: toHex(bytes) }));
  return {
    heard: [...kept('caller'), ...kept('callee')],
    packets: { caller: towards('caller').length, callee: towards('callee').length },
  };
};

const guessesOf = ({ operator }: Victims): readonly HexKey[] =>
  operator.guesses().flatMap(({ callerToCallee, calleeToCaller }) =>
    [callerToCallee, calleeToCaller].map(({ masterKey, masterSalt }) => ({
      masterKey: toHex(masterKey),
      masterSalt: toHex(masterSalt),
    })),
  );

/** A phone that knows nothing of the call: what it shows is another. */
const uninvolved = {
  state: 'idle',
  endedBy: null,
  identifiers: null,
  packetsSent: 0,
  packetsReceived: 0,
  packetsRefused: 0,
} as const;

const reportOf = (report: CallReport): Omit<PhoneSaid, 'refusals'> => ({
  state: report.state,
  endedBy: report.endedBy,
  identifiers: report.identifiers,
  packetsSent: report.packetsSent,
  packetsReceived: report.packetsReceived,
  packetsRefused: report.packetsRefused,
});

const said = (report: CallReport, callId: string, refusals: readonly string[]): PhoneSaid => ({
  ...(report.callId === callId ? reportOf(report) : uninvolved),
  refusals: [...refusals],
});

/** Codes that a phone logs from now on. */
export const logging = async (phone: Phone) => {
  const before = (await phone.refusals()).length;
  return async (): Promise<readonly string[]> =>
    (await phone.refusals()).slice(before).map(({ code }) => code);
};

/** Waits for the audio of a call that has come about; a call that is to end soon ends meanwhile. */
const awaitAudio = async ({ caller, callee }: Victims): Promise<void> => {
  const each = [caller, callee].map((phone) =>
    Promise.race([
      phone.waitForAudio(audioPackets, audioMs),
      phone.waitForCall(['ended'], audioMs),
    ]).catch(() => undefined),
  );
  await Promise.all(each);
};

/** One call through the operator's hands, from dialling to its end; the phones' reports are of the moment before it is hung up. */
export const callThrough = async (
  victims: Victims,
  attack: string,
  during?: () => Promise<void>,
): Promise<HostileCall> => {
  const { operator, caller, callee, numbers } = victims;
  operator.switch.take();
  operator.tap.take();
  operator.early.packets = null;
  const logs = await Promise.all([caller, callee].map(logging));
  await caller.dial(numbers.callee);
  const { state } = await caller.waitForCall(['in-call', 'ended'], deadlineMs);
  if (state === 'in-call') await awaitAudio(victims);
  await during?.();
  if (state === 'ended') await callee.waitForCall(['idle', 'ended', 'in-call'], deadlineMs);
  const [callerReport, calleeReport] = await Promise.all([caller.report(), callee.report()]);
  const { callId } = callerReport;
  await caller.hangUp();
  // A request slipped in has moved the callee's count of the caller's requests on: the caller's BYE comes out of order (RFC 3261 section 12.2.2).
  if (during) await callee.hangUp();
  await Promise.all(
    [caller, callee].map((phone) => phone.waitForCall(['idle', 'ended'], deadlineMs)),
  );
  const [callerLog = [], calleeLog = []] = await Promise.all(logs.map((log) => log()));
  return {
    attack,
    caller: said(callerReport, callId, callerLog),
    callee: said(calleeReport, callId, calleeLog),
    passed: passedOf(victims, callId, operator.switch.take()),
    ...heardOf(victims, operator.tap.take()),
    early: operator.early.packets,
    guesses: [...guessesOf(victims)],
  };
};
