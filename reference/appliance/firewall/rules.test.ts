import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { nftablesRules } from './rules.ts';

const sip = { purpose: 'SIP over TLS', protocol: 'tcp', first: 5061, last: 5061 } as const;

const rules = nftablesRules({
  internet: {
    device: 'eth0',
    services: [sip, { purpose: 'media relay', protocol: 'udp', first: 20_000, last: 29_999 }],
  },
  administration: {
    device: 'eth1',
    services: [{ purpose: 'administration', protocol: 'tcp', first: 8443, last: 8443 }],
  },
});

const trial = spawnSync('unshare', ['-rn', 'nft', '--version']);
const skipped = trial.status === 0 ? '' : ' (skipped: no nft in a namespace of its own)';

describe('the firewall of the appliance', () => {
  it('admits each service on its own side only, and drops the rest', () => {
    expect(rules).toContain('policy drop');
    expect(rules).toContain('iifname "eth0" tcp dport 5061 accept comment "SIP over TLS"');
    expect(rules).toContain('iifname "eth0" udp dport 20000-29999 accept comment "media relay"');
    expect(rules.match(/8443/g)).toHaveLength(1);
    expect(rules).toContain('iifname "eth1" tcp dport 8443 accept');
  });

  it('counts the new connections of one source, by address or /64, to the services only', () => {
    const limit = 'limit rate over 500/second burst 2000 packets } drop';
    expect(rules).toContain(
      `iifname "eth0" tcp dport { 5061 } ct state new add @newcomers4 { ip saddr ${limit}`,
    );
    expect(rules).toContain(`{ ip6 saddr & ffff:ffff:ffff:ffff:: ${limit}`);
    const own = nftablesRules({
      internet: { device: 'eth0', services: [{ ...sip, first: 1, last: 9 }] },
      limits: { connectionsPerSecond: 7, connectionBurst: 70 },
    });
    expect(own).toContain('tcp dport { 1-9 } ct state new');
    expect(own).toContain('limit rate over 7/second burst 70 packets');
  });

  it('are refused for one link with both sides, and for a port that is not known yet', () => {
    const internet = { device: 'eth0', services: [sip] };
    expect(() => nftablesRules({ internet, administration: { ...internet } })).toThrow(
      /^firewall: Internet and administration side are both on eth0.*link of its own$/,
    );
    expect(() =>
      nftablesRules({ internet: { device: 'eth0', services: [{ ...sip, first: 0, last: 0 }] } }),
    ).toThrow('firewall: SIP over TLS has port 0, so no rule can name it; give it a port');
  });

  it.skipIf(skipped !== '')(`is what nft accepts, twice in a row${skipped}`, () => {
    const loaded = spawnSync('unshare', ['-rn', 'sh', '-c', 'nft -f - && nft list ruleset'], {
      input: `${rules}${rules}`,
      encoding: 'utf8',
    });
    expect(loaded.stderr).toBe('');
    expect(loaded.stdout.match(/policy drop/g)).toHaveLength(2);
    expect(loaded.stdout.match(/accept comment/g)).toHaveLength(3);
  });
});
