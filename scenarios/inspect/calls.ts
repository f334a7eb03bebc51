import { parseMedia } from '../../reference/core/sdp/media.ts';
import { header } from '../../reference/core/sip/message/message.ts';
import type { UdpFlowFacts, WireFacts } from '../wire/facts-model.ts';

/** A media endpoint that a description announced: where its sender wants to receive. */
interface Announcement {
  readonly callId: string;
  readonly at: number;
}

const placeOf = (host: string, port: number): string => `${host} ${port}`;

/** Endpoints announced in the decrypted signalling, RTP and RTCP, each with the calls that used it, in order. */
const announcements = (facts: WireFacts): ReadonlyMap<string, readonly Announcement[]> => {
  const places = new Map<string, Announcement[]>();
  for (const { message, at } of facts.sipMessages) {
    const callId = header(message, 'Call-ID');
    const media = parseMedia(message.body);
    if (callId === undefined || !media.ok) continue;
    for (const offset of [0, 1]) {
      const place = placeOf(media.value.address, media.value.port + offset);
      places.set(place, [...(places.get(place) ?? []), { callId, at }]);
    }
  }
  return places;
};

/** The newest call that announced a place before the flow ended. */
const callAt = (announced: readonly Announcement[], until: number): string | undefined =>
  announced.findLast(({ at }) => at <= until)?.callId;

/**
 * Which call each media flow belongs to, by the endpoints that the call's SDP announced (RFC 3264): the Call-ID by index in
 * `udpFlows`; flows that no decrypted description announces are left out.
 */
export const callsOfFlows = (facts: WireFacts): ReadonlyMap<number, string> => {
  const places = announcements(facts);
  const callOf = ({ source, destination, lastAt }: UdpFlowFacts): string | undefined =>
    [destination, source]
      .map(({ host, port }) => callAt(places.get(placeOf(host, port)) ?? [], lastAt))
      .find((callId) => callId !== undefined);
  return new Map(
    facts.udpFlows.flatMap((flow, index) => {
      const media = flow.protocol === 'rtp' || flow.protocol === 'rtcp';
      const callId = media ? callOf(flow) : undefined;
      return callId === undefined ? [] : [[index, callId] as const];
    }),
  );
};
