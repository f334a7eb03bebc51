import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../reference/core/bytes.ts';
import { createFactsGatherer, gatherFacts } from './facts.ts';
import {
  ethernetFrame,
  ipv4Fragments,
  ipv4Packet,
  ipv6Fragments,
  ipv6Packet,
  linkHeaders,
  udpDatagram,
} from './testing/frames.ts';
import { rtpPackets } from './testing/media.ts';
import { blocksOf } from './testing/pcapng-builder.ts';

const gather = (packets: readonly (readonly [linkType: number, bytes: Uint8Array])[]) => {
  const gatherer = createFactsGatherer({ sipPorts: [5061], registrationPorts: [443] });
  packets.forEach(([linkType, bytes], index) =>
    gatherer.take({ kind: 'packet', at: index, linkType, bytes, length: bytes.length }),
  );
  return gatherer.finish();
};
const rtp = rtpPackets(7, 4).map((packet) => udpDatagram(4000, 5000, packet));

describe('packets down to their payload', () => {
  it.each(linkHeaders)('%s, IPv4 and IPv6', (_name, linkType, header) => {
    const facts = gather(
      rtp.flatMap((datagram) => [
        [linkType, concat(header(0x0800), ipv4Packet(17, datagram))] as const,
        [linkType, concat(header(0x86dd), ipv6Packet(17, datagram))] as const,
      ]),
    );
    expect(
      facts.udpFlows.map(({ source, protocol, packets }) => [source.host, protocol, packets]),
    ).toEqual([
      ['10.0.0.1', 'rtp', 4],
      ['fd00::1', 'rtp', 4],
    ]);
    expect(facts.other).toEqual([]);
  });

  it('IPv4 alone and IPv6 alone have link types of their own', () => {
    const [first = new Uint8Array()] = rtp;
    const facts = gather([
      [228, ipv4Packet(17, first)],
      [229, ipv6Packet(17, first)],
    ]);
    expect(facts.udpFlows).toHaveLength(2);
  });

  it('extension headers are passed over, and what a fragmented datagram begins with too', () => {
    const [first = new Uint8Array(), second = new Uint8Array(), third = new Uint8Array()] = rtp;
    const options = (next: number) => Uint8Array.of(next, 0, 1, 4, 0, 0, 0, 0);
    const authentication = Uint8Array.of(17, 4, ...new Uint8Array(22));
    const facts = gather([
      [229, ipv6Packet(0, concat(options(60), options(17), first))],
      [229, ipv6Packet(51, concat(authentication, second))],
      ...ipv6Fragments(60, concat(options(17), third), 16).map((bytes) => [229, bytes] as const),
    ]);
    expect(facts.udpFlows).toMatchObject([{ packets: 3, protocol: 'rtp' }]);
    expect(facts.other).toEqual([]);
  });

  it('fragments in any order give the datagram, and clear text in it is found', () => {
    const text = concat(utf8('INVITE sip:a SIP/2.0\r\nX: '), new Uint8Array(3000).fill(65));
    const pieces = ipv4Fragments(17, udpDatagram(5060, 5060, text), 1000);
    const facts = gather(pieces.toReversed().map((bytes) => [1, ethernetFrame(0x0800, bytes)]));
    expect(facts.udpFlows).toMatchObject([{ packets: 1, bytes: text.length }]);
    expect(facts.clearSip).toMatchObject([{ line: 'INVITE sip:a SIP/2.0' }]);
    expect(facts.other).toEqual([]);
  });

  it('overlapping fragments give nothing and are named', () => {
    const [first = new Uint8Array(), ...rest] = ipv4Fragments(
      17,
      udpDatagram(1, 2, new Uint8Array(100)),
      48,
    );
    const other = first.slice();
    other[30] = 9;
    const facts = gather([first, other, ...rest].map((bytes) => [228, bytes]));
    expect(facts.udpFlows).toEqual([]);
    expect(facts.other).toMatchObject([{ what: 'ip-fragment-overlap', count: 1 }]);
  });

  type Loopback = (bytes: Uint8Array, outgoing: boolean) => readonly [number, Uint8Array];
  const cooked: Loopback = (bytes, outgoing) => {
    const start = Uint8Array.of(0, outgoing ? 4 : 0, 3, 4);
    return [113, concat(start, new Uint8Array(10), Uint8Array.of(8, 0), bytes)];
  };
  const cooked2: Loopback = (bytes, outgoing) => {
    const start = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 1, 3, 4, outgoing ? 4 : 0);
    return [276, concat(start, new Uint8Array(9), bytes)];
  };
  it.each<[string, Loopback]>([
    ['Ethernet', (bytes) => [1, ethernetFrame(0x0800, bytes, 0)]],
    ['Linux cooked', cooked],
    ['Linux cooked 2', cooked2],
  ])('a packet that a loopback interface shows twice is known again: %s', async (_name, frame) => {
    const make = blocksOf('little');
    const [linkType] = frame(new Uint8Array(), false);
    const file = (packets: readonly Uint8Array[]): Uint8Array =>
      concat(
        make.section(),
        make.interface(linkType, 0),
        ...packets.map((bytes, index) => make.packet(0, BigInt(index), bytes)),
      );
    const options = { sipPorts: [], registrationPorts: [] };
    const datagrams = rtpPackets(7, 20).map((packet) =>
      ipv4Packet(17, udpDatagram(4000, 5000, packet)),
    );
    const twice = datagrams.flatMap((bytes) => [frame(bytes, true)[1], frame(bytes, false)[1]]);
    // Two packets on their way at once, and one that was really sent twice.
    const mixed = [twice[0], twice[2], twice[1], twice[3], ...twice.slice(4), twice[6], twice[7]];
    const facts = await gatherFacts(file(mixed.flatMap((bytes) => bytes ?? [])), options);
    expect(facts).toMatchObject({ packets: 42, loopbackTwins: 21 });
    expect(facts.udpFlows).toMatchObject([{ packets: 21, rtp: { repeated: 1, lost: 0 } }]);
    const once = await gatherFacts(
      file([...twice.filter((_, index) => index % 2 === 0), ...twice.slice(0, 2)]),
      options,
    );
    expect(once).toMatchObject({ packets: 22, loopbackTwins: 0 });
    expect(once.udpFlows).toMatchObject([{ packets: 22, rtp: { repeated: 2 } }]);
  });

  test.prop([
    fc.constantFrom(...linkHeaders),
    fc.constantFrom(
      ipv4Packet(17, rtp[0] ?? new Uint8Array()),
      ipv6Packet(17, rtp[0] ?? new Uint8Array()),
      ...ipv6Fragments(17, rtp[0] ?? new Uint8Array(), 16),
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 5 }),
    fc.nat(),
  ])(
    'mutated packets of every link type are read or named',
    ([, linkType, header], packet, changes, cut) => {
      const whole = concat(header((packet[0] ?? 0) >> 4 === 4 ? 0x0800 : 0x86dd), packet);
      const bytes = whole.slice(0, cut % (whole.length + 1));
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
      const { udpFlows, other, packets } = gather([[linkType, bytes]]);
      expect(packets).toBe(1);
      const counted = udpFlows.length + other.reduce((sum, { count }) => sum + count, 0);
      expect(counted).toBeLessThanOrEqual(1);
    },
  );
});
