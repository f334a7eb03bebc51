import type { LabHost } from '../topology/schema.ts';
import { hostInterface } from './interface-names.ts';

/**
 * Source translation of a router, as nftables rules; empty when it translates nothing. The kernel keeps a flow's port where
 * it can and lets in only what answers a flow (port-restricted, RFC 4787 address-and-port-dependent filtering);
 * `fully-random` gives every destination another port (symmetric, address-and-port-dependent mapping).
 */
export const translationRules = ({ translation, attachments }: LabHost): string => {
  if (translation === undefined) return '';
  const index = attachments.findIndex(({ segment }) => segment === translation.into);
  const outside = hostInterface(index);
  const mapping = translation.kind === 'symmetric' ? ' fully-random' : '';
  return `table inet translation {
  chain outgoing {
    type nat hook postrouting priority srcnat
    oifname "${outside}" masquerade${mapping}
  }
  chain forwarded {
    type filter hook forward priority filter; policy drop
    iifname != "${outside}" accept
    ct state established,related accept
  }
}
`;
};
