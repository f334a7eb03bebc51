import type { CslRefusal } from '../refusal.ts';

/** A text of the file's list `texts`, by its index. */
export type TextIndex = number;

export interface VectorHistory {
  readonly answerHash: string;
  /** Names in `certificates`. */
  readonly ownCertificate: string;
  readonly peerCertificate: string;
}

/** What the receiver of a case knows; bytes in hexadecimal, times in milliseconds. */
export interface VectorContext {
  /** Names in `certificates`. */
  readonly own: string;
  readonly clientAuthorities: readonly string[];
  readonly now: number;
  readonly underWay: readonly { readonly publicValue: string; readonly nonce: string }[];
  readonly revocation: 'good' | 'revoked' | 'unavailable' | 'not-consulted';
  readonly previous: VectorHistory | null;
  /** Of an INVITE's receiver only. */
  readonly elapsed?: number;
  readonly memory?: {
    readonly start: number;
    readonly remembered: readonly {
      readonly certificate: string;
      readonly nonce: string;
      readonly time: number;
      readonly at: { readonly now: number; readonly elapsed: number };
    }[];
  };
  /** Of a 200's receiver only: its INVITE. */
  readonly sent?: {
    readonly dialled: string;
    readonly offerHash: string;
    readonly exponent: string;
    readonly nonce: string;
    readonly publicValue: string;
  };
}

/** What the receiver of an ACK knows. */
export interface VectorConfirmation {
  readonly answerHash: string;
  readonly callerConfirmation: string;
}

export interface VectorMessage {
  readonly headers: readonly (readonly [name: string, value: TextIndex])[];
}

/** One complete case. */
export type VectorCase = {
  readonly id: string;
  readonly what: string;
  /** Null: this control is accepted. */
  readonly code: CslRefusal | null;
  /** What the refusing phone does; null where the control is accepted. */
  readonly reaction: '403' | '480' | '488' | 'acknowledge-and-end' | 'bye' | null;
} & (
  | {
      readonly kind: 'offer' | 'answer';
      readonly message: VectorMessage & {
        readonly callId: string;
        readonly fromUser: string;
        readonly toUser: string;
        readonly sdp: TextIndex;
      };
      readonly context: VectorContext;
    }
  | {
      readonly kind: 'confirmation';
      readonly message: VectorMessage;
      readonly context: VectorConfirmation;
    }
);

/** The file. */
export interface RefusalVectors {
  readonly about: string;
  /** DER, base64. */
  readonly certificates: Readonly<Record<string, string>>;
  readonly texts: readonly string[];
  readonly cases: readonly VectorCase[];
}
