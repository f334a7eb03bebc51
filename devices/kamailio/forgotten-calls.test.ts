import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fromLatin1 } from '../../reference/core/bytes.ts';
import { writeSession } from '../../reference/core/sdp/write.ts';
import { makeRequest, makeResponse } from '../../reference/core/sip/message/message.ts';
import { createRelay, type Relay } from '../../reference/appliance/relay/relay.ts';
import { createMediaPath } from '../../reference/appliance/signalling/media-path.ts';
import { followPath, type FollowedPath } from './forgotten-calls.ts';

const host = '127.0.0.1';
const hour = 3_600_000;

let relay: Relay;
let followed: FollowedPath;
beforeEach(async () => {
  relay = await createRelay({ host, first: 12_200, last: 12_399 });
  followed = followPath(relay, createMediaPath(relay, host));
});
afterEach(() => relay.close());

const lead = (callId: string, direction: 'offer' | 'answer', port: number): void => {
  const session = {
    address: host,
    port,
    ssrc: 1,
    direction: 'sendrecv',
    sessionId: 1,
    version: 1,
  } as const;
  const body = fromLatin1(writeSession(session));
  const message =
    direction === 'offer'
      ? makeRequest('INVITE', 'sip:x@example.com', [], body)
      : makeResponse(200, 'OK', [], body);
  const numbers = { fromNumber: '+33639980031', toNumber: '+33639980032' };
  const addresses = { fromAddress: host, toAddress: host };
  expect(
    followed.path.rewriteBody({ callId, direction, ...numbers, ...addresses, message }).ok,
  ).toBe(true);
};

it('ends calls that were silent for an hour, and no others', async () => {
  const phone = createSocket('udp4').bind(0, host);
  await once(phone, 'listening');
  for (const callId of ['spoken', 'silent', 'renewed', 'over']) {
    lead(callId, 'offer', 40_000);
    lead(callId, 'answer', 40_002);
  }
  await followed.endForgotten(0);
  phone.send('audio', relay.call('spoken')?.port('caller') ?? 0, host);
  await expect.poll(() => relay.counters('spoken')?.caller.packets).toBe(1);
  await followed.path.end('over');
  await followed.endForgotten(hour - 1);
  expect(relay.calls()).toBe(3);
  lead('renewed', 'offer', 40_000);
  await followed.endForgotten(hour);
  expect([relay.call('spoken'), relay.call('renewed')]).not.toContain(null);
  expect(relay.call('silent')).toBeNull();
  await followed.endForgotten(2 * hour);
  expect(relay.calls()).toBe(0);
  phone.close();
});
