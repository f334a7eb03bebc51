/** Why the X-CSL headers of a message are not in format version 1. */
export type FormatRefusal =
  | 'headers-absent'
  | 'headers-repeated'
  | 'headers-unknown'
  | 'headers-folded'
  | 'headers-joined'
  | 'base64'
  | 'value-length'
  | 'info1-length'
  | 'info1-version'
  | 'group'
  | 'info2-length'
  | 'info2-version'
  | 'info2-parts';

/** Every reason for which a key agreement message is refused. */
export type CslRefusal =
  | FormatRefusal
  /** The session description is absent or not the one medium. */
  | 'media'
  /** More than 5 minutes off the receiver's clock. */
  | 'time'
  /** Seen before, or from a time that the memory no longer covers. */
  | 'replay'
  | 'public-value-range'
  | 'public-value-residue'
  /** Something of the receiver's own came back. */
  | 'reflection'
  /** X-CSL-From-Chain is none of the stored client authorities. */
  | 'from-chain'
  /** Not a canonical client certificate with the right signature algorithm and uses. */
  | 'certificate-form'
  /** Not RSA of 2048 bits with exponent 65537. */
  | 'key'
  /** Not exactly one CommonName in number form. */
  | 'common-name'
  | 'key-identifier'
  /** The CommonName is not the number required, or From or To is not. */
  | 'identity'
  /** In a re-INVITE: not the certificates of the dialog's first exchange. */
  | 'dialog-certificate'
  | 'issuer'
  | 'validity'
  | 'signature'
  /** No room to remember the offer. */
  | 'memory-full'
  | 'revoked'
  /** No answer about revocation, or none asked for. */
  | 'revocation-unavailable'
  | 'tag'
  /** The exchange has already been decided and its secrets overwritten. */
  | 'exchange-over';

/**
 * The final response to an INVITE refused for this reason: 488 for absent or malformed headers and media, 480 where the
 * receiver lacks memory or a revocation answer, else 403.
 */
export const statusFor = (refusal: CslRefusal): 488 | 480 | 403 => {
  switch (refusal) {
    case 'headers-absent':
    case 'headers-repeated':
    case 'headers-unknown':
    case 'headers-folded':
    case 'headers-joined':
    case 'base64':
    case 'value-length':
    case 'info1-length':
    case 'info1-version':
    case 'group':
    case 'info2-length':
    case 'info2-version':
    case 'info2-parts':
    case 'media':
      return 488;
    case 'memory-full':
    case 'revocation-unavailable':
      return 480;
    case 'time':
    case 'replay':
    case 'public-value-range':
    case 'public-value-residue':
    case 'reflection':
    case 'from-chain':
    case 'certificate-form':
    case 'key':
    case 'common-name':
    case 'key-identifier':
    case 'identity':
    case 'dialog-certificate':
    case 'issuer':
    case 'validity':
    case 'signature':
    case 'revoked':
    case 'tag':
    case 'exchange-over':
      return 403;
  }
};
