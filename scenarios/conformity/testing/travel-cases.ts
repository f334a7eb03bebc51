import { withFacts, without, withoutCapture, withText } from '../../testing/altered.ts';
import { httpBody, requestTo } from '../../testing/altered-wire.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { callee, caller } from '../activities/basic-call.ts';
import { dropped } from './damage.ts';
import { certificatePem, foreignClient } from './forged.ts';

const id = '6.1/public-key-to-registration';

/** Section 6.1: the public key of a client. */
export const travelCases: readonly JudgeCase[] = [
  failing(id, 'another key stored than was sent', /is not the one certified/, (evidence) =>
    withText('call', `stored/${caller.name}/certificate.pem`, () =>
      certificatePem(foreignClient(evidence, caller.number)),
    )(evidence),
  ),
  failing(
    id,
    'a request sent to another port',
    /sent elsewhere/,
    withFacts((facts) => ({
      ...facts,
      httpMessages: facts.httpMessages.map((entry) =>
        requestTo(/enrolments$/)(entry, 0, []) ? { ...entry, to: { ...entry.to, port: 1 } } : entry,
      ),
    })),
  ),
  undecided(
    id,
    'a request that cannot be read',
    /cannot be read/,
    httpBody(requestTo(/enrolments$/), (text) => text.replace('MII', 'AAA')),
  ),
  undecided(
    id,
    'a stored certificate missing from the evidence',
    /not among the evidence/,
    without('call', `stored/${callee.name}/certificate.pem`),
  ),
  undecided(id, 'no capture', /not captured/, withoutCapture('call')),
  undecided(id, 'a dropped packet', /lost 1/, dropped),
];
