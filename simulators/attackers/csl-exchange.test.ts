import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { fromBase64, fromHex, toBase64, toHex, utf8 } from '../../reference/core/bytes.ts';
import { readSdp } from './call-sdp.ts';
import { publicValueOf, readInfo1, sharedSecretOf, writeInfo1 } from './csl-bytes.ts';
import {
  countCslHeaders,
  readAck,
  readAnswer,
  readOffer,
  writeAck,
  writeAnswer,
  writeOffer,
  type CslCall,
  type CslFalsification,
  type CslParty,
  type HeaderPairs,
} from './csl-exchange.ts';

interface PartyInputs {
  readonly certificate: string;
  readonly key: string;
  readonly number: string;
  readonly chain: string;
  readonly exponent: string;
  readonly nonce: string;
  readonly time: number;
  readonly media: string;
}
interface Vector {
  readonly id: string;
  readonly inputs: {
    readonly call_id: string;
    readonly dialled: string;
    readonly previous_h_answer: string | null;
    readonly caller: PartyInputs;
    readonly callee: PartyInputs;
  };
  readonly invite: {
    readonly headers: HeaderPairs;
    readonly h_offer: string;
    readonly public: string;
  };
  readonly '200': { readonly headers: HeaderPairs; readonly h_answer: string };
  readonly ack: { readonly headers: HeaderPairs };
  readonly keys: Readonly<Record<string, string>>;
}
interface VectorFile {
  readonly keys: Readonly<Record<string, string>>;
  readonly certificates: { readonly pem: Readonly<Record<string, string>> };
  readonly good: readonly Vector[];
  readonly sdp: readonly { readonly id: string; readonly sdp: string; readonly media?: string }[];
}

const fixture = new URL('../../reference/core/csl/fixtures/csl.json', import.meta.url);
const file = JSON.parse(readFileSync(fixture, 'utf8')) as VectorFile;

const bytes = (hex: string): Uint8Array => {
  const read = fromHex(hex);
  if (!read.ok) throw new Error(`vector: ${hex} is not hexadecimal`);
  return read.value;
};
const der = (name: string): Uint8Array =>
  new Uint8Array(new X509Certificate(file.certificates.pem[name] ?? '').raw);
/** Exponents are numbers in hexadecimal, of any count of digits. */
const exponentOf = ({ exponent }: PartyInputs): Uint8Array =>
  bytes(exponent.padStart(exponent.length + (exponent.length % 2), '0'));
const partyOf = (inputs: PartyInputs): CslParty => ({
  certificate: der(inputs.certificate),
  chain: der(inputs.chain),
  key: createPrivateKey(file.keys[inputs.key] ?? ''),
  nonce: bytes(inputs.nonce),
  time: inputs.time,
  exponent: exponentOf(inputs),
  media: inputs.media,
});
const callOf = ({ inputs }: Vector): CslCall => ({
  callId: inputs.call_id,
  callerNumber: inputs.caller.number,
  calleeNumber: inputs.dialled,
  ...(inputs.previous_h_answer === null ? {} : { previous: bytes(inputs.previous_h_answer) }),
});

/** Runs a vector's exchange with falsifications of either side; stops where one side cannot read the other. */
const exchange = (
  vector: Vector,
  wrong: { readonly caller?: CslFalsification; readonly callee?: CslFalsification } = {},
) => {
  const call = callOf(vector);
  const { caller, callee } = vector.inputs;
  const offer = writeOffer(partyOf(caller), call, wrong.caller);
  const received = readOffer(offer.headers, call, caller.media);
  if (!received.ok) return { offer, stage: 'offer', code: received.error.code } as const;
  const answer = writeAnswer(partyOf(callee), received.value, wrong.callee);
  const session = readAnswer(answer.headers, offer, callee.media);
  if (!session.ok) return { offer, answer, stage: 'answer', code: session.error.code } as const;
  const ack = writeAck(session.value, wrong.caller);
  return {
    offer,
    answer,
    session: session.value,
    ack,
    stage: 'ack',
    code: readAck(ack, answer),
  } as const;
};
const [first] = file.good;
if (!first) throw new Error('csl.json holds no good exchange');

describe('good exchanges of the vectors', () => {
  it('are ten', () => expect(file.good).toHaveLength(10));
  it.each(file.good)('$id is reproduced to the byte', (vector) => {
    const run = exchange(vector);
    if (run.stage !== 'ack') throw new Error(`${run.stage}: ${run.code}`);
    expect(run.offer.headers).toEqual(vector.invite.headers);
    expect(toHex(run.offer.hash)).toBe(vector.invite.h_offer);
    expect(run.answer.headers).toEqual(vector['200'].headers);
    expect(toHex(run.answer.answerHash)).toBe(vector['200'].h_answer);
    expect(run.ack).toEqual(vector.ack.headers);
    expect(run.code).toBe('verified');
    const { keys } = run.session;
    expect({
      caller_confirm: toHex(keys.callerConfirm),
      callee_confirm: toHex(keys.calleeConfirm),
      caller_to_callee_key: toHex(keys.callerToCallee.masterKey),
      caller_to_callee_salt: toHex(keys.callerToCallee.masterSalt),
      callee_to_caller_key: toHex(keys.calleeToCaller.masterKey),
      callee_to_caller_salt: toHex(keys.calleeToCaller.masterSalt),
    }).toEqual(
      Object.fromEntries(
        Object.entries(vector.keys).filter(
          ([name]) => /_(confirm|key|salt)$/.test(name) && !name.startsWith('hkdf'),
        ),
      ),
    );
    expect(run.answer.keys).toEqual(keys);
    const secret = sharedSecretOf(exponentOf(vector.inputs.callee), bytes(vector.invite.public));
    expect(toHex(secret)).toBe(vector.keys['shared_secret']);
  });
});

