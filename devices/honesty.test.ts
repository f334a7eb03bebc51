import { describe, expect, it } from 'vitest';
import type { Appliance, Capability, Site, Target } from './contract.ts';
import { capabilityProblem, partProblem, probed } from './honesty.ts';
import { target as fake } from './remote/testing/fake-target.ts';

const site: Site = {
  ownsHost: false,
  folder: () => Promise.resolve('/nowhere'),
  address: () => '127.0.0.1',
};

class EverySet extends Set<Capability> {
  override has(): boolean {
    return true;
  }
}

const changed = (change: (appliance: Appliance) => Appliance): Target =>
  probed({
    ...fake,
    startAppliance: async (at) => change(await fake.startAppliance(at)),
  });

describe('what a target claims', () => {
  it('is believed where it names what the contract has', () => {
    expect(capabilityProblem('the target', new Set(['enrol', 'show-firewall']))).toBeNull();
  });

  it.each([
    [
      'every capability there could be',
      new EverySet(),
      /claims to have nonsense-\w+, which does not/,
    ],
    ['one that is none', new Set(['enrol', 'fly']), /claims fly, which is no capability/],
  ])('is refused where it is %s', (_what, capabilities, line) => {
    expect(capabilityProblem('the target', capabilities)).toMatch(line);
  });
});

describe('a part', () => {
  it('starts where it answers to its own name only', async () => {
    const appliance = await probed(fake).startAppliance(site);
    expect(appliance.capabilities).toEqual(new Set(['enrol', 'call']));
  });

  it('that has every method does not start, and is stopped', async () => {
    const stopped: string[] = [];
    const every = changed((appliance) => {
      const own: Appliance = {
        ...appliance,
        stop: async () => void stopped.push('stopped'),
      };
      return new Proxy(own, {
        get: (part, name) =>
          name === 'then' ? undefined : (Reflect.get(part, name) ?? (() => undefined)),
      });
    });
    await expect(every.startAppliance(site)).rejects.toThrow(
      /^the appliance claims to have a method nonsense-\w+/,
    );
    expect(stopped).toEqual(['stopped']);
  });

  it('that claims revocation without its methods does not start', async () => {
    const claims = changed((appliance) => {
      const claimed = { ...appliance, capabilities: new Set<Capability>(['revoke']) };
      Reflect.deleteProperty(claimed, 'revoke');
      return claimed;
    });
    await expect(claims.startAppliance(site)).rejects.toThrow(
      'the appliance claims revoke, but has no method revoke; add it, or do not claim it',
    );
  });

  it('of a class may have methods of its own kind', () => {
    class Own {
      readonly capabilities = new Set<Capability>(['hold']);
      hold(): Promise<void> {
        return Promise.resolve();
      }
      resume(): Promise<void> {
        return this.hold();
      }
    }
    expect(partProblem('phone a', new Own(), 'phone')).toBeNull();
  });
});
