import {
  header,
  type SipMessage,
  type SipResponse,
} from '../../../reference/core/sip/message/message.ts';
import { callerDialog, dialogRequest } from '../../../simulators/attackers/sip-dialog.ts';
import { acknowledging } from '../../../simulators/attackers/hostile-requests.ts';
import { headersOf } from '../../generators/csl-header-cases.ts';
import { bytesOfCase } from '../../generators/mutations.ts';
import { sipGrammar } from '../../generators/sip-messages.ts';
import { textOfCase } from '../../generators/text-mutations.ts';
import { createClient, decline, drain, shapesOf, type LiveClient } from '../client.ts';
import { controlCall, pairOf } from '../control-call.ts';
import { openBench, type Bench, type LabOptions } from '../lab.ts';
import type { LivePhone } from '../phones.ts';
import type { LiveLab, LiveTarget } from '../target.ts';
import { answersTo, inviteWith, requestsOn, type Addresses } from './bases.ts';
import { applianceCases, httpGrammar, tlsBases, type ApplianceCase } from './cases.ts';
import { createPeer, type Peer, type Script } from './peer.ts';
import { cancelling, inviteOn, openRelayedCall, type RelayedCall } from './relayed.ts';
import { streamEnd, streamOf } from './stream.ts';
import { askService, tellPort } from './strangers.ts';

/** Milliseconds: an answer may be refused, and then none comes by itself; the end of an INVITE that was cancelled. */
const limits = { answer: 1_000, cancelled: 2_000 } as const;

/** Milliseconds that the appliance's clock goes forward after a batch: transactions are remembered for 64*T1 (RFC 3261 section 17). */
const ahead = 33_000;

/** Numbers of this lab alone. */
const numberOf = (role: number, index: number): string =>
  `+336399874${role}${String(index).padStart(1, '0')}`;

const roles = { control: 1, phone: 2, client: 3, peer: 4, speaker: 5 } as const;

const { words } = sipGrammar;

/** Sends pieces, closes where they leave a message under way, and tells what came back. */
const sayPieces = async (
  family: string,
  client: LiveClient,
  pieces: readonly Uint8Array[],
): Promise<readonly string[] | null> => {
  const link = await client.link();
  const question = client.question(link);
  if (streamEnd(pieces, question) === 'under way') {
    for (const piece of pieces) link.sendBytes(piece);
    client.close();
    return [`${family} under way`];
  }
  const heard = await client.say(pieces, question);
  return heard.end === 'silent' ? null : shapesOf(family, heard);
};

/** What a client says as the peer of a call, and a refusal behind it where that can still be read. */
const changedAnswer =
  (peer: Peer, made: Extract<ApplianceCase, { family: 'answer' }>['made']): Script =>
  (link, request) => {
    peer.answer(null);
    const bases = answersTo(link, peer.client.number, request);
    const bytes = textOfCase({ bases, words }, made);
    const end = streamEnd([bytes], peer.client.question(link));
    link.sendBytes(bytes);
    if (end === 'between messages') decline(link, request);
    else peer.client.close();
  };

/** The final response to the one INVITE under way: a peer may have changed all that it could be known by. */
const final = (message: SipMessage): SipResponse | null =>
  message.kind === 'response' &&
  message.status >= 200 &&
  !(header(message, 'CSeq') ?? '').endsWith(' CANCEL')
    ? message
    : null;

const finalOfBye = (message: SipMessage): SipResponse | null => {
  const end = final(message);
  return end !== null && (header(message, 'CSeq') ?? '').endsWith(' BYE') ? end : null;
};

const performAnswer = async (
  caller: LiveClient,
  peer: Peer,
  { made }: Extract<ApplianceCase, { family: 'answer' }>,
): Promise<readonly string[] | null> => {
  await peer.ready();
  const link = await caller.link();
  const invite = inviteOn(link, caller, peer.client.number, 9);
  await drain(link);
  peer.answer(changedAnswer(peer, made));
  link.send(invite);
  const first = await link.next(final, limits.answer);
  if (first === 'deadline') link.send(cancelling(invite));
  const answer = first === 'deadline' ? await link.next(final, limits.cancelled) : first;
  if (typeof answer === 'string') {
    caller.close();
    return [`answer ${answer}`];
  }
  if (answer.status < 300) {
    const dialog = callerDialog(invite, answer);
    link.send(dialogRequest(link, dialog, 'ACK', 1));
    link.send(dialogRequest(link, dialog, 'BYE', 2));
    // To a Contact that is no URI nothing can be sent; the number was dialled, and a BYE to it ends the call as well.
    const goodbye = await link.next(finalOfBye, limits.answer);
    if (typeof goodbye !== 'string' && goodbye.status === 400)
      link.send(dialogRequest(link, { ...dialog, target: invite.uri }, 'BYE', 3));
  } else link.send(acknowledging(invite, answer));
  await drain(link);
  return [`answer ${first === 'deadline' ? 'cancelled ' : ''}${answer.status}`];
};

