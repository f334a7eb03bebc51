/** An enrolment from its request to the end of the day its request counts for. */
export interface EnrolmentRecord {
  readonly id: string;
  readonly number: string;
  /** DER of the SubjectPublicKeyInfo of the request: what the token is bound to. */
  readonly publicKey: Uint8Array;
  /** Six digits; a secret between the service and the owner of the number. */
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly wrongTries: number;
  /** DER of the one certificate issued for it, null before. */
  readonly certificate: Uint8Array | null;
}

/** Where enrolments are kept. */
export interface EnrolmentStore {
  get(id: string): EnrolmentRecord | undefined;
  /** Adds a record or replaces the one with this id. */
  put(record: EnrolmentRecord): void;
  remove(id: string): void;
  /** How many records of a number were created after a time. */
  countSince(number: string, time: number): number;
  /** Forgets what was created at or before a time. */
  forget(time: number): void;
}

/** A store that lives as long as the process. */
export const createMemoryStore = (): EnrolmentStore => {
  const records = new Map<string, EnrolmentRecord>();
  return {
    get: (id) => records.get(id),
    put: (record) => {
      records.set(record.id, record);
    },
    remove: (id) => {
      records.delete(id);
    },
    countSince: (number, time) =>
      records
        .values()
        .filter((record) => record.number === number && record.createdAt > time)
        .reduce((count) => count + 1, 0),
    forget: (time) => {
      for (const record of records.values()) {
        if (record.createdAt > time) break;
        records.delete(record.id);
      }
    },
  };
};
