import { farewell, type EngineCall, type EngineState } from './calls.ts';
import type { RunningKamailio } from './kamailio.ts';

/** Milliseconds that connections have to close, and how often that is looked at. */
const patience = { deadline: 3_000, look: 10 } as const;

/** The relay that Kamailio tells of calls. */
export interface RelayControl {
  /** Address and port of its ng protocol. */
  readonly control: { readonly host: string; readonly port: number };
  /** What its commands bear, where it asks for that. */
  readonly token?: string;
  /** Frees a call's ports. */
  end(callId: string): Promise<void>;
}

/** What ends calls. */
export interface Ending {
  readonly engine: RunningKamailio;
  readonly relay: RelayControl;
  readonly state: EngineState;
  /** Host of the SIP domain, as URIs have it. */
  readonly host: string;
}

/** Says BYE to both parties of a call in each other's name, or cancels it while it rings, and frees its relay (I-7). */
export const endCall = async (
  { engine, relay, state, host }: Ending,
  call: EngineCall,
  reason: string,
): Promise<void> => {
  const { caller, callee, callId, isAnswered } = call;
  const goodbyes = [
    { from: caller, to: callee },
    { from: callee, to: caller },
  ];
  for (const { from, to } of isAnswered ? goodbyes : []) {
    const address = state.addressOf(to.number);
    if (address === undefined) continue;
    const { uri, headers } = farewell(host, call, from, to, reason);
    const next = `sip:${address};transport=tls`;
    await engine.control
      .ask('tm.t_uac_start', 'BYE', uri, next, '.', headers, 's:')
      .catch(() => undefined);
  }
  if (!isAnswered)
    await engine.control
      .ask('tm.cancel', `s:${callId}`, `s:${caller.sequence}`)
      .catch(() => undefined);
  await engine.control.ask('htable.delete', 'calls', callId).catch(() => undefined);
  await relay.end(callId);
  state.take({ kind: 'ended', callId }, Date.now());
};

/** Connections as `core.tcp_list` tells them. */
const openConnections = async ({ control }: RunningKamailio) =>
  [...(await control.ask('core.tcp_list')).matchAll(/\{[^}]*\}/g)].flatMap(([entry]) => {
    const field = (name: string) => new RegExp(`\\b${name}: (\\S+)`).exec(entry)?.[1] ?? '';
    return [{ connection: field('id'), from: `${field('src_ip')}:${field('src_port')}` }];
  });

/**
 * Removes a number's location and closes its connections, and if asked those on which nobody has said anything yet: whose they are is known
 * to Kamailio at the first request only, and phones come back. Resolves once its own are closed, rejects when they are not in
 * time.
 */
export const dismissed = async (
  engine: RunningKamailio,
  state: EngineState,
  number: string,
  connections: readonly { readonly connection: string; readonly from: string }[],
  withSilent: boolean,
): Promise<void> => {
  const address = state.addressOf(number);
  if (connections.some(({ from }) => from === address))
    await engine.control.ask('ul.rm', 'location', `s:${number}`).catch(() => undefined);
  const silent = withSilent
    ? (await openConnections(engine)).filter(({ connection }) => !state.isOpen(connection))
    : [];
  for (const { connection, from } of [...connections, ...silent])
    await engine.control.ask('htable.seti', 'closing', `s:${from}`, connection);
  const until = performance.now() + patience.deadline;
  while (connections.some(({ connection }) => state.isOpen(connection))) {
    if (performance.now() > until)
      throw new Error(
        `kamailio: a connection of ${number} was still open ${patience.deadline / 1000} s after it was to close`,
      );
    await new Promise((resolve) => setTimeout(resolve, patience.look));
  }
};
