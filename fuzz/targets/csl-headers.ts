import { toBase64, utf8 } from '../../reference/core/bytes.ts';
import { encodeInfo1, encodeInfo2 } from '../../reference/core/csl/info.ts';
import { readMessage, type CslMessage } from '../../reference/core/csl/message.ts';
import { headerCases, headersOf, kindOf, type HeaderCase } from '../generators/csl-header-cases.ts';
import { demand, sameBytes } from '../properties.ts';
import type { FuzzTarget } from '../target.ts';
import { modelMessage, type ModelledMessage } from '../models/csl-headers.ts';

const none = new Uint8Array();

const sameFaults = (model: ModelledMessage, read: CslMessage): void =>
  demand(
    'differential: the model of I-2',
    model.faults.size === read.faults.size &&
      [...model.faults].every((code) => (read.faults as ReadonlySet<string>).has(code)),
    [...model.faults].toSorted().join(' ') || 'no fault',
    () => [...read.faults].toSorted().join(' ') || 'no fault',
  );

const sameOctets = (
  name: string,
  { values }: ModelledMessage,
  observed: Uint8Array | undefined,
): void => {
  const expected = values.get(name);
  demand(
    'differential: base64 digit by digit',
    (expected === undefined) === (observed === undefined),
    `${name} ${expected === undefined ? 'refused' : 'decoded'}`,
    () => (observed === undefined ? 'refused' : 'decoded'),
  );
  if (expected && observed) sameBytes('differential: base64 digit by digit', expected, observed);
};

/** One value, one encoding: what was decoded encodes to the text that was received, by Buffer's own encoder. */
const isCanonical = (
  { texts }: ModelledMessage,
  observed: Uint8Array | undefined,
  name: string,
): void => {
  if (observed === undefined) return;
  const [text, written] = [texts.get(name), toBase64(observed)];
  demand('canonical', written === text, text ?? 'nothing', () => written);
};

/** The fields written again give the octets received; times from 2^53 on are refused as too far off, not read exactly. */
const roundTrip = (model: ModelledMessage, read: CslMessage): void => {
  const { info1, info1Bytes, info2 } = read;
  if (info1 && info1Bytes && info1.time < 2 ** 53)
    sameBytes('round trip: X-CSL-Info1', info1Bytes, encodeInfo1(info1));
  if (!info2) return;
  const kind = info2.tag === undefined ? 'offer' : info2.signature ? 'answer' : 'confirmation';
  const encoded = encodeInfo2(kind, info2.signature ?? none, info2.tag ?? none);
  sameBytes('round trip: X-CSL-Info2', model.values.get('x-csl-info2') ?? none, encoded);
};

/** The X-CSL headers of a message; `parser` is {@link readMessage} but for tests of what a wrong one would be caught by. */
export const cslHeadersTarget = (
  parser: typeof readMessage = readMessage,
): FuzzTarget<HeaderCase> => ({
  name: 'csl-headers',
  parsers: [
    'reference/core/csl/message.ts#readMessage',
    'reference/core/csl/headers.ts#decodeHeader',
    'reference/core/csl/info.ts#decodeInfo1',
    'reference/core/csl/info.ts#decodeInfo2',
  ],
  cases: headerCases,
  check(made) {
    const headers = headersOf(made);
    const kind = kindOf(made);
    const read = parser(headers, kind);
    const model = modelMessage(headers, kind);
    sameFaults(model, read);
    sameOctets('x-csl-from', model, read.certificate);
    sameOctets('x-csl-from-chain', model, read.chain);
    sameOctets('x-csl-info1', model, read.info1Bytes);
    isCanonical(model, read.info1Bytes, 'x-csl-info1');
    isCanonical(model, read.certificate, 'x-csl-from');
    if (read.faults.size > 0) return [...read.faults];
    roundTrip(model, read);
    return 'ok';
  },
  reaches: [
    'ok',
    'headers-absent',
    'headers-repeated',
    'headers-unknown',
    'headers-folded',
    'headers-joined',
    'base64',
    'value-length',
    'info1-length',
    'info1-version',
    'group',
    'info2-length',
    'info2-version',
    'info2-parts',
  ],
  file: (made) => ({
    extension: 'json',
    bytes: utf8(`${JSON.stringify({ kind: kindOf(made), headers: headersOf(made) }, null, 2)}\n`),
  }),
  limit: 100,
});

/** The X-CSL headers of a message as the phone reads them. */
export const cslHeaders = cslHeadersTarget();
