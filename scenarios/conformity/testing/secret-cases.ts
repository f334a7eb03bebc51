import { utf8 } from '../../../reference/core/bytes.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';
import { without, withFacts, withText, withoutCapture } from '../../testing/altered.ts';
import { furtherSession, httpBody, requestTo } from '../../testing/altered-wire.ts';
import { dropped, undecrypted, unread } from './damage.ts';
import { withPossession, withStorageSearch, withTrafficSearch } from './documents.ts';
import { pemOf } from './forged.ts';

const consistency: readonly JudgeCase[] = [
  failing(
    '3.1/key-matches-certificate',
    'the signature of another key',
    /does not belong to its certificate/,
    withPossession(({ alice, bob }) => {
      Object.assign(bob ?? {}, { signature: alice?.signature });
    }),
  ),
  failing(
    '3.1/key-matches-certificate',
    'the certificate of another phone',
    /does not belong to its certificate/,
    (evidence) =>
      withText(
        'call',
        'stored/bob/certificate.pem',
        () => evidence.text('call', 'stored/alice/certificate.pem') ?? '',
      )(evidence),
  ),
  undecided(
    '3.1/key-matches-certificate',
    'no key opened',
    /no stored key/,
    without('call', 'possession.json'),
  ),
  undecided(
    '3.1/key-matches-certificate',
    'an empty list',
    /was not opened/,
    withPossession(() => ({})),
  ),
  undecided(
    '3.1/key-matches-certificate',
    'the key of one phone only',
    /of bob was not opened/,
    withPossession(({ alice }) => ({ alice })),
  ),
  undecided(
    '3.1/key-matches-certificate',
    'an empty challenge',
    /was not opened/,
    withPossession(({ bob }) => void Object.assign(bob ?? {}, { challenge: '' })),
  ),
  undecided(
    '3.1/key-matches-certificate',
    'no stored certificate',
    /cannot be read/,
    without('call', 'stored/bob/certificate.pem'),
  ),
];

const searchCases = (
  id: string,
  name: string,
  withSearch: typeof withStorageSearch,
  place: string,
): readonly JudgeCase[] => [
  failing(
    id,
    'one secret found',
    /first prime of bob was found/,
    withSearch((search) => {
      search.found.push({ needle: 'first prime of bob', place, encoding: 'raw' });
    }),
  ),
  undecided(id, 'no search', /is not among the evidence/, without('call', name)),
  undecided(
    id,
    'nothing looked for',
    /was not looked for/,
    withSearch((search) => ({ ...search, needles: [] })),
  ),
  undecided(
    id,
    'nothing looked for, and nothing planted',
    /was not looked for/,
    withSearch((search) => ({
      ...search,
      needles: [],
      control: { planted: 0, found: 0 },
    })),
  ),
  undecided(
    id,
    'secrets of one phone only',
    /of bob was not looked for/,
    withSearch((search) => ({
      ...search,
      needles: search.needles.filter((needle) => !needle.endsWith('bob')),
    })),
  ),
  undecided(
    id,
    'a control that is not found',
    /its own planted copies/,
    withSearch((search) => void Object.assign(search.control, { found: 0 })),
  ),
  undecided(
    id,
    'nothing searched',
    /was searched/,
    withSearch((search) => ({ ...search, places: [] })),
  ),
  undecided(
    id,
    'one empty place',
    /was searched/,
    withSearch((search) => {
      for (const each of search.places)
        if (each.name.startsWith(place)) Object.assign(each, { bytes: 0 });
    }),
  ),
  undecided(
    id,
    'a search of the wrong shape',
    /is not among/,
    withSearch(() => []),
  ),
];

const sentKey = httpBody(requestTo(/enrolments$/), (text) =>
  JSON.stringify({ ...JSON.parse(text), backup: pemOf('aes-256-cbc') }),
);

const secrets: readonly JudgeCase[] = [
  ...searchCases(
    '3.1/secrets-not-stored',
    'secrets-in-storage.json',
    withStorageSearch,
    'stored/bob/',
  ),
  ...searchCases(
    '3.1/secrets-not-sent',
    'secrets-in-traffic.json',
    withTrafficSearch,
    'decrypted HTTP',
  ),
  failing(
    '3.1/secrets-not-sent',
    'an encrypted private key sent to the server',
    /a private key was sent/,
    sentKey,
  ),
  failing(
    '3.1/secrets-not-sent',
    'a private key in a SIP message',
    /a private key was sent/,
    withFacts((facts) => ({
      ...facts,
      sipMessages: facts.sipMessages.map((entry) => ({
        ...entry,
        raw: utf8(`x\r\n\r\n${pemOf()}`),
      })),
    })),
  ),
  undecided('3.1/secrets-not-sent', 'no capture', /not captured/, withoutCapture('call')),
  undecided('3.1/secrets-not-sent', 'a dropped packet', /lost 1/, dropped),
  undecided('3.1/secrets-not-sent', 'no keys of TLS', /were not decrypted/, undecrypted),
  undecided(
    '3.1/secrets-not-sent',
    'a session with somebody else that was not decrypted',
    /1 TLS sessions were not decrypted/,
    furtherSession('registration', { service: 'other', decrypted: 'unsupported' }),
  ),
  undecided(
    '3.1/secrets-not-sent',
    'a stream of unknown content',
    /could not be read/,
    unread('tcp stream of unknown content'),
  ),
];

/** Section 3.1. */
export const secretCases: readonly JudgeCase[] = [...consistency, ...secrets];
