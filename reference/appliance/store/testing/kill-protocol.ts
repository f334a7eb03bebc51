/** What the killed service tells its driver. */
export type FromService =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'text'; readonly number: string; readonly text: string }
  /** The acknowledgement of a revocation, sent after the store's operation returned. */
  | { readonly kind: 'revoked'; readonly number: string };

/** What the driver asks of it. */
export interface ToService {
  readonly kind: 'revoke';
  readonly number: string;
}
