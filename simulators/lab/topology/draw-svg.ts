import type { CheckedTopology } from './check.ts';
import type { LabHost } from './schema.ts';

/** Sizes in pixels. */
const column = 132;
const line = 64;
const box = { width: 116, height: 34 } as const;
const margin = 24;
const labels = 150;

const fills: Readonly<Record<LabHost['role'] | 'testbed', string>> = {
  appliance: '#d7e8d4',
  phone: '#d6e4f5',
  router: '#eeeeee',
  administration: '#f3e6c8',
  attacker: '#f5d6d6',
  testbed: '#e6dcf0',
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x}" y="${y}" font-size="11"${more}>${escaped(content)}</text>`;

interface Drawn {
  readonly name: string;
  readonly fill: string;
  readonly places: readonly { readonly segment: string; readonly address: string }[];
}

const drawnHosts = ({ hosts, testbed }: CheckedTopology): readonly Drawn[] => [
  ...hosts.map(({ name, role, attachments }) => ({
    name,
    fill: fills[role],
    places: attachments.map(({ segment, ipv4, ipv6 }) => ({
      segment,
      address: ipv4 ?? ipv6 ?? '',
    })),
  })),
  {
    name: 'testbed',
    fill: fills.testbed,
    places: [{ segment: testbed.segment, address: testbed.ipv4 ?? testbed.ipv6 ?? '' }],
  },
];

/** A topology as an SVG document: segments as lines, hosts as boxes above them, a plumb line for each attachment. */
export const drawSvg = (topology: CheckedTopology): string => {
  const hosts = drawnHosts(topology);
  const top = margin + box.height + 20;
  const levels = new Map(
    topology.segments.map(({ name }, index) => [name, top + line * index] as const),
  );
  const width = labels + hosts.length * column + margin;
  const height = top + line * topology.segments.length;
  const segments = topology.segments.flatMap(({ name, ipv4, ipv6 }) => {
    const y = levels.get(name) ?? top;
    return [
      `<line x1="${margin}" x2="${width - margin}" y1="${y}" y2="${y}" stroke="#444" stroke-width="2"/>`,
      text(margin, y - 18, name, ' font-weight="bold"'),
      text(margin, y - 6, ipv4 ?? ipv6 ?? ''),
    ];
  });
  const boxes = hosts.flatMap(({ name, fill, places }, index) => {
    const x = labels + index * column;
    const middle = x + box.width / 2;
    const plumbs = places.flatMap(({ segment, address }, place) => {
      const y = levels.get(segment) ?? top;
      const across = middle + (place - (places.length - 1) / 2) * 14;
      return [
        `<line x1="${across}" x2="${across}" y1="${margin + box.height}" y2="${y}" stroke="#444"/>`,
        `<circle cx="${across}" cy="${y}" r="4" fill="#444"/>`,
        text(across + 6, y - 6, address),
      ];
    });
    return [
      ...plumbs,
      `<rect x="${x}" y="${margin}" width="${box.width}" height="${box.height}" rx="4" fill="${fill}" stroke="#444"/>`,
      text(middle, margin + 21, name, ' text-anchor="middle"'),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" role="img" aria-label="${escaped(topology.name)}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...segments,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
};
