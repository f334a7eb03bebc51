import { describe, expect, it } from 'vitest';
import { isSameOrigin } from './guard.ts';

describe('the origin of a form', () => {
  const host = 'admin.example:8443';
  it.each([
    [{ host, origin: 'https://admin.example:8443', 'sec-fetch-site': 'same-origin' }, true],
    [{ host, origin: 'https://admin.example:8443' }, true],
    [{ host: 'Admin.Example:8443', origin: 'https://admin.example:8443' }, true],
    [{ host, 'sec-fetch-site': 'same-origin' }, true],
    [{ host, origin: 'http://admin.example:8443' }, false],
    [{ host, origin: 'https://admin.example' }, false],
    [{ host, origin: 'https://admin.example:8443', 'sec-fetch-site': 'cross-site' }, false],
    [{ host, origin: 'null', 'sec-fetch-site': 'same-origin' }, false],
    [{ host }, false],
  ])('%j: %s', (headers, same) => expect(isSameOrigin(headers)).toBe(same));
});
