/**
 * What an appliance and a phone can be asked to do. Scenarios know targets only by this file; every value that crosses it
 * is plain data, so that an implementation may live in another process, on another machine or in a person's hands.
 */

/** What a target can do or give. A scenario that needs one its target lacks is unsupported, with this name as the reason. */
export type Capability =
  | 'enrol'
  | 'call'
  | 'hold'
  | 'read-token'
  | 'show-identifiers'
  | 'export-stored-files'
  | 'alter-stored-files'
  | 'tls-key-log'
  | 'key-agreement-log'
  | 'media-keys'
  | 'refusal-log'
  | 'revoke'
  | 'administer'
  | 'show-firewall'
  | 'capture'
  /** No ability, but a limit that a target admits: a phone of it is only the screen of a client that runs on another machine. */
  | 'client-elsewhere';

/** An address and port, TCP or UDP. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Where an appliance listens and whom its phones trust. */
export interface ApplianceDescription {
  readonly sip: Endpoint;
  readonly registration: Endpoint;
  /** UDP ports of the media relay, both included. */
  readonly relay: { readonly host: string; readonly first: number; readonly last: number };
  /** The three certificates that a phone stores, each as PEM (target 5.2). */
  readonly trust: TrustCertificates;
}

/** The administration page and an administrator's account for the test (target 2.2, 2.3.3). */
export interface Administration {
  readonly endpoint: Endpoint;
  /** PEM of the certificate that the page's own chains to. */
  readonly trust: string;
  readonly account: string;
  /** A test secret: never written to evidence. */
  readonly password: string;
}

/** PEM texts of the three authorities (target 5.2). */
export interface TrustCertificates {
  readonly root: string;
  readonly clientAuthority: string;
  readonly serverAuthority: string;
}

/** Why something was refused, as the refusing side's own log has it. */
export interface RefusalEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Stable code, such as `csl/identity` or `sip/identity`. */
  readonly code: string;
  readonly detail: string;
}

/** How an administrator was asked, where that is not done at once. */
export interface Asked {
  /** Milliseconds, at most, from the call until the appliance itself was asked: a command starts, a person reads. */
  readonly asking: number;
}

export interface Appliance {
  readonly capabilities: ReadonlySet<Capability>;
  describe(): Promise<ApplianceDescription>;
  /** The newest token sent to a number by SMS; waits for it until the deadline (milliseconds from now), then rejects with DeadlineError. */
  readToken(number: string, deadline: number): Promise<string>;
  refusals(): Promise<readonly RefusalEntry[]>;
  /**
   * Revokes a number as its administrator would when a phone is lost; resolves once he is told that it is done. Rejects with an
   * UnaskedError where he could not even be asked. With the capability `revoke` only, as the next.
   */
  revoke?(number: string): Promise<Asked | void>;
  /** Lets a revoked number enrol again. */
  release?(number: string): Promise<void>;
  /** With the capability `administer` only. */
  administration?(): Promise<Administration>;
  /** The packet filter's rules as the system has them loaded, in its own notation. With the capability `show-firewall` only. */
  firewallRules?(): Promise<string>;
  stop(): Promise<void>;
}

/** What a phone's screen shows of a call's keys (target 5.2): groups of four lower-case hexadecimal digits. */
export interface Identifiers {
  readonly local: string;
  readonly peer: string;
}

export type CallState = 'idle' | 'calling' | 'ringing' | 'in-call' | 'ended';

/** What a phone says of its newest call. */
export interface CallReport {
  readonly state: CallState;
  /** Call-ID of the newest call, empty before the first. */
  readonly callId: string;
  readonly peerNumber: string;
  /** As on screen, null while nothing is verified. */
  readonly identifiers: Identifiers | null;
  /** Who has put the call on hold: this phone, its peer, or each the other. */
  readonly held: 'none' | 'local' | 'remote' | 'both';
  /** Code of the reason a call ended otherwise than by hanging up, such as `csl/identity`. */
  readonly endedBy: string | null;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** Packets whose authentication tag or replay check failed. */
  readonly packetsRefused: number;
}

/** SRTP master key and salt of one direction, hexadecimal; the format of `--srtp-keys`. */
export interface MediaKey {
  readonly ssrc?: number;
  readonly masterKey: string;
  readonly masterSalt: string;
}

/** One Diffie-Hellman exchange of a phone under test, logged so that a capture can be judged from its bytes. */
export interface KeyAgreementLogEntry {
  readonly callId: string;
  readonly role: 'caller' | 'callee';
  /** Hexadecimal, big-endian: the phone's own exponent. A secret of a test call. */
  readonly exponent: string;
}

