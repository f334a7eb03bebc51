import { equal } from '../../reference/core/bytes.ts';
import { displayedIdentifier } from '../../reference/core/csl/identifier.ts';
import type { SrtpMaster } from '../../reference/core/csl/key-schedule.ts';
import { keyIdentifierOf } from '../../reference/core/pki/certificate.ts';
import { parseNameAddress } from '../../reference/core/sip/message/name-address.ts';
import { header } from '../../reference/core/sip/message/message.ts';
import { userOf } from '../../reference/core/sip/message/uri.ts';
import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import type { SipMessageFacts } from '../wire/facts-model.ts';
import { verifyStream } from '../wire/srtp-check.ts';
import { displaysSchema } from './activities/call-evidence.ts';
import { isNamed, type CallLeg } from './views/call-view.ts';
import { callActivity, losses } from './views/capture-view.ts';
import { onExchange, type ExchangeView } from './views/exchange-view.ts';
import type { ExchangeSide } from './views/signed-view.ts';
import { worst } from './views/worst.ts';

type Role = 'caller' | 'callee';

/** One user as every layer names him. */
interface User {
  readonly role: Role;
  readonly leg: CallLeg;
  /** What he said in the INVITE or the 200. */
  readonly side: ExchangeSide;
  /** The key that his audio is encrypted with, derived from the exchange. */
  readonly key: SrtpMaster;
}

const usersIn = (view: ExchangeView): readonly [User, User] => [
  { role: 'caller', leg: view.caller, side: view.offer, key: view.keys.session.callerToCallee },
  { role: 'callee', leg: view.callee, side: view.answer, key: view.keys.session.calleeToCaller },
];

const displaysPath = `evidence/${callActivity}/displays.json`;

/** The user part of a header that names somebody; empty where there is none. */
const named = ({ message }: SipMessageFacts, name: 'From' | 'To'): string => {
  const address = parseNameAddress(header(message, name) ?? '');
  return (address.ok ? userOf(address.value.uri) : undefined) ?? '';
};

/** Every request on a phone's own connection must bear its number in From, the INVITE the other's in To, and the registration its own there. */
const judgeSip = ({ leg, role }: User, other: User, view: ExchangeView): Finding | null => {
  const { session, number } = leg;
  const index = view.facts.tlsSessions.indexOf(session);
  const wrong = (what: string, expected: string, found: string) =>
    found === expected
      ? null
      : fail(
          `the ${role}: ${what} names another than the certificate of its connection`,
          expected,
          found === '' ? 'no number' : found,
          [view.path],
        );
  const own = view.facts.sipMessages.filter(
    ({ session: at, from, message }) =>
      at === index && from.port === session.client.port && message.kind === 'request',
  );
  const registration = own.find(
    ({ message }) => message.kind === 'request' && message.method === 'REGISTER',
  );
  if (!registration)
    return inconclusive(`the capture shows no registration on the connection of the ${role}`, [
      view.path,
    ]);
  const [calling, called] =
    role === 'caller' ? [number, other.leg.number] : [other.leg.number, number];
  return worst([
    ...own.map((entry) => wrong('From of a request', number, named(entry, 'From'))),
    wrong('To of its registration', number, named(registration, 'To')),
    wrong('From of the INVITE', calling, named(leg.invite, 'From')),
    wrong('To of the INVITE', called, named(leg.invite, 'To')),
    wrong('From of the 200', calling, named(leg.answer, 'From')),
    wrong('To of the 200', called, named(leg.answer, 'To')),
  ]);
};

/** One certificate, of the one number, in TLS and in X-CSL-From. */
const judgeCertificate = ({ leg, side, role }: User, { path }: ExchangeView): Finding | null => {
  if (!isNamed(side.certificate, leg.number))
    return fail(
      `the ${role}: X-CSL-From names another than the certificate of its connection`,
      leg.number,
      'another CommonName',
      [path],
    );
  return equal(leg.certificate.der, side.certificate.der)
    ? null
    : fail(
        `the ${role}: X-CSL-From is not the certificate of its connection`,
        'one certificate in TLS and in X-CSL-From',
        'two of the same number',
        [path],
      );
};