interface Stage {
  readonly bench: Bench;
  readonly phone: LivePhone;
  readonly clients: readonly LiveClient[];
  readonly peers: readonly Peer[];
  readonly speaker: LiveClient;
  relayed: RelayedCall | null;
  round: number;
}

const at = <Value>(values: readonly Value[], index: number): Value => {
  const value = values[index % values.length];
  if (value === undefined) throw new RangeError('a lab without clients');
  return value;
};

const performSip = async (
  { phone }: Stage,
  client: LiveClient,
  peer: Peer,
  made: Exclude<ApplianceCase, { family: 'answer' | 'tls' | 'http' | 'datagram' }>,
): Promise<readonly string[] | null> => {
  const link = await client.link();
  const addresses: Addresses = {
    own: client.number,
    domain: client.domain,
    phone: phone.number,
    peer: peer.client.number,
  };
  await peer.ready();
  if (made.family === 'invite')
    return sayPieces('invite', client, [inviteWith(link, addresses, headersOf(made.made))]);
  if (made.family === 'message')
    return sayPieces('message', client, [textOfCase(sipGrammar, made.made)]);
  const bases = requestsOn(link, addresses);
  const changed = textOfCase({ bases, words }, made.made);
  if (made.family === 'request') return sayPieces('request', client, [changed]);
  return sayPieces('stream', client, streamOf(changed, at(bases, 6), made.way, made.at));
};

const perform = async (
  stage: Stage,
  made: ApplianceCase,
  worker: number,
): Promise<readonly string[] | null> => {
  const { bench, clients, peers } = stage;
  const [client, peer] = [at(clients, worker), at(peers, worker)];
  const { description } = bench;
  switch (made.family) {
    case 'answer':
      return performAnswer(client, peer, made);
    case 'tls': {
      const endpoint = made.registration ? description.registration : description.sip;
      const shape = await tellPort(endpoint, bytesOfCase(tlsBases, made.made));
      return shape === null ? null : [`tls ${shape}`];
    }
    case 'http': {
      const from = `127.0.${1 + (stage.round % 250)}.${2 + worker}`;
      const shape = await askService(description, from, textOfCase(httpGrammar, made.made));
      return shape === null ? null : [shape];
    }
    case 'datagram':
      return stage.relayed?.send(made) ?? ['datagram without a call'];
    case 'request':
    case 'message':
    case 'stream':
    case 'invite':
      return performSip(stage, client, peer, made);
  }
};

const begin = async (stage: Stage, round: number): Promise<void> => {
  const { bench, clients, peers, speaker, phone } = stage;
  stage.round = round;
  if (round > 0) await bench.appliance.ask({ do: 'advance', milliseconds: ahead });
  // Its clock went forward: registrations that were to last longer may be over.
  await Promise.all(
    [...clients, speaker, ...peers.map(({ client }) => client)].map((each) => each.refresh()),
  );
  await Promise.all(peers.map((peer) => peer.ready()));
  await phone.register();
  stage.relayed = await openRelayedCall(speaker, at(peers, 0));
};

const openStage = async (bench: Bench, workers: number): Promise<Stage> => {
  const client = async (role: number, index: number): Promise<LiveClient> =>
    createClient(bench.description, await bench.identity(numberOf(role, index)));
  const phone = await bench.phone(numberOf(roles.phone, 0));
  const [clients, peers]: [LiveClient[], Peer[]] = [[], []];
  for (let index = 0; index < workers; index += 1) {
    clients.push(await client(roles.client, index));
    peers.push(createPeer(await client(roles.peer, index)));
  }
  const speaker = await client(roles.speaker, 0);
  return { bench, phone, clients, peers, speaker, relayed: null, round: 0 };
};

const openLab = async (options: LabOptions): Promise<LiveLab<ApplianceCase>> => {
  const { partsFile, workers = 4, phones = 4 } = options;
  const bench = await openBench(partsFile);
  try {
    const stage = await openStage(bench, workers);
    const good: LivePhone[] = [];
    for (let index = 0; index < phones; index += 1)
      good.push(await bench.phone(numberOf(roles.control, index)));
    const everyone = [...stage.clients, stage.speaker, ...stage.peers.map(({ client }) => client)];
    return {
      parts: [{ name: 'appliance', part: bench.appliance }],
      workers,
      begin: (round) => begin(stage, round),
      perform: (made, worker) => perform(stage, made, worker),
      async end() {
        const shapes = (await stage.relayed?.end()) ?? [];
        stage.relayed = null;
        return shapes;
      },
      control: (round) => controlCall(...pairOf(good, round)),
      async close() {
        for (const each of everyone) each.close();
        await bench.close();
      },
    };
  } catch (error) {
    await bench.close();
    throw error;
  }
};

/** A running appliance: SIP of enrolled clients, records and requests of strangers, datagrams for its relay. */
export const liveAppliance: LiveTarget<ApplianceCase> = {
  name: 'live-appliance',
  about: 'a running appliance',
  batch: 500,
  cases: applianceCases,
  reaches: [],
  open: openLab,
};
