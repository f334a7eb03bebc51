import { toBase64 } from '../../../reference/core/bytes.ts';
import {
  header,
  replaceHeader,
  withHeader,
  withoutHeader,
} from '../../../reference/core/sip/message/message.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { decodedHeader, sip } from '../../testing/altered-wire.ts';
import { callee } from '../activities/basic-call.ts';
import { authorityOf, certificatePem, foreignClient } from './forged.ts';
import { flipAt, info1, lost } from './lost-call.ts';

const headers: readonly JudgeCase[] = [
  ...(['X-CSL-Info1', 'X-CSL-Info2'] as const).map((name) =>
    failing(
      '6.2/exchange-headers',
      `no ${name} in the 200`,
      /the 200 lacks them/,
      sip('200 INVITE', 'both', (message) => withoutHeader(message, name)),
    ),
  ),
  failing(
    '6.2/exchange-headers',
    'a short X-CSL-Info1 in the INVITE',
    /the INVITE lacks them/,
    info1((bytes) => bytes.slice(0, 200)),
  ),
  failing(
    '6.2/exchange-headers',
    'no X-CSL-Info2 in the ACK',
    /the ACK lacks them/,
    sip('ACK', 'both', (message) => withoutHeader(message, 'X-CSL-Info2')),
  ),
  failing(
    '6.2/exchange-headers',
    'a public value changed for the callee',
    /reached the other side/,
    sip('INVITE', 'from', decodedHeader('X-CSL-Info1', flipAt(200))),
  ),
  ...lost('6.2/exchange-headers'),
  ...(['X-CSL-From', 'X-CSL-From-Chain'] as const).map((name) =>
    failing(
      '6.2/certificate-headers',
      `no ${name} in the 200`,
      /the 200 lacks them/,
      sip('200 INVITE', 'both', (message) => withoutHeader(message, name)),
    ),
  ),
  failing(
    '6.2/certificate-headers',
    'bytes that are no certificate as chain',
    /the INVITE lacks them/,
    sip(
      'INVITE',
      'both',
      decodedHeader('X-CSL-From-Chain', () => new Uint8Array(9)),
    ),
  ),
  failing('6.2/certificate-headers', 'the root as chain', /the 200 lacks them/, (evidence) =>
    sip(
      '200 INVITE',
      'both',
      decodedHeader('X-CSL-From-Chain', () => authorityOf(evidence, 'root')),
    )(evidence),
  ),
  failing('6.2/certificate-headers', 'a foreign certificate', /the 200 lacks them/, (evidence) =>
    sip(
      '200 INVITE',
      'both',
      decodedHeader('X-CSL-From', () => foreignClient(evidence, callee.number)),
    )(evidence),
  ),
  failing(
    '6.2/certificate-headers',
    'X-CSL-From twice',
    /the INVITE lacks them/,
    sip('INVITE', 'both', (message) =>
      withHeader(message, 'X-CSL-From', header(message, 'X-CSL-From') ?? ''),
    ),
  ),
  ...lost('6.2/certificate-headers'),
];

const form: readonly JudgeCase[] = [
  failing('6.1/call-form', 'PEM in one X-CSL-From', /another form/, (evidence) =>
    sip('200 INVITE', 'both', (message) =>
      replaceHeader(
        message,
        'X-CSL-From',
        certificatePem(foreignClient(evidence, callee.number)).replaceAll('\n', ' '),
      ),
    )(evidence),
  ),
  failing(
    '6.1/call-form',
    'base64 of something else as chain',
    /X-CSL-From-Chain is in another form/,
    sip('INVITE', 'both', (message) =>
      replaceHeader(message, 'X-CSL-From-Chain', toBase64(new Uint8Array(30))),
    ),
  ),
  undecided(
    '6.1/call-form',
    'no X-CSL-From',
    /no X-CSL-From in/,
    sip('INVITE', 'both', (message) => withoutHeader(message, 'X-CSL-From')),
  ),
  ...lost('6.1/call-form'),
];

/** Sections 6.1 and 6.2, the X-CSL headers. */
export const headerCases: readonly JudgeCase[] = [...headers, ...form];
