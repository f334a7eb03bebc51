import { randomBytes } from 'node:crypto';
import {
  allHeaders,
  header,
  makeRequest,
  type SipRequest,
  type SipResponse,
} from '../../reference/core/sip/message/message.ts';
import type { FalsifiedParty } from './call-faults.ts';
import { openCallMedia, type CallMedia, type MediaCount, type MediaKeys } from './call-media.ts';
import { ownMediaText, readSdp, writeSdp } from './call-sdp.ts';
import {
  countCslHeaders,
  readAnswer,
  writeAck,
  writeOffer,
  type CslReadCode,
  type CslSession,
  type SentOffer,
} from './csl-exchange.ts';
import {
  callerDialog,
  contactOf,
  dialogRequest,
  freshVia,
  responseIn,
  sipToken,
  watchForBye,
} from './sip-dialog.ts';
import type { SipLink } from './sip-link.ts';

/** What a call placed by the malicious user came to; plain data. */
export type CallOutcome =
  | {
      readonly kind: 'answered';
      readonly provisional: readonly number[];
      /** X-CSL headers in the 200, 0 to 4. */
      readonly cslHeaders: number;
      /** Whether the answer's signature and tag verify, else why not. */
      readonly answer: 'verified' | 'sdp' | CslReadCode;
      /** Whether the victim ended the call with BYE after the ACK. */
      readonly bye: boolean;
      /** Audio that came from the victim. */
      readonly media: MediaCount;
    }
  | {
      readonly kind: 'refused';
      readonly provisional: readonly number[];
      readonly status: number;
      readonly reason: string;
      readonly warning: string | null;
      readonly media: MediaCount;
    }
  | {
      /** No final response in time, or the connection was closed. */
      readonly kind: 'deadline' | 'closed';
      readonly provisional: readonly number[];
      readonly media: MediaCount;
    };

/** Everything a call needs. */
export interface CallSetup {
  readonly link: SipLink;
  /** The number in From. */
  readonly number: string;
  readonly victim: string;
  /** Host part of the URIs. */
  readonly domain: string;
  readonly party: FalsifiedParty;
  /** Milliseconds to wait for the final response. */
  readonly deadlineMs: number;
  /** Milliseconds to watch after the ACK for a BYE and audio. */
  readonly listenMs: number;
}

const allowed = 'INVITE, ACK, CANCEL, BYE, OPTIONS';

const makeOffer = (setup: CallSetup, callId: string): SentOffer => {
  const { certificate, chain, key, number, falsification } = setup.party;
  return writeOffer(
    {
      certificate,
      chain,
      key,
      nonce: randomBytes(32),
      time: Date.now(),
      exponent: randomBytes(32),
      media: ownMediaText,
    },
    { callId, callerNumber: number, calleeNumber: setup.victim },
    falsification,
  );
};

const makeInvite = (
  setup: CallSetup,
  callId: string,
  offer: SentOffer,
  media: CallMedia,
): SipRequest => {
  const { link, number, victim, domain } = setup;
  return makeRequest(
    'INVITE',
    `sip:${victim}@${domain}`,
    [
      ['Via', freshVia(link)],
      ['Max-Forwards', '70'],
      ['From', `<sip:${number}@${domain}>;tag=${sipToken()}`],
      ['To', `<sip:${victim}@${domain}>`],
      ['Call-ID', callId],
      ['CSeq', '1 INVITE'],
      ['Contact', contactOf(link, number)],
      ['Allow', allowed],
      ...offer.headers,
      ['Content-Type', 'application/sdp'],
    ],
    writeSdp(link.local.host, media.port, media.ssrc),
  );
};

/** An ACK to a failure or a CANCEL: of the INVITE's transaction (RFC 3261 sections 9.1 and 17.1.1.3). */
const sameTransaction = (invite: SipRequest, method: string, to: string): SipRequest =>
  makeRequest(method, invite.uri, [
    ['Via', header(invite, 'Via') ?? ''],
    ['Max-Forwards', '70'],
    ['From', header(invite, 'From') ?? ''],
    ['To', to],
    ['Call-ID', header(invite, 'Call-ID') ?? ''],
    ['CSeq', `1 ${method}`],
  ]);

const awaitFinal = async (
  setup: CallSetup,
  callId: string,
  provisional: number[],
): Promise<SipResponse | 'deadline' | 'closed'> => {
  const end = performance.now() + setup.deadlineMs;
  for (;;) {
    const left = Math.max(end - performance.now(), 0);
    const response = await setup.link.next(responseIn(callId, 'INVITE', 100), left);
    if (typeof response === 'string' || response.status >= 200) return response;
    provisional.push(response.status);
  }
};

const keysOf = (session: CslSession | null): MediaKeys | null =>
  session && {
    sending: session.keys.callerToCallee,
    receiving: session.keys.calleeToCaller,
  };

const carryOn = async (
  setup: CallSetup,
  invite: SipRequest,
  response: SipResponse,
  offer: SentOffer,
  media: CallMedia,
  provisional: readonly number[],
): Promise<CallOutcome> => {
  const pairs = allHeaders(response);
  const sdp = readSdp(response.body);
  const read = sdp ? readAnswer(pairs, offer, sdp.text) : null;
  const session = read?.ok ? read.value : null;
  const dialog = callerDialog(invite, response);
  const confirmation = session ? writeAck(session, setup.party.falsification) : [];
  setup.link.send(dialogRequest(setup.link, dialog, 'ACK', 1, confirmation));
  media.start(sdp?.peer ?? null, keysOf(session));
  const bye = await watchForBye(setup.link, dialog, 2, setup.listenMs);
  return {
    kind: 'answered',
    provisional,
    cslHeaders: countCslHeaders(pairs),
    answer: !read ? 'sdp' : read.ok ? 'verified' : read.error.code,
    bye,
    media: media.count(),
  };
};

/**
 * Places one call with the X-CSL headers of `setup.party`, acknowledges whatever comes, watches what the victim does next and
 * hangs up. Audio goes to the victim under the keys as the caller has them, or in clear where it has none. Settles within
 * both times together and two seconds; rejects only if this machine gives no UDP port.
 */
export const placeCall = async (setup: CallSetup): Promise<CallOutcome> => {
  const { link } = setup;
  const callId = `${sipToken()}@attacker.invalid`;
  const media = await openCallMedia(link.local.host);
  try {
    const offer = makeOffer(setup, callId);
    const invite = makeInvite(setup, callId, offer, media);
    const provisional: number[] = [];
    link.send(invite);
    const final = await awaitFinal(setup, callId, provisional);
    if (typeof final === 'string') {
      link.send(sameTransaction(invite, 'CANCEL', header(invite, 'To') ?? ''));
      return { kind: final, provisional, media: media.count() };
    }
    if (final.status < 300) return await carryOn(setup, invite, final, offer, media, provisional);
    link.send(sameTransaction(invite, 'ACK', header(final, 'To') ?? ''));
    return {
      kind: 'refused',
      provisional,
      status: final.status,
      reason: final.reason,
      warning: header(final, 'Warning') ?? null,
      media: media.count(),
    };
  } finally {
    media.close();
  }
};
