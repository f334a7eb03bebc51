import { concat, utf8 } from '../../../reference/core/bytes.ts';
import type { WireFacts } from '../../wire/facts-model.ts';
import type { Haystack } from './secret-search.ts';

const stringsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
};

/** The strings of a JSON body: escapes, such as those of the line breaks of PEM, would hide what stands across them. */
const jsonStrings = (body: Uint8Array): readonly Uint8Array[] => {
  try {
    return stringsIn(JSON.parse(new TextDecoder().decode(body))).map((text) => utf8(text));
  } catch {
    return [];
  }
};

/** Everything that a capture shows once decrypted: SIP and HTTP messages, and what the datagrams carry. */
export const decodedPlaces = (facts: WireFacts): readonly Haystack[] => [
  { name: 'decrypted SIP messages', bytes: concat(...facts.sipMessages.map(({ raw }) => raw)) },
  {
    name: 'decrypted HTTP messages',
    bytes: concat(
      ...facts.httpMessages.flatMap(({ message }) => [
        utf8(message.headers.map(({ name, value }) => `${name}: ${value}\n`).join('')),
        message.body,
        ...jsonStrings(message.body),
      ]),
    ),
  },
  {
    name: 'datagrams',
    bytes: concat(...facts.udpFlows.flatMap((flow) => flow.datagrams.map(({ bytes }) => bytes))),
  },
];
