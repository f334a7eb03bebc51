import { createHash, createPrivateKey, randomBytes, sign } from 'node:crypto';
import type { Socket } from 'node:net';
import { concat, fromHex } from '../../../reference/core/bytes.ts';
import {
  modularPower,
  readerOf,
  toInteger,
  uint,
  vector,
} from '../../../simulators/attackers/tls-client/bytes.ts';
import {
  startTcpServer,
  type TestServer,
} from '../../../simulators/attackers/testing/tcp-server.ts';
import { authorities } from './servers.ts';

/** A server's Diffie-Hellman parameters, sound or not, in hexadecimal. */
export interface FakeParameters {
  readonly prime: string;
  readonly generator: string;
  /** A public value to give every time, instead of a fresh one. */
  readonly publicValue?: string;
  readonly spoilSignature?: boolean;
}

/** What a ClientHello asked for, as far as the fake server looks. */
export interface Asked {
  readonly version: number;
  readonly suites: readonly number[];
}

const bytesOf = (hex: string): Uint8Array => {
  const parsed = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
  return parsed.ok ? parsed.value : new Uint8Array(0);
};

const record = (type: number, content: Uint8Array): Uint8Array =>
  concat(Uint8Array.of(type, 3, 3), vector(2, content));
const message = (type: number, body: Uint8Array): Uint8Array =>
  record(22, concat(uint(type, 1), vector(3, body)));

const certificateMessage = (): Uint8Array => {
  const blocks = authorities.server.chain.match(/-----BEGIN[^-]+-----([^-]+)-----END/g) ?? [];
  const chain = blocks.map((block) =>
    Uint8Array.from(Buffer.from(block.replaceAll(/-----[^-]+-----|-----END/g, ''), 'base64')),
  );
  return message(11, vector(3, ...chain.map((der) => vector(3, der))));
};

const keyExchange = (
  parameters: FakeParameters,
  clientRandom: Uint8Array,
  random: Uint8Array,
): Uint8Array => {
  const prime = toInteger(bytesOf(parameters.prime));
  const fresh = modularPower(
    toInteger(bytesOf(parameters.generator)),
    toInteger(new Uint8Array(randomBytes(32))),
    prime,
  );
  const publicValue = parameters.publicValue ?? fresh.toString(16);
  const fields = [parameters.prime, parameters.generator, publicValue].map((hex) =>
    vector(2, bytesOf(hex)),
  );
  const content = concat(clientRandom, random, ...fields);
  const signature = new Uint8Array(
    sign('sha256', content, createPrivateKey(authorities.server.key)),
  );
  if (parameters.spoilSignature === true) signature.fill(1, 0, 1);
  return message(12, concat(...fields, uint(0x0401, 2), vector(2, signature)));
};

const readHello = (bytes: Uint8Array): (Asked & { readonly random: Uint8Array }) | null => {
  const reader = readerOf(bytes);
  if (reader.uint(1) !== 22) return null;
  reader.take(4 + 4);
  const version = reader.uint(2);
  const random = reader.take(32);
  reader.vector(1);
  const list = readerOf(reader.vector(2));
  const suites: number[] = [];
  while (list.left() > 0) suites.push(list.uint(2));
  return reader.short() ? null : { version, random, suites };
};

const flight = (parameters: FakeParameters, clientRandom: Uint8Array): Uint8Array => {
  const random = createHash('sha256').update(clientRandom).digest();
  const hello = concat(uint(0x0303, 2), random, vector(1), uint(0x009f, 2), uint(0, 1));
  return concat(
    message(2, hello),
    certificateMessage(),
    keyExchange(parameters, clientRandom, random),
    message(14, new Uint8Array(0)),
  );
};

/** An alert record. */
export const alertRecord = (description: number): Uint8Array =>
  record(21, Uint8Array.of(2, description));

/**
 * A server of the exact profile that sends any Diffie-Hellman parameters and completes no handshake. `refuse` answers what
 * is not TLS 1.2 with 0x009F; nothing sent keeps the client waiting.
 */
export const startFakeServer = (
  parameters: FakeParameters,
  refuse: (asked: Asked | null, socket: Socket) => void = (_asked, socket) =>
    void socket.end(alertRecord(40)),
): Promise<TestServer> =>
  startTcpServer((socket) => {
    let answered = false;
    socket.on('data', (chunk) => {
      if (answered) return void socket.end(alertRecord(10));
      answered = true;
      const asked = readHello(chunk);
      const right = asked?.version === 0x0303 && asked.suites.includes(0x009f);
      if (asked && right) socket.write(flight(parameters, asked.random));
      else refuse(asked, socket);
    });
  });
