import { parseNarrowband } from '../../reference/core/speex/frame.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import { callActivity, incompleteness } from './views/capture-view.ts';
import {
  flowName,
  onMedia,
  oneSided,
  strangeFlow,
  type MediaFlow,
  type MediaView,
} from './views/media-view.ts';
import { worst } from './views/worst.ts';

type Diagnosis = NonNullable<MediaFlow['verification']['diagnosis']>;

const explanations: Readonly<Record<Diagnosis, string>> = {
  'tag-32': 'a tag of 32 bits',
  'no-tag': 'encrypted, without a tag',
  'tag-wrong': 'encrypted, with a tag that does not verify',
  clear: 'audio in clear',
  'clear-tagged': 'audio in clear with 80 bits behind it',
  unexplained: 'no tag that the call’s keys verify',
};

const keysPath = `evidence/${callActivity}/srtp-keys.json`;

/** Why nothing can be said of the audio of both directions; null where it can. */
const unusable = (view: MediaView): Finding | null => {
  const { facts, keys, path } = view;
  const notKept = facts.udpFlows.some((flow) => flow.notKept > 0)
    ? 'not every datagram of the capture could be kept'
    : null;
  const reason = notKept ?? oneSided(view) ?? incompleteness(view);
  if (reason !== null) return inconclusive(reason, [path]);
  return keys === 0
    ? inconclusive('no SRTP keys of the call are among the evidence', [path])
    : null;
};

const isInClear = ({ verification: { readableInClear, diagnosis } }: MediaFlow): boolean =>
  readableInClear || diagnosis === 'clear' || diagnosis === 'clear-tagged';

/** Fewest packets that tell noise from frames, whose first byte names the kind of frame and so hardly varies. */
const leastPackets = 20;

/** Whether what AES-CM opens looks like nothing at all: the first bytes of most payloads differ from each other. */
const isNoise = ({ verification: { payloads } }: MediaFlow): boolean => {
  const some = payloads.slice(0, 64);
  const first = new Set(some.map(({ bytes }) => bytes[0]));
  return some.length >= leastPackets && first.size > some.length / 2;
};

const judgeFlowTags = (media: MediaFlow, { facts, path }: MediaView): Finding | null => {
  const { failed, verified, diagnosis } = media.verification;
  const expected = 'a tag of 80 bits (HMAC-SHA1) that verifies on every packet';
  const paths = [path, keysPath];
  const flow = flowName(media.flow);
  if (isInClear(media))
    return fail(`the flow ${flow} is in clear`, expected, 'audio in clear', paths);
  if (failed === 0)
    return isNoise(media)
      ? inconclusive(
          `every tag of the flow ${flow} verifies, and what AES-CM opens is noise: another cipher, or encrypted before`,
          paths,
        )
      : null;
  if (facts.cut > 0)
    return inconclusive(`${facts.cut} packets of the capture are cut short, tags with them`, paths);
  if (verified === 0 && diagnosis === 'unexplained')
    return inconclusive(`no key at hand verifies the flow ${flow}`, paths);
  return fail(
    `${failed} of ${failed + verified} packets of the flow ${flow} do not verify`,
    expected,
    explanations[diagnosis ?? 'unexplained'],
    paths,
  );
};

const judgeTags = (view: MediaView): Finding => {
  const { rtp, path } = view;
  const bad = worst([...rtp.map((media) => judgeFlowTags(media, view)), unusable(view)]);
  if (bad) return bad;
  const strange = strangeFlow(view);
  if (strange !== null) return inconclusive(strange, [path]);
  const verified = rtp.reduce((total, { verification }) => total + verification.verified, 0);
  return pass(
    `${verified} audio packets of ${rtp.length} flows carry an 80-bit tag that verifies`,
    [path, keysPath],
  );
};

/** What is open as it stands, whatever else the capture lacks. */
const openMedia = ({ rtp, rtcp, path }: MediaView): Finding | null => {
  const clear = rtp.find(isInClear);
  if (clear)
    return fail('an audio flow can be read as it is', 'no audio in clear', flowName(clear.flow), [
      path,
    ]);
  const open = rtcp.find(({ flow }) => (flow.rtcp?.exactlyFilled ?? 0) > 0);
  return open
    ? fail('an RTCP flow is in clear', 'RTCP protected like RTP', flowName(open.flow), [path])
    : null;
};

