import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Phone } from '../../../devices/contract.ts';
import { fromHex, latin1, utf8 } from '../../../reference/core/bytes.ts';
import { startCapture, type Capture } from '../../../simulators/lab/capture/packet-socket.ts';
import type { World } from '../../campaign/activity.ts';
import { gatherFacts } from '../../wire/facts.ts';
import type { WireFacts } from '../../wire/facts-model.ts';
import { verifyStream } from '../../wire/srtp-check.ts';
import type { HexKey, OutsiderSearch } from './audio-evidence.ts';

/** Something that was said inside a protected connection or stream. */
interface Needle {
  readonly kind: 'signalling' | 'audio' | 'key';
  readonly bytes: Uint8Array;
}

/** Shortest text that does not stand anywhere by chance, and longest of which a packet surely holds all, in bytes. */
const shortest = 12;
const longest = 200;

/** Lines that say something: start lines, header fields and lines of a session description. */
const signallingOf = (facts: WireFacts): readonly Needle[] => {
  const lines = facts.sipMessages.flatMap(({ raw }) =>
    latin1(raw)
      .split('\r\n')
      .map((line) => line.slice(0, longest)),
  );
  return [...new Set(lines)]
    .filter((line) => line.length >= shortest)
    .map((line) => ({ kind: 'signalling', bytes: utf8(line) }));
};

const mastersOf = (keys: readonly HexKey[]) =>
  keys.flatMap((key) => {
    const [masterKey, masterSalt] = [fromHex(key.masterKey), fromHex(key.masterSalt)];
    return masterKey.ok && masterSalt.ok
      ? [{ masterKey: masterKey.value, masterSalt: masterSalt.value }]
      : [];
  });

const audioOf = (facts: WireFacts, keys: readonly HexKey[]): readonly Uint8Array[] =>
  facts.udpFlows
    .filter(({ protocol }) => protocol === 'rtp')
    .flatMap(({ datagrams }) => verifyStream(datagrams, mastersOf(keys)).payloads)
    .map(({ bytes }) => bytes);

const keysOf = (keys: readonly HexKey[], secrets: readonly string[]): readonly Needle[] =>
  [...new Set([...keys.map(({ masterKey }) => masterKey), ...secrets])].flatMap((hex) => {
    const bytes = fromHex(hex);
    return bytes.ok && bytes.value.length >= shortest
      ? [{ kind: 'key' as const, bytes: bytes.value }]
      : [];
  });

const count = (needles: readonly Needle[], kind: Needle['kind']): number =>
  needles.filter((needle) => needle.kind === kind).length;

const search = (needles: readonly Needle[], haystack: Uint8Array): readonly Needle[] => {
  const buffer = Buffer.from(haystack);
  return needles.filter(({ bytes }) => buffer.includes(Buffer.from(bytes)));
};

const byKind = (needles: readonly Needle[]) => ({
  signalling: count(needles, 'signalling'),
  audio: count(needles, 'audio'),
  key: count(needles, 'key'),
});

/** Everything as the phones' own keys show it, one behind the other. */
const opened = (facts: WireFacts, audio: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat([...facts.sipMessages.map(({ raw }) => raw), ...audio]));

/** Keys that nobody should have: all zeros. */
const emptyKey: HexKey = { masterKey: '00'.repeat(16), masterSalt: '00'.repeat(14) };

/** What the phones' own logs know of the call. */
interface Known {
  readonly keys: readonly HexKey[];
  readonly exponents: readonly string[];
  readonly tlsKeyLog: readonly string[];
}

const compare = async (world: World, file: string, known: Known): Promise<OutsiderSearch> => {
  const { sip, registration } = await (await world.appliance()).describe();
  const ports = { sipPorts: [sip.port], registrationPorts: [registration.port] };
  const facts = await gatherFacts(file, { ...ports, tlsKeyLog: [...known.tlsKeyLog] });
  const frames = audioOf(facts, known.keys);
  const secrets = known.tlsKeyLog.map((line) => line.split(' ')[2] ?? '');
  const said = [
    ...signallingOf(facts),
    ...frames.map((bytes) => ({ kind: 'audio' as const, bytes })),
  ];
  const needles = [...said, ...keysOf(known.keys, [...known.exponents, ...secrets])];
  const raw = new Uint8Array(await readFile(file));
  return {
    kind: 'searched',
    packets: facts.packets,
    needles: byKind(needles),
    found: byKind(search(needles, raw)),
    guessed: audioOf(facts, [emptyKey]).length,
    control: { ...byKind(search(said, opened(facts, frames))), key: 0 },
  };
};

/** Someone on the wire who has no key: captures everything, and afterwards looks in it for what was said. */
export const startListening = async (world: World) => {
  const file = join(await world.site.folder('outsider'), 'heard.pcapng');
  const started = await startCapture({
    interface: world.site.interface,
    file,
    comment: 'discretio: an outsider on the wire',
  });
  return async (phones: readonly Phone[], callId: string, keys: readonly HexKey[]) => {
    if (!started.ok) {
      const reason = started.error.detail ?? started.error.code;
      return { kind: 'missing', reason } as const;
    }
    const capture: Capture = started.value;
    await capture.stop({ tlsKeyLog: [] });
    const tlsKeyLog = (await Promise.all(phones.map((phone) => phone.tlsKeyLog()))).flat();
    const entries = (await Promise.all(phones.map((phone) => phone.keyAgreementLog()))).flat();
    const exponents = entries
      .filter((entry) => entry.callId === callId)
      .map(({ exponent }) => exponent);
    return compare(world, file, { keys, exponents, tlsKeyLog });
  };
};
