import { replaceHeader, withoutHeader } from '../../../reference/core/sip/message/message.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { all, without, withFacts } from '../../testing/altered.ts';
import { datagrams, decodedHeader, sip } from '../../testing/altered-wire.ts';
import { dropped } from './damage.ts';
import { withExponents } from './documents.ts';
import { flipAt, info1, lost } from './lost-call.ts';
import { noAudio } from './media-alterations.ts';
import { foreignKey, swappedKeys } from './media-packets.ts';

const otherExponent = withExponents((entries) => {
  Object.assign(entries.at(-1) ?? {}, { exponent: '07'.repeat(32) });
});
const derivation: readonly JudgeCase[] = [
  failing(
    '5.1/key-agreement/derivation',
    'another group in the INVITE',
    /another group/,
    info1((bytes) => void (bytes[1] = 5)),
  ),
  failing(
    '5.1/key-agreement/derivation',
    'the public value 1',
    /none of the group/,
    info1((bytes) => void bytes.fill(0, 42, 297).fill(1, 297)),
  ),
  failing(
    '5.1/key-agreement/derivation',
    'the public value p-1',
    /none of the group/,
    info1((bytes) => void bytes.fill(0xff, 42)),
  ),
  failing(
    '5.1/key-agreement/derivation',
    'each direction under the other’s key',
    /other direction/,
    swappedKeys,
  ),
  failing(
    '5.1/key-agreement/derivation',
    'one direction under a key from elsewhere, which the phones log',
    /a key that the exchange does not give/,
    foreignKey,
  ),
  failing(
    '5.1/key-agreement/derivation',
    'audio under no key that is known',
    /do not verify the audio/,
    all(foreignKey, without('call', 'srtp-keys.json')),
  ),
  ...lost('5.1/key-agreement/derivation'),
  undecided(
    '5.1/key-agreement/derivation',
    'no exponent',
    /no exponent/,
    without('call', 'key-agreement.json'),
  ),
  undecided(
    '5.1/key-agreement/derivation',
    'an empty log',
    /no exponent/,
    withExponents(() => []),
  ),
  undecided(
    '5.1/key-agreement/derivation',
    'exponents of another call',
    /no exponent of this call/,
    withExponents((entries) => {
      for (const entry of entries) Object.assign(entry, { callId: 'another' });
    }),
  ),
  undecided(
    '5.1/key-agreement/derivation',
    'one of two exponents wrong',
    /does not give the public value/,
    otherExponent,
  ),
  undecided('5.1/key-agreement/derivation', 'no audio', /no audio/, noAudio),
  undecided('5.1/key-agreement/derivation', 'a dropped packet', /lost 1/, dropped),
  undecided(
    '5.1/key-agreement/derivation',
    'a nonce changed between the legs',
    /carries other X-CSL contents/,
    sip('INVITE', 'from', decodedHeader('X-CSL-Info1', flipAt(12))),
  ),
  undecided(
    '5.1/key-agreement/derivation',
    'one packet that does not verify',
    /1 of 1\d\d packets/,
    datagrams((bytes, { flow, index }) => {
      if (flow.protocol === 'rtp' && index === 3) bytes[20] = (bytes[20] ?? 0) ^ 1;
      return bytes;
    }),
  ),
];

const signed: readonly JudgeCase[] = [
  failing(
    '5.1/key-agreement/signed',
    'a flipped bit in the signature of the INVITE',
    /not signed as I-1/,
    sip('INVITE', 'both', decodedHeader('X-CSL-Info2', flipAt(100))),
  ),
  failing(
    '5.1/key-agreement/signed',
    'a flipped bit in the signature of the 200, without any exponent',
    /not signed as I-1/,
    all(
      sip('200 INVITE', 'both', decodedHeader('X-CSL-Info2', flipAt(100))),
      without('call', 'key-agreement.json'),
    ),
  ),
  failing(
    '5.1/key-agreement/signed',
    'no signature in the INVITE',
    /not signed as I-1/,
    sip('INVITE', 'both', (message) => withoutHeader(message, 'X-CSL-Info2')),
  ),
  failing(
    '5.1/key-agreement/signed',
    'another nonce than was signed',
    /not signed as I-1/,
    info1(flipAt(12)),
  ),
  failing(
    '5.1/key-agreement/signed',
    'another Call-ID than was signed',
    /not signed as I-1/,
    withFacts((facts) => ({
      ...facts,
      sipMessages: facts.sipMessages.map((entry) => ({
        ...entry,
        message: replaceHeader(entry.message, 'Call-ID', 'moved@elsewhere'),
      })),
    })),
  ),
  failing(
    '5.1/key-agreement/signed',
    'a flipped bit in the tag of the 200',
    /not signed as I-1/,
    sip('200 INVITE', 'both', decodedHeader('X-CSL-Info2', flipAt(-1))),
  ),
  failing(
    '5.1/key-agreement/signed',
    'no tag in the ACK',
    /not signed as I-1/,
    sip('ACK', 'both', (message) => withoutHeader(message, 'X-CSL-Info2')),
  ),
  failing(
    '5.1/key-agreement/signed',
    'a server that changed the 200 on its way',
    /changed on its way/,
    sip('200 INVITE', 'from', decodedHeader('X-CSL-Info1', flipAt(60))),
  ),
  ...lost('5.1/key-agreement/signed'),
  undecided(
    '5.1/key-agreement/signed',
    'a wrong exponent',
    /does not give the public value/,
    otherExponent,
  ),
  undecided(
    '5.1/key-agreement/signed',
    'no exponent',
    /no exponent/,
    without('call', 'key-agreement.json'),
  ),
  undecided(
    '5.1/key-agreement/signed',
    'no certificate to verify with',
    /holds no certificate/,
    sip('INVITE', 'both', (message) => withoutHeader(message, 'X-CSL-From')),
  ),
];

/** Section 5.1, key agreement. */
export const exchangeCases: readonly JudgeCase[] = [...derivation, ...signed];
