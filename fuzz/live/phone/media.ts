import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { aesCm128HmacSha1Tag80 } from '../../../reference/core/rtp/srtp.ts';
import { bytesOfCase } from '../../generators/mutations.ts';
import { datagramBases } from '../datagrams.ts';
import type { AcceptedCall } from './call.ts';
import type { CallDatagram } from './cases.ts';

/** Milliseconds in which datagrams on loopback arrive. */
const underWay = 20;

/** Bytes that loopback still carries in one datagram. */
const longest = 9_000;

const own = '127.0.0.1';

/** Sends datagrams to a phone in a call: by way of the relay, under the call's keys or not, and to its own ports. */
export const sendDatagrams = async (
  { session, to }: AcceptedCall,
  direct: readonly number[],
  datagrams: readonly CallDatagram[],
): Promise<void> => {
  const socket = createSocket('udp4');
  socket.bind(0, own);
  await once(socket, 'listening');
  socket.on('error', () => undefined);
  const sender = aesCm128HmacSha1Tag80.sender(session.keys.callerToCallee);
  for (const { made, way, control } of datagrams) {
    const plain = bytesOfCase(datagramBases, made).subarray(0, longest);
    const keyed = control ? sender.protectRtcp(plain) : sender.protectRtp(plain);
    // What cannot be protected, as it is no packet, goes as it is.
    const bytes = way === 'keyed' && keyed.ok ? keyed.value : plain;
    const ports = way === 'direct' ? direct : [to.port + (control ? 1 : 0)];
    for (const port of ports) socket.send(bytes, port, own, () => undefined);
  }
  await delay(underWay);
  socket.close();
};