describe('good SDP cases of the vectors', () => {
  const good = file.sdp.filter(({ media }) => media !== undefined);
  it.each(good)('$id has the media text', ({ sdp, media }) => {
    expect(readSdp(utf8(sdp))?.text).toBe(media);
  });
  test.prop([fc.string({ maxLength: 200 })])('any text is read without harm', (text) => {
    const read = readSdp(utf8(`m=audio 1 RTP/SAVP 97\r\na=rtpmap:97 SPEEX/8000\r\n${text}`));
    expect(read?.text).toMatch(
      /^RTP\/SAVP 97 SPEEX\/8000 20 (sendrecv|sendonly|recvonly|inactive)$/,
    );
    expect(readSdp(utf8(text))).toBeNull();
  });
});

describe('falsified exchanges', () => {
  it.each<[string, CslFalsification, string, string]>([
    ['altered signature', { signature: 'altered' }, 'offer', 'csl-signature'],
    ['missing signature', { signature: 'missing' }, 'offer', 'csl-info2'],
    ['header left out', { omit: ['X-CSL-Info1'] }, 'offer', 'csl-headers'],
    ['other version', { info1: (info1) => ({ ...info1, version: 2 }) }, 'offer', 'csl-info1'],
    ['altered tag', { tag: 'altered' }, 'ack', 'wrong'],
    ['missing tag', { tag: 'missing' }, 'ack', 'absent'],
  ])('of the caller: %s', (_name, caller, stage, code) => {
    expect(exchange(first, { caller })).toMatchObject({ stage, code });
  });
  it.each<[string, CslFalsification, string]>([
    ['altered signature', { signature: 'altered' }, 'csl-signature'],
    ['missing signature', { signature: 'missing' }, 'csl-info2'],
    ['altered tag', { tag: 'altered' }, 'csl-tag'],
    ['missing tag', { tag: 'missing' }, 'csl-info2'],
    ['header left out', { omit: ['X-CSL-From'] }, 'csl-headers'],
  ])('of the callee: %s', (_name, callee, code) => {
    expect(exchange(first, { callee })).toMatchObject({ stage: 'answer', code });
  });
  it('write what they say: one bit, fewer bytes, fewer headers', () => {
    const info2 = (wrong: CslFalsification): Uint8Array => {
      const { offer } = exchange(first, { caller: wrong });
      const value = offer.headers.find(([name]) => name === 'X-CSL-Info2')?.[1] ?? '';
      const read = fromBase64(value);
      return read.ok ? read.value : new Uint8Array(0);
    };
    const right = info2({});
    const altered = info2({ signature: 'altered' });
    expect(altered.filter((byte, index) => byte !== right[index])).toHaveLength(1);
    expect([...info2({ signature: 'missing' })]).toEqual([1, 0]);
    const all = ['X-CSL-From', 'X-CSL-From-Chain', 'X-CSL-Info1', 'X-CSL-Info2'] as const;
    expect(countCslHeaders(exchange(first).offer.headers)).toBe(4);
    expect(exchange(first, { caller: { omit: all } }).offer.headers).toEqual([]);
  });
  it('refuse a repeated header and broken base64', () => {
    const { headers } = exchange(first).offer;
    const call = callOf(first);
    const media = first.inputs.caller.media;
    const twice = readOffer([...headers, ['x-csl-info1', 'AA==']], call, media);
    expect(twice).toMatchObject({ ok: false, error: { code: 'csl-headers' } });
    const broken = headers.map(([name, value]) => [name, value.replace(/.$/, '!')] as const);
    expect(readOffer(broken, call, media)).toMatchObject({
      ok: false,
      error: { code: 'csl-base64' },
    });
  });
  test.prop([fc.nat(3), fc.uint8Array({ maxLength: 400 })], { numRuns: 50 })(
    'any value in any header is refused',
    (index, value) => {
      const headers = exchangeHeaders.map(
        ([name, right], at) => [name, at === index ? toBase64(value) : right] as const,
      );
      const read = readOffer(headers, callOf(first), first.inputs.caller.media);
      // The chain is not read by this attacker.
      expect(read.ok).toBe(index === 1);
    },
  );
});
const exchangeHeaders = first.invite.headers;

describe('Info1', () => {
  test.prop([
    fc.record({
      version: fc.integer({ min: 0, max: 255 }),
      group: fc.integer({ min: 0, max: 255 }),
      time: fc.maxSafeNat(),
      nonce: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      publicValue: fc.uint8Array({ minLength: 256, maxLength: 256 }),
    }),
  ])('comes back as written', (info1) => {
    const written = writeInfo1(info1);
    expect(written).toHaveLength(298);
    expect(readInfo1(written)).toEqual(info1);
    expect(readInfo1(written.subarray(1))).toBeNull();
  });
  it('holds a public value of 256 bytes even when it is small', () => {
    expect(toHex(publicValueOf(Uint8Array.of(3)))).toBe(`${'00'.repeat(255)}08`);
  });
});
