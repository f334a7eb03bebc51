import * as fc from 'fast-check';
import { callFaults } from '../../../simulators/attackers/call-faults.ts';
import { headerCases, type HeaderCase } from '../../generators/csl-header-cases.ts';
import { mutatedCases, type MutatedCase } from '../../generators/mutations.ts';
import { sipGrammar } from '../../generators/sip-messages.ts';
import { textCases } from '../../generators/text-mutations.ts';
import { liveBases } from '../appliance/bases.ts';
import { datagramBases } from '../datagrams.ts';
import { editKinds, type Edit } from './draft.ts';

/** How a datagram of a call is sent: under its keys, as it is, and past the relay; to the port of RTP or of RTCP. */
export interface CallDatagram {
  readonly made: MutatedCase;
  readonly way: 'keyed' | 'plain' | 'direct';
  readonly control: boolean;
}

/** One case for a running phone: what is made before it is known whom it meets, as plain data. */
export type PhoneCase =
  /** An INVITE with X-CSL headers that are right in form at most. */
  | { readonly family: 'headers'; readonly made: HeaderCase }
  /** A right INVITE, 200, ACK or re-INVITE of an enrolled user, changed. */
  | {
      readonly family: 'offer' | 'answer' | 'confirmation' | 'change';
      readonly edits: readonly Edit[];
    }
  /** What is wrong was signed by the user himself. */
  | { readonly family: 'signed-offer' | 'signed-answer'; readonly fault: number }
  /** Any other request, changed. */
  | { readonly family: 'request'; readonly made: MutatedCase }
  /** Datagrams in a right call. */
  | { readonly family: 'media'; readonly datagrams: readonly CallDatagram[] };

const edits = (most: number): fc.Arbitrary<readonly Edit[]> =>
  fc.array(
    fc.record({
      kind: fc.nat({ max: editKinds - 1 }),
      at: fc.nat({ max: 0xffff }),
      value: fc.nat({ max: 0xffff }),
    }),
    { minLength: 0, maxLength: most },
  );

const changed = (
  weight: number,
  family: 'offer' | 'answer' | 'confirmation' | 'change',
): { readonly weight: number; readonly arbitrary: fc.Arbitrary<PhoneCase> } => ({
  weight,
  arbitrary: edits(2).map((each) => ({ family, edits: each })),
});

const signed = (weight: number, family: 'signed-offer' | 'signed-answer') => ({
  weight,
  arbitrary: fc.nat({ max: callFaults.length - 1 }).map((fault): PhoneCase => ({ family, fault })),
});

const datagram: fc.Arbitrary<CallDatagram> = fc.record({
  made: mutatedCases(datagramBases.length),
  way: fc.constantFrom<CallDatagram['way']>('keyed', 'keyed', 'plain', 'direct'),
  control: fc.boolean(),
});

/** Cases of every kind. */
export const phoneCases: fc.Arbitrary<PhoneCase> = fc.oneof(
  { weight: 24, arbitrary: headerCases.map((made): PhoneCase => ({ family: 'headers', made })) },
  changed(26, 'offer'),
  changed(12, 'answer'),
  changed(6, 'confirmation'),
  changed(5, 'change'),
  signed(4, 'signed-offer'),
  signed(2, 'signed-answer'),
  {
    weight: 16,
    arbitrary: textCases({ bases: liveBases.requests, words: sipGrammar.words }).map(
      (made): PhoneCase => ({ family: 'request', made }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .array(datagram, { minLength: 1, maxLength: 20 })
      .map((datagrams): PhoneCase => ({ family: 'media', datagrams })),
  },
);
