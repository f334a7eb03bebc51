import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { ExternalPlace, Target } from '../devices/contract.ts';
import { target as fake } from '../devices/remote/testing/fake-target.ts';
import { makePlan } from '../scenarios/campaign/plan.ts';
import { repertoire } from '../scenarios/repertoire.ts';
import { foreignHosts, requireAuthorisation } from './authorisation.ts';
import { CommandProblem } from './command-problem.ts';

const at = (...hosts: readonly string[]): Target => {
  const capture: ExternalPlace['capture'] = { from: 'interface' };
  return {
    ...fake,
    capabilities: new Set(['enrol', 'call', 'read-token']),
    external: {
      interface: 'eth0',
      address: '192.0.2.1',
      hosts,
      capture,
      reach: () => Promise.resolve(),
    },
  };
};

const planned = makePlan(
  { only: [], seed: 1, profile: 'quick', lab: 'loopback', target: 'fake', capabilities: [] },
  repertoire,
);
if (!planned.ok) throw new Error('there is no plan');
const plan = planned.value;

const require = (target: Target, isAuthorised: boolean) => {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  let problem: unknown = null;
  try {
    requireAuthorisation({ plan, repertoire, target, isAuthorised, say });
  } catch (error) {
    problem = error;
  }
  return { said, problem };
};

describe('whether a target is on this machine', () => {
  it('its loopback and own addresses are, all others are not', () => {
    const own = Object.values(networkInterfaces()).flatMap(
      (each) => each?.map(({ address }) => address) ?? [],
    );
    expect(foreignHosts(at('127.0.0.1', '127.8.8.8', '::1', ...own))).toEqual([]);
    expect(foreignHosts(at('192.0.2.7', '2001:db8::7'))).toEqual(['192.0.2.7', '2001:db8::7']);
    expect(foreignHosts({})).toEqual([]);
  });
});

describe('a target elsewhere', () => {
  it('is left alone without the permission, after the list of what would be done', () => {
    const { said, problem } = require(at('192.0.2.7'), false);
    expect(said[0]).toBe('What this run does to 192.0.2.7:');
    expect(said).toContain('  call: enrols two numbers and makes one call between them');
    expect(problem).toBeInstanceOf(CommandProblem);
    expect(problem).toMatchObject({
      exitCode: 64,
      message: expect.stringMatching(
        /not on this machine: nothing was done; .* add --i-am-authorised$/,
      ),
    });
  });

  it('is evaluated with it, and the list comes first all the same', () => {
    const { said, problem } = require(at('192.0.2.7'), true);
    expect(problem).toBeNull();
    expect(said.length).toBeGreaterThan(1);
    // What the target cannot do is not done to it.
    expect(said.join('\n')).not.toContain('revokes one');
  });

  it('that can revoke is told that it is left changed', () => {
    const target = at('192.0.2.7');
    const all = ['refusal-log', 'export-stored-files', 'revoke'] as const;
    const able = { ...target, capabilities: new Set([...target.capabilities, ...all]) };
    expect(require(able, true).said.join('\n')).toMatch(
      /revocation: .*revokes one.* \(leaves the target changed\)/,
    );
  });

  it('on this machine needs neither', () => {
    expect(require(at('127.0.0.1'), false)).toEqual({ said: [], problem: null });
  });
});