const shownOf = ({ certificate }: ExchangeSide): string =>
  displayedIdentifier(keyIdentifierOf(certificate));

/** Both numbers and both keys, as the phone's screen has them. */
const judgeDisplay = (user: User, other: User, view: ExchangeView): Finding | null => {
  const paths = [displaysPath, view.path];
  const displays = view.evidence.json(callActivity, 'displays.json', displaysSchema);
  const display = displays?.[view.topology[user.role].name];
  if (!display || display.callId !== view.callId || !display.identifiers)
    return inconclusive(
      `what the ${user.role} showed of this call is not among the evidence`,
      paths,
    );
  const { peerNumber, identifiers } = display;
  const expected = `${other.leg.number}, Local ${shownOf(user.side)}, Peer ${shownOf(other.side)}`;
  const observed = `${peerNumber}, Local ${identifiers.local}, Peer ${identifiers.peer}`;
  return expected === observed
    ? null
    : fail(
        `the ${user.role}: the screen shows other users than the wire`,
        expected,
        observed,
        paths,
      );
};

/** The streams that a user announced must verify under his key of this exchange, and under his alone. */
const judgeAudio = ({ role, side, key }: User, other: User, view: ExchangeView): Finding | null => {
  const flows = view.facts.udpFlows.filter(
    ({ protocol, rtp }) =>
      protocol === 'rtp' && rtp !== null && side.media.ssrcs.includes(rtp.ssrc),
  );
  const packets = flows.flatMap(({ datagrams }) => datagrams);
  if (packets.length === 0)
    return inconclusive(`the capture holds no audio of the stream that the ${role} announced`, [
      view.path,
    ]);
  const verified = (with_: SrtpMaster) =>
    flows.reduce((sum, flow) => sum + verifyStream(flow.datagrams, [with_]).verified, 0);
  const own = verified(key);
  if (own === packets.length) return null;
  const foreign = verified(other.key);
  return fail(
    `the ${role}: its audio is not under the key that its certificate vouches for`,
    `${packets.length} packets under the ${role}'s key of this exchange`,
    `${own} under it, ${foreign} under the peer's`,
    [view.path, `evidence/${callActivity}/key-agreement.json`],
  );
};

const judgeProof = ({ role, side }: User, { path }: ExchangeView): Finding | null =>
  side.signatureHolds
    ? null
    : fail(
        `the ${role}: its certificate does not vouch for the exchange`,
        'a signature by its key',
        'none that verifies',
        [path],
      );

/** Every layer of the call must name the same two users: TLS, SIP, X-CSL, the screens and the keys of the audio. */
const judgeLayers = (view: ExchangeView): Finding => {
  const [caller, callee] = usersIn(view);
  const pairs = [
    [caller, callee],
    [callee, caller],
  ] as const;
  const bad = worst(
    pairs.flatMap(([user, other]) => [
      judgeSip(user, other, view),
      judgeCertificate(user, view),
      judgeProof(user, view),
      judgeDisplay(user, other, view),
      judgeAudio(user, other, view),
    ]),
  );
  if (bad) return bad;
  if (shownOf(caller.side) === shownOf(callee.side))
    return inconclusive('both users have one key: which is whose cannot be told', [view.path]);
  if (!view.exponentMatches)
    return inconclusive('a logged exponent does not give the public value on the wire', [
      view.path,
    ]);
  const lost = losses(view);
  if (lost !== null) return inconclusive(lost, [view.path]);
  return pass(
    `${caller.leg.number} and ${callee.leg.number}: the TLS certificates, From and To, X-CSL-From, the identifiers shown and the keys that decrypt the audio belong to the same two users`,
    [view.path, displaysPath],
  );
};

/** A check across the layers of a call that no single claim makes. */
export const identityAcrossLayers: readonly Scenario[] = [
  {
    id: '5.2/same-users-on-every-layer',
    revision: 1,
    claims: ['2.1.b', '5.2.a', '5.2.e'],
    activities: [callActivity],
    needs: ['call', 'show-identifiers', 'key-agreement-log'],
    judge: onExchange(judgeLayers, { fromOneSide: true }),
  },
];
