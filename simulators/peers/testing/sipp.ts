import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeaderPairs } from '../../attackers/csl-exchange.ts';
import { startProgram, type PeerProgram } from './program.ts';
import type { Tunnel } from './stunnel.ts';

/** Whom SIPp plays, and whom it calls. */
export interface SippCall {
  readonly own: string;
  readonly peer: string;
  /** The SIP domain: host of the appliance. */
  readonly domain: string;
  readonly callId: string;
  /** Session description of SIPp's side. */
  readonly sdp: string;
}

/** A run of SIPp. */
export interface Sipp {
  readonly program: PeerProgram;
  /** Every message that it sent and received so far, in order. */
  messages(): readonly string[];
}

const expected = (status: number, more = ''): string => `<recv response="${status}"${more}/>`;
const send = (lines: readonly string[], body = '', more = ''): string =>
  `<send${more}><![CDATA[\n${[...lines, 'Content-Length: [len]', '', body].join('\n')}\n]]></send>`;
const scenario = (name: string, steps: readonly string[]): string =>
  `<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="${name}">\n${steps.join('\n')}\n</scenario>\n`;

/** Values of the injection file by name: SIPp puts them where their brackets stand. */
const [own, peer, domain] = ['[field0]', '[field1]', '[field2]'];
const contact = `Contact: <sip:${own}@[local_ip]:[local_port];transport=tls>`;

const requestHead = (method: string, uri: string, to: string, sequence: number) => [
  `${method} ${uri} SIP/2.0`,
  'Via: SIP/2.0/TLS [local_ip]:[local_port];branch=[branch];rport',
  'Max-Forwards: 70',
  `From: <sip:${own}@${domain}>;tag=[pid]SIPp[call_number]`,
  `To: ${to}`,
  'Call-ID: [call_id]',
  `CSeq: ${sequence} ${method}`,
];

const registers = [
  send([
    ...requestHead('REGISTER', `sip:${domain};transport=tls`, `<sip:${own}@${domain}>`, 1),
    contact,
    'Expires: 600',
  ]),
  expected(200),
];

const answered = (status: string, more: readonly string[], body = ''): string =>
  send(
    [
      `SIP/2.0 ${status}`,
      '[last_Via:]',
      '[last_Record-Route:]',
      '[last_From:]',
      '[last_To:];tag=[pid]SIPp[call_number]',
      '[last_Call-ID:]',
      '[last_CSeq:]',
      ...more,
    ],
    body,
  );

const okToBye = send([
  'SIP/2.0 200 OK',
  '[last_Via:]',
  '[last_From:]',
  '[last_To:]',
  '[last_Call-ID:]',
  '[last_CSeq:]',
]);

const sdpHeader = 'Content-Type: application/sdp';

/** INVITE with the X-CSL headers of the injection file, and what may come before its answer. */
const invites = ({ sdp }: SippCall, headers: HeaderPairs): readonly string[] => [
  send(
    [
      ...requestHead('INVITE', `sip:${peer}@${domain};transport=tls`, `<sip:${peer}@${domain}>`, 2),
      contact,
      ...headers.map(([name], index) => `${name}: [field${index + 3}]`),
      sdpHeader,
    ],
    sdp,
  ),
  expected(100, ' optional="true"'),
  expected(180, ' optional="true"'),
];

const acknowledges = (uri: string, more: readonly string[]): string =>
  send([...requestHead('ACK', uri, `<sip:${peer}@${domain}>[peer_tag_param]`, 2), ...more]);

/** Registers, calls, acknowledges as SIPp would any 200, and waits for the BYE. */
const answeredScenario = (call: SippCall, headers: HeaderPairs): string =>
  scenario('answered', [
    ...registers,
    ...invites(call, headers),
    expected(200, ' rrs="true"'),
    acknowledges('[next_url]', ['[routes]']),
    '<recv request="BYE"/>',
    okToBye,
  ]);

/** Registers, calls, and is refused; the ACK is of the INVITE's transaction (RFC 3261 section 17.1.1.3). */
const refusedScenario = (call: SippCall, status: number): string =>
  scenario('refused', [
    ...registers,
    ...invites(call, []),
    expected(status),
    acknowledges(`sip:${peer}@${domain};transport=tls`, []).replace('[branch]', '[branch-4]'),
  ]);

/** Registers, and stays. */
const waitingScenario = scenario('registered', [...registers, '<pause milliseconds="60000"/>']);

/** Answers a call without X-CSL headers, of which SIPp knows nothing. */
const calleeScenario = ({ own: number, sdp }: SippCall): string => {
  const ownContact = `Contact: <sip:${number}@[local_ip]:[local_port];transport=tls>`;
  return scenario('callee', [
    '<recv request="INVITE"/>',
    answered('180 Ringing', [ownContact]),
    answered('200 OK', [ownContact, sdpHeader], sdp),
    '<recv request="ACK"/>',
    '<recv request="BYE"/>',
    okToBye,
  ]);
};

const start = async (
  folder: string,
  tunnel: Tunnel,
  call: SippCall,
  headers: HeaderPairs,
  files: Readonly<Record<string, string>>,
  scenarios: readonly string[],
): Promise<Sipp> => {
  const values = [call.own, call.peer, call.domain, ...headers.map(([, value]) => value)];
  const texts = { ...files, 'values.csv': `SEQUENTIAL\n${values.join(';')};\n` };
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
  const log = join(folder, 'messages.log');
  const options: Readonly<Record<string, string>> = {
    '-i': '127.0.0.1',
    '-t': 't1',
    '-m': '1',
    '-inf': 'values.csv',
    '-cid_str': call.callId,
    '-recv_timeout': '15000',
    '-message_file': log,
  };
  const words = [`127.0.0.1:${tunnel.port}`, '-nostdin', '-trace_msg', ...Object.entries(options)];
  const program = startProgram('sipp', [...words.flat(), ...scenarios], folder);
  return {
    program,
    // Each stands behind a line of hyphens with the time, and one that says how long it is and which way it went.
    messages: () =>
      (existsSync(log) ? readFileSync(log, 'latin1') : '')
        .split(/^-{20,}.*\n.*\n\r?\n/m)
        .filter((text) => text.includes('SIP/2.0')),
  };
};

/** SIPp registers and calls once; ends by itself, with 0 if everything came as in a call that is answered, and ended by the other. */
export const sippCalls = (
  folder: string,
  tunnel: Tunnel,
  call: SippCall,
  headers: HeaderPairs,
): Promise<Sipp> => {
  const files = { 'answered.xml': answeredScenario(call, headers) };
  return start(folder, tunnel, call, headers, files, ['-sf', 'answered.xml']);
};

/** SIPp registers and calls without X-CSL headers; ends by itself, with 0 if it was refused with this status. */
export const sippIsRefused = (
  folder: string,
  tunnel: Tunnel,
  call: SippCall,
  status: number,
): Promise<Sipp> => {
  const files = { 'refused.xml': refusedScenario(call, status) };
  return start(folder, tunnel, call, [], files, ['-sf', 'refused.xml']);
};

/** SIPp registers and answers what comes, until it is stopped. */
export const sippAnswers = (folder: string, tunnel: Tunnel, call: SippCall): Promise<Sipp> => {
  const files = { 'registered.xml': waitingScenario, 'callee.xml': calleeScenario(call) };
  return start(folder, tunnel, call, [], files, ['-sf', 'registered.xml', '-oocsf', 'callee.xml']);
};
