import type { SrtpMaster } from '../../../reference/core/csl/key-schedule.ts';
import { parseRtp, serializeRtp, type RtpPacket } from '../../../reference/core/rtp/packet.ts';
import { aesCm128HmacSha1Tag80 } from '../../../reference/core/rtp/srtp.ts';
import { all, type Alteration } from '../../testing/altered.ts';
import { datagrams } from '../../testing/altered-wire.ts';
import type { Evidence } from '../../campaign/scenario.ts';
import type { UdpFlowFacts } from '../../wire/facts-model.ts';
import { verifyStream } from '../../wire/srtp-check.ts';
import { loggedKeys } from '../views/media-view.ts';
import { withKeys } from './documents.ts';

/** A key that no exchange gave. */
export const strangeKey: SrtpMaster = {
  masterKey: new Uint8Array(16).fill(0x5a),
  masterSalt: new Uint8Array(14).fill(0x33),
};

/** The logged keys with one more, as a phone would log it that took its keys from elsewhere. */
export const strangeKeyLogged: Alteration = withKeys((keys) => [
  ...keys,
  { masterKey: '5a'.repeat(16), masterSalt: '33'.repeat(14) },
]);

/** Audio flows with one source: by the direction of their first, 0 or 1. */
export const audioOf =
  (direction: 0 | 1) =>
  (flow: UdpFlowFacts, all: readonly UdpFlowFacts[]): boolean => {
    const sources = [...new Set(all.flatMap(({ rtp }) => (rtp ? [rtp.ssrc] : [])))];
    return flow.protocol === 'rtp' && flow.rtp?.ssrc === sources[direction];
  };

const flowsOf = (evidence: Evidence): readonly UdpFlowFacts[] => {
  const wire = evidence.wire('call');
  return wire.kind === 'captured' ? wire.facts.udpFlows : [];
};

type Chosen = (flow: UdpFlowFacts, flows: readonly UdpFlowFacts[]) => boolean;

/** The chosen audio flows protected anew, each with what `change` makes of its packets, under another key or the same. */
export const protectedAnew =
  (
    chosen: Chosen,
    change: (packet: RtpPacket) => RtpPacket,
    keyFor?: (own: number, keys: readonly SrtpMaster[]) => SrtpMaster,
  ): Alteration =>
  (evidence) => {
    const keys = loggedKeys(evidence);
    const flows = flowsOf(evidence);
    const opened = new Map(
      flows
        .filter((flow) => chosen(flow, flows))
        .map((flow) => {
          const own = verifyStream(flow.datagrams, keys).key ?? 0;
          const key = keyFor?.(own, keys) ?? keys[own] ?? strangeKey;
          const receiver = aesCm128HmacSha1Tag80.receiver(keys[own] ?? strangeKey);
          return [flow, { receiver, sender: aesCm128HmacSha1Tag80.sender(key) }] as const;
        }),
    );
    return datagrams((bytes, { flow }) => {
      const pair = opened.get(flow);
      if (!pair) return bytes;
      const clear = pair.receiver.unprotectRtp(bytes);
      const packet = clear.ok ? parseRtp(clear.value) : clear;
      if (!packet.ok) throw new Error(`audio of the real run: ${packet.error.code}`);
      const sent = pair.sender.protectRtp(serializeRtp(change(packet.value)));
      if (!sent.ok) throw new Error(`protecting anew: ${sent.error.code}`);
      return sent.value;
    })(evidence);
  };

/** Both directions under each other's key. */
export const swappedKeys: Alteration = protectedAnew(
  ({ protocol }) => protocol === 'rtp',
  (packet) => packet,
  (own, keys) => keys[1 - own] ?? strangeKey,
);

/** One direction under a key that no exchange gave, which the phone logs. */
export const foreignKey: Alteration = all(
  protectedAnew(
    audioOf(1),
    (packet) => packet,
    () => strangeKey,
  ),
  strangeKeyLogged,
);

/** Only the key of the last audio flow left in the log. */
export const oneKey: Alteration = (evidence) => {
  const last = flowsOf(evidence).findLast(({ protocol }) => protocol === 'rtp');
  const kept = last && verifyStream(last.datagrams, loggedKeys(evidence)).key;
  return withKeys((keys) => keys.filter((_key, index) => index === kept))(evidence);
};
