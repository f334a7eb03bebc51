import { toBase64 } from '../../../reference/core/bytes.ts';
import { header, replaceHeader } from '../../../reference/core/sip/message/message.ts';
import { without } from '../../testing/altered.ts';
import {
  datagrams,
  decodedHeader,
  sessions,
  sip,
  topologyOf,
  withoutSip,
} from '../../testing/altered-wire.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { dropped } from './damage.ts';
import { withDisplays } from './documents.ts';
import { foreignClient, sessionOf } from './forged.ts';
import { lost } from './lost-call.ts';
import { swappedKeys } from './media-packets.ts';

const id = '5.2/same-users-on-every-layer';

const otherUser = (name: 'From' | 'To') => (message: Parameters<typeof header>[0]) =>
  replaceHeader(
    message,
    name,
    (header(message, name) ?? '').replace(/sip:\+\d+@/, 'sip:+33639980077@'),
  );

/** One layer names somebody else, the others do not. */
const otherwiseNamed: readonly JudgeCase[] = [
  ...(['INVITE', 'ACK', 'BYE', 'REGISTER'] as const).map((method) =>
    failing(
      id,
      `another number in From of ${method}`,
      /From of .* names another/,
      sip(method, 'to', otherUser('From')),
    ),
  ),
  failing(id, 'another number in To of a registration', /To of its registration/, (evidence) =>
    sip('REGISTER', 'to', otherUser('To'))(evidence),
  ),
  failing(
    id,
    'another number in To of the INVITE',
    /To of the INVITE/,
    sip('INVITE', 'both', otherUser('To')),
  ),
  failing(
    id,
    'another number in To of the 200',
    /To of the 200/,
    sip('200 INVITE', 'both', otherUser('To')),
  ),
  failing(
    id,
    'another number in From of the INVITE on the callee’s leg only',
    /the callee: From of the INVITE/,
    sip('INVITE', 'from', otherUser('From')),
  ),
  failing(id, 'another user’s certificate in X-CSL-From', /X-CSL-From names another/, (evidence) =>
    sip(
      'INVITE',
      'both',
      decodedHeader('X-CSL-From', () => foreignClient(evidence, '+33639980077')),
    )(evidence),
  ),
  failing(
    id,
    'another certificate of the same number in TLS',
    /is not the certificate of its connection/,
    (evidence) => {
      const { number } = topologyOf(evidence).caller;
      const clientChain = [toBase64(foreignClient(evidence, number))];
      return sessions(sessionOf(number), { clientChain })(evidence);
    },
  ),
  failing(
    id,
    'another number on the callee’s screen',
    /the callee: the screen shows other users/,
    withDisplays(({ bob }) => void Object.assign(bob ?? {}, { peerNumber: '+33639980077' })),
  ),
  failing(
    id,
    'other identifiers on the caller’s screen',
    /the caller: the screen shows other users/,
    withDisplays(
      ({ alice }) =>
        void Object.assign(alice ?? {}, { identifiers: { local: '0000', peer: '1111' } }),
    ),
  ),
  failing(
    id,
    'a signature that does not verify',
    /does not vouch for the exchange/,
    sip(
      'INVITE',
      'both',
      decodedHeader('X-CSL-Info2', (bytes) => void (bytes[50] = (bytes[50] ?? 0) ^ 1)),
    ),
  ),
  failing(id, 'each user’s audio under the other’s key', /not under the key/, swappedKeys),
];

const unseen: readonly JudgeCase[] = [
  undecided(id, 'no registration', /no registration on/, withoutSip('REGISTER')),
  undecided(id, 'no displays', /what the/, without('call', 'displays.json')),
  undecided(
    id,
    'displays of another call',
    /what the callee showed/,
    withDisplays(({ bob }) => void Object.assign(bob ?? {}, { callId: 'other' })),
  ),
  undecided(
    id,
    'a screen without identifiers',
    /what the callee showed/,
    withDisplays(({ bob }) => void Object.assign(bob ?? {}, { identifiers: null })),
  ),
  undecided(
    id,
    'no audio at all',
    /no audio of the stream/,
    datagrams(() => null),
  ),
  undecided(id, 'no exponent', /no exponent/, without('call', 'key-agreement.json')),
  undecided(id, 'a dropped packet', /lost 1/, dropped),
  ...lost(id),
];

/** The check across layers. */
export const acrossLayersCases: readonly JudgeCase[] = [...otherwiseNamed, ...unseen];
