import { fc, test } from '@fast-check/vitest';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { concat } from '../../../core/bytes.ts';
import { createAuthorities, type Authorities } from '../../authorities/authorities.ts';
import { encodePdu, maximumLength, takePdus } from './pdu.ts';
import type { LibraryPdu } from 'smpp';
import { createSmppSender, type SmppSender, type SmppSettings } from './sender.ts';
import { encodeText } from './text-encoding.ts';
import { startCentre, type Answering, type TestCentre } from './testing/centre.ts';
import { randomBytes } from 'node:crypto';

const number = '+33612345678';
const text = 'Discretio: your enrolment token is 123456.';

describe('SMPP 3.4 sender, with the centre of the library smpp', () => {
  let centre: TestCentre | undefined;
  let sender: SmppSender | undefined;
  afterEach(async () => {
    await sender?.close();
    await centre?.close();
    sender = undefined;
    centre = undefined;
  });
  const senderFor = (port: number, changes: Partial<SmppSettings> = {}): SmppSender => {
    sender = createSmppSender({
      host: '127.0.0.1',
      port,
      tls: false,
      systemId: 'user',
      password: 'secret',
      sender: 'Discretio',
      times: { answer: 1000, text: 3000, backOff: 5 },
      ...changes,
    });
    return sender;
  };
  const start = async (answering?: Answering, changes: Partial<SmppSettings> = {}) => {
    centre = await startCentre(answering);
    return { centre, sender: senderFor(centre.port, changes) };
  };
  const texts = (from: TestCentre): readonly LibraryPdu[] =>
    from.pdus.filter(({ command }) => command === 'submit_sm');
  const messageOf = ({
    short_message: short,
    message_payload: payload,
  }: LibraryPdu): string | undefined =>
    typeof payload === 'string' ? payload : (payload?.message ?? short?.message);

  it('binds once and brings texts to numbers', async () => {
    const { centre: at, sender: by } = await start();
    await by.send(number, text);
    await by.send('+4915112345678', 'another');
    expect(at.pdus.map(({ command }) => command)).toEqual([
      'bind_transceiver',
      'submit_sm',
      'submit_sm',
    ]);
    expect(at.pdus[0]).toMatchObject({
      system_id: 'user',
      password: 'secret',
      interface_version: 0x34,
    });
    expect(at.pdus[1]).toMatchObject({
      source_addr: 'Discretio',
      source_addr_ton: 5,
      destination_addr: '33612345678',
      dest_addr_ton: 1,
      data_coding: 0,
    });
    expect(texts(at).map(messageOf)).toEqual([text, 'another']);
  });

  it.each([
    ['GSM letters', 'à é ñ @ £ $ _ ÄÖÜ', 0],
    ['others', 'Žluťoučký 日本 🙂', 8],
    ['a long text', 'x'.repeat(500), 0],
    ['a long text of others', 'ž'.repeat(300), 8],
  ])('carries %s', async (_, content, dataCoding) => {
    const { centre: at, sender: by } = await start();
    await by.send(number, content);
    expect(texts(at).map((pdu) => [messageOf(pdu), pdu.data_coding])).toEqual([
      [content, dataCoding],
    ]);
  });

  it.each([
    ['0x58, throttled', 0x58],
    ['0x14, queue full', 0x14],
  ])('sends again after a refusal for load (%s)', async (_, code) => {
    let refusals = 3;
    const { centre: at, sender: by } = await start(() => (refusals-- > 0 ? code : 0));
    await by.send(number, text);
    expect(texts(at)).toHaveLength(4);
  });

  it('gives up when refused for load all the time', async () => {
    const { sender: by } = await start(() => 0x58, { times: { text: 100, backOff: 5 } });
    await expect(by.send(number, text)).rejects.toThrow(
      /^SMS centre 127\.0\.0\.1:\d+: refused the text \(status 0x58\); check the centre and its account$/,
    );
  });

  it('rejects at once what the centre refuses, without the text', async () => {
    const { centre: at, sender: by } = await start(() => 0x0b);
    const failure = await by.send(number, text).catch((error: Error) => error.message);
    expect(failure).toMatch(/refused the text \(status 0xb\)/);
    expect(failure).not.toContain('123456');
    expect(texts(at)).toHaveLength(1);
  });

  it('rejects a wrong account without naming the password', async () => {
    const { sender: by } = await start(undefined, {
      password: 'wrongpw',
      times: { text: 1500, backOff: 5 },
    });
    const failure = await by.send(number, text).catch((error: Error) => error.message);
    expect(failure).toMatch(/the centre refused the account \(status 0xe\)/);
    expect(failure).not.toContain('wrongpw');
    expect(() => senderFor(1, { password: 'much too long' })).toThrow(/8 of password/);
  });

  it('connects anew when the connection broke, and sends again what was not answered', async () => {
    let breaks = 2;
    const { centre: at, sender: by } = await start((_, session) => {
      if (breaks-- > 0) session.socket.destroy();
      return 0;
    });
    await by.send(number, text);
    expect(at.sessions).toHaveLength(3);
    expect(texts(at)).toHaveLength(3);
  });

  it('reaches a centre that comes up later', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, 'close');
    const sending = senderFor(port).send(number, text);
    centre = await startCentre(undefined, { port });
    await sending;
    expect(texts(centre)).toHaveLength(1);
  });

  it('gives up a centre that does not answer, or cannot be reached', async () => {
    const { centre: at, sender: by } = await start(() => 'nothing', {
      times: { answer: 50, text: 150, backOff: 5 },
    });
    await expect(by.send(number, text)).rejects.toThrow(
      /no answer within 50 ms|not sent within 150 ms/,
    );
    await at.close();
    await expect(by.send(number, text)).rejects.toThrow(/ECONNREFUSED|not sent within 150 ms/);
    centre = undefined;
  });

  it('tests an idle link and answers the centre’s requests', async () => {
    const { centre: at, sender: by } = await start(undefined, { times: { enquire: 20 } });
    await by.send(number, text);
    await once(at.events, 'enquire_link');
    const session = at.sessions[0];
    const answers = await Promise.all([
      new Promise<LibraryPdu>((resolve) => session?.enquire_link(resolve)),
      new Promise<LibraryPdu>((resolve) =>
        session?.deliver_sm({ short_message: 'receipt' }, resolve),
      ),
      new Promise<LibraryPdu>((resolve) => session?.query_sm({ message_id: '1' }, resolve)),
    ]);
    expect(answers.map(({ command }) => command)).toEqual([
      'enquire_link_resp',
      'deliver_sm_resp',
      'generic_nack',
    ]);
  });

  it('binds anew after the centre unbinds, and unbinds itself when closed', async () => {
    const { centre: at, sender: by } = await start();
    await by.send(number, text);
    const unbound = once(at.events, 'unbind_resp');
    at.sessions[0]?.unbind();
    await unbound;
    await by.send(number, text);
    expect(at.pdus.filter(({ command }) => command === 'bind_transceiver')).toHaveLength(2);
    await by.close();
    expect(at.pdus.at(-1)?.command).toBe('unbind');
    await expect(by.send(number, text)).rejects.toThrow('closed');
  });

  it('lets many texts through in turn', async () => {
    const { centre: at, sender: by } = await start();
    await Promise.all(Array.from({ length: 50 }, (_, index) => by.send(number, `text ${index}`)));
    expect(new Set(texts(at).map(messageOf)).size).toBe(50);
    expect(at.sessions).toHaveLength(1);
  });

  it('drops a peer that speaks no SMPP', async () => {
    const server = createServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const by = senderFor((server.address() as AddressInfo).port, {
      times: { text: 50, backOff: 5 },
    });
    await expect(by.send(number, text)).rejects.toThrow(/does not speak SMPP|not sent within/);
    server.close();
  });

  describe('over TLS', () => {
    let authorities: Authorities;
    beforeAll(async () => {
      authorities = await createAuthorities({ now: Date.now, randomBytes });
    });
    it('sends to a centre whose certificate verifies, and to no other', async () => {
      const { privateKey: key, certificateChain: cert } = await authorities.issueServerCertificate([
        '127.0.0.1',
      ]);
      centre = await startCentre(undefined, { tls: { key, cert } });
      await senderFor(centre.port, { tls: true, ca: authorities.trust.root }).send(number, text);
      expect(texts(centre)).toHaveLength(1);
      await sender?.close();
      const untrusting = senderFor(centre.port, { tls: true, times: { text: 1500, backOff: 5 } });
      await expect(untrusting.send(number, text)).rejects.toThrow(/certificate/);
      expect(texts(centre)).toHaveLength(1);
    });
  });
});

