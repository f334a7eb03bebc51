import { dhParametersPem, foreignPrimes, modpPrime } from '../../probe/testing/dh-parameters.ts';
import type { VerdictKind } from '../../../reports/model/verdict.ts';

/** Kinds of the verdicts on version, suite and modulus. */
type Kinds = readonly [VerdictKind, VerdictKind, VerdictKind];

/** One configuration of `openssl s_server` and `openssl s_client`, and what its capture must say. */
export interface OpensslRow {
  readonly name: string;
  readonly server: string;
  readonly client: string;
  /** Where more than one connection is made, or more than a line is sent: what is piped into each client, and its own options. */
  readonly connections?: readonly { readonly input: string; readonly options?: string }[];
  readonly kinds: Kinds;
  /** What the server chose, as tshark prints it: version, suite, bytes of p; nothing where no ServerHello came. */
  readonly chosen: readonly string[];
}

const weak = '@SECLEVEL=0';
const line = `printf 'hello\\n'`;
const exact = '-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384';
const group = (file: string): string =>
  `-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384${weak} -dhparam ${file}`;
const one = (cipher: string): string => `-tls1_2 -cipher ${cipher}${weak}`;

const row = (
  name: string,
  server: string,
  kinds: Kinds,
  chosen: string,
  client = server.replace(/ -(dhparam \S+|nocert|client_renegotiation)/g, ''),
): OpensslRow => ({ name, server, client, kinds, chosen: chosen === '' ? [] : [chosen] });

const allFail: Kinds = ['fail', 'fail', 'fail'];
const unknown: Kinds = ['inconclusive', 'inconclusive', 'inconclusive'];

/** Configurations; those with `-dhparam` name one of `parameterFiles`. OpenSSL 3 makes 768-bit parameters but no server with them. */
export const opensslRows: readonly OpensslRow[] = [
  row('the exact profile', exact, ['pass', 'pass', 'pass'], '0x0303 0x009f 256'),
  row(
    'TLS 1.0',
    `-tls1 -cipher DHE-RSA-AES256-SHA${weak}`,
    ['fail', 'fail', 'pass'],
    '0x0301 0x0039 256',
  ),
  row(
    'TLS 1.1',
    `-tls1_1 -cipher DHE-RSA-AES256-SHA${weak}`,
    ['fail', 'fail', 'pass'],
    '0x0302 0x0039 256',
  ),
  row('TLS 1.3', '-tls1_3 -groups X25519', allFail, '0x0304 0x1302 '),
  row(
    'TLS 1.3 over ffdhe2048',
    '-tls1_3 -groups ffdhe2048',
    ['fail', 'fail', 'pass'],
    '0x0304 0x1302 ',
  ),
  row(
    'AES-128-GCM',
    one('DHE-RSA-AES128-GCM-SHA256'),
    ['pass', 'fail', 'pass'],
    '0x0303 0x009e 256',
  ),
  row('AES-256-CBC', one('DHE-RSA-AES256-SHA256'), ['pass', 'fail', 'pass'], '0x0303 0x006b 256'),
  row('ChaCha20', one('DHE-RSA-CHACHA20-POLY1305'), ['pass', 'fail', 'pass'], '0x0303 0xccaa 256'),
  row('ECDHE', one('ECDHE-RSA-AES256-GCM-SHA384'), ['pass', 'fail', 'fail'], '0x0303 0xc030 '),
  row('RSA key exchange', one('AES256-GCM-SHA384'), ['pass', 'fail', 'fail'], '0x0303 0x009d '),
  row(
    'anonymous Diffie-Hellman',
    `${one('ADH-AES128-GCM-SHA256')} -dhparam 2048.pem -nocert`,
    ['pass', 'fail', 'pass'],
    '0x0303 0x00a6 256',
  ),
  row('DH 1024', group('1024.pem'), ['pass', 'pass', 'fail'], '0x0303 0x009f 128'),
  row(
    'DH 2048 of no published group',
    group('foreign.pem'),
    ['pass', 'pass', 'warn'],
    '0x0303 0x009f 256',
  ),
  row('DH 3072', group('3072.pem'), ['pass', 'pass', 'fail'], '0x0303 0x009f 384'),
  row('DH 4096', group('4096.pem'), ['pass', 'pass', 'fail'], '0x0303 0x009f 512'),
  {
    ...row('a resumed session', exact, ['pass', 'pass', 'inconclusive'], ''),
    connections: [
      { input: line, options: '-sess_out session.pem' },
      { input: line, options: '-sess_in session.pem' },
    ],
    chosen: ['0x0303 0x009f 256', '0x0303 0x009f '],
  },
  {
    ...row(
      'a renegotiated session',
      `${exact} -client_renegotiation`,
      unknown,
      '0x0303 0x009f 256',
      exact,
    ),
    connections: [{ input: `{ sleep 0.1; printf 'R\\n'; sleep 0.2; ${line}; sleep 0.1; }` }],
  },
  row('a refused handshake', exact, unknown, '', one('ECDHE-RSA-AES128-GCM-SHA256')),
  row('a refused version', exact, unknown, '', '-tls1_3'),
  {
    ...row(
      'a refused handshake beside a good session',
      exact,
      ['pass', 'pass', 'pass'],
      '0x0303 0x009f 256',
      '',
    ),
    connections: [
      { input: line, options: one('ECDHE-RSA-AES128-GCM-SHA256') },
      { input: line, options: exact },
    ],
  },
  {
    ...row(
      'one bad session among good ones',
      `-tls1_2 -cipher ALL${weak}`,
      ['pass', 'fail', 'pass'],
      '',
      '',
    ),
    connections: [
      { input: line, options: exact },
      { input: line, options: one('DHE-RSA-AES128-GCM-SHA256') },
      { input: line, options: exact },
    ],
    chosen: ['0x0303 0x009f 256', '0x0303 0x009e 256', '0x0303 0x009f 256'],
  },
];

/** Parameters that rows name, by their files. */
export const parameterFiles: Readonly<Record<string, string>> = {
  '1024.pem': dhParametersPem(foreignPrimes[1024]),
  'foreign.pem': dhParametersPem(foreignPrimes[2048]),
  '2048.pem': dhParametersPem(modpPrime(14)),
  '3072.pem': dhParametersPem(modpPrime(15)),
  '4096.pem': dhParametersPem(modpPrime(16)),
};

/** The shell script that plays a row on a port. */
export const scriptOf = ({ server, client, connections }: OpensslRow, port: number): string => {
  const all = connections ?? [{ input: line }];
  const certificate = server.includes('-nocert') ? '' : '-cert server.crt -key server.key';
  return [
    `timeout 10 openssl s_server -accept 127.0.0.1:${port} -naccept ${all.length} -rev ${certificate} ${server} >/dev/null 2>>errors &`,
    `listening ${port}`,
    ...all.map(
      ({ input, options = '' }) =>
        `${input} | timeout 5 openssl s_client -connect 127.0.0.1:${port} ${client} ${options} >/dev/null 2>>errors`,
    ),
    'wait',
  ].join('\n');
};
