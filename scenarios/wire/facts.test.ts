import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../reference/core/bytes.ts';
import { documentSchema } from '../../reports/model/document.ts';
import { udpTable } from './documents.ts';
import { gatherFacts } from './facts.ts';
import {
  ipv4Frame,
  pcapFile,
  pcapngFile,
  tcpFlags,
  tcpFrame,
  udpFrame,
} from './testing/packets.ts';
import { rtpPackets } from './testing/media.ts';

const options = { sipPorts: [5061], registrationPorts: [8443] };
const timed = (frames: readonly Uint8Array[]) =>
  frames.map((bytes, index) => ({ at: index * 20_000, bytes }));
const gather = (frames: readonly Uint8Array[]) => gatherFacts(pcapFile(timed(frames)), options);

describe('clear text', () => {
  it('SIP in clear is found in datagrams, whatever the case of its name', async () => {
    const facts = await gather([
      udpFrame(5060, 5060, utf8('REGISTER sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n')),
      udpFrame(5060, 5060, utf8('sip/2.0 200 OK\r\n\r\n')),
      udpFrame(5060, 5060, utf8('the text SIP/2.0 alone\r\n')),
    ]);
    expect(facts.clearSip.map(({ line, transport }) => [line, transport])).toEqual([
      ['REGISTER sip:a SIP/2.0', 'udp'],
      ['sip/2.0 200 OK', 'udp'],
    ]);
  });

  it('SIP and HTTP in clear are found in a stream though cut in the middle of the line', async () => {
    const text = utf8('\r\n\r\nINVITE sip:b SIP/2.0\r\n\r\nGET / HTTP/1.1\r\n');
    const facts = await gather([
      tcpFrame(5061, { from: 'client', sequence: 0, flags: tcpFlags.syn }),
      ...[0, 10, 20, 30].map((at) =>
        tcpFrame(5061, {
          from: 'client',
          sequence: 1 + at,
          payload: text.subarray(at, at === 30 ? undefined : at + 10),
        }),
      ),
    ]);
    expect(facts.clearSip).toMatchObject([{ line: 'INVITE sip:b SIP/2.0', to: { port: 5061 } }]);
    expect(facts.clearHttp).toMatchObject([{ line: 'GET / HTTP/1.1' }]);
    expect(facts.tlsSessions).toEqual([]);
  });

  it('SIP that follows TLS records on the same connection is found', async () => {
    const records = concat(
      Uint8Array.of(22, 3, 3, 0, 4, 1, 0, 0, 0),
      utf8('BYE sip:a SIP/2.0\r\n'),
    );
    const facts = await gather([
      tcpFrame(5061, { from: 'client', sequence: 0, flags: tcpFlags.syn }),
      tcpFrame(5061, { from: 'client', sequence: 1, payload: records }),
    ]);
    expect(facts.clearSip).toMatchObject([{ line: 'BYE sip:a SIP/2.0' }]);
    expect(facts.tlsSessions).toMatchObject([{ service: 'sip', established: false }]);
  });
});

