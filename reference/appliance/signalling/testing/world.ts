import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { toPem } from '../../../core/keystore/pem.ts';
import type { SignallingLimits } from '../../../core/sip/proxy/limits.ts';
import { commonNameOwnsFrom } from '../../../core/sip/proxy/registrar-proxy.ts';
import { exactTlsProfile } from '../../../core/tls/profile.ts';
import { openLine, type Line } from '../../../../simulators/load/line.ts';
import { answerCalls, registerLine } from '../../../../simulators/load/calls.ts';
import { inviteText } from '../../../../simulators/load/messages.ts';
import { createAuthorities } from '../../authorities/authorities.ts';
import type { ClientStatusCheck } from '../../revocation/client-status.ts';
import {
  startSignallingServer,
  type SignallingServer,
  type SignallingServerOptions,
} from '../server.ts';

/** Refusals that a server reported, and a way to wait for one. */
export interface Journal {
  readonly codes: string[];
  readonly details: string[];
  /** Resolves once a code was reported. */
  seen(code: string): Promise<void>;
}

const createJournal = () => {
  const codes: string[] = [];
  const details: string[] = [];
  const waiting = new Map<string, (() => void)[]>();
  const journal: Journal = {
    codes,
    details,
    seen: (code) =>
      codes.includes(code)
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.set(code, [...(waiting.get(code) ?? []), resolve]);
          }),
  };
  const add = (code: string, detail: string): void => {
    codes.push(code);
    details.push(detail);
    for (const resolve of waiting.get(code) ?? []) resolve();
    waiting.delete(code);
  };
  return { journal, add };
};

/** Makes authorities once; servers and certified lines as needed. */
export const createSignallingWorld = async () => {
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const authorities = await createAuthorities({ now: Date.now, randomBytes: random });
  const credentials = await authorities.issueServerCertificate(['127.0.0.1']);
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = new Uint8Array(keys.publicKey.export({ type: 'spki', format: 'der' }));
  const tls = {
    privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    trust: [authorities.trust.root, authorities.trust.serverAuthority],
  };
  const open: (() => Promise<void> | void)[] = [];

  const serve = async (
    limits: Partial<SignallingLimits> = {},
    clientStatus: ClientStatusCheck = () => 'good',
    more: Partial<SignallingServerOptions> = {},
  ): Promise<{ readonly server: SignallingServer; readonly journal: Journal }> => {
    const { journal, add } = createJournal();
    const server = await startSignallingServer({
      host: '127.0.0.1',
      port: 0,
      credentials,
      trust: authorities.trust,
      mediaPath: undefined,
      random: () => randomUUID().replaceAll('-', ''),
      profile: exactTlsProfile,
      identityRule: commonNameOwnsFrom,
      requireClientCertificate: true,
      clientStatus,
      limits,
      onRefusal: add,
      ...more,
    });
    open.push(() => server.close());
    return { server, journal };
  };
  const line = async (server: SignallingServer, number: string): Promise<Line> => {
    const der = await authorities.issueClientCertificate(number, spki);
    const chain = toPem('CERTIFICATE', der) + authorities.trust.clientAuthority;
    const opened = await openLine(number, chain, server.endpoint, tls);
    open.push(() => opened.close());
    return opened;
  };
  const registered = async (server: SignallingServer, number: string): Promise<Line> => {
    const opened = await line(server, number);
    await registerLine(opened, '127.0.0.1', randomUUID());
    return opened;
  };
  /** Two registered lines in an answered call, that answer nothing more. */
  const inCall = async (server: SignallingServer, from: string, to: string) => {
    const [caller, callee] = [await registered(server, from), await registered(server, to)];
    answerCalls(callee);
    const answered = Promise.withResolvers<void>();
    caller.onMessage = (text) => {
      if (text.startsWith('SIP/2.0 200')) answered.resolve();
    };
    caller.send(inviteText(caller, to, '127.0.0.1', randomUUID()));
    await answered.promise;
    for (const line of [caller, callee]) line.onMessage = () => undefined;
    return { caller, callee };
  };
  const close = async (): Promise<void> => {
    for (const end of open.splice(0).toReversed()) await end();
  };
  return { authorities, serve, line, registered, inCall, close };
};
