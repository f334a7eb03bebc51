import { expect, it } from 'vitest';
import { concat, toBase64, utf8 } from '../../../reference/core/bytes.ts';
import type { WireFacts } from '../../wire/facts-model.ts';
import { decodedPlaces } from './decoded-places.ts';
import { searchSecrets } from './secret-search.ts';

const secret = utf8('a secret of some length, which takes more than one line of base64 to write');
const pem = toBase64(concat(new Uint8Array(7), secret, new Uint8Array(9))).replace(
  /.{64}/g,
  '$&\n',
);

const factsWith = (body: string): WireFacts =>
  ({
    sipMessages: [],
    udpFlows: [],
    httpMessages: [{ message: { headers: [{ name: 'host', value: 'x' }], body: utf8(body) } }],
  }) as unknown as WireFacts;

const foundIn = (body: string) =>
  searchSecrets([{ name: 'key', value: secret }], decodedPlaces(factsWith(body))).found;

it('shows what stands across the escaped line breaks of a string in JSON, however deep', () => {
  expect(foundIn(JSON.stringify({ number: '+1', list: [{ csr: pem }] }))).toMatchObject([
    { needle: 'key', place: 'decrypted HTTP messages', encoding: 'base64' },
  ]);
});

it.each([
  ['PEM', pem],
  ['JSON cut short behind it', `{"csr":"${toBase64(secret)}"`],
])('shows a body that is no JSON as it is: %s', (_, body) => {
  expect(foundIn(body)).toHaveLength(1);
});
