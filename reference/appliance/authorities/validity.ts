import { crlTimes } from '../../core/pki/crl-schedule.ts';

const day = 86_400_000;

/** How long what the authorities sign is valid, in milliseconds, and why. */
export const lifetimes = {
  /** Ships inside phones, which cannot be given another: longer than any phone is used. */
  root: 20 * 365 * day,
  /** Ships inside phones too; half the root's, so that a root sees one successor of each. */
  authority: 10 * 365 * day,
  /** A phone renews over mutual TLS before the end; bounds what a certificate nobody reported lost is good for. */
  client: 730 * day,
  /** The appliance renews it by itself, with no person involved. */
  server: 397 * day,
  /** A ceremony a year, with a month to spare. */
  rootList: 400 * day,
} as const;

/** Certificates begin this much in the past, so that a phone whose clock is behind accepts them (as I-2 allows). */
export const clockTolerance = crlTimes.backdating;

/** What can expire. */
export type ExpiringThing =
  | 'root'
  | 'root-list'
  | 'client-authority'
  | 'server-authority'
  | 'server-certificate';

/** How urgent an alarm is. */
export type AlarmSeverity = 'warning' | 'critical' | 'expired';

/** Something that expires soon or has expired. */
export interface ExpiryAlarm {
  readonly what: ExpiringThing;
  /** Which server certificate; absent for the others. */
  readonly name?: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  readonly severity: AlarmSeverity;
}

/** Time left at which an alarm begins and becomes critical, in milliseconds. */
const limits: Readonly<
  Record<ExpiringThing, { readonly warning: number; readonly critical: number }>
> = {
  /** Successors of both authorities still fit into what is left. */
  root: { warning: lifetimes.authority, critical: 3 * 365 * day },
  /** A ceremony has to be arranged; once expired, whoever checks the whole chain refuses everybody. */
  'root-list': { warning: 90 * day, critical: 30 * day },
  /** From then on new certificates get less than their whole life. */
  'client-authority': { warning: lifetimes.client + 90 * day, critical: lifetimes.client / 2 },
  'server-authority': { warning: lifetimes.server + 90 * day, critical: lifetimes.server / 2 },
  /** It should have been renewed by itself long before. */
  'server-certificate': { warning: 30 * day, critical: 7 * day },
};

/** One thing with its end. */
export type Expiring = Pick<ExpiryAlarm, 'what' | 'name' | 'expiresAt'>;

const severityOf = ({ what, expiresAt }: Expiring, now: number): AlarmSeverity | undefined => {
  const left = expiresAt - now;
  if (left <= 0) return 'expired';
  if (left <= limits[what].critical) return 'critical';
  return left <= limits[what].warning ? 'warning' : undefined;
};

/** Alarms of these things at a time (milliseconds since 1970), the first to expire first. */
export const expiryAlarms = (things: readonly Expiring[], now: number): readonly ExpiryAlarm[] =>
  things
    .flatMap((thing) => {
      const severity = severityOf(thing, now);
      return severity === undefined ? [] : [{ ...thing, severity }];
    })
    .toSorted((left, right) => left.expiresAt - right.expiresAt);

/** Whether a certificate is in the last third of its life, when the appliance renews its own. Milliseconds since 1970. */
export const isDueForRenewal = (
  { notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number },
  now: number,
): boolean => now >= notAfter - (notAfter - notBefore) / 3;
