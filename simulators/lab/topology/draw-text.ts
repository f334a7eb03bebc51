import type { CheckedTopology } from './check.ts';
import type { Attachment, LabHost, LinkDirection } from './schema.ts';

const directionText = ({ rate, delay, jitter, loss }: LinkDirection): string =>
  [
    ...(rate === undefined ? [] : [`${rate / 1000} kbit/s`]),
    ...(delay === undefined ? [] : [`${delay} ms`]),
    ...(jitter === undefined ? [] : [`jitter ${jitter} ms`]),
    ...(loss === undefined ? [] : [`loss ${loss * 100} %`]),
  ].join(', ');

const linkText = ({ link }: Attachment): readonly string[] =>
  (['up', 'down'] as const).flatMap((way) => {
    const direction = link?.[way];
    return direction === undefined ? [] : [`${way} ${directionText(direction)}`];
  });

const remarks = (host: LabHost, attachment: Attachment): string =>
  [
    host.role === 'phone' || host.role === 'router' || host.role === host.name ? '' : host.role,
    host.gateway === undefined ? '' : `by ${host.gateway}`,
    host.translation?.into === attachment.segment
      ? `translates addresses, ${host.translation.kind}`
      : '',
    ...(host.aliases ?? []).map((alias) => `named ${alias}`),
    ...linkText(attachment),
  ]
    .filter((text) => text !== '')
    .join('; ');

const row = (name: string, addresses: readonly (string | undefined)[], text: string): string => {
  const places = addresses.filter((address) => address !== undefined).join(' ');
  return `  ${name.padEnd(16)}${places.padEnd(18)}${text === '' ? '' : `  ${text}`}`.trimEnd();
};

/** A topology as text: every segment with its hosts, addresses and what is particular. */
export const drawText = ({ name, segments, hosts, testbed }: CheckedTopology): string => {
  const blocks = segments.map((segment) => {
    const prefixes = [segment.ipv4, segment.ipv6].filter((prefix) => prefix !== undefined);
    const rows = hosts.flatMap((host) =>
      host.attachments
        .filter((attachment) => attachment.segment === segment.name)
        .map((each) => row(host.name, [each.ipv4, each.ipv6], remarks(host, each))),
    );
    const own =
      testbed.segment === segment.name
        ? [row('testbed', [testbed.ipv4, testbed.ipv6], 'the testbed and its attackers')]
        : [];
    return [`${segment.name}  ${prefixes.join(' ')}`, ...rows, ...own].join('\n');
  });
  return `${name}: ${hosts.length} hosts on ${segments.length} segments\n\n${blocks.join('\n\n')}\n`;
};
