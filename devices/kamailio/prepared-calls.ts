import { randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Side } from '../../reference/appliance/relay/session.ts';
import { isDictionary, parseBencode, type BencodeDictionary } from './bencode.ts';
import { askRelay, type NgFields } from './ng.ts';

/** A call that rtpengine holds, named by its Call-ID there, with the RTP ports that face each side. */
export interface EngineLegs {
  readonly id: string;
  readonly ports: Readonly<Record<Side, number>>;
}

/** Where a phone is. */
export interface Phone {
  readonly address: string;
  readonly port: number;
}

/** rtpengine as a relay asks it. Each rejects with one line where it does not answer or refuses. */
export interface EngineCalls {
  /** Opens a call whose packets are dropped until both phones are named. */
  prepare(): Promise<EngineLegs>;
  /** Names the phone of a side, whose port is learnt anew; `isWhole`: the other one's is known too, so that packets pass from now on. */
  name(legs: EngineLegs, side: Side, phone: Phone, isWhole: boolean): Promise<void>;
  /** What it has received from each side and passed on: packets, and bytes with those that it refused. */
  figures(legs: EngineLegs): Promise<Readonly<Record<Side, EngineFigures>>>;
  end(legs: EngineLegs): Promise<void>;
}

/** Of one side's phone. */
export interface EngineFigures {
  readonly packets: number;
  readonly bytes: number;
}

/** Nobody's addresses (RFC 5737, RFC 3849), at the discard port: where packets go is not known yet, and none goes. */
const nowhere = (isVersion6: boolean): Phone => ({
  address: isVersion6 ? '2001:db8::1' : '192.0.2.1',
  port: 9,
});

/** RTP/AVP whatever the packets are: without keys of its own rtpengine passes on no SRTCP in RTP/SAVP. */
const describe = ({ address, port }: Phone): string => {
  const transport = `IN ${isIPv6(address) ? 'IP6' : 'IP4'} ${address}`;
  return `v=0\r\no=- 1 1 ${transport}\r\ns=-\r\nc=${transport}\r\nt=0 0\r\nm=audio ${port} RTP/AVP 97\r\na=rtpmap:97 SPEEX/8000\r\n`;
};

/** One pair of ports for a side as long as the call lasts; a source that was learnt is the only one until the next naming. */
const flags = ['strict-source', 'port-latching', 'no-rtcp-attribute', 'SDES-off'] as const;
const common: NgFields = { ICE: 'remove', DTLS: 'off', flags };

const other = { caller: 'callee', callee: 'caller' } as const;

const partOf = (from: unknown, key: string): BencodeDictionary =>
  from instanceof Map && isDictionary(from.get(key)) ? from.get(key) : new Map();

/** Sums up the streams of one tag of an answer to `query`. */
const figuresOf = (answer: BencodeDictionary, side: Side): EngineFigures => {
  const entries = (from: BencodeDictionary, key: string): readonly unknown[] => {
    const value = from.get(key);
    return Array.isArray(value) ? value : [];
  };
  const medias = entries(partOf(partOf(answer, 'tags'), side), 'medias');
  const streams = medias.flatMap((media) =>
    media instanceof Map ? entries(media, 'streams') : [],
  );
  const numbers = streams.map((stream) => {
    const stats = partOf(stream, 'stats');
    const number = (key: string): number => Number(stats.get(key) ?? 0);
    return { packets: number('packets') - number('errors'), bytes: number('bytes') };
  });
  return {
    packets: numbers.reduce((sum, { packets }) => sum + packets, 0),
    bytes: numbers.reduce((sum, { bytes }) => sum + bytes, 0),
  };
};

/** Asks the rtpengine at a control port, whose media ports are of `relayHost`. */
export const engineCalls = (
  control: { readonly host: string; readonly port: number },
  relayHost: string,
): EngineCalls => {
  const placeholder = nowhere(isIPv6(relayHost));
  const ask = async (fields: NgFields): Promise<BencodeDictionary> => {
    const parsed = parseBencode(await askRelay(control, fields));
    const answer = parsed.ok && isDictionary(parsed.value) ? parsed.value : new Map();
    if (answer.get('result') === 'ok') return answer;
    const reason = String(answer.get('error-reason') ?? 'its answer is not readable');
    throw new Error(`rtpengine: ${String(fields['command'])} refused: ${reason}`);
  };
  /** Gives the port that faces the other side. */
  const describeTo = async (fields: NgFields, phone: Phone): Promise<number> => {
    const answer = await ask({ ...common, ...fields, sdp: describe(phone) });
    const sdp = answer.get('sdp');
    const text = typeof sdp === 'string' ? sdp : '';
    const port = Number(/^m=audio ([0-9]+) /m.exec(text)?.[1] ?? 0);
    if (port === 0)
      throw new Error('rtpengine: it gave no port; give the relay a range with free UDP ports');
    return port;
  };
  const end = async ({ id }: Pick<EngineLegs, 'id'>): Promise<void> => {
    await ask({ command: 'delete', 'call-id': id });
  };
  return {
    async prepare() {
      const id = randomUUID();
      const call = { 'call-id': id, 'from-tag': 'caller', 'drop-traffic': 'start' };
      try {
        const callee = await describeTo({ ...call, command: 'offer' }, placeholder);
        const answering = { ...call, command: 'answer', 'to-tag': 'callee' };
        const caller = await describeTo(answering, placeholder);
        return { id, ports: { caller, callee } };
      } catch (error) {
        await end({ id }).catch(() => undefined);
        throw error;
      }
    },
    async name({ id, ports }, side, phone, isWhole) {
      const tags = { 'call-id': id, 'from-tag': side, 'to-tag': other[side] };
      const traffic = isWhole ? { 'drop-traffic': 'stop' } : {};
      const port = await describeTo({ command: 'offer', ...tags, ...traffic }, phone);
      if (port !== ports[other[side]])
        throw new Error('rtpengine: it moved a call to another port, which no phone knows');
    },
    async figures({ id }) {
      const answer = await ask({ command: 'query', 'call-id': id });
      return { caller: figuresOf(answer, 'caller'), callee: figuresOf(answer, 'callee') };
    },
    end,
  };
};
