import { describe, expect, it } from 'vitest';
import { isOwnHost } from './own-host.ts';

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