const judgeConfidentiality = (view: MediaView): Finding => {
  const { rtp, rtcp, path } = view;
  const bad = openMedia(view) ?? unusable(view);
  if (bad) return bad;
  const unread = rtp.find(({ verification }) => verification.failed > 0);
  if (unread)
    return inconclusive(
      `the flow ${flowName(unread.flow)} is not in clear, and no key verifies all of it`,
      [path, keysPath],
    );
  if (rtcp.length === 0) return inconclusive('no RTCP in the capture', [path]);
  const unprotected = rtcp.find(({ verification }) => verification.failed > 0);
  if (unprotected)
    return fail(
      'an RTCP flow does not verify',
      'SRTCP with 80-bit tags',
      flowName(unprotected.flow),
      [path, keysPath],
    );
  const strange = strangeFlow(view);
  if (strange !== null) return inconclusive(strange, [path]);
  const packets = rtcp.reduce((total, { verification }) => total + verification.verified, 0);
  return pass(`every audio flow is encrypted, and ${packets} RTCP packets verify as SRTCP`, [
    path,
    keysPath,
  ]);
};

/** Samples in a 20 ms frame at 8 kHz. */
const frameSamples = 160;

/** Whether time stamps advance by one frame a packet; sequence numbers come round after 65,536. */
const clockRuns = ({ flow }: MediaFlow): boolean => {
  if (!flow.rtp) return false;
  const { firstTimestamp, lastTimestamp, firstSequence, lastSequence } = flow.rtp;
  const packets = (lastSequence - firstSequence) & 0xffff;
  const samples = (lastTimestamp - firstTimestamp) >>> 0;
  return (samples - packets * frameSamples) % (65_536 * frameSamples) === 0;
};

/** The first payload that is no narrowband Speex packet, by its refusal; null where all are. */
export const foreignFrame = ({ verification }: MediaFlow): string | null => {
  for (const { bytes } of verification.payloads) {
    const frame = parseNarrowband(bytes);
    if (!frame.ok) return frame.error.code;
  }
  return null;
};

const judgeFlowCodec = (media: MediaFlow, { path }: MediaView): Finding | null => {
  const { payloads, failed } = media.verification;
  const flow = flowName(media.flow);
  const foreign = foreignFrame(media);
  if (foreign !== null)
    return fail(`the flow ${flow} carries other frames`, 'Speex narrowband frames', foreign, [
      path,
    ]);
  if (failed > 0 || payloads.length === 0)
    return inconclusive(`the flow ${flow} cannot be decrypted`, [path]);
  return clockRuns(media)
    ? null
    : fail(
        `the RTP clock of the flow ${flow} is another`,
        '160 samples a packet of 20 ms (8 kHz)',
        `time stamps ${media.flow.rtp?.firstTimestamp} to ${media.flow.rtp?.lastTimestamp} over sequence numbers ${media.flow.rtp?.firstSequence} to ${media.flow.rtp?.lastSequence}`,
        [path],
      );
};

const judgeCodec = (view: MediaView): Finding => {
  const { rtp, path } = view;
  const bad = worst([...rtp.map((media) => judgeFlowCodec(media, view)), unusable(view)]);
  if (bad) return bad;
  const frames = rtp.reduce((total, { verification }) => total + verification.payloads.length, 0);
  return pass(`${frames} packets hold Speex narrowband frames of 20 ms at 8 kHz`, [path, keysPath]);
};

const mediaScenario = (
  id: string,
  claims: readonly string[],
  judge: (view: MediaView) => Finding,
): Scenario => ({
  id,
  revision: 2,
  claims,
  activities: [callActivity],
  needs: ['call'],
  judge: onMedia(judge),
});

/** Section 5.1: audio. */
export const audioScenarios: readonly Scenario[] = [
  mediaScenario('5.1/audio/tag', ['5.1.g'], judgeTags),
  mediaScenario('5.1/audio/codec', ['5.1.h'], judgeCodec),
  mediaScenario('5.1/audio/confidential', ['5.1.m'], judgeConfidentiality),
];
