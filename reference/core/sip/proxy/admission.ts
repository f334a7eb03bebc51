import { count } from './state.ts';
import type { SignallingLimits } from './limits.ts';

/** Why a connection is not let in. */
export type AdmissionFaultCode =
  | 'sip/connections'
  | 'sip/connections-of-address'
  | 'sip/handshakes'
  | 'sip/handshakes-of-address';

/** Counts connections by state, address and user. Names are the caller's, one for each connection. */
export interface Admission {
  /** A TCP connection came; it is counted unless a code says why it may not stay. */
  arrive(name: string, address: string): AdmissionFaultCode | undefined;
  /** Its handshake showed whose it is. Gives the user's oldest connections, if these are now too many: the newest wins. */
  identify(name: string, user: string): readonly string[];
  leave(name: string): void;
}

interface Guest {
  readonly address: string;
  user: string | undefined;
}

/** The connections of each user, oldest first. */
const createOwners = (limit: number) => {
  const users = new Map<string, Set<string>>();
  return {
    add(user: string, name: string): readonly string[] {
      const own = users.get(user) ?? new Set();
      users.set(user, own.add(name));
      return [...own].slice(0, Math.max(own.size - limit, 0));
    },
    remove(user: string, name: string): void {
      const own = users.get(user);
      own?.delete(name);
      if (own?.size === 0) users.delete(user);
    },
  };
};

/** Nobody is connected yet. */
export const createAdmission = (limits: SignallingLimits): Admission => {
  const guests = new Map<string, Guest>();
  const addresses = new Map<string, number>();
  const strangers = new Map<string, number>();
  const owners = createOwners(limits.connectionsPerUser);
  let handshaking = 0;

  const refusal = (address: string): AdmissionFaultCode | undefined => {
    if (guests.size >= limits.connections) return 'sip/connections';
    if ((addresses.get(address) ?? 0) >= limits.connectionsPerAddress)
      return 'sip/connections-of-address';
    if (handshaking >= limits.handshaking) return 'sip/handshakes';
    return (strangers.get(address) ?? 0) >= limits.handshakingPerAddress
      ? 'sip/handshakes-of-address'
      : undefined;
  };
  const known = ({ address }: Guest): void => {
    handshaking -= 1;
    count(strangers, address, -1);
  };
  return {
    arrive(name, address) {
      const code = refusal(address);
      if (code !== undefined) return code;
      guests.set(name, { address, user: undefined });
      count(addresses, address, 1);
      count(strangers, address, 1);
      handshaking += 1;
      return undefined;
    },
    identify(name, user) {
      const guest = guests.get(name);
      if (guest === undefined || guest.user !== undefined) return [];
      guest.user = user;
      known(guest);
      return owners.add(user, name);
    },
    leave(name) {
      const guest = guests.get(name);
      if (guest === undefined) return;
      guests.delete(name);
      count(addresses, guest.address, -1);
      if (guest.user === undefined) known(guest);
      else owners.remove(guest.user, name);
    },
  };
};
