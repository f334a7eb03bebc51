import { withJson, type Alteration } from '../../testing/altered.ts';
import { failing, tolerated, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import {
  requestAttemptsSchema,
  requestsActivity,
  swappedSchema,
} from '../activities/enrolment-evidence.ts';
import { missing, named } from './enrolment-alterations.ts';

const wishes = 'attacks/E6/wishes';

type Requests = (typeof requestAttemptsSchema)['_output'];
const inRequests = (change: (all: Requests) => unknown): Alteration =>
  withJson(requestsActivity, 'requests.json', requestAttemptsSchema, change);

const givenTo = (name: string) =>
  inRequests((all) => {
    const control = all.find(({ kind }) => kind === 'right');
    return named(name, { request: 202, certificate: 201, given: control?.given ?? null })(all);
  });

/** The certificate of one request in place of that of another of the same number and key. */
const controlWith = (change: Partial<Requests[number]>): Alteration =>
  inRequests((all) => all.map((each) => (each.kind === 'right' ? { ...each, ...change } : each)));

const issuing = (id: string, names: readonly string[]): readonly JudgeCase[] => {
  const [name = ''] = names;
  return [
    ...names.map((each) =>
      failing(
        id,
        `a certificate for "${each}" that is not of its key and number`,
        /a certificate was given|decided what is in/,
        givenTo(each),
      ),
    ),
    undecided(id, `"${name}" not asked`, /was not asked/, inRequests(named(name, null))),
    undecided(
      id,
      `"${name}" answered by 429`,
      /was not refused for what it is/,
      inRequests(named(name, { request: 429, certificate: null, given: null })),
    ),
    ...(id === wishes
      ? []
      : [
          undecided(
            id,
            `"${name}" refused for another reason`,
            /was not refused for what it is/,
            inRequests(named(name, { refusals: ['http/bad-request'] })),
          ),
        ]),
    undecided(id, 'a control without a certificate', /the control/, controlWith({ given: null })),
    undecided(
      id,
      'a control with a certificate of another key',
      /the control/,
      controlWith({ publicKey: '' }),
    ),
    undecided(
      id,
      'no control',
      /the control/,
      inRequests((all) => all.slice(1, -1)),
    ),
    ...missing(id, requestsActivity, 'requests.json'),
  ];
};

const issuingCases: readonly JudgeCase[] = [
  ...issuing(wishes, ['authority', 'alternative-name', 'identifier-of-another', 'further-names']),
  failing(
    wishes,
    'a certificate that is no canonical one',
    /no canonical certificate/,
    inRequests(named('authority', { given: { certificate: 'MAA=' } })),
  ),
  tolerated(
    wishes,
    'a request refused for what it asks',
    /served/,
    inRequests(named('authority', { request: 400, certificate: null, given: null })),
  ),
  ...issuing('attacks/E7/proof-of-possession', [
    'signature-altered',
    'signed-by-another-key',
    'not-signed',
    'name-of-another',
    'name-twice',
  ]),
  tolerated(
    'attacks/E7/proof-of-possession',
    'a request that is refused with its token',
    /signature-altered: 202/,
    inRequests(named('signature-altered', { request: 202, certificate: 400, given: null })),
  ),
  ...issuing('attacks/E8/weak-keys', ['rsa-1024', 'roca', 'close-primes', 'certified-key']),
];

type Swaps = (typeof swappedSchema)['_output'];
const inSwaps = (change: (all: Swaps) => unknown): Alteration =>
  withJson(requestsActivity, 'swapped.json', swappedSchema, change);
const swap = 'attacks/E5/swapped-request';
const certificateOf = (all: Swaps): string[] =>
  all.find(({ name }) => name === 'control')?.certificates ?? [];

const swapCases: readonly JudgeCase[] = [
  ...['other-request', 'other-number'].flatMap((name) => [
    failing(
      swap,
      `a certificate for another key, asked with "${name}"`,
      /counted for it/,
      inSwaps((all) => named(name, { certificates: certificateOf(all), publicKey: '' })(all)),
    ),
    undecided(swap, `"${name}" not tried`, /was not tried/, inSwaps(named(name, null))),
    undecided(
      swap,
      `"${name}" answered by 500`,
      /was not refused for that: 500/,
      inSwaps(named(name, { status: 500 })),
    ),
  ]),
  failing(
    swap,
    'something else than a certificate',
    /counted for it/,
    inSwaps(named('other-request', { certificates: ['MAA='] })),
  ),
  tolerated(
    swap,
    'the other request ignored',
    /201/,
    inSwaps((all) =>
      named('other-request', { status: 201, certificates: certificateOf(all) })(all),
    ),
  ),
  undecided(
    swap,
    'a control without a certificate',
    /the control/,
    inSwaps(named('control', { certificates: [] })),
  ),
  ...missing(swap, requestsActivity, 'swapped.json'),
];

/** What registration services can do with requests that ask for too much. */
export const enrolmentIssuingCases: readonly JudgeCase[] = [...issuingCases, ...swapCases];
