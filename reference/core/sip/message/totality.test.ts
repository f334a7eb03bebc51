import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { utf8 } from '../../bytes.ts';
import { serialize } from './message.ts';

import {
  ALICE,
  BOB,
  codes,
  createPhone,
  createProxy,
  request,
  sentMessages,
} from '../testing/request-fixture.ts';

describe('totality', () => {
  const seeds = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'REGISTER', 'OPTIONS', 'REFER'];
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
    .map(([method, changes]) => {
      const bytes = Uint8Array.from(serialize(request(method, { callId: 'fuzz' })));
      for (const [position, byte] of changes) bytes[position % bytes.length] = byte;
      return bytes;
    });

  test.prop([fc.array(mutated, { maxLength: 6 })])(
    'neither side throws, and what they send can be read',
    (messages) => {
      const { from, register } = createProxy();
      register(BOB);
      const phone = createPhone();
      for (const message of messages) {
        sentMessages(from(ALICE, message));
        sentMessages(phone.receive(message));
      }
      expect(codes(phone.receive(utf8('nonsense\r\n\r\n')))).toEqual(['sip/start-line']);
    },
  );
});
