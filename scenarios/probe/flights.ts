import { toHex } from '../../reference/core/bytes.ts';
import { minimal, toInteger } from '../../simulators/attackers/tls-client/bytes.ts';
import type { Conversation } from '../../simulators/attackers/tls-client/conversation.ts';
import { offerHello } from '../../simulators/attackers/tls-hello.ts';
import type { TlsProfile } from '../../simulators/attackers/tls-scan.ts';
import { versionNumber } from '../../simulators/attackers/tls-wire.ts';
import { isWanted, profileName, readFlight, type ProbeContext } from './context.ts';
import { analyseGroup } from './dh-group.ts';
import type { AcceptedProfile, DhGroupFacts, DhReuseFacts } from './facts-model.ts';
import { isReadable } from './features.ts';

/** One profile offered alone, and its flight where one can be read in clear. */
export interface ConfirmedFlight {
  readonly profile: AcceptedProfile;
  readonly flight: Conversation | null;
}

/** Connections over which the reuse of a public value is looked for. */
const reuseConnections = 5;

const takenAlone = async (context: ProbeContext, profile: TlsProfile): Promise<boolean> => {
  const outcome = await context.pool.run(
    () =>
      offerHello(
        context.endpoint,
        { version: profile.version, suites: [profile.suite], serverName: context.endpoint.host },
        context.deadlineMs,
      ),
    ({ kind }) => kind === 'deadline',
  );
  return (
    outcome?.kind === 'accepted' &&
    outcome.version === profile.version &&
    (profile.version === 'SSLv2' || outcome.suite === profile.suite)
  );
};

/** Offers each profile alone and reads what the server then says of itself. */
export const confirmProfiles = (
  context: ProbeContext,
  profiles: readonly TlsProfile[],
): Promise<readonly ConfirmedFlight[]> =>
  Promise.all(
    profiles.map(async (profile) => {
      const name = profileName(profile);
      const flight = isReadable(profile) ? await readFlight(context, profile) : null;
      const hello = flight?.seen.serverHello;
      const confirmed = hello
        ? hello.version === versionNumber(profile.version) && hello.suite === profile.suite
        : await takenAlone(context, profile);
      return { profile: { ...profile, name, confirmed }, flight };
    }),
  );

/** The group of a flight, its values without leading zeros. */
const groupOf = (flight: Conversation | null) => {
  const exchange = flight?.seen.keyExchange;
  return exchange?.kind === 'dh' ? exchange : null;
};

/** Distinct groups of many flights, each analysed once. */
export const groupsFacts = async (
  flights: readonly ConfirmedFlight[],
): Promise<readonly DhGroupFacts[]> => {
  const seen = new Map<string, { readonly flight: Conversation; readonly names: Set<string> }>();
  for (const { profile, flight } of flights) {
    const group = groupOf(flight);
    if (!group || !flight) continue;
    const key = `${toHex(minimal(group.prime))}/${toHex(minimal(group.generator))}`;
    const known = seen.get(key) ?? { flight, names: new Set<string>() };
    known.names.add(profile.name);
    seen.set(key, known);
  }
  return Promise.all(
    [...seen.values()].map(async ({ flight, names }) => {
      const group = groupOf(flight);
      const analysis = await analyseGroup(
        group?.prime ?? new Uint8Array(0),
        group?.generator ?? new Uint8Array(0),
      );
      return { ...analysis, seenIn: [...names] };
    }),
  );
};

const isDegenerate = (prime: Uint8Array, publicValue: Uint8Array): boolean => {
  const value = toInteger(publicValue);
  return value <= 1n || value >= toInteger(prime) - 1n;
};

/** More flights of the suite that matters most, to see whether its public value is used again; also a group that changes. */
export const repeatedFlights = async (
  context: ProbeContext,
  flights: readonly ConfirmedFlight[],
): Promise<readonly ConfirmedFlight[]> => {
  const candidates = flights.filter(({ flight }) => groupOf(flight) !== null);
  const chosen = candidates.find(({ profile }) => isWanted(profile)) ?? candidates[0];
  if (!chosen) return [];
  const { profile } = chosen;
  const again = await Promise.all(
    Array.from({ length: reuseConnections - 1 }, () => readFlight(context, profile)),
  );
  return [chosen, ...again.map((flight) => ({ profile, flight }))];
};

/** What several flights of one suite say of its public values; null without any. */
export const reuseFacts = (flights: readonly ConfirmedFlight[]): DhReuseFacts | null => {
  const groups = flights.map(({ flight }) => groupOf(flight)).filter((group) => group !== null);
  const [first] = flights;
  if (!first || groups.length === 0) return null;
  return {
    profile: first.profile.name,
    connections: groups.length,
    distinctPublicValues: new Set(groups.map(({ publicValue }) => toHex(minimal(publicValue))))
      .size,
    degenerate: groups.filter(({ prime, publicValue }) => isDegenerate(prime, publicValue)).length,
  };
};
