import { utf8 } from '../../bytes.ts';
import type { SipMessage } from '../message/message.ts';
import type { RegistrarProxyConfig, RegistrarProxyOutput } from '../proxy/registrar-proxy.ts';
import type { UserAgentConfig } from '../user-agent/user-agent.ts';
import { createTestNetwork, type Hop, type TestNetwork, type TestPhone } from './test-network.ts';

export const ALICE = '+33612345678';
export const BOB = '+33687654321';
export const OFFER = utf8('v=0\r\noffer\r\n');
export const ANSWER = utf8('v=0\r\nanswer\r\n');

export interface Pair {
  readonly network: TestNetwork;
  readonly alice: TestPhone;
  readonly bob: TestPhone;
}

export const registered = (
  options: Partial<RegistrarProxyConfig> = {},
  phones: Partial<UserAgentConfig> = {},
): Pair => {
  const network = createTestNetwork(options);
  const alice = network.phone(ALICE, phones);
  const bob = network.phone(BOB, phones);
  for (const phone of [alice, bob]) phone.command({ kind: 'register' });
  return { network, alice, bob };
};

export const ringing = (
  options: Partial<RegistrarProxyConfig> = {},
  phones: Partial<UserAgentConfig> = {},
): Pair => {
  const pair = registered(options, phones);
  pair.alice.command({
    kind: 'invite',
    number: BOB,
    callId: 'call-1',
    headers: [['X-CSL-Info1', 'AAAA']],
    body: OFFER,
  });
  pair.bob.command({ kind: 'ring' });
  return pair;
};

export const established = (options: Partial<RegistrarProxyConfig> = {}): Pair => {
  const pair = ringing(options);
  pair.bob.command({ kind: 'accept', headers: [['X-CSL-Info2', 'BBBB']], body: ANSWER });
  pair.alice.command({ kind: 'acknowledge', headers: [['X-CSL-Info2', 'CCCC']] });
  return pair;
};

export const ladder = (network: TestNetwork): readonly string[] =>
  network.log.map(({ phone, direction, message }) => {
    const what = message.kind === 'request' ? message.method : `${message.status}`;
    const name = phone === ALICE ? 'alice' : 'bob';
    return direction === 'to-proxy' ? `${name} ${what} >` : `> ${what} ${name}`;
  });

export const since = (network: TestNetwork, act: () => void): readonly string[] => {
  const before = network.log.length;
  act();
  return ladder(network).slice(before);
};

export const outputs = <Kind extends RegistrarProxyOutput['kind']>(
  network: TestNetwork,
  kind: Kind,
) =>
  network.proxyOutputs.filter(
    (output): output is Extract<RegistrarProxyOutput, { kind: Kind }> => output.kind === kind,
  );

export const statusTo = (network: TestNetwork, phone: string): number | undefined => {
  const hop = network.log.findLast(
    ({ phone: name, direction, message }) =>
      name === phone && direction === 'to-phone' && message.kind === 'response',
  );
  return hop?.message.kind === 'response' ? hop.message.status : undefined;
};

export const messagesOf = (
  network: TestNetwork,
  pick: (hop: Hop) => boolean,
): readonly SipMessage[] => network.log.filter(pick).map(({ message }) => message);

export const dropped =
  (method: string, direction: Hop['direction']) =>
  ({ message, direction: actual }: Hop): SipMessage | undefined =>
    message.kind === 'request' && message.method === method && actual === direction
      ? undefined
      : message;
