import koffi, { type LibraryHandle } from 'koffi';
import { concat } from '../../bytes.ts';
import { fault, ok, type Result } from '../../result.ts';
import type { MasterKey } from '../key-derivation.ts';

/**
 * One libsrtp2 session of AES-CM-128-HMAC-SHA1-80 for any SSRC in one direction, with a replay window of 128 packets, which is
 * also its default; refusals carry our codes or `status-N`.
 */
export interface Libsrtp2Session {
  protectRtp(packet: Uint8Array): Result<Uint8Array>;
  unprotectRtp(packet: Uint8Array): Result<Uint8Array>;
  protectRtcp(packet: Uint8Array): Result<Uint8Array>;
  unprotectRtcp(packet: Uint8Array): Result<Uint8Array>;
  close(): void;
}

/**
 * The C functions as they are: in place, with room for {@link LIBSRTP2_TRAILER} more bytes. Each gives 0 or a
 * `srtp_err_status_t`, and refuses at once a length too short for a header.
 */
interface Libsrtp2InPlace {
  readonly raw: { readonly protectRtp: PacketFunction; readonly unprotectRtp: PacketFunction };
}

/** A packet in a buffer and its length, both changed. */
type PacketFunction = (packet: Uint8Array, length: Int32Array) => number;

/** The independent implementation of RFC 3711 that tests compare with. */
export interface Libsrtp2 {
  readonly version: string;
  outbound(key: MasterKey): Libsrtp2Session & Libsrtp2InPlace;
  inbound(key: MasterKey): Libsrtp2Session & Libsrtp2InPlace;
}

const NAMES = ['libsrtp2.so.1', 'libsrtp2.1.dylib'];

/** Room for tag, index and master key identifier behind a packet (SRTP_MAX_TRAILER_LEN + 4). */
export const LIBSRTP2_TRAILER = 148;

/** srtp_err_status_t of libsrtp 2 that have a name here. */
const CODES: Readonly<Record<number, string>> = {
  7: 'tag',
  9: 'replayed',
  10: 'too-old',
  15: 'key-expired',
};

/** srtp_ssrc_type_t. */
const ANY_INBOUND = 2;
const ANY_OUTBOUND = 3;

const cryptoPolicy = koffi.struct({
  cipher_type: 'int',
  cipher_key_len: 'int',
  auth_type: 'int',
  auth_key_len: 'int',
  auth_tag_len: 'int',
  sec_serv: 'int',
});

/** srtp_policy_t of libsrtp 2. */
const policy = koffi.struct({
  ssrc_type: 'int',
  ssrc_value: 'uint',
  rtp: cryptoPolicy,
  rtcp: cryptoPolicy,
  key: 'uint8_t *',
  keys: 'void *',
  num_master_keys: 'ulong',
  deprecated_ekt: 'void *',
  window_size: 'ulong',
  allow_repeat_tx: 'int',
  enc_xtn_hdr: 'void *',
  enc_xtn_hdr_count: 'int',
  next: 'void *',
});

/** AES-ICM-128 with salt, HMAC-SHA1 with a tag of 10 bytes, both services. */
const AES_CM_128_HMAC_SHA1_80 = {
  cipher_type: 1,
  cipher_key_len: 30,
  auth_type: 3,
  auth_key_len: 20,
  auth_tag_len: 10,
  sec_serv: 3,
};

const load = (): LibraryHandle | null => {
  for (const name of NAMES) {
    try {
      return koffi.load(name);
    } catch {
      continue;
    }
  }
  return null;
};

type SessionFunction = (session: unknown, packet: Uint8Array, length: Int32Array) => number;

const bind = (library: LibraryHandle) => {
  const packetFunction = (name: string): SessionFunction =>
    library.func(name, 'int', ['void *', 'void *', 'void *']);
  return {
    init: library.func('srtp_init', 'int', []) as () => number,
    version: library.func('srtp_get_version_string', 'str', []) as () => string,
    create: library.func('srtp_create', 'int', [
      koffi.out(koffi.pointer('void *')),
      koffi.pointer(policy),
    ]) as (session: [unknown], policy: object) => number,
    dealloc: library.func('srtp_dealloc', 'int', ['void *']) as (session: unknown) => number,
    protect: packetFunction('srtp_protect'),
    unprotect: packetFunction('srtp_unprotect'),
    protectRtcp: packetFunction('srtp_protect_rtcp'),
    unprotectRtcp: packetFunction('srtp_unprotect_rtcp'),
  };
};

type Bound = ReturnType<typeof bind>;

const openSession = (
  bound: Bound,
  key: MasterKey,
  direction: number,
): Libsrtp2Session & Libsrtp2InPlace => {
  const handle: [unknown] = [null];
  const status = bound.create(handle, {
    ssrc_type: direction,
    ssrc_value: 0,
    rtp: AES_CM_128_HMAC_SHA1_80,
    rtcp: AES_CM_128_HMAC_SHA1_80,
    key: concat(key.masterKey, key.masterSalt),
    keys: null,
    num_master_keys: 0,
    deprecated_ekt: null,
    window_size: 128,
    allow_repeat_tx: 0,
    enc_xtn_hdr: null,
    enc_xtn_hdr_count: 0,
    next: null,
  });
  if (status !== 0) throw new Error(`libsrtp2: srtp_create said ${status}; see srtp.h`);
  const [session] = handle;
  const length = new Int32Array(1);
  const run =
    (call: SessionFunction) =>
    (packet: Uint8Array): Result<Uint8Array> => {
      const buffer = new Uint8Array(packet.length + LIBSRTP2_TRAILER);
      buffer.set(packet);
      length[0] = packet.length;
      const outcome = call(session, buffer, length);
      return outcome === 0
        ? ok(buffer.slice(0, length[0]))
        : fault(CODES[outcome] ?? `status-${outcome}`);
    };
  const raw =
    (call: SessionFunction): PacketFunction =>
    (packet, changed) =>
      call(session, packet, changed);
  return {
    protectRtp: run(bound.protect),
    unprotectRtp: run(bound.unprotect),
    protectRtcp: run(bound.protectRtcp),
    unprotectRtcp: run(bound.unprotectRtcp),
    raw: { protectRtp: raw(bound.protect), unprotectRtp: raw(bound.unprotect) },
    close: () => {
      bound.dealloc(session);
    },
  };
};

let opened: Libsrtp2 | null | undefined;

/** Loads libsrtp2 once (Debian: libsrtp2-1); null where it is missing. For tests only. */
export const openLibsrtp2 = (): Libsrtp2 | null => {
  if (opened !== undefined) return opened;
  const library = load();
  const bound = library === null ? null : bind(library);
  opened =
    bound === null || bound.init() !== 0
      ? null
      : {
          version: bound.version(),
          outbound: (key) => openSession(bound, key, ANY_OUTBOUND),
          inbound: (key) => openSession(bound, key, ANY_INBOUND),
        };
  return opened;
};
