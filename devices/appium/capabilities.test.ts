import { describe, expect, it } from 'vitest';
import { clientPlace, isBeyondScreens, phoneCapabilities } from './capabilities.ts';
import { readSelectors } from './selectors/read.ts';

const native = readSelectors('reference-application', '.');
const page = readSelectors('reference-page', '.');

describe('where a client runs', () => {
  it.each([
    ['device', native, 'this-device'],
    ['emulator', native, 'elsewhere'],
    ['simulated', native, 'elsewhere'],
    ['device', page, 'elsewhere'],
  ] as const)('on a %s', (nature, selectors, place) => {
    expect(clientPlace(nature, selectors)).toBe(place);
  });
});

describe('what a screen is no evidence for', () => {
  it.each(['2.3.2.a', '2.3.c', '2.2.a', '3.1.a', '3.1.b', '3.1.c', '3.1.d', '5.3.a', '5.3.b'])(
    '%s, unless the client’s own code runs on every phone',
    (claim) => {
      expect(isBeyondScreens(claim, ['this-device', 'elsewhere'])).toBe(true);
      expect(isBeyondScreens(claim, ['this-device', 'this-device'])).toBe(false);
    },
  );

  it.each(['5.2.e', '2.2.b', '2.3.a', '5.1.a', '13.1.a'])('not %s', (claim) => {
    expect(isBeyondScreens(claim, ['elsewhere', 'elsewhere'])).toBe(false);
  });
});

describe('a phone’s capabilities', () => {
  const abilities = {
    place: 'this-device',
    selectors: native,
    storedFiles: 'run-as',
    logsKeys: false,
  } as const;

  it('are what its screen and its build give', () => {
    expect([...phoneCapabilities(abilities)].toSorted()).toEqual([
      'call',
      'enrol',
      'export-stored-files',
      'hold',
      'show-identifiers',
    ]);
  });

  it('never hold stored files of a client that runs elsewhere', () => {
    const elsewhere = phoneCapabilities({ ...abilities, place: 'elsewhere' });
    expect(elsewhere.has('export-stored-files')).toBe(false);
  });

  it('never hold keys that the client does not log, nor refusals that no screen tells whole', () => {
    const silent = phoneCapabilities(abilities);
    for (const each of ['tls-key-log', 'key-agreement-log', 'media-keys', 'refusal-log'] as const)
      expect(silent.has(each)).toBe(false);
    expect(phoneCapabilities({ ...abilities, logsKeys: true }).has('tls-key-log')).toBe(true);
  });

  it('lack what the application shows nothing of', () => {
    const { hold: _hold, 'peer-identifier': _peer, ...elements } = native.elements;
    const fewer = phoneCapabilities({ ...abilities, selectors: { ...native, elements } });
    expect(fewer.has('hold')).toBe(false);
    expect(fewer.has('show-identifiers')).toBe(false);
  });
});
