import { header } from '../../../reference/core/sip/message/message.ts';
import { each, eachTransaction, lineOf, type SipRule } from './sip-rules.ts';
import {
  uriIn,
  valuesOf,
  type SipTrace,
  type TracedMessage,
  type TracedTransaction,
} from './sip-trace.ts';

const statusOf = ({ message }: TracedMessage): number =>
  message.kind === 'response' ? message.status : 0;
const isFinal = (traced: TracedMessage): boolean => statusOf(traced) >= 200;
const isSuccess = (traced: TracedMessage): boolean =>
  statusOf(traced) >= 200 && statusOf(traced) < 300;

const withoutTag = (value: string | undefined): string =>
  (value ?? '').replace(/;\s*tag\s*=\s*[^\s;,>]+/i, '').trim();

/** A Via without what the receiver adds to the topmost one (18.2.1, RFC 3581). */
const bareVia = (value: string): string =>
  value.replaceAll(/;\s*(?:received|rport)(?:=[^;]*)?/gi, '');

/** What a response must have from its request (8.2.6.2). */
const judgeCopies = ({ request, responses }: TracedTransaction): string | null => {
  for (const response of responses) {
    const [asked, answer] = [request.message, response.message];
    const differs =
      ['From', 'Call-ID', 'CSeq'].find(
        (name) => (header(asked, name) ?? '').trim() !== (header(answer, name) ?? '').trim(),
      ) ??
      (withoutTag(header(asked, 'To')) === withoutTag(header(answer, 'To')) ? undefined : 'To') ??
      (request.toTag === null || request.toTag === response.toTag ? undefined : 'To tag') ??
      (valuesOf(asked, 'Via').map(bareVia).join() === valuesOf(answer, 'Via').map(bareVia).join()
        ? undefined
        : 'Via');
    if (differs !== undefined) return `${lineOf(response)} has another ${differs}`;
  }
  return null;
};

/** A dialog that an INVITE made, as its connection has it. */
interface Dialog {
  readonly invite: TracedMessage;
  readonly answer: TracedMessage;
}

/** The dialogs on every connection, by the 2xx of their INVITE. */
const dialogsIn = ({ transactions }: SipTrace): readonly Dialog[] =>
  transactions.flatMap(({ request, responses }) => {
    const answer = responses.find(isSuccess);
    return request.method === 'INVITE' && request.toTag === null && answer
      ? [{ invite: request, answer }]
      : [];
  });

const sideOf = ({ entry }: TracedMessage): string => `${entry.from.host}:${entry.from.port}`;

/** The dialog that a request on the same connection belongs to, by Call-ID. */
const dialogOf = (traced: TracedMessage, trace: SipTrace): Dialog | undefined =>
  dialogsIn(trace).find(
    ({ invite }) =>
      invite.callId === traced.callId && invite.entry.session === traced.entry.session,
  );

const isInside = ({ message, toTag, method }: TracedMessage): boolean =>
  message.kind === 'request' && (toTag !== null || method === 'ACK' || method === 'BYE');

/** Tags, remote target and route set of a request within a dialog (12.2.1.1). */
const judgeInside = (traced: TracedMessage, trace: SipTrace): string | null => {
  const dialog = dialogOf(traced, trace);
  if (!dialog) return null;
  const { invite, answer } = dialog;
  const byCaller = sideOf(traced) === sideOf(invite);
  const [local, remote] = byCaller
    ? [answer.fromTag, answer.toTag]
    : [answer.toTag, answer.fromTag];
  if (traced.fromTag !== local || traced.toTag !== remote) return 'the tags of another dialog';
  // A re-INVITE may move the remote target (12.2.1.2); which of its transactions came first is not followed here.
  const refreshed = trace.transactions.some(
    ({ request }) =>
      request.method === 'INVITE' && request.toTag !== null && request.callId === traced.callId,
  );
  if (refreshed) return null;
  const target = uriIn(valuesOf((byCaller ? answer : invite).message, 'Contact')[0]);
  if (traced.message.kind === 'request' && traced.message.uri !== target)
    return `the Request-URI is not the remote target ${target}`;
  const recorded = valuesOf((byCaller ? answer : invite).message, 'Record-Route').map(uriIn);
  const routes = valuesOf(traced.message, 'Route').map(uriIn);
  const wanted = byCaller ? recorded.toReversed() : recorded;
  // A proxy has taken itself off the route set of what it passes on (16.4).
  const passedOn = valuesOf(traced.message, 'Via').length > 1;
  return passedOn || routes.join() === wanted.join() ? null : 'another route set';
};