/** A file in a phone's storage. */
export interface StoredFile {
  /** Path relative to the phone's folder. */
  readonly path: string;
  readonly base64: string;
}

/** One phone. Methods reject with an Error whose message names the phone, the step and the reason. */
export interface Phone {
  readonly name: string;
  readonly capabilities: ReadonlySet<Capability>;
  /** Makes the private key and asks for a certificate; the service then sends a token by SMS. */
  requestEnrolment(number: string, passphrase: string): Promise<void>;
  /** Gives the token back, receives the certificate and stores it. */
  completeEnrolment(token: string): Promise<void>;
  /** Opens the stored key; rejects with the refusal's code when file, key and certificate do not belong together. */
  unlock(passphrase: string): Promise<void>;
  /** Connects to the signalling server and registers. */
  register(): Promise<void>;
  /** Whether the phone answers calls by itself. */
  setAutoAnswer(answer: boolean): Promise<void>;
  /** Starts a call; resolves once the INVITE is sent. */
  dial(number: string): Promise<void>;
  hangUp(): Promise<void>;
  /** Puts the peer on hold; resolves once it has agreed. With the capability `hold` only, as the next. */
  hold?(): Promise<void>;
  /** Takes the peer back from hold; resolves once it has agreed. */
  resume?(): Promise<void>;
  /** Resolves with the report once the newest call is in one of the states; rejects with DeadlineError after `deadline` milliseconds. */
  waitForCall(states: readonly CallState[], deadline: number): Promise<CallReport>;
  /** Resolves once so many more audio packets were received and verified; rejects with DeadlineError after `deadline` milliseconds. */
  waitForAudio(packets: number, deadline: number): Promise<CallReport>;
  report(): Promise<CallReport>;
  refusals(): Promise<readonly RefusalEntry[]>;
  storedFiles(): Promise<readonly StoredFile[]>;
  /** Changes a stored file behind the phone's back, as a thief would; never makes a new one. With the capability `alter-stored-files` only. */
  replaceStoredFile?(path: string, base64: string): Promise<void>;
  /** Lines of the NSS key log format for the phone's TLS connections. */
  tlsKeyLog(): Promise<readonly string[]>;
  keyAgreementLog(): Promise<readonly KeyAgreementLogEntry[]>;
  mediaKeys(): Promise<readonly MediaKey[]>;
  stop(): Promise<void>;
}

/** Nothing happened in time; never a failure of the target by itself. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** The way to ask failed; nothing is known of what the target would have done. */
export class UnaskedError extends Error {
  override readonly name = 'UnaskedError';
}

/** Where targets run; more is in simulators/lab. */
export interface Site {
  /** A folder that belongs to this target's part alone, removed at the end of the run. */
  folder(name: string): Promise<string>;
  /** The address a named host's programs bind to; on the segment named where it has several. */
  address(host: string, segment?: string): string;
  /** Whether the part has its host to itself: then it loads its firewall there. */
  readonly ownsHost: boolean;
}

/** Where the packets of an external target come from. */
export type CaptureSource =
  | { readonly from: 'interface' }
  /** A program that streams pcap or pcapng, such as `ssh HOST tcpdump -w -`: its words, no shell, and the folder it runs in. */
  | { readonly from: 'command'; readonly command: readonly string[]; readonly folder: string }
  /** Added to the finished run by hand. */
  | { readonly from: 'files' };

/** A target that the run does not start: it stands somewhere already. */
export interface ExternalPlace {
  /** The local interface by which it is reached; captured on, where packets come from there. */
  readonly interface: string;
  /** The local address that phones and testbed have towards it. */
  readonly address: string;
  /** Its addresses, for whoever has to authorise what is done to them. */
  readonly hosts: readonly string[];
  readonly capture: CaptureSource;
  /** Reaches it for the first time, before anything is captured and only once that is authorised; rejects with one line where it is not there, or not the one described. */
  reach(): Promise<void>;
}

/** Something to evaluate. */
export interface Target {
  readonly name: string;
  /** Only where the run does not start the appliance: the run then stays in its caller's network namespace. */
  readonly external?: ExternalPlace;
  /** Path of a file of verdicts that are known beforehand. */
  readonly expectations?: string;
  /** Milliseconds that an activity may take where a person takes part; the run's own limit unless given. */
  readonly activityLimit?: number;
  /** What its appliance and phones can do. */
  readonly capabilities: ReadonlySet<Capability>;
  /** A short line naming the codec in use and whether audio is decoded. */
  codec(): string;
  startAppliance(site: Site): Promise<Appliance>;
  startPhone(site: Site, name: string, appliance: ApplianceDescription): Promise<Phone>;
}
