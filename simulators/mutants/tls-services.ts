/** The two TLS ports of an appliance. */
export type TlsService = 'sip' | 'registration';

export const services: readonly TlsService[] = ['sip', 'registration'];

/** What is claimed of each port. */
export const serviceClaims = {
  sip: {
    version: ['5.1.a', '6.2.f'],
    suite: '5.1.b',
    modulus: '5.1.c',
    /** Every other version and suite is refused. */
    only: '5.1.k',
    channel: ['2.1.d', '4.a'],
    service: '2.1.d',
    resumption: '2.1.b',
    identity: ['2.1.b', '5.2.a'],
  },
  registration: {
    version: ['5.1.d', '6.2.e'],
    suite: '5.1.e',
    modulus: '5.1.f',
    only: '5.1.l',
    channel: ['2.1.c', '4.a'],
    service: '2.1.c',
    resumption: '2.1.c',
    identity: ['2.1.b'],
  },
} as const;
