import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { z } from 'zod';
import { latin1 } from '../../../reference/core/bytes.ts';
import { certificatesOf, exactTlsProfile } from '../../../simulators/attackers/enrolment-client.ts';
import {
  boundlessRequest,
  deepRequest,
  rightRequest,
} from '../../../simulators/attackers/enrolment-requests.ts';
import type { EnrolmentQuestion } from '../../../simulators/attackers/enrolment-session.ts';
import type { inputsSchema } from './enrolment-evidence.ts';
import { ask, numberOf, statusOf, type Visit } from './enrolment-visits.ts';

/** Milliseconds for an answer in clear. */
const clearDeadlineMs = 500;

/** Connections that say their request slowly. */
const slowConnections = 12;

const path = '/v1/enrolments';

/** Numbers used here: one for each control, and one that injected input is made of. */
const numbers = { controls: [80, 81, 82], input: numberOf(83), another: numberOf(84) } as const;

type Input = readonly [name: string, question: EnrolmentQuestion, tolerable?: boolean];

const withNumber = (csr: string, number: unknown): EnrolmentQuestion => ({
  path,
  body: { number, csr },
});

const numberInputs = (csr: string): readonly Input[] =>
  (
    [
      ['number-line-break', `${numbers.input}\r\nTo: ${numbers.another}`],
      ['number-two', `${numbers.input},${numbers.another}`],
      ['number-nul', `${numbers.input}\0`],
      ['number-sql', `${numbers.input}' OR '1'='1`],
      ['number-list', [numbers.input, numbers.another]],
      ['number-object', { $gt: '' }],
      ['number-long', `+${'3'.repeat(20_000)}`],
      ['number-shell', '$(reboot)'],
      ['number-none', null],
    ] as const
  ).map(([name, number]) => [name, withNumber(csr, number)] as const);

const requestInputs = (csr: string): readonly Input[] => [
  ['request-bomb', withNumber(csr.repeat(8), numbers.input)],
  ['request-large', withNumber(`${csr}${'A'.repeat(9_000)}`, numbers.input)],
  ['request-deep', withNumber(deepRequest(), numbers.input)],
  ['request-boundless', withNumber(boundlessRequest(), numbers.input)],
  ['request-none', withNumber('', numbers.input)],
];

const bodyInputs = (csr: string): readonly Input[] => {
  const right = JSON.stringify({ number: numbers.input, csr });
  return [
    ['body-none', { path }],
    ['body-no-json', { path, body: '{"number":' }],
    ['body-deep', { path, body: `${'['.repeat(7_000)}${']'.repeat(7_000)}` }],
    ['body-huge', { path, body: `{"number":"${'3'.repeat(1_000_000)}"}` }],
    ['body-prototype', { path, body: '{"__proto__":{"number":"+33639980383"}}' }],
    ['body-of-text', { path, body: right, headers: { 'content-type': 'text/plain' } }],
    [
      'body-of-form',
      {
        path,
        body: `number=${numbers.input}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    ],
    [
      'body-compressed',
      { path, body: new Uint8Array(64), headers: { 'content-encoding': 'gzip' } },
    ],
  ];
};

const httpInputs: readonly Input[] = [
  ...['GET', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS'].map(
    (method) => [`method-${method.toLowerCase()}`, { method, path }] as const,
  ),
  [
    'path-parent',
    { path: '/v1/enrolments/..%2f..%2fetc%2fpasswd/certificate', body: { token: '000000' } },
  ],
  ['path-double', { path: '/v1//enrolments//certificate', body: { token: '000000' } }],
  ['path-encoded', { path: '/v1/enrolments/%00/certificate', body: { token: '000000' } }],
  ['head-large', { path, body: {}, headers: { 'x-filler': 'a'.repeat(20_000) } }],
];

const hostInput = (csr: string): Input => [
  'host-other',
  { path, body: { number: numbers.input, csr }, headers: { host: 'another.invalid' } },
  true,
];

/** A right request in clear, on the port of HTTPS: the first line of the answer, or how it ended. */
const inClear = ({ at }: Visit, csr: string): Promise<string> =>
  new Promise((resolve) => {
    const { host, port } = at.registration;
    const body = JSON.stringify({ number: numbers.input, csr });
    const socket = connectTcp({ host, port });
    const finish = (how: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(how);
    };
    const timer = setTimeout(() => finish('deadline'), clearDeadlineMs);
    socket.once('connect', () =>
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    );
    socket.once('data', (chunk) => {
      const [line = ''] = latin1(chunk).split('\r\n');
      finish(/^HTTP\/1\.[01] \d{3}/.test(line) ? line : 'closed');
    });
    socket.on('error', () => finish('closed'));
    socket.on('close', () => finish('closed'));
  });

/** Connections that begin a request and do not end it. */
const holdSlow = async ({ at }: Visit): Promise<readonly TLSSocket[]> => {
  const { host, port } = at.registration;
  const ca = [at.trust.root, at.trust.serverAuthority];
  const sockets = Array.from({ length: slowConnections }, () =>
    connectTls({ ...exactTlsProfile, host, port, ca }),
  );
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.once('secureConnect', () => {
            socket.write(`POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 900\r\n`);
            resolve();
          });
          socket.on('error', () => resolve());
          socket.once('close', () => resolve());
        }),
    ),
  );
  return sockets;
};

const control = async (visit: Visit, index: number): Promise<number | string> => {
  const number = numberOf(numbers.controls[index] ?? 0);
  return statusOf((await ask(visit, number, rightRequest.make(number, visit.means))).outcome);
};

/** Input that no phone sends, with a right request before, meanwhile and after (catalogue E11). */
export const tryInputs = async (visit: Visit): Promise<z.infer<typeof inputsSchema>> => {
  const csr = rightRequest.make(numbers.input, visit.means);
  const before = await control(visit, 0);
  const given: readonly Input[] = [
    ...numberInputs(csr),
    ...requestInputs(csr),
    ...bodyInputs(csr),
    ...httpInputs,
    hostInput(csr),
  ];
  const inputs = [];
  for (const [name, question, tolerable = false] of given) {
    const { outcome } = await visit.session.ask(question);
    const certificates = certificatesOf(outcome).length;
    inputs.push({ name, tolerable, status: statusOf(outcome), certificates });
  }
  const clear = await inClear(visit, csr);
  inputs.push({ name: 'in-clear', tolerable: false, status: clear, certificates: 0 });
  const slow = await holdSlow(visit);
  try {
    const whileSlow = await control(visit, 1);
    return { before, whileSlow, after: await control(visit, 2), inputs };
  } finally {
    for (const socket of slow) socket.destroy();
  }
};
