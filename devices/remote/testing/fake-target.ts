import { DeadlineError, type Appliance, type Phone, type Target } from '../../contract.ts';

/** A target that does at once what the tests of the protocol ask for by its arguments and by the variable FAKE_PART. */

const asked = process.env['FAKE_PART'];

const never = (): Promise<never> => new Promise(() => undefined);

/** By the number asked for: an answer, an error of each kind, or the end of the process in the middle of the call. */
const answers: Readonly<Record<string, () => Promise<string>>> = {
  unanswered: never,
  late: () => Promise.reject(new DeadlineError('no SMS within 5 ms')),
  wrong: () => Promise.reject(new TypeError('the number is no number')),
  killed: () => {
    process.kill(process.pid, 'SIGKILL');
    return never();
  },
  stray: () => {
    setImmediate(() => {
      throw new Error('the appliance lost its mind');
    });
    return never();
  },
};

/** A part that has whatever it is asked for. */
const claimingEverything = (part: Appliance): Appliance =>
  new Proxy(part, {
    get: (own, name) =>
      name === 'then' ? undefined : (Reflect.get(own, name) ?? (() => Promise.resolve('yes'))),
  });

const capabilitiesAsked = (): Appliance['capabilities'] => {
  if (asked === 'revoking') return new Set(['enrol', 'call', 'revoke']);
  // What is no capability comes over the wire all the same.
  return new Set(asked === 'inventing' ? JSON.parse('["enrol", "fly"]') : ['enrol', 'call']);
};

const appliance = (address: string): Appliance => ({
  capabilities: capabilitiesAsked(),
  revoke: () => Promise.resolve(),
  release: (number) => Promise.reject(new Error(`${number} is not blocked`)),
  describe: () =>
    Promise.resolve({
      sip: { host: address, port: 5061 },
      registration: { host: address, port: 443 },
      relay: { host: address, first: 1, last: 2 },
      trust: { root: 'r', clientAuthority: 'c', serverAuthority: 's' },
    }),
  readToken: (number, deadline) =>
    answers[number]?.() ?? Promise.resolve(`${number} within ${deadline}`),
  refusals: () => Promise.resolve([{ at: 1, code: 'sip/identity', detail: 'é\u0000' }]),
  stop: () => (asked === 'deaf' ? never() : Promise.resolve()),
});

const phone = (name: string): Phone => ({
  name,
  capabilities: new Set(asked === 'holding' ? ['hold', 'alter-stored-files'] : []),
  requestEnrolment: never,
  completeEnrolment: never,
  unlock: never,
  register: never,
  setAutoAnswer: never,
  dial: never,
  hangUp: never,
  hold: () => Promise.resolve(),
  resume: () => Promise.resolve(),
  waitForCall: never,
  waitForAudio: never,
  report: never,
  refusals: () => Promise.resolve([]),
  replaceStoredFile: () => Promise.resolve(),
  storedFiles: () => Promise.resolve([{ path: 'key', base64: 'A'.repeat(1_000_000) }]),
  tlsKeyLog: () => Promise.resolve([]),
  keyAgreementLog: () => Promise.resolve([]),
  mediaKeys: () => Promise.resolve([]),
  stop: () => Promise.resolve(),
});

export const target: Target = {
  name: 'fake',
  capabilities: new Set(['enrol', 'call']),
  codec: () => 'none',
  startAppliance(site) {
    if (asked === 'refuses') return Promise.reject(new Error('port 443 is taken; free it'));
    if (asked === 'silent') process.exit(7);
    const part = appliance(site.address('appliance'));
    return Promise.resolve(asked === 'everything' ? claimingEverything(part) : part);
  },
  startPhone: (_site, name, { sip }) =>
    sip.port === 5061
      ? Promise.resolve(phone(name))
      : Promise.reject(new Error('no such appliance')),
};