describe('UDP flows', () => {
  it('RTP and the RTCP beside it are told apart by source, and what is neither stays unknown', async () => {
    const facts = await gather([
      ...rtpPackets(1, 5).map((bytes) => udpFrame(4000, 5000, bytes)),
      ...rtpPackets(2, 5).map((bytes) => udpFrame(4000, 5000, bytes)),
      udpFrame(4001, 5001, concat(Uint8Array.of(0x80, 200, 0, 1, 0, 0, 0, 1), new Uint8Array(14))),
      udpFrame(7001, 7001, Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 9)),
      ...rtpPackets(3, 1).map((bytes) => udpFrame(6000, 6000, bytes)),
      udpFrame(53, 53, new Uint8Array(20)),
    ]);
    const told = facts.udpFlows.map(({ protocol, rtp, rtcp, packets }) => [
      protocol,
      (rtp ?? rtcp)?.ssrc ?? null,
      packets,
    ]);
    expect(told).toEqual([
      ['rtp', 1, 5],
      ['rtp', 2, 5],
      ['rtcp', 1, 1],
      ['unknown', null, 1],
      ['unknown', null, 1],
      ['unknown', null, 1],
    ]);
    expect(facts.udpFlows[0]).toMatchObject({
      rtp: { payloadTypes: [97], firstSequence: 1000, lastSequence: 1004, repeated: 0 },
      firstAt: 0,
      lastAt: 80,
    });
    expect(facts.udpFlows[2]?.rtcp?.exactlyFilled).toBe(0);
    expect(facts.udpFlows[4]?.note).toContain('too few packets');
    const table = documentSchema.parse(udpTable(facts, new Map([['10.0.0.1', 'alice']]), 'Audio'));
    expect(table.kind === 'table' && table.rows[0]?.slice(0, 5)).toEqual([
      'alice 4000',
      '10.0.0.2:5000 5000',
      'rtp',
      '0x00000001',
      '97',
    ]);
  });

  it('RTCP is known behind a translator that gives each flow a port of its own, in both directions', async () => {
    const rtcp = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 1);
    const facts = await gather([
      ...rtpPackets(1, 5).map((bytes) => udpFrame(4000, 5000, bytes)),
      udpFrame(61_000, 5001, rtcp),
      udpFrame(4001, 62_000, rtcp),
      udpFrame(4002, 62_000, rtcp),
    ]);
    expect(facts.udpFlows.map(({ protocol }) => protocol)).toEqual([
      'rtp',
      'rtcp',
      'rtcp',
      'unknown',
    ]);
  });

  it('random bytes that look like RTP one by one are no stream', async () => {
    const shapes = rtpPackets(1, 8).map((bytes, index) => {
      const changed = bytes.slice();
      new DataView(changed.buffer).setUint16(2, (index * 20_011) % 65_536);
      return udpFrame(4000, 5000, changed);
    });
    const facts = await gather(shapes);
    expect(facts.udpFlows.map(({ protocol }) => protocol)).toEqual(['unknown']);
  });

  it('clear RTCP fills its datagram, and a repeated packet is counted', async () => {
    const [first = new Uint8Array(), ...rest] = rtpPackets(1, 4);
    const facts = await gather([
      ...[first, first, ...rest].map((bytes) => udpFrame(4000, 5000, bytes)),
      udpFrame(4001, 5001, Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 1)),
    ]);
    expect(facts.udpFlows[0]?.rtp?.repeated).toBe(1);
    expect(facts.udpFlows[1]?.rtcp?.exactlyFilled).toBe(1);
  });

  it('beyond the limit datagrams are counted and not kept', async () => {
    const frames = rtpPackets(1, 5).map((bytes) => udpFrame(4000, 5000, bytes));
    const facts = await gatherFacts(pcapFile(timed(frames)), { ...options, keptBytes: 100 });
    expect(facts.udpFlows[0]).toMatchObject({ packets: 5, notKept: 2 });
    expect(facts.udpFlows[0]?.datagrams).toHaveLength(3);
  });
});

describe('the rest', () => {
  it('is named and counted', async () => {
    const arp = concat(new Uint8Array(12), Uint8Array.of(8, 6), new Uint8Array(28));
    const fragment = udpFrame(1, 2, new Uint8Array(4));
    fragment[20] = 0x20;
    const facts = await gather([
      arp,
      arp,
      ipv4Frame('1.1.1.1', '2.2.2.2', 1, new Uint8Array(8)),
      fragment,
    ]);
    expect(facts.other.map(({ what, count }) => [what, count])).toEqual([
      ['ethertype 0x0806', 2],
      ['ip protocol 1', 1],
      ['ip-fragment', 1],
    ]);
  });

  it('drops, comments and problems of the capture are facts', async () => {
    const file = pcapngFile(timed([udpFrame(1, 2, new Uint8Array(4))]));
    expect(await gatherFacts(file, options)).toMatchObject({
      dropped: 7,
      comments: ['made'],
      problems: [],
    });
    const cut = await gatherFacts(file.subarray(0, -1), options);
    expect(cut.problems).toMatchObject([{ code: 'capture-truncated' }]);
    expect(cut.packets).toBe(1);
  });
});
