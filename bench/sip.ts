import { Core, URI } from 'sip.js';
import { latin1, utf8 } from '../reference/core/bytes.ts';
import { readEssentials } from '../reference/core/sip/message/essentials.ts';
import {
  type HeaderPairs,
  makeRequest,
  makeResponse,
  parseMessage,
  prependHeader,
  serialize,
  type SipMessage,
  withHeaders,
} from '../reference/core/sip/message/message.ts';
import { rowOf, type BenchmarkOptions, type BenchmarkRow } from './row.ts';

const TURNS = 41;
/** Milliseconds of one turn; sip.js reads a few dozen messages meanwhile. */
const TURN = 30;

const CALLER = '+33612345678';
const CALLEE = '+33687654321';
const DOMAIN = 'appliance.example';

/** Characters of base64, as many as a header of the reference has. */
const base64 = (length: number, next: () => number): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return Array.from({ length }, () => alphabet[next() % 64] ?? 'A').join('');
};

/** Minimal standard generator (Park and Miller): the same messages from the same seed. */
const numbersFrom = (seed: number): (() => number) => {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647);
};

const BODY = utf8(
  [
    'v=0',
    'o=- 3842 1 IN IP4 10.0.1.1',
    's=-',
    'c=IN IP4 10.0.1.1',
    't=0 0',
    'm=audio 40000 RTP/SAVP 97',
    'a=rtpmap:97 SPEEX/8000',
    'a=ptime:20',
    'a=ssrc:305419896 cname:phone',
    'a=sendrecv',
    '',
  ].join('\r\n'),
);

/** The messages of a registration and a call as they arrive behind the appliance, with X-CSL headers of their real sizes. */
const callMessages = (seed: number): readonly SipMessage[] => {
  const next = numbersFrom(seed);
  const certificates: HeaderPairs = [
    ['X-CSL-From', base64(1200, next)],
    ['X-CSL-From-Chain', base64(1200, next)],
    ['X-CSL-Info1', base64(400, next)],
  ];
  const common = (sequence: string, toTag = ''): HeaderPairs => [
    [
      'Via',
      'SIP/2.0/TLS 10.0.1.1:40001;branch=z9hG4bK7f3a9c1e5b2d8046;received=10.0.1.1;rport=40001',
    ],
    ['Max-Forwards', '70'],
    ['From', `<sip:${CALLER}@${DOMAIN}>;tag=4c1d9be07a63f528`],
    ['To', `<sip:${CALLEE}@${DOMAIN}>${toTag}`],
    ['Call-ID', 'b7e151628aed2a6abf7158809cf4f3c7'],
    ['CSeq', sequence],
    ['Contact', `<sip:${CALLER}@10.0.1.1:40001;transport=tls>`],
    ['User-Agent', 'discretio'],
  ];
  const uri = `sip:${CALLEE}@10.0.1.2:40002;transport=tls`;
  const inCall = ';tag=d8046e5b2c1a97f3';
  const typed: HeaderPairs[number] = ['Content-Type', 'application/sdp'];
  const routed = <Message extends SipMessage>(message: Message): Message =>
    prependHeader(
      prependHeader(message, 'Record-Route', '<sip:10.0.0.1:5061;transport=tls;lr>'),
      'Via',
      'SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bKc1a97f3d8046e5b2.6e91940bc651e5ab',
    );
  const answer = (status: number, reason: string, more: HeaderPairs, body?: Uint8Array) => {
    const bare = makeResponse(status, reason, [], body);
    return routed(withHeaders(bare, [...common('1 INVITE', inCall), ...more]));
  };
  const info2 = (length: number): HeaderPairs[number] => ['X-CSL-Info2', base64(length, next)];
  return [
    makeRequest('REGISTER', `sip:${DOMAIN}`, [...common('7 REGISTER'), ['Expires', '3600']]),
    routed(
      makeRequest('INVITE', uri, [...common('1 INVITE'), ...certificates, info2(344), typed], BODY),
    ),
    answer(100, 'Trying', []),
    answer(180, 'Ringing', []),
    answer(200, 'OK', [...certificates, info2(388), typed], BODY),
    routed(makeRequest('ACK', uri, [...common('1 ACK', inCall), info2(48)])),
    routed(makeRequest('BYE', uri, common('2 BYE', inCall))),
  ];
};

const factory = new Core.LoggerFactory();
factory.builtinEnabled = false;
const logger = factory.getLogger('bench');