/** Requests of one side in one dialog, and registrations of one Call-ID, in order. */
const sequencesIn = ({ messages }: SipTrace): readonly (readonly TracedMessage[])[] => [
  ...Map.groupBy(
    messages.filter(
      ({ message, method }) =>
        message.kind === 'request' && method !== 'ACK' && method !== 'CANCEL',
    ),
    (traced) => `${traced.entry.session} ${sideOf(traced)} ${traced.callId}`,
  ).values(),
];

const checkSequences: SipRule['check'] = (trace) => {
  const sequences = sequencesIn(trace);
  return {
    looked: sequences.length,
    broken: sequences.flatMap((requests) =>
      requests.slice(1).flatMap((request, index) => {
        const before = requests[index];
        if (!before || request.branch === before.branch) return [];
        return request.sequence === before.sequence + 1
          ? []
          : [`${lineOf(request)}: CSeq ${request.sequence} behind ${before.sequence}`];
      }),
    ),
  };
};

/** Branches of requests that are neither repetitions, CANCEL, nor ACK to a failure. */
const checkBranches: SipRule['check'] = ({ messages, transactions }) => {
  const failed = new Set(
    transactions
      .filter(
        ({ request, responses }) =>
          request.method === 'INVITE' && responses.some((each_) => statusOf(each_) >= 300),
      )
      .map(({ request }) => request.branch),
  );
  const own = messages.filter(
    ({ message, method, branch }) =>
      message.kind === 'request' &&
      method !== 'CANCEL' &&
      !(method === 'ACK' && failed.has(branch)),
  );
  const seen = new Map<string, string>();
  const broken = own.flatMap((traced) => {
    const what = `${traced.method} ${traced.sequence} ${traced.callId}`;
    const before = seen.get(traced.branch) ?? what;
    seen.set(traced.branch, what);
    return before === what ? [] : [`${lineOf(traced)}: the branch of another transaction`];
  });
  return { looked: own.length, broken };
};

const checkAnswered: SipRule['check'] = ({ transactions }) => {
  const looked = transactions.filter(({ request }) => request.method !== 'ACK');
  const missing = looked
    .filter(({ responses }) => !responses.some(isFinal))
    .map(({ request }) => `${lineOf(request)}: no final response`);
  return { looked: looked.length, broken: [], missing };
};

/** The ACK to the 2xx of an INVITE, on the connection that it came by. */
const acknowledgementOf = (
  { request, responses }: TracedTransaction,
  { messages }: SipTrace,
): TracedMessage | undefined => {
  const answer = responses.find(isSuccess);
  return messages.find(
    ({ method, message, callId, sequence, toTag, entry }) =>
      message.kind === 'request' &&
      method === 'ACK' &&
      entry.session === request.entry.session &&
      callId === request.callId &&
      sequence === request.sequence &&
      toTag === answer?.toTag,
  );
};

const checkAcknowledged: SipRule['check'] = (trace) => {
  const looked = trace.transactions.filter(
    ({ request, responses }) => request.method === 'INVITE' && responses.some(isSuccess),
  );
  const pairs = looked.map((transaction) => ({
    request: transaction.request,
    acknowledgement: acknowledgementOf(transaction, trace),
  }));
  return {
    looked: looked.length,
    broken: pairs.flatMap(({ request, acknowledgement }) =>
      acknowledgement?.branch === request.branch
        ? ['INVITE: the ACK to its 2xx has its branch']
        : [],
    ),
    missing: pairs.flatMap(({ acknowledgement }) =>
      acknowledgement ? [] : ['INVITE: no ACK to its 2xx with its CSeq number and tags'],
    ),
  };
};