describe('SMPP PDUs', () => {
  const pdu = fc.record({
    command: fc.nat(0xffff_ffff),
    status: fc.nat(0xffff_ffff),
    sequence: fc.nat(0xffff_ffff),
    body: fc.uint8Array({ maxLength: 40 }),
  });

  test.prop([fc.array(pdu, { maxLength: 5 }), fc.nat(200)])(
    'come back whole from a stream cut anywhere',
    (pdus, cut) => {
      const stream = concat(...pdus.map(encodePdu));
      const first = takePdus(stream.subarray(0, cut));
      if (!first.ok) throw new Error(first.error.code);
      const second = takePdus(concat(first.value.rest, stream.subarray(cut)));
      if (!second.ok) throw new Error(second.error.code);
      expect([...first.value.pdus, ...second.value.pdus]).toEqual(pdus);
      expect(second.value.rest).toHaveLength(0);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 100 })])(
    'are read from any bytes or refused by their length',
    (bytes) => {
      const taken = takePdus(bytes);
      if (!taken.ok) expect(taken.error.code).toBe('smpp-length');
    },
  );

  it.each([0, 15, maximumLength + 1, 0xffff_ffff])('are refused with a length of %d', (length) => {
    const bytes = new Uint8Array(20);
    new DataView(bytes.buffer).setUint32(0, length);
    expect(takePdus(bytes)).toEqual({ ok: false, error: { code: 'smpp-length', offset: 0 } });
  });

  it('carry the GSM alphabet in its order', () => {
    expect(encodeText('@Δ Aa€ü')).toEqual({
      dataCoding: 0,
      octets: Uint8Array.of(0, 16, 32, 65, 97, 27, 101, 126),
    });
    expect(encodeText('é\u001b').dataCoding).toBe(8);
    expect(encodeText('Ž')).toEqual({ dataCoding: 8, octets: Uint8Array.of(0x01, 0x7d) });
  });
});
