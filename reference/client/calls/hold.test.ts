import { describe, expect, it } from 'vitest';
import { toHex } from '../../core/bytes.ts';
import { isWiped, type SessionKeys } from '../../core/csl/key-schedule.ts';
import type { PhoneLogs } from '../parts.ts';
import { describedBy, putOnHold, reConfirmed, takenBack } from './testing/changes.ts';
import { callIdOf, established, eventually, type TestHandler } from './testing/handler.ts';
import { useHandlers } from './testing/handlers.ts';

const handler = useHandlers();

interface Secrets {
  readonly keys: SessionKeys[];
  readonly exponents: { readonly role: string; readonly exponent: string }[];
  readonly logs: Partial<PhoneLogs>;
}

const secretLog = (): Secrets => {
  const keys: SessionKeys[] = [];
  const exponents: { role: string; exponent: string }[] = [];
  return {
    keys,
    exponents,
    logs: {
      mediaKeys: (each) => void keys.push(each),
      keyAgreement: ({ role, exponent }) => void exponents.push({ role, exponent }),
    },
  };
};

const octets = ({ callerToCallee, calleeToCaller }: SessionKeys): readonly Uint8Array[] =>
  [callerToCallee, calleeToCaller].flatMap((key) => [key.masterKey, key.masterSalt]);

const conversation = async (
  logs: Partial<PhoneLogs> = {},
): Promise<readonly [TestHandler, TestHandler]> => {
  const [alice, bob] = [handler('alice', { logs }), handler('bob')];
  await established(alice, bob);
  return [alice, bob];
};

const heldAt = (...handlers: readonly TestHandler[]): readonly string[] =>
  handlers.map(({ calls }) => calls.view().held);

const hears = async (listener: TestHandler): Promise<void> => {
  const before = listener.calls.view().packetsReceived;
  await eventually(() => listener.calls.view().packetsReceived > before + 1);
};

const directions = (from: TestHandler, to: TestHandler): readonly string[] => [
  describedBy(from.last('re-invite').body).direction,
  describedBy(to.last('accept').body).direction,
];

describe('hold', () => {
  it('offers sendonly, is answered recvonly; the holder still sends, the held one is silent', async () => {
    const [alice, bob] = await conversation();
    expect(heldAt(alice, bob)).toEqual(['none', 'none']);
    await putOnHold(alice, bob);
    expect(directions(alice, bob)).toEqual(['sendonly', 'recvonly']);
    expect(heldAt(alice, bob)).toEqual(['local', 'remote']);
    const { packetsSent } = bob.calls.view();
    await hears(bob);
    expect(bob.calls.view().packetsSent).toBe(packetsSent);
  });

  it('is ended by resume: sendrecv both ways, and both are heard', async () => {
    const [alice, bob] = await conversation();
    await putOnHold(alice, bob);
    await takenBack(alice, bob);
    expect(directions(alice, bob)).toEqual(['sendrecv', 'sendrecv']);
    expect(heldAt(alice, bob)).toEqual(['none', 'none']);
    await Promise.all([hears(alice), hears(bob)]);
    for (const each of [alice, bob]) expect(each.calls.view().packetsRefused).toBe(0);
  });

  it('can be asked for by the one that was called', async () => {
    const [alice, bob] = await conversation();
    await putOnHold(bob, alice);
    expect(heldAt(alice, bob)).toEqual(['remote', 'local']);
    await hears(alice);
    await takenBack(bob, alice);
    await Promise.all([hears(alice), hears(bob)]);
  });

  it('of a phone that is held itself is inactive, and each resumes for itself', async () => {
    const [alice, bob] = await conversation();
    await putOnHold(alice, bob);
    await putOnHold(bob, alice);
    expect(directions(bob, alice)).toEqual(['inactive', 'inactive']);
    expect(heldAt(alice, bob)).toEqual(['both', 'both']);
    await takenBack(bob, alice);
    expect(directions(bob, alice)).toEqual(['sendrecv', 'sendonly']);
    expect(heldAt(alice, bob)).toEqual(['local', 'remote']);
    await takenBack(alice, bob);
    expect(directions(alice, bob)).toEqual(['sendrecv', 'sendrecv']);
    expect(heldAt(alice, bob)).toEqual(['none', 'none']);
  });

  it('twice is one re-INVITE; without a conversation there is none', async () => {
    const [alice, bob] = await conversation();
    await putOnHold(alice, bob);
    await alice.calls.hold();
    expect(alice.kinds().filter((kind) => kind === 're-invite')).toHaveLength(1);
    alice.calls.hangUp();
    await expect(alice.calls.hold()).rejects.toThrow(/no conversation to hold/);
    expect(heldAt(alice)).toEqual(['none']);
  });
});

