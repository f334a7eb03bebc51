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

const parseKeys = (evidence: Evidence) =>
  (evidence.json(callActivity, 'srtp-keys.json', mediaKeysSchema) ?? []).flatMap((key) => {
    const masterKey = fromHex(key.masterKey);
    const masterSalt = fromHex(key.masterSalt);
    return masterKey.ok && masterSalt.ok
      ? [{ masterKey: masterKey.value, masterSalt: masterSalt.value }]
      : [];
  });

/** Tries the logged keys on every media flow of the capture. */
export const verifyMedia = (view: CaptureView): MediaView => {
  const keys = parseKeys(view.evidence);
  const verified = (protocol: 'rtp' | 'rtcp') =>
    view.facts.udpFlows
      .filter((flow) => flow.protocol === protocol)
      .map((flow) => ({ flow, verification: verifyStream(flow.datagrams, keys, protocol) }));
  return { ...view, keys: keys.length, rtp: verified('rtp'), rtcp: verified('rtcp') };
};

/** Judges the media of the captured call. */
export const onMedia = (judge: (view: MediaView) => Finding): ((evidence: Evidence) => Finding) =>
  onCapture((view) => judge(verifyMedia(view)));

/** Whether an endpoint of a flow is one of the relay's. */
export const isRelay = (
  endpoint: { readonly host: string; readonly port: number },
  view: CaptureView,
): boolean => {
  const { host, first, last } = view.topology.relay;
  return endpoint.host === host && endpoint.port >= first && endpoint.port <= last;
};

/** Media ports that the phones announced in the SDP they sent themselves, as `host:port`, RTP and RTCP. */
export const announcedPorts = (view: CaptureView): ReadonlySet<string> => {
  const announced = view.facts.sipMessages.filter(({ to }) => to.port === view.topology.sip.port);
  return new Set(
    announced.flatMap(({ message }) => {
      const media = parseMedia(message.body);
      return media.ok
        ? [0, 1].map((offset) => `${media.value.address}:${media.value.port + offset}`)
        : [];
    }),
  );
};
