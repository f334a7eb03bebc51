import type { ReportBlock } from './rtcp.ts';

/** Seconds from 1900 (NTP) to 1970. */
const NTP_EPOCH = 2_208_988_800;

/** Units of 1/65536 s in a millisecond. */
const UNITS_PER_MILLISECOND = 65.536;

/** What rounding on both sides may take off a round trip, in 1/65536 s: 1 ms. */
const ROUNDING = 66;

/** A time as sender reports carry it (RFC 3550 section 4). */
export interface NtpTime {
  /** Seconds since 1900, 32 bits. */
  readonly ntpSeconds: number;
  /** In 1/2^32 seconds. */
  readonly ntpFraction: number;
}

/** `now` is milliseconds since 1970. */
export const ntpTime = (now: number): NtpTime => {
  const seconds = Math.floor(now / 1000);
  return {
    ntpSeconds: (seconds + NTP_EPOCH) % 2 ** 32,
    ntpFraction: Math.floor(((now - seconds * 1000) / 1000) * 2 ** 32),
  };
};

/** The middle 32 bits, which report blocks send back (RFC 3550 section 4). */
export const middleOf = ({ ntpSeconds, ntpFraction }: NtpTime): number =>
  ((ntpSeconds << 16) | (ntpFraction >>> 16)) >>> 0;

/**
 * Milliseconds to the peer and back: arrival less LSR less DLSR (RFC 3550 section 6.4.1). Null where the peer has had no sender
 * report, or names a time that would make the way back longer than a minute or shorter than nothing.
 */
export const roundTrip = (
  { lastSenderReport, delaySinceLastSenderReport }: ReportBlock,
  now: number,
): number | null => {
  if (lastSenderReport === 0) return null;
  const units = (middleOf(ntpTime(now)) - lastSenderReport - delaySinceLastSenderReport) | 0;
  if (units < -ROUNDING || units > 60 * 2 ** 16) return null;
  return Math.max(units, 0) / UNITS_PER_MILLISECOND;
};
