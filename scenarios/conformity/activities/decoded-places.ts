import { concat, utf8 } from '../../../reference/core/bytes.ts';
import type { WireFacts } from '../../wire/facts-model.ts';
import type { Haystack } from './secret-search.ts';

/** Everything that a capture shows once decrypted: SIP and HTTP messages, and what the datagrams carry. */
export const decodedPlaces = (facts: WireFacts): readonly Haystack[] => [
  { name: 'decrypted SIP messages', bytes: concat(...facts.sipMessages.map(({ raw }) => raw)) },
  {
    name: 'decrypted HTTP messages',
    bytes: concat(
      ...facts.httpMessages.flatMap(({ message }) => [
        utf8(message.headers.map(({ name, value }) => `${name}: ${value}\n`).join('')),
        message.body,
      ]),
    ),
  },
  {
    name: 'datagrams',
    bytes: concat(...facts.udpFlows.flatMap((flow) => flow.datagrams.map(({ bytes }) => bytes))),
  },
];
