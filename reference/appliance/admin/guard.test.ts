import { describe, expect, it } from 'vitest';
import { isOwnHost, isSameOrigin } from './guard.ts';

describe('the host of a request', () => {
  it.each([
    ['192.0.2.1', ['192.0.2.1'], true],
    ['192.0.2.1:8443', ['192.0.2.1'], true],
    ['Admin.Example:8443', ['192.0.2.1', 'admin.example'], true],
    ['[2001:db8::1]', ['2001:db8::1'], true],
    ['[2001:DB8::1]:8443', ['2001:db8::1'], true],
    ['2001:db8::1', ['2001:db8::1'], false],
    ['192.0.2.1.example', ['192.0.2.1'], false],
    ['192.0.2.1:8443:1', ['192.0.2.1'], false],
    ['192.0.2.1:', ['192.0.2.1'], false],
    ['', ['192.0.2.1'], false],
    [undefined, ['192.0.2.1'], false],
  ])('%j among %j: %s', (host, names, own) =>
    expect(isOwnHost(host === undefined ? {} : { host }, names)).toBe(own),
  );
});

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
