import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../reference/core/bytes.ts';
import { createSeededRandom } from '../lab/link/seeded-random.ts';
import { header, parseMessage } from '../../reference/core/sip/message/message.ts';
import { plainInvite } from './sip-impersonations.ts';
import type { SipLink } from './sip-link.ts';
import { mutatedRequest } from './sip-mutations.ts';
import { askRaw, callIdIn, changed, lineOf, rawRequest, textOf } from './sip-raw.ts';
import { tapped } from './sip-tap.ts';
import { tortureMessages } from './sip-torture.ts';

const silent: SipLink = {
  local: { host: '127.0.0.1', port: 4000 },
  send: () => undefined,
  sendBytes: () => undefined,
  next: () => Promise.resolve('deadline'),
  close: () => undefined,
};

const who = {
  own: '+33639986001',
  other: '+33639980001',
  callee: '+33639980002',
  domain: 'x.test',
};

describe('a request as lines of text', () => {
  it('is a right one until something is changed', () => {
    const parsed = parseMessage(utf8(textOf(plainInvite(silent, who))));
    expect(parsed.ok && header(parsed.value, 'From')).toMatch(/^<sip:\+33639986001@x\.test>;tag=/);
    const wrong = changed(plainInvite(silent, who), 'CSeq', '-1 INVITE');
    expect(textOf(wrong)).toContain('\r\nCSeq: -1 INVITE\r\n');
  });

  it('names its Call-ID, however wrong the rest', () => {
    const request = rawRequest(silent, { method: 'OPTIONS', domain: 'x', from: 'a', to: null });
    expect(callIdIn(utf8(textOf(changed(request, 'Via', ''))))).toBe(lineOf(request, 'Call-ID'));
    expect(callIdIn(utf8('no message'))).toBe('');
  });

  it.each(['deadline', 'closed'] as const)(
    'is told to have met %s where nothing comes',
    async (how) => {
      const link = { ...silent, next: () => Promise.resolve(how) };
      const about = { callId: 'x', number: 'a', domain: 'x' };
      expect(await askRaw(link, utf8('x'), about, 10)).toEqual({ kind: how });
    },
  );
});

describe('mutations', () => {
  test.prop([fc.integer(), fc.integer({ min: 1, max: 40 })])(
    'depend on the seed alone and leave the body where it is',
    (seed, count) => {
      const text = textOf(plainInvite(silent, who));
      const make = () => {
        const random = createSeededRandom(seed);
        return Array.from({ length: count }, () => latin1(mutatedRequest(random, text)));
      };
      const mutated = make();
      expect(make()).toEqual(mutated);
      expect(
        mutated.every((each) => each.endsWith(text.slice(text.indexOf('Content-Length')))),
      ).toBe(true);
      expect(mutated.some((each) => each !== text)).toBe(true);
    },
  );
});

it('a tapped link remembers what it sent as it sent it', () => {
  const parsed = parseMessage(utf8(textOf(plainInvite(silent, who))));
  if (!parsed.ok) throw new Error(parsed.error.code);
  const { link, sent } = tapped(silent, (message) => ({ ...message, version: 'SIP/3.0' }));
  link.send(parsed.value);
  expect(sent.map(({ version }) => version)).toEqual(['SIP/3.0']);
});

it('RFC 4475 has 49 messages', () => {
  expect(tortureMessages()).toHaveLength(49);
});
