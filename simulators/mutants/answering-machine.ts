import type { TLSSocket } from 'node:tls';
import { applianceParts, type ApplianceParts } from '../../reference/appliance/parts.ts';
import { createTls } from '../../reference/appliance/signalling/listen.ts';
import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import { uriHost } from '../../reference/core/sip/message/uri.ts';
import { writeSdp } from '../attackers/call-sdp.ts';
import type { Mutant } from './mutant.ts';
import { speakingInClear } from './phone-in-clear.ts';

/** A refusal of an INVITE because nobody is there (RFC 3261 21.4.5 and 21.4.18). */
const nobodyThere = /^SIP\/2\.0 (?:404|480) [\s\S]*\r\nCSeq: *\d+ +INVITE\r\n/i;

const kept = /^(?:Via|From|To|Call-ID|CSeq):/i;

/** In place of that refusal: the machine takes the call. */
const takenInstead = (message: string, host: string): string => {
  if (!nobodyThere.test(message)) return message;
  const sdp = latin1(writeSdp(host, 9, 1));
  const headers = message.split('\r\n').filter((line) => kept.test(line));
  return [
    'SIP/2.0 200 OK',
    ...headers,
    `Contact: <sip:machine@${uriHost(host)};transport=tls>`,
    'Content-Type: application/sdp',
    `Content-Length: ${sdp.length}`,
    '',
    sdp,
  ].join('\r\n');
};

const takingCalls: ApplianceParts['startSignalling'] = (options) =>
  applianceParts.startSignalling({
    ...options,
    createTls: (...given) => {
      const server = createTls(...given);
      server.on('secureConnection', (socket: TLSSocket) => {
        const write = socket.write.bind(socket);
        Object.assign(socket, {
          write: (bytes: Uint8Array) =>
            write(fromLatin1(takenInstead(latin1(bytes), options.host))),
        });
      });
      return server;
    },
  });

/** Appliances that answer in the place of whoever is not there. */
export const answeringMachineMutants: readonly Mutant[] = [
  {
    id: 'machine-answers-for-the-absent',
    fault: 'calls to whoever is not connected are answered by a machine, without a key agreement',
    claims: ['2.2.c'],
    because: /the caller of (?:a number|an enrolled number) .* could call/,
    parts: { appliance: { startSignalling: takingCalls }, phone: speakingInClear },
  },
];
