import { readMessage, type CslMessage } from '../../reference/core/csl/message.ts';
import { parseNarrowband } from '../../reference/core/speex/frame.ts';
import { parseMedia } from '../../reference/core/sdp/media.ts';
import { allHeaders } from '../../reference/core/sip/message.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import type { SipMessageFacts } from '../wire/facts-model.ts';
import { callActivity } from './views/capture-view.ts';
import { onCall, type CallView } from './views/call-view.ts';
import { onMedia, type MediaView } from './views/media-view.ts';

interface Carrier {
  readonly name: string;
  readonly kind: 'offer' | 'answer' | 'confirmation';
  readonly of: (view: CallView) => SipMessageFacts;
}

const carriers: readonly Carrier[] = [
  { name: 'INVITE', kind: 'offer', of: ({ caller }) => caller.invite },
  { name: '200', kind: 'answer', of: ({ callee }) => callee.answer },
  { name: 'ACK', kind: 'confirmation', of: ({ caller }) => caller.confirmation },
];

/** The format refusals that concern one group of headers; what is missing or malformed there fails the claim. */
const judgeHeaders = (
  wanted: (message: CslMessage, kind: Carrier['kind']) => string | null,
  observed: string,
) =>
  onCall((view): Finding => {
    for (const { name, kind, of } of carriers) {
      const message = readMessage(allHeaders(of(view).message), kind);
      const missing = wanted(message, kind);
      if (missing !== null)
        return fail(
          `the ${name} lacks them`,
          'X-CSL headers as I-2 says',
          `${missing}: ${[...message.faults].join(', ')}`,
          [view.path],
        );
    }
    return pass(observed, [view.path]);
  });

const exchangeData = (message: CslMessage, kind: Carrier['kind']): string | null => {
  if (kind !== 'confirmation' && !message.info1) return 'X-CSL-Info1';
  return message.info2 && message.faults.size === 0 ? null : 'X-CSL-Info2';
};

const certificateData = (message: CslMessage, kind: Carrier['kind']): string | null => {
  if (kind === 'confirmation') return null;
  if (!message.certificate) return 'X-CSL-From';
  return message.chain ? null : 'X-CSL-From-Chain';
};

/** Payload type of Speex in the calls (I-3). */
const payloadType = 97;

const judgeProcessing = (view: MediaView): Finding => {
  const { rtp, facts, path } = view;
  if (rtp.length === 0) return inconclusive('no audio in the capture', [path]);
  const described = facts.sipMessages
    .map(({ message }) => parseMedia(message.body))
    .filter((media) => media.ok);
  if (described.length === 0) return inconclusive('no SDP in the decrypted signalling', [path]);
  for (const { flow, verification } of rtp) {
    const types = flow.rtp?.payloadTypes ?? [];
    if (types.some((type) => type !== payloadType))
      return fail(
        'RTP of another payload type',
        `payload type ${payloadType} (SPEEX/8000)`,
        types.join(', '),
        [path],
      );
    if (verification.verified === 0 || verification.failed > 0)
      return inconclusive('a flow cannot be decrypted with the keys at hand', [path]);
    const wrong = verification.payloads
      .map(({ bytes }) => parseNarrowband(bytes))
      .find((frame) => !frame.ok);
    if (wrong && !wrong.ok)
      return fail(
        'what SRTP protects is not a Speex frame as it is',
        'Speex narrowband in RTP, no further processing',
        wrong.error.code,
        [path],
      );
  }
  return pass(
    `${rtp.length} flows: RTP of payload type ${payloadType}, SRTP, and behind it Speex narrowband and nothing else`,
    [path],
  );
};

const base = { revision: 1, activities: [callActivity], needs: ['call'] } as const;

/** Section 6.2: processing of data. */
export const sectionSixTwo: readonly Scenario[] = [
  {
    ...base,
    id: '6.2/exchange-headers',
    claims: ['6.2.b'],
    judge: judgeHeaders(
      exchangeData,
      'X-CSL-Info1 and X-CSL-Info2 of both sides carry the exchange',
    ),
  },
  {
    ...base,
    id: '6.2/certificate-headers',
    claims: ['6.2.c'],
    judge: judgeHeaders(
      certificateData,
      'X-CSL-From and X-CSL-From-Chain of both sides carry the certificates',
    ),
  },
  { ...base, id: '6.2/audio-processing', claims: ['6.2.d'], judge: onMedia(judgeProcessing) },
];
