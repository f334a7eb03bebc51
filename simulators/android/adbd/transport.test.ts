import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../../reference/core/bytes.ts';
import { commands, versions, type Command } from './packet.ts';
import { createTransport, type TransportOutput } from './transport.ts';

const banner = { product: 'p', model: 'M', device: 'd', features: ['shell_v2', 'cmd'] };
const none = new Uint8Array();

const packet = (command: Command, arg0: number, arg1: number, payload: Uint8Array = none) => ({
  command,
  arg0,
  arg1,
  payload,
});

const hello = (limit = 4096, version: number = versions.noChecksum) =>
  packet('CNXN', version, limit, utf8('host::features=shell_v2'));

const online = (limit?: number) => {
  const transport = createTransport(banner);
  transport.receive(hello(limit));
  return transport;
};

/** A transport with a stream that the host opened as its number 7. */
const opened = (limit?: number) => {
  const transport = online(limit);
  const [output] = transport.receive(packet('OPEN', 7, 0, utf8('shell:id\0')));
  const stream = output?.kind === 'open' ? output.stream : 0;
  transport.accept(stream);
  return { transport, stream };
};

const sent = (outputs: readonly TransportOutput[]) =>
  outputs.flatMap((output) => (output.kind === 'send' ? [output.packet] : []));

describe('the device side of a connection', () => {
  it('answers CNXN with its banner and takes the lower version', () => {
    const transport = createTransport(banner);
    expect(transport.hasChecksum()).toBe(true);
    const outputs = transport.receive(hello());
    const [welcome] = sent(outputs);
    expect(latin1(welcome?.payload ?? none)).toBe(
      'device::ro.product.name=p;ro.product.model=M;ro.product.device=d;features=shell_v2,cmd',
    );
    expect(outputs.at(-1)).toEqual({ kind: 'online' });
    expect(transport.hasChecksum()).toBe(false);
    const old = createTransport(banner);
    old.receive(hello(4096, versions.checksum));
    expect(old.hasChecksum()).toBe(true);
  });

  it.each([
    ['a stream before CNXN', packet('OPEN', 1, 0), 'adb/early'],
    ['a version before the first', hello(4096, 1), 'adb/version'],
    ['a host that takes no byte', hello(0), 'adb/limit'],
  ])('breaks at %s', (_what, given, code) => {
    expect(createTransport(banner).receive(given)).toMatchObject([
      { kind: 'broken', fault: { code } },
    ]);
  });

  it('challenges a host until a signature is of a known key, or its user accepts the key', () => {
    const known = utf8('right');
    let count = 0;
    const transport = createTransport(banner, {
      token: () => new Uint8Array(20).fill((count += 1)),
      isKnown: (token, signature) => token[0] === 2 && latin1(signature) === latin1(known),
    });
    expect(sent(transport.receive(hello()))).toEqual([
      packet('AUTH', 1, 0, new Uint8Array(20).fill(1)),
    ]);
    expect(transport.receive(packet('OPEN', 1, 0))).toMatchObject([
      { fault: { code: 'adb/early' } },
    ]);
    expect(sent(transport.receive(packet('AUTH', 2, 0, utf8('wrong'))))[0]?.arg0).toBe(1);
    expect(transport.receive(packet('AUTH', 2, 0, known)).at(-1)).toEqual({ kind: 'online' });
    transport.receive(hello());
    expect(transport.receive(packet('AUTH', 3, 0, utf8('QUJD me@host\0')))).toEqual([
      { kind: 'key', key: 'QUJD me@host' },
    ]);
    expect(transport.authorise().at(-1)).toEqual({ kind: 'online' });
    expect(transport.authorise()).toEqual([]);
  });

  it('opens, carries, acknowledges and closes a stream', () => {
    const { transport, stream } = opened();
    expect(transport.receive(packet('WRTE', 7, stream, utf8('in')))).toEqual([
      { kind: 'data', stream, bytes: utf8('in') },
    ]);
    expect(sent(transport.consume(stream))).toEqual([packet('OKAY', stream, 7)]);
    expect(sent(transport.write(stream, utf8('out')))).toEqual([
      packet('WRTE', stream, 7, utf8('out')),
    ]);
    expect(transport.end(stream)).toEqual([]);
    expect(transport.receive(packet('OKAY', 7, stream))).toMatchObject([
      { kind: 'send', packet: { command: 'CLSE', arg0: stream, arg1: 7 } },
      { kind: 'closed', stream },
    ]);
    expect(sent(transport.receive(packet('WRTE', 7, stream, utf8('late'))))).toEqual([
      packet('CLSE', 0, 7),
    ]);
  });

  it('refuses a service, and closes what the host closes', () => {
    const transport = online();
    const [output] = transport.receive(packet('OPEN', 9, 0, utf8('tcp:1\0')));
    expect(output).toMatchObject({ kind: 'open', service: 'tcp:1' });
    expect(sent(transport.refuse(1))).toEqual([packet('CLSE', 0, 9)]);
    const { transport: other, stream } = opened();
    expect(other.receive(packet('CLSE', 7, stream))).toEqual([{ kind: 'closed', stream }]);
    expect(other.receive(packet('OPEN', 0, 0))).toMatchObject([{ fault: { code: 'adb/stream' } }]);
  });

  it('opens a stream of its own, and learns that it was refused', () => {
    const transport = online();
    const { stream, outputs } = transport.open('tcp:80');
    expect(sent(outputs)).toEqual([packet('OPEN', stream, 0, utf8('tcp:80\0'))]);
    transport.write(stream, utf8('early'));
    expect(transport.receive(packet('OKAY', 3, stream))).toMatchObject([
      { kind: 'opened' },
      { kind: 'send', packet: { command: 'WRTE', arg1: 3 } },
    ]);
    const refused = transport.open('tcp:81');
    expect(transport.receive(packet('CLSE', 0, refused.stream))).toEqual([
      { kind: 'closed', stream: refused.stream },
    ]);
  });

  it('forgets all streams at a second CNXN', () => {
    const { transport, stream } = opened();
    expect(transport.receive(hello())[0]).toEqual({ kind: 'closed', stream });
    expect(transport.write(stream, utf8('x'))).toEqual([]);
  });

  test.prop([
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1 }),
    fc.integer({ min: 1, max: 20 }),
  ])(
    'has one unanswered WRTE at most, none longer than the host takes, and loses nothing',
    (parts, limit) => {
      const { transport, stream } = opened(limit);
      const got: number[] = [];
      let waiting = parts.flatMap((part) => sent(transport.write(stream, part)));
      expect(waiting.length).toBe(1);
      while (waiting.length > 0) {
        const [write] = waiting;
        expect(waiting.length).toBe(1);
        expect(write?.payload.length).toBeLessThanOrEqual(limit);
        got.push(...(write?.payload ?? []));
        waiting = sent(transport.receive(packet('OKAY', 7, stream)));
      }
      expect(got).toEqual(parts.flatMap((part) => [...part]));
    },
  );

  test.prop([
    fc.array(
      fc.record({
        command: fc.constantFrom(...commands),
        arg0: fc.integer({ min: 0, max: 3 }),
        arg1: fc.integer({ min: 0, max: 3 }),
        payload: fc.uint8Array({ maxLength: 12 }),
      }),
    ),
  ])('takes any packets in any order', (given) => {
    const transport = createTransport(banner);
    for (const each of [hello(), ...given])
      for (const output of transport.receive(each)) {
        if (output.kind === 'open') transport.accept(output.stream);
        expect(output.kind).toMatch(/^[a-z]+$/);
      }
  });
});
