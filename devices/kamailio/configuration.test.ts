import { describe, expect, it } from 'vitest';
import { kamailioConfiguration, tlsConfiguration } from './configuration.ts';
import { rtpengineOptions } from './rtpengine-options.ts';

const settings = {
  host: '192.0.2.1',
  port: 5061,
  tlsFile: '/run/one/tls.cfg',
  controlSocket: '/run/one/control',
  relayControl: '127.0.0.1:2223',
  clientAuthorityName: 'Client authority',
};
const listening = (text: string) => text.split('\n').filter((line) => line.startsWith('listen='));

describe('the configuration of Kamailio', () => {
  it('listens on TLS only, at the address described, an IPv6 one in brackets', () => {
    expect(listening(kamailioConfiguration(settings))).toEqual(['listen=tls:192.0.2.1:5061']);
    const six = kamailioConfiguration({ ...settings, host: '2001:db8::1' });
    expect(listening(six)).toEqual(['listen=tls:[2001:db8::1]:5061']);
    expect(six).toContain('alias="[2001:db8::1]"');
  });

  it('has one process for connections, and room for messages of 64 KB', () => {
    const text = kamailioConfiguration(settings);
    expect(text).toMatch(/^tcp_children=1$/m);
    expect(text).toMatch(/^tcp_rd_buf_size=65536$/m);
  });

  it('asks at every request whose certificate it is, and refuses another From or To with 403', () => {
    const text = kamailioConfiguration(settings);
    expect(text).toContain('$tls_peer_issuer_cn != "Client authority"');
    for (const header of ['$fU', '$tU'])
      expect(text).toMatch(
        new RegExp(
          `\\${header} != \\$tls_peer_subject_cn[^{]*\\{\\s+\\$var\\(code\\) = "sip/identity"; \\$var\\(status\\) = 403`,
        ),
      );
  });

  it('tells the relay to invent no keys, and looks at its answer every time', () => {
    const text = kamailioConfiguration(settings);
    const told = text.match(/rtpengine_(?:offer|answer)\(.*\)/g) ?? [];
    expect(told).toHaveLength(2);
    for (const call of told) expect(call).toContain('SDES-off DTLS=off');
    expect(text.match(/if \(!rtpengine_(?:offer|answer)\(/g)).toHaveLength(2);
  });

  it('shows the appliance’s own relay its token in every command, and whose certificate a description came with', () => {
    const text = kamailioConfiguration({ ...settings, relayToken: 'c0ffee' });
    const told = text.match(/rtpengine_(?:offer|answer|delete)\(.*?\)/g) ?? [];
    expect(told).toHaveLength(4);
    for (const call of told) expect(call).toContain('engine=c0ffee');
    for (const call of told.filter((each) => !each.startsWith('rtpengine_delete')))
      expect(call).toContain('sender=$tls_peer_subject_cn');
    expect(kamailioConfiguration(settings)).not.toContain('engine=');
  });

  it('refuses a name that would end its string', () => {
    for (const clientAuthorityName of ['a"; b', 'a\nb', 'a\\', '#!define', '$rU'])
      expect(() => kamailioConfiguration({ ...settings, clientAuthorityName })).toThrow(
        /cannot stand in its configuration; choose another name/,
      );
  });

  it('knows phones by certificate, by the one suite of target 5.1 and by the lists of both authorities', () => {
    const files = { privateKey: '/k', certificateChain: '/c', trust: '/t', lists: '/l' };
    const [server = ''] = tlsConfiguration(files).split('[client:default]');
    for (const line of [
      'method = TLSv1.2',
      'verify_certificate = yes',
      'require_certificate = yes',
      'crl = /l',
      'cipher_list = DHE-RSA-AES256-GCM-SHA384',
    ])
      expect(server.split('\n')).toContain(line);
  });
});

describe('the command line of rtpengine', () => {
  it('works in user space on the range described, and is told of calls on the loopback interface', () => {
    const control = { host: '127.0.0.1', port: 2223 };
    const options = rtpengineOptions({ host: '192.0.2.1', first: 20_000, last: 20_099, control });
    for (const option of [
      '--config-file=none',
      '--table=-1',
      '--interface=192.0.2.1',
      '--listen-ng=127.0.0.1:2223',
      '--port-min=20000',
      '--port-max=20099',
    ])
      expect(options).toContain(option);
  });
});