describe('the exchange of a re-INVITE', () => {
  it('uses nothing again: exponents, nonces, SSRCs, keys; the keys replaced are overwritten', async () => {
    const { keys, exponents, logs } = secretLog();
    const [alice, bob] = await conversation(logs);
    const descriptions = [describedBy(alice.last('invite').body)];
    const infos = [alice.last('invite').headers];
    const masters = [octets(keys[0] as SessionKeys).map(toHex)];
    for (const act of [putOnHold, takenBack]) {
      await act(alice, bob);
      descriptions.push(describedBy(alice.last('re-invite').body));
      infos.push(alice.last('re-invite').headers);
      masters.push(octets(keys.at(-1) as SessionKeys).map(toHex));
    }
    expect(keys).toHaveLength(3);
    expect(new Set(masters.flat()).size).toBe(12);
    expect(keys.slice(0, 2).flatMap(octets).every(isWiped)).toBe(true);
    expect(octets(keys[2] as SessionKeys).some(isWiped)).toBe(false);
    expect(new Set(exponents.map(({ exponent }) => exponent)).size).toBe(3);
    const info1 = infos.map(
      (headers = []) => headers.find(([name]) => name === 'X-CSL-Info1')?.[1],
    );
    expect(new Set(info1).size).toBe(3);
    expect(new Set(descriptions.map(({ ssrcs: [ssrc] }) => ssrc)).size).toBe(3);
    alice.calls.hangUp();
    expect(keys.flatMap(octets).every(isWiped)).toBe(true);
  });

  it('describes the same session, one version on each time (RFC 3264 section 8)', async () => {
    const [alice, bob] = await conversation();
    const first = describedBy(bob.last('accept').body);
    await putOnHold(alice, bob);
    const second = describedBy(bob.last('accept').body);
    await putOnHold(bob, alice);
    const third = describedBy(bob.last('re-invite').body);
    for (const later of [second, third])
      expect(later).toMatchObject({ sessionId: first.sessionId, port: first.port });
    expect([second.version, third.version]).toEqual([first.version + 1, first.version + 2]);
  });

  it('keeps the identifiers shown; caller is who sent this INVITE', async () => {
    const { exponents, logs } = secretLog();
    const [alice, bob] = await conversation(logs);
    const { identifiers } = alice.calls.view();
    await putOnHold(bob, alice);
    await putOnHold(alice, bob);
    expect(alice.calls.view().identifiers).toEqual(identifiers);
    expect(exponents.map(({ role }) => role)).toEqual(['caller', 'callee', 'caller']);
  });

  it('gives the callee its keys with the ACK: packets of the new stream are dropped before', async () => {
    const [alice, bob] = await conversation();
    const done = alice.calls.hold();
    const message = await reConfirmed(alice, bob);
    await done;
    expect(heldAt(alice, bob)).toEqual(['local', 'none']);
    await eventually(() => bob.calls.view().packetsRefused > 1);
    await hears(alice);
    bob.give({ kind: 're-acknowledged', callId: callIdOf(bob), message });
    expect(heldAt(bob)).toEqual(['remote']);
    const { packetsRefused } = bob.calls.view();
    await hears(bob);
    expect(bob.calls.view().packetsRefused).toBe(packetsRefused);
  });
});
