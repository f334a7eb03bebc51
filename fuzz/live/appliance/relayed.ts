import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import {
  header,
  makeRequest,
  withBody,
  withHeaders,
  type SipRequest,
} from '../../../reference/core/sip/message/message.ts';
import { readSdp, writeSdp } from '../../../simulators/attackers/call-sdp.ts';
import {
  callerDialog,
  contactOf,
  dialogRequest,
  freshVia,
  responseIn,
  sipToken,
} from '../../../simulators/attackers/sip-dialog.ts';
import { responseTo, type SipLink } from '../../../simulators/attackers/sip-link.ts';
import type { LiveClient } from '../client.ts';
import { datagramOf, type DatagramCase } from '../datagrams.ts';
import type { Peer, Script } from './peer.ts';

/** Milliseconds for each step of setting up and ending a call, and for datagrams under way at its end. */
const limits = { step: 10_000, underWay: 50 } as const;

/** Addresses of loopback: the parties', and another's. */
const [own, elsewhere] = ['127.0.0.1', '127.0.0.2'];

/** A call of two clients, over whose relayed ports datagrams are sent. */
export interface RelayedCall {
  send(made: DatagramCase): readonly string[];
  /** Ends it; what came through, as shapes. */
  end(): Promise<readonly string[]>;
}

const bound = async (host: string): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  socket.on('error', () => undefined);
  return socket;
};

const openSockets = async () => ({
  party: await bound(own),
  neighbour: await bound(own),
  stranger: await bound(elsewhere),
  heard: await bound(own),
});

const sdpHeader = ['Content-Type', 'application/sdp'] as const;

const accepting =
  (number: string, port: number): Script =>
  (link, invite) => {
    const ok = withHeaders(responseTo(invite, 200, 'OK', sipToken()), [
      ['Contact', contactOf(link, number)],
      sdpHeader,
    ]);
    link.send(withBody(ok, writeSdp(link.local.host, port, 2)));
  };

/** An INVITE of a client that offers audio to a port of its own. */
export const inviteOn = (
  link: SipLink,
  { number, domain }: LiveClient,
  to: string,
  port: number,
): SipRequest =>
  makeRequest(
    'INVITE',
    `sip:${to}@${domain}`,
    [
      ['Via', freshVia(link)],
      ['Max-Forwards', '70'],
      ['From', `<sip:${number}@${domain}>;tag=${sipToken()}`],
      ['To', `<sip:${to}@${domain}>`],
      ['Call-ID', sipToken()],
      ['CSeq', '1 INVITE'],
      ['Contact', contactOf(link, number)],
      sdpHeader,
    ],
    writeSdp(link.local.host, port, 1),
  );

/** The CANCEL of an INVITE (RFC 3261 section 9.1). */
export const cancelling = (invite: SipRequest): SipRequest =>
  makeRequest(
    'CANCEL',
    invite.uri,
    ['Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => [
      name,
      (header(invite, name) ?? '').replace('1 INVITE', '1 CANCEL'),
    ]),
  );

/** Calls a peer with a session description, so that the relay opens its ports; null where the call does not come about. */
export const openRelayedCall = async (
  caller: LiveClient,
  peer: Peer,
): Promise<RelayedCall | null> => {
  const link = await caller.link();
  await peer.ready();
  const sockets = await openSockets();
  let through = 0;
  sockets.heard.on('message', () => (through += 1));
  const invite = inviteOn(link, caller, peer.client.number, sockets.party.address().port);
  const callId = header(invite, 'Call-ID') ?? '';
  peer.answer(accepting(peer.client.number, sockets.heard.address().port));
  link.send(invite);
  const answer = await link.next(responseIn(callId, 'INVITE', 200), limits.step);
  peer.answer(null);
  const to = typeof answer === 'string' ? null : (readSdp(answer.body)?.peer ?? null);
  if (typeof answer === 'string' || to === null) {
    for (const socket of Object.values(sockets)) socket.close();
    return null;
  }
  const dialog = callerDialog(invite, answer);
  link.send(dialogRequest(link, dialog, 'ACK', 1));
  return {
    send(made) {
      const port = to.port + (made.control ? 1 : 0);
      sockets[made.sender].send(datagramOf(made), port, to.host, () => undefined);
      return [`datagram of a ${made.sender}`];
    },
    async end() {
      // What is still under way on loopback comes within a few milliseconds.
      await delay(limits.underWay);
      link.send(dialogRequest(link, dialog, 'BYE', 2));
      await link.next(responseIn(callId, 'BYE', 200), limits.step);
      for (const socket of Object.values(sockets)) socket.close();
      return through > 0 ? ['datagram relayed'] : [];
    },
  };
};