const parse = (bytes: Uint8Array): SipMessage => {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) throw new Error(`a message of the benchmark is refused: ${parsed.error.code}`);
  return parsed.value;
};

const parseAndRead = (bytes: Uint8Array): SipMessage => {
  const message = parse(bytes);
  const read = readEssentials(message);
  if (!read.ok) throw new Error(`a message of the benchmark is refused: ${read.error.code}`);
  return message;
};

const parseBySipJs = (text: string): number => {
  const message = Core.Parser.parseMessage(text, logger);
  if (message === undefined) throw new Error('sip.js refuses a message of the benchmark');
  return Object.keys(message.headers).length;
};

/** An INVITE from its parts, by us and by sip.js. */
const makers = (invite: SipMessage): readonly [() => unknown, () => unknown] => {
  const pairs = invite.headers.map(({ name, value }) => [name, value] as const);
  const own = pairs.filter(([name]) => name !== 'Content-Length');
  const extra = own
    .filter(([name]) => /^(?:x-|contact)/i.test(name))
    .map(([name, value]) => `${name}: ${value}`);
  const target = new URI('sip', CALLEE, '10.0.1.2', 40_002, { transport: 'tls' });
  const [from, to] = [new URI('sip', CALLER, DOMAIN), new URI('sip', CALLEE, DOMAIN)];
  const options = {
    callId: 'b7e151628aed2a6abf7158809cf4f3c7',
    cseq: 1,
    fromTag: '4c1d9be07a63f528',
  };
  const body = {
    contentDisposition: 'session',
    contentType: 'application/sdp',
    content: latin1(BODY),
  };
  const uri = `sip:${CALLEE}@10.0.1.2:40002;transport=tls`;
  return [
    () => serialize(makeRequest('INVITE', uri, own, BODY)),
    () =>
      new Core.OutgoingRequestMessage('INVITE', target, from, to, options, extra, body).toString(),
  ];
};

/** Calls of `work` for the length of one turn; messages per second. */
const turn = (work: () => number): number => {
  const started = performance.now();
  let messages = 0;
  let elapsed = 0;
  do {
    messages += work();
    elapsed = performance.now() - started;
  } while (elapsed < TURN);
  return (messages / elapsed) * 1000;
};

const medianOf = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;

/** Messages per second of each contender: medians of turns taken one after the other, the first ones not counted. */
const compare = (contenders: readonly (() => number)[]): readonly number[] => {
  const rates = contenders.map((): number[] => []);
  for (let index = 0; index < TURNS + 3; index += 1)
    for (const [place, work] of contenders.entries()) {
      const rate = turn(work);
      if (index >= 3) rates[place]?.push(rate);
    }
  return rates.map(medianOf);
};

/** Parser and serialiser beside sip.js. */
export const benchmarkSip = async ({
  seed,
  progress,
}: BenchmarkOptions): Promise<readonly BenchmarkRow[]> => {
  const messages = callMessages(seed);
  const inBytes = messages.map(serialize);
  const inText = inBytes.map(latin1);
  const invite = messages[1];
  if (invite === undefined) throw new Error('the benchmark has no INVITE');
  const [ours, theirs] = makers(invite);
  const all =
    <Input>(inputs: readonly Input[], work: (input: Input) => unknown) =>
    (): number => {
      for (const input of inputs) work(input);
      return inputs.length;
    };
  const once = (work: () => unknown) => (): number => {
    work();
    return 1;
  };
  const bytes = inBytes.reduce((total, { length }) => total + length, 0);
  progress(`${messages.length} messages of a call, ${bytes} bytes`);
  const [parsed, read, passed, made, readByPeer, madeByPeer] = compare([
    all(inBytes, parse),
    all(inBytes, parseAndRead),
    all(inBytes, (message) => serialize(parseAndRead(message))),
    once(ours),
    all(inText, parseBySipJs),
    once(theirs),
  ]);
  const unit = 'messages/s';
  const row = (name: string, value = 0, peer = 0): BenchmarkRow =>
    rowOf(`sip ${name}`, value, unit, 'sip.js 0.21.2', peer);
  return [
    row('parse', parsed, readByPeer),
    row('parse and read what a proxy reads', read, readByPeer),
    row('parse, read and serialise', passed, readByPeer),
    row('make and serialise an INVITE', made, madeByPeer),
  ];
};
