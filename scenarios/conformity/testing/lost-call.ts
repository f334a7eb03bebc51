import { header, replaceHeader } from '../../../reference/core/sip/message/message.ts';
import { undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { withFacts, type Alteration } from '../../testing/altered.ts';
import { decodedHeader, sessions, sip, withoutSip } from '../../testing/altered-wire.ts';
import { callee } from '../activities/basic-call.ts';
import { undecrypted } from './damage.ts';
import { sessionOf } from './forged.ts';

/** One bit of the byte at a place, from the end where it is negative. */
export const flipAt =
  (place: number) =>
  (bytes: Uint8Array): void => {
    bytes[bytes.length + (place < 0 ? place : place - bytes.length)] = (bytes.at(place) ?? 0) ^ 1;
  };

/** X-CSL-Info1 of the INVITE on both legs, changed. */
export const info1 = (change: (bytes: Uint8Array) => Uint8Array | void) =>
  sip('INVITE', 'both', decodedHeader('X-CSL-Info1', change));

/** A further call, answered and acknowledged, of which nothing else is known. */
const secondCall: Alteration = withFacts((facts) => ({
  ...facts,
  sipMessages: [
    ...facts.sipMessages,
    ...facts.sipMessages.map((entry) => ({
      ...entry,
      message: replaceHeader(entry.message, 'Call-ID', 'another@call'),
    })),
  ],
}));

/** A re-INVITE in the same dialog. */
const secondExchange: Alteration = withFacts((facts) => ({
  ...facts,
  sipMessages: [
    ...facts.sipMessages,
    ...facts.sipMessages.map((entry) => ({
      ...entry,
      message: replaceHeader(
        entry.message,
        'CSeq',
        (header(entry.message, 'CSeq') ?? '').replace(/^\d+/, '77'),
      ),
    })),
  ],
}));

/** The call cannot be followed. */
export const lost = (id: string): readonly JudgeCase[] => [
  undecided(id, 'no keys of TLS', /no 200 to an INVITE/, undecrypted),
  undecided(id, 'no INVITE', /carries, as/, withoutSip('INVITE')),
  undecided(id, 'no 200', /no 200 to an INVITE/, withoutSip('200 INVITE')),
  undecided(id, 'a 200 never acknowledged', /the ACK to it/, withoutSip('ACK')),
  undecided(
    id,
    'an ACK to another 200',
    /the ACK to it/,
    sip('ACK', 'both', (message) => replaceHeader(message, 'To', '<sip:x@y>;tag=other')),
  ),
  undecided(
    id,
    'an ACK of another INVITE',
    /the ACK to it/,
    sip('ACK', 'to', (message) => replaceHeader(message, 'CSeq', '9 ACK')),
  ),
  undecided(id, 'a second call', /2 answers to INVITEs/, secondCall),
  undecided(id, 'a second exchange in the call', /2 answers to INVITEs/, secondExchange),
  undecided(
    id,
    'a callee whose session shows no certificate',
    /no decrypted connection of/,
    sessions(sessionOf(callee.number), { clientChain: [] }),
  ),
];
