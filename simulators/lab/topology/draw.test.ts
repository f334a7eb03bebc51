import { describe, expect, it } from 'vitest';
import { drawSvg } from './draw-svg.ts';
import { drawText } from './draw-text.ts';
import { standardTopology } from './standard.ts';

const topology = standardTopology({
  phones: ['alice'],
  translation: 'symmetric',
  family: 'ipv4',
  link: { up: { rate: 64_000, delay: 40, loss: 0.05 } },
});

describe('a drawing', () => {
  it('as text has every segment, host, address and what is particular', () => {
    expect(drawText(topology)).toBe(`standard: 5 hosts on 3 segments

internet  203.0.113.0/24
  appliance       203.0.113.10        named appliance.example
  router-alice    203.0.113.101       translates addresses, symmetric
  testbed         203.0.113.66        the testbed and its attackers

administration  10.200.0.0/24
  appliance       10.200.0.1          named appliance.example
  administrator   10.200.0.2          administration

access-alice  10.1.0.0/24
  alice           10.1.0.2            by router-alice; up 64 kbit/s, 40 ms, loss 5 %
  router-alice    10.1.0.1
  beside-alice    10.1.0.66           attacker; by router-alice
`);
  });

  it('as SVG has a line for each segment, a box for each host and a plumb line for each attachment', () => {
    const svg = drawSvg(topology);
    expect(svg.match(/stroke-width="2"/g)).toHaveLength(3);
    expect(svg.match(/rx="4"/g)).toHaveLength(6);
    expect(svg.match(/<circle /g)).toHaveLength(8);
    for (const label of ['router-alice', '203.0.113.0/24', '10.200.0.2', 'testbed'])
      expect(svg).toContain(`>${label}</text>`);
  });
});