/** The same request before it passed the proxy. */
const receivedOf = (passed: TracedMessage, { messages }: SipTrace): TracedMessage | undefined =>
  messages.find(
    (traced) =>
      traced.message.kind === 'request' &&
      traced.entry.session !== passed.entry.session &&
      traced.method === passed.method &&
      traced.callId === passed.callId &&
      traced.sequence === passed.sequence &&
      traced.fromTag === passed.fromTag &&
      valuesOf(traced.message, 'Via').length + 1 === valuesOf(passed.message, 'Via').length,
  );

const hopsOf = ({ message }: TracedMessage): number =>
  Number((header(message, 'Max-Forwards') ?? '').trim());

const checkPassedOn: SipRule['check'] = (trace) => {
  const pairs = trace.messages.flatMap((passed) => {
    const received = passed.message.kind === 'request' ? receivedOf(passed, trace) : undefined;
    return received ? [{ passed, received }] : [];
  });
  return {
    looked: pairs.length,
    broken: pairs.flatMap(({ passed, received }) =>
      hopsOf(passed) === hopsOf(received) - 1
        ? []
        : [`${lineOf(passed)}: Max-Forwards ${hopsOf(received)} became ${hopsOf(passed)}`],
    ),
  };
};

/** Rules about several messages. */
export const dialogRules: readonly SipRule[] = [
  {
    id: 'first-without-to-tag',
    clause: '8.1.1.2',
    level: 'must',
    title: 'a request outside a dialog has no To tag',
    check: (trace) =>
      each(
        ({ message, method }) =>
          message.kind === 'request' && (method === 'REGISTER' || method === 'INVITE'),
        (traced) =>
          traced.toTag === null || (traced.method === 'INVITE' && dialogOf(traced, trace))
            ? null
            : 'a To tag, and no dialog',
      )(trace),
  },
  {
    id: 'copied',
    clause: '8.2.6.2',
    level: 'must',
    title: 'responses repeat From, To, Call-ID, CSeq and Via of their request',
    check: eachTransaction(({ responses }) => responses.length > 0, judgeCopies),
  },
  {
    id: 'answered',
    clause: '8.2.7, 15.1.2, 17.2',
    level: 'must',
    title: 'every request but ACK gets a final response',
    check: checkAnswered,
  },
  {
    id: 'bye',
    clause: '15.1.2',
    level: 'should',
    title: 'a BYE within its dialog is answered with 200',
    check: eachTransaction(
      ({ request }) => request.method === 'BYE',
      ({ responses }) =>
        responses.every((response) => !isFinal(response) || statusOf(response) === 200)
          ? null
          : 'another answer',
    ),
  },
  {
    id: 'acknowledged',
    clause: '8.1.1.7, 13.2.2.4',
    level: 'must',
    title: 'a 2xx to an INVITE is acknowledged, with its CSeq number and a branch of its own',
    check: checkAcknowledged,
  },
  {
    id: 'inside-dialog',
    clause: '12.2.1.1',
    level: 'must',
    title: 'requests within a dialog have its tags, its remote target and its route set',
    check: (trace) => each(isInside, (traced) => judgeInside(traced, trace))(trace),
  },
  {
    id: 'record-route',
    clause: '12.1.1',
    level: 'must',
    title: 'the 2xx to an INVITE repeats its Record-Route',
    check: eachTransaction(
      ({ request, responses }) =>
        request.method === 'INVITE' &&
        responses.some(isSuccess) &&
        valuesOf(request.message, 'Record-Route').length > 0,
      ({ request, responses }) => {
        const wanted = valuesOf(request.message, 'Record-Route').join();
        const found = responses.filter(isSuccess);
        return found.every(({ message }) => valuesOf(message, 'Record-Route').join() === wanted)
          ? null
          : 'another Record-Route in its 2xx';
      },
    ),
  },
  {
    id: 'sequence',
    clause: '10.2, 12.2.1.1',
    level: 'must',
    title: 'the CSeq number grows by one within a dialog and from one registration to the next',
    check: checkSequences,
  },
  {
    id: 'branches',
    clause: '8.1.1.7',
    level: 'must',
    title: 'each transaction has a branch of its own',
    check: checkBranches,
  },
  {
    id: 'hops',
    clause: '16.6',
    level: 'must',
    title: 'the proxy lowers Max-Forwards by one',
    check: checkPassedOn,
  },
];
