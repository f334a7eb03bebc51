import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { equal, latin1 } from '../bytes.ts';
import {
  asDatagram,
  byAppliance,
  byPhone,
  bytesOf,
  folder,
  readMessage,
} from './fixtures/rfc4475/torture.ts';
import { createFramer } from './message/framer.ts';
import {
  listValues,
  parseMessage,
  serialize,
  type SipMessage,
  type SipRequest,
} from './message/message.ts';
import type { RegistrarProxyOutput } from './proxy/registrar-proxy.ts';
import { sentMessages } from './testing/request-fixture.ts';
import type { UserAgentOutput } from './user-agent/user-agent.ts';

/** The rows of the README's table, cell by cell. */
const rows = readFileSync(new URL('README.md', folder), 'utf8')
  .split('\n')
  .filter((line) => /^\| *\d/.test(line))
  .map((line) => line.split('|').slice(1, -1))
  .map((cells) => cells.map((cell) => cell.trim()))
  .map(([section = '', name = '', title = '', asks = '', ...found]) => ({
    section,
    name,
    title,
    asks,
    found: found.slice(0, 4),
    outcome: `stream: ${found[0]}; parser: ${found[1]}; phone: ${found[2]}; appliance: ${found[3]}`,
  }));

const onStream = (bytes: Uint8Array): string => {
  const side = latin1(bytes).startsWith('SIP/') ? 'client' : 'server';
  const frames = createFramer({ side })
    .push(bytes)
    .map((frame) => (frame.kind === 'fault' ? `fault ${frame.fault.code}` : frame.kind));
  return frames.length === 0 ? 'waits' : frames.join(', ');
};

/** Answers, requests passed on, events, and in brackets the codes logged. */
const tell = (outputs: readonly (UserAgentOutput | RegistrarProxyOutput)[]): string => {
  const done = outputs.flatMap((output): readonly string[] => {
    if (output.kind === 'send')
      return sentMessages([output]).map((message) =>
        message.kind === 'request' ? 'forwarded' : String(message.status),
      );
    return ['incoming-invite', 'registered'].includes(output.kind) ? [output.kind] : [];
  });
  const codes = outputs.flatMap((output) =>
    output.kind === 'refused' ? [`(${output.code})`] : [],
  );
  const order = (word: string): number => (/^\d/.test(word) ? 0 : 1);
  const sorted = done.toSorted((left, right) => order(left) - order(right)).join(', ');
  return [sorted || 'nothing', ...codes].join(' ');
};

const results = (name: string): readonly string[] => {
  const bytes = bytesOf(name);
  const datagram = asDatagram(bytes);
  const parsed = parseMessage(datagram);
  return [
    onStream(bytes),
    parsed.ok ? 'read' : parsed.error.code,
    tell(byPhone(datagram)),
    tell(byAppliance(datagram)),
  ];
};

describe('RFC 4475', () => {
  it('has every message in the table, once', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.dat'));
    expect(rows.map(({ name }) => `${name}.dat`).toSorted()).toEqual(files.toSorted());
    expect(rows).toHaveLength(49);
  });

  // Not `each`, which would cut the titles short.
  for (const { section, name, title, asks, found, outcome } of rows)
    it(`${section} ${name}: ${title} (asked: ${asks}) → ${outcome}`, () => {
      expect(results(name)).toEqual(found);
    });

  it.each(rows.filter(({ found }) => found[1] === 'read'))('$name is kept byte for byte', (row) => {
    const bytes = asDatagram(bytesOf(row.name));
    const parsed = parseMessage(bytes);
    expect(parsed.ok && equal(serialize(parsed.value), bytes)).toBe(true);
  });

  it.each(rows.filter(({ found }) => found[3]?.includes('forwarded')))(
    '$name is passed on with method, body and every header but the routing ones untouched',
    ({ name }) => {
      const received = readMessage(name);
      const [forwarded] = sentMessages(byAppliance(asDatagram(bytesOf(name)))).filter(
        (message): message is SipRequest => message.kind === 'request',
      );
      const rest = (message: SipMessage) =>
        message.headers
          .filter(
            ({ name: each }) =>
              !/^(?:via|v|record-route|route|max-forwards|max-breadth)$/i.test(each),
          )
          .map(({ raw }) => raw);
      expect(forwarded?.method).toBe(received.kind === 'request' ? received.method : '');
      expect(forwarded && rest(forwarded)).toEqual(rest(received));
      expect(forwarded?.body).toEqual(received.body);
      // The topmost of the received ones gets `received`, below ours.
      expect(forwarded && listValues(forwarded, 'Via').slice(2)).toEqual(
        listValues(received, 'Via').slice(1),
      );
    },
  );
});
