import { fromHex } from '../../../reference/core/bytes.ts';
import { parseMedia } from '../../../reference/core/sdp/media.ts';
import type { Evidence, Finding } from '../../campaign/scenario.ts';
import type { UdpFlowFacts } from '../../wire/facts-model.ts';
import { verifyStream, type StreamVerification } from '../../wire/srtp-check.ts';
import { mediaKeysSchema } from '../activities/call-evidence.ts';
import { onCapture, callActivity, type CaptureView } from './capture-view.ts';

/** Media of one direction between a phone and the relay. */
export interface MediaFlow {
  readonly flow: UdpFlowFacts;
  readonly verification: StreamVerification;
}

/** Every RTP and RTCP flow of the capture, tried with the call's keys. */
export interface MediaView extends CaptureView {
  readonly rtp: readonly MediaFlow[];
  readonly rtcp: readonly MediaFlow[];
  /** Keys at hand. */
  readonly keys: number;
}

/** The logged SRTP keys of the call; empty where there are none to read. */
export const loggedKeys = (evidence: Evidence) =>
  (evidence.json(callActivity, 'srtp-keys.json', mediaKeysSchema) ?? []).flatMap((key) => {
    const masterKey = fromHex(key.masterKey);
    const masterSalt = fromHex(key.masterSalt);
    return masterKey.ok && masterSalt.ok
      ? [{ masterKey: masterKey.value, masterSalt: masterSalt.value }]
      : [];
  });

/** Tries the logged keys on every media flow of the capture. */
export const verifyMedia = <View extends CaptureView>(view: View): View & MediaView => {
  const keys = loggedKeys(view.evidence);
  const verified = (protocol: 'rtp' | 'rtcp') =>
    view.facts.udpFlows
      .filter((flow) => flow.protocol === protocol)
      .map((flow) => ({ flow, verification: verifyStream(flow.datagrams, keys, protocol) }));
  return { ...view, keys: keys.length, rtp: verified('rtp'), rtcp: verified('rtcp') };
};

/** Judges the media of the captured call. */
export const onMedia = (judge: (view: MediaView) => Finding): ((evidence: Evidence) => Finding) =>
  onCapture((view) => judge(verifyMedia(view)));

type Place = UdpFlowFacts['source'];

/** An endpoint as text. */
export const placeName = ({ host, port }: Place): string => `${host}:${port}`;

/** A flow by its ends. */
export const flowName = ({ source, destination }: UdpFlowFacts): string =>
  `${placeName(source)} to ${placeName(destination)}`;

/** Whether an endpoint of a flow is one of the relay's. */
export const isRelay = (endpoint: Place, view: CaptureView): boolean => {
  const { host, first, last } = view.topology.relay;
  return endpoint.host === host && endpoint.port >= first && endpoint.port <= last;
};

/** Media ports that the phones announced in the SDP they sent themselves, RTP and RTCP, by the connection they sent it on. */
export const announcedPorts = (view: CaptureView): ReadonlyMap<number, readonly string[]> => {
  const ports = new Map<number, string[]>();
  for (const { session, message, to } of view.facts.sipMessages) {
    const media = to.port === view.topology.sip.port ? parseMedia(message.body) : null;
    if (media?.ok !== true) continue;
    const { address, port } = media.value;
    const own = [0, 1].map((offset) => placeName({ host: address, port: port + offset }));
    ports.set(session, [...(ports.get(session) ?? []), ...own]);
  }
  return ports;
};

/** Ports of the phones' media: those they announced, and those that the relay exchanges media with. */
export const phonePorts = (view: CaptureView): ReadonlySet<string> => {
  const facingRelay = view.facts.udpFlows.flatMap(({ protocol, source, destination }) => {
    if (protocol !== 'rtp' && protocol !== 'rtcp') return [];
    if (isRelay(source, view)) return [placeName(destination)];
    return isRelay(destination, view) ? [placeName(source)] : [];
  });
  return new Set([...[...announcedPorts(view).values()].flat(), ...facingRelay]);
};

/** Why the capture does not show the audio of both phones on its way in and out; null where it does. */
export const oneSided = (view: CaptureView): string | null => {
  const rtp = view.facts.udpFlows.filter((flow) => flow.protocol === 'rtp');
  if (rtp.length === 0) return 'no audio in the capture';
  const toRelay = rtp.filter(({ destination }) => isRelay(destination, view));
  const fromRelay = rtp.filter(({ source }) => isRelay(source, view));
  const senders = new Set(toRelay.map(({ source }) => placeName(source))).size;
  const receivers = new Set(fromRelay.map(({ destination }) => placeName(destination))).size;
  return senders >= 2 && receivers >= 2
    ? null
    : `the capture shows audio of ${senders} phones to the relay and to ${receivers} from it, not of both`;
};

/** Fewest datagrams that could carry audio worth the name. */
const leastDatagrams = 3;

/** A flow during the call that is nothing known, though it could carry audio: of three datagrams or more, or at a port of the call's media. */
export const strangeFlow = (view: CaptureView): string | null => {
  const rtp = view.facts.udpFlows.filter((flow) => flow.protocol === 'rtp');
  const from = rtp.reduce((least, { firstAt }) => Math.min(least, firstAt), Infinity);
  const until = rtp.reduce((most, { lastAt }) => Math.max(most, lastAt), -Infinity);
  const ports = phonePorts(view);
  const strange = view.facts.udpFlows.find(
    ({ protocol, source, destination, packets, firstAt, lastAt }) =>
      (protocol === 'unknown' || protocol === 'dtls') &&
      firstAt <= until &&
      lastAt >= from &&
      (packets >= leastDatagrams ||
        [source, destination].some((end) => isRelay(end, view) || ports.has(placeName(end)))),
  );
  return strange
    ? `${strange.packets} datagrams from ${flowName(strange)} during the call are neither RTP nor RTCP: what they carry cannot be told`
    : null;
};
