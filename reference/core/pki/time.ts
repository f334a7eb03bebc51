import { latin1 } from '../bytes.ts';
import { derTag, type DerNode } from './der.ts';

const momentOf = (digits: string): number | undefined => {
  const [, date = '', time = ''] = /^(\d{8})(\d{6})Z$/.exec(digits) ?? [];
  const iso = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}.000Z`;
  const moment = new Date(iso);
  const exists = !Number.isNaN(moment.getTime()) && moment.toISOString() === iso;
  return exists ? moment.getTime() : undefined;
};

/** GeneralizedTime to the second and in UTC (RFC 5280 section 4.1.2.5.2), in milliseconds since 1970; undefined for anything else. */
export const readGeneralizedTime = (node: DerNode): number | undefined =>
  node.tag === derTag.generalizedTime ? momentOf(latin1(node.content)) : undefined;

/** UTCTime through 2049, GeneralizedTime from 2050 on, both to the second and in UTC (RFC 5280 section 4.1.2.5), in milliseconds since 1970; undefined for anything else. */
export const readTime = (node: DerNode): number | undefined => {
  const text = latin1(node.content);
  if (node.tag === derTag.generalizedTime) return text < '2050' ? undefined : momentOf(text);
  if (node.tag !== derTag.utcTime) return undefined;
  return momentOf(`${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`);
};
