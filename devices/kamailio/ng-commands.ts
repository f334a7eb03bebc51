import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { fromLatin1, latin1 } from '../../reference/core/bytes.ts';
import { fault, ok, type Result } from '../../reference/core/result.ts';
import { makeRequest, makeResponse } from '../../reference/core/sip/message/message.ts';
import type { BodyContext } from '../../reference/core/sip/proxy/registrar-proxy.ts';
import type { Relay } from '../../reference/appliance/relay/relay.ts';
import type { MediaPath } from '../../reference/appliance/signalling/media-path.ts';
import { isDictionary, type BencodeDictionary, type BencodeValue } from './bencode.ts';

/** What commands act on. */
export interface NgCommands {
  readonly relay: Relay;
  /** Leads descriptions through the relay, as it does for the embedded signalling. */
  readonly path: MediaPath;
  /** What only the appliance's own engine knows. */
  readonly token: string;
}

const refused = (reason: string): BencodeDictionary =>
  new Map([
    ['result', 'error'],
    ['error-reason', reason],
  ]);

const done = (more: readonly (readonly [string, BencodeValue])[] = []): BencodeDictionary =>
  new Map<string, BencodeValue>([['result', 'ok'], ...more]);

const textOf = (request: BencodeDictionary, key: string): string => {
  const value = request.get(key);
  return typeof value === 'string' ? value : '';
};

const isOwnEngine = (request: BencodeDictionary, token: string): boolean => {
  const given = fromLatin1(textOf(request, 'engine'));
  const expected = fromLatin1(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
};

/** Address of the connection that a description came over: `received-from` is its family and itself. */
const addressOf = (request: BencodeDictionary): string => {
  const from = request.get('received-from');
  if (from === undefined || typeof from !== 'object' || isDictionary(from)) return '';
  const [, address = ''] = from;
  return typeof address === 'string' && isIP(address) !== 0 ? address : '';
};

/** A description as the media path takes it, by the number of its sender's certificate and the address of its connection. */
const contextOf = (request: BencodeDictionary, isOffer: boolean): Result<BodyContext> => {
  const callId = textOf(request, 'call-id');
  const number = textOf(request, 'sender');
  const address = addressOf(request);
  const body = fromLatin1(textOf(request, 'sdp'));
  const missing = Object.entries({ callId, number, address, body }).find(
    ([, value]) => value.length === 0,
  );
  if (missing) return fault('incomplete', -1, `no ${missing[0]}`);
  if (isOffer) {
    const message = makeRequest('INVITE', 'sip:offer', [], body);
    const from = { fromNumber: number, fromAddress: address };
    const to = { toNumber: textOf(request, 'peer'), toAddress: '' };
    return ok({ callId, direction: 'offer', ...from, ...to, message });
  }
  const status = Number(/^[1-6][0-9]{2}$/.exec(textOf(request, 'status'))?.[0] ?? 0);
  if (status === 0) return fault('incomplete', -1, 'no status');
  const message = makeResponse(status, 'Answer', [], body);
  const to = { toNumber: number, toAddress: address };
  return ok({ callId, direction: 'answer', fromNumber: '', fromAddress: '', ...to, message });
};

const lead = ({ relay, path }: NgCommands, request: BencodeDictionary): BencodeDictionary => {
  const isOffer = textOf(request, 'command') === 'offer';
  const context = contextOf(request, isOffer);
  if (!context.ok) return refused(`${context.error.code}: ${context.error.detail ?? ''}`);
  const { callId } = context.value;
  const isKnown = relay.call(callId) !== null;
  if (!isOffer && !isKnown) return refused('unknown-call');
  const led = path.rewriteBody(context.value);
  if (led.ok && led.value !== undefined) return done([['sdp', latin1(led.value)]]);
  // Nobody says that a call that never began is over.
  if (!isKnown) void path.end(callId);
  return refused(led.ok ? 'no-description' : led.error.code);
};

/** Answers one request of the ng protocol: `ping`, `offer`, `answer` and `delete`, the last three of the own engine alone; total. */
export const answerNg = (commands: NgCommands, request: BencodeDictionary): BencodeDictionary => {
  const command = textOf(request, 'command');
  if (command === 'ping') return new Map([['result', 'pong']]);
  if (!isOwnEngine(request, commands.token)) return refused('not-own-engine');
  if (command === 'offer' || command === 'answer') return lead(commands, request);
  if (command !== 'delete') return refused('unknown-command');
  const callId = textOf(request, 'call-id');
  if (callId === '') return refused('incomplete: no callId');
  void commands.path.end(callId);
  return done();
};
