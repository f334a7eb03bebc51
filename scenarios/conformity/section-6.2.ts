import { equal } from '../../reference/core/bytes.ts';
import type { CslMessage } from '../../reference/core/csl/message.ts';
import { issuedBy, parseCertificate } from '../../reference/core/pki/certificate.ts';
import { parseMedia } from '../../reference/core/sdp/media.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import { foreignFrame } from './section-5.1-audio.ts';
import { isNamed, isRequest, isSuccessOf, onCall, type CallView } from './views/call-view.ts';
import { callActivity, losses } from './views/capture-view.ts';
import { certificateOfPem } from './views/certificates.ts';
import { flowName, onMedia, oneSided, type MediaFlow, type MediaView } from './views/media-view.ts';
import { changedOnTheWay, messagesOf } from './views/signed-view.ts';
import { worst } from './views/worst.ts';

type MessageName = 'INVITE' | '200' | 'ACK';

/** Messages as their senders sent them. */
const sentMessages = ({
  caller,
  callee,
}: CallView): readonly (readonly [MessageName, CslMessage])[] => [
  ['INVITE', messagesOf(caller).INVITE],
  ['200', messagesOf(callee)['200']],
  ['ACK', messagesOf(caller).ACK],
];

/** What is missing or malformed in the sent messages fails the claim, and so does what reached the other side changed. */
const judgeHeaders = (
  wrongIn: (message: CslMessage, name: MessageName, view: CallView) => string | null,
  observed: string,
) =>
  onCall((view): Finding => {
    const expected = 'X-CSL headers as I-2 says, in INVITE, 200 and ACK';
    const bad = worst(
      sentMessages(view).map(([name, message]) => {
        const wrong = wrongIn(message, name, view);
        return wrong === null
          ? null
          : fail(
              `the ${name} lacks them`,
              expected,
              `${wrong}: ${[...message.faults].join(', ')}`,
              [view.path],
            );
      }),
    );
    if (bad) return bad;
    const changed = changedOnTheWay(view);
    return changed === null
      ? pass(observed, [view.path])
      : fail(`the ${changed} reached the other side with other contents`, expected, 'others', [
          view.path,
        ]);
  });

const exchangeData = (message: CslMessage, name: MessageName): string | null => {
  if (name !== 'ACK' && !message.info1) return 'X-CSL-Info1';
  return message.info2 && message.faults.size === 0 ? null : 'X-CSL-Info2';
};

/** Refusals that concern the set of headers as a whole, whichever they are. */
const setFaults = [
  'headers-absent',
  'headers-repeated',
  'headers-unknown',
  'headers-folded',
  'headers-joined',
] as const;

/** X-CSL-From must be the sender's certificate, and X-CSL-From-Chain the client authority that issued it. */
const certificateData = (
  { certificate: sent, chain, faults }: CslMessage,
  name: MessageName,
  { caller, callee, topology }: CallView,
): string | null => {
  if (name === 'ACK') return null;
  const number = name === 'INVITE' ? caller.number : callee.number;
  const certificate = sent && parseCertificate(sent);
  if (!certificate?.ok || !isNamed(certificate.value, number)) return `X-CSL-From of ${number}`;
  const authority = certificateOfPem(topology.trust.clientAuthority);
  const isAuthority = authority && chain && equal(chain, authority.der);
  if (!isAuthority || !issuedBy(certificate.value, authority)) return 'X-CSL-From-Chain';
  return setFaults.some((code) => faults.has(code)) ? 'the set of headers' : null;
};

/** Payload type of Speex in the calls (I-3). */
const payloadType = 97;

const judgeFlow = (media: MediaFlow, { path }: MediaView): Finding | null => {
  const types = media.flow.rtp?.payloadTypes ?? [];
  const flow = flowName(media.flow);
  if (types.some((type) => type !== payloadType))
    return fail(
      `the flow ${flow} has another payload type`,
      `payload type ${payloadType} (SPEEX/8000)`,
      types.join(', '),
      [path],
    );
  const foreign = foreignFrame(media);
  if (foreign !== null)
    return fail(
      `what SRTP protects in the flow ${flow} is not a Speex frame as it is`,
      'Speex narrowband in RTP, no further processing',
      foreign,
      [path],
    );
  const { verified, failed } = media.verification;
  return verified > 0 && failed === 0
    ? null
    : inconclusive(`the flow ${flow} cannot be decrypted with the keys at hand`, [path]);
};

/** Every offer and answer must describe payload type 97 as Speex. */
const judgeDescriptions = ({ facts, path }: MediaView): Finding | null => {
  const described = facts.sipMessages.filter(
    (entry) =>
      (isRequest(entry, 'INVITE') || isSuccessOf(entry, 'INVITE')) && entry.message.body.length > 0,
  );
  if (described.length === 0) return inconclusive('no SDP in the decrypted signalling', [path]);
  return worst(
    described.map(({ message }) => {
      const media = parseMedia(message.body);
      if (media.ok) return null;
      return media.error.code === 'sdp-rtpmap'
        ? fail('the SDP describes another codec', 'rtpmap:97 SPEEX/8000', media.error.code, [path])
        : inconclusive(`an SDP cannot be read as I-3 says (${media.error.code})`, [path]);
    }),
  );
};

const judgeProcessing = (view: MediaView): Finding => {
  const { rtp, path } = view;
  const bad = worst([...rtp.map((media) => judgeFlow(media, view)), judgeDescriptions(view)]);
  if (bad) return bad;
  const unseen = oneSided(view) ?? losses(view);
  if (unseen !== null) return inconclusive(unseen, [path]);
  return pass(
    `${rtp.length} flows: RTP of payload type ${payloadType}, SRTP, and behind it Speex narrowband and nothing else`,
    [path],
  );
};

const base = { revision: 2, activities: [callActivity], needs: ['call'] } as const;

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
