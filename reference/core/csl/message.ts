import { parseCertificate, type Certificate } from '../pki/certificate.ts';
import { fault, type Fault, type Result } from '../result.ts';
import type { MediaDescription } from '../sdp/media.ts';
import { decodeHeader, headerFaults, type HeaderList, type MessageKind } from './headers.ts';
import {
  decodeInfo1,
  decodeInfo2,
  formatVersion,
  groupNumber,
  partsOf,
  type Info1,
  type Info2,
} from './info.ts';
import type { FormatRefusal } from './refusal.ts';

/** An INVITE or a 200 as received. */
export interface ReceivedMessage {
  /** All headers, names and raw values, so that absent, repeated, further, folded and joined ones are seen. */
  readonly headers: HeaderList;
  readonly callId: string;
  /** User parts of From and To, as received: nothing unescaped. */
  readonly fromUser: string;
  readonly toUser: string;
  readonly media: Result<MediaDescription>;
}

/** The X-CSL headers of one message, decoded as far as they can be, and everything that is wrong with their format. */
export interface CslMessage {
  readonly faults: ReadonlySet<FormatRefusal>;
  /** Decoded X-CSL-From and X-CSL-From-Chain. */
  readonly certificate?: Uint8Array;
  readonly chain?: Uint8Array;
  /** The bytes of X-CSL-Info1, as signed. */
  readonly info1Bytes?: Uint8Array;
  readonly info1?: Info1;
  readonly info2?: Info2;
}

const valueOf = <Code extends FormatRefusal>(
  result: Result<Uint8Array, Fault<Code>>,
  faults: Set<FormatRefusal>,
): Uint8Array | undefined => {
  if (result.ok) return result.value;
  faults.add(result.error.code);
  return undefined;
};

const addInfo1Faults = (info1: Info1 | undefined, faults: Set<FormatRefusal>): void => {
  if (!info1) faults.add('info1-length');
  if (info1 && info1.version !== formatVersion) faults.add('info1-version');
  if (info1 && info1.group !== groupNumber) faults.add('group');
};

const addInfo2Faults = (
  info2: Info2 | undefined,
  kind: MessageKind,
  faults: Set<FormatRefusal>,
): void => {
  if (!info2) faults.add('info2-length');
  if (info2 && info2.version !== formatVersion) faults.add('info2-version');
  if (info2 && info2.parts !== partsOf(kind)) faults.add('info2-parts');
};

/** Decodes the X-CSL headers of a message; total. */
export const readMessage = (
  headers: HeaderList,
  kind: MessageKind,
  decode: typeof decodeInfo1 = decodeInfo1,
): CslMessage => {
  const faults = new Set(headerFaults(headers, kind));
  const info2Bytes = valueOf(decodeHeader(headers, 'X-CSL-Info2'), faults);
  const info2 = info2Bytes && decodeInfo2(info2Bytes, kind);
  addInfo2Faults(info2, kind, faults);
  if (kind === 'confirmation') return { faults, ...(info2 && { info2 }) };
  const certificate = valueOf(decodeHeader(headers, 'X-CSL-From'), faults);
  const chain = valueOf(decodeHeader(headers, 'X-CSL-From-Chain'), faults);
  const info1Bytes = valueOf(decodeHeader(headers, 'X-CSL-Info1'), faults);
  const info1 = info1Bytes && decode(info1Bytes);
  addInfo1Faults(info1, faults);
  return {
    faults,
    ...(certificate && { certificate }),
    ...(chain && { chain }),
    ...(info1Bytes && { info1Bytes }),
    ...(info1 && { info1 }),
    ...(info2 && { info2 }),
  };
};

/** The certificate that a message claims, before anything about it is checked: to ask for its revocation status. */
export const peekCertificate = (headers: HeaderList): Result<Certificate> => {
  const der = decodeHeader(headers, 'X-CSL-From');
  return der.ok ? parseCertificate(der.value) : fault(der.error.code, der.error.offset);
};
