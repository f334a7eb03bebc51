import {
  fail,
  inconclusive,
  noting,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';
import {
  clientRenegotiation,
  noExtendedMasterSecret,
  reusedValue,
  weakGroup,
} from './tls-observations.ts';
import { ownResumptions } from './tls-sessions.ts';
import {
  bothPorts,
  controlProblem,
  judgeRefusals,
  outcomeText,
  wasClosed,
  type PortView,
  type Refusal,
} from './tls-ports-view.ts';

const wantedBits = 2_048;
/** Connections that a reuse of public values is looked for in. */
const fewestConnections = 5;
/** Records of one session whose nonces are compared. */
const fewestRecords = 3;

/** Size as the target has it; what else is wrong with a group is no matter of conformity (T3, T4, T6). */
const judgeGroups = (view: PortView): Finding => {
  const { groups, path } = view;
  if (groups.length === 0) return inconclusive('no Diffie-Hellman parameters were seen', [path]);
  const text = groups
    .map(({ bits, name }) => `${bits} bits, ${name ?? 'no published group'}`)
    .join('; ');
  const weak = weakGroup(view);
  const judge = (): Finding => {
    if (groups.some(({ bits }) => bits !== wantedBits))
      return fail('a modulus of another size is used', `a modulus of ${wantedBits} bits`, text, [
        path,
      ]);
    return (
      controlProblem(view) ??
      pass(`${text}${weak ? '' : ', a safe prime with a sound generator'}`, [path])
    );
  };
  return noting(judge(), weak);
};

/** A value whose secret anybody knows: 0, 1, p-1, or not below p. */
const isDegenerate = ({
  prime,
  publicValue,
}: {
  readonly prime: string;
  readonly publicValue: string;
}) => {
  const [p, y] = [BigInt(`0x${prime || '0'}`), BigInt(`0x${publicValue || '0'}`)];
  return y <= 1n || y >= p - 1n;
};

/** Public values must be values, signed; whether they are fresh is a matter of strength (T5, O8). */
const judgeReuse = (view: PortView): Finding => {
  const { trials, path } = view;
  const groups = trials.flatMap(({ group }) => (group ? [group] : []));
  const degenerate = groups.find(isDegenerate);
  const expected = 'a public value of the group in every handshake, signed';
  if (degenerate)
    return fail(
      'the public value of the server gives no secret',
      expected,
      `0x${degenerate.publicValue.slice(0, 16)}`,
      [path],
    );
  if (trials.some(({ parametersSigned }) => parametersSigned === false))
    return fail(
      'the signature over the server’s parameters does not hold',
      expected,
      'a wrong signature',
      [path],
    );
  if (groups.length < fewestConnections)
    return inconclusive(`only ${groups.length} public values were seen`, [path]);
  const control = controlProblem(view);
  if (control) return control;
  const distinct = new Set(groups.map(({ publicValue }) => publicValue)).size;
  return noting(
    pass(`public values: ${distinct} different in ${groups.length} handshakes`, [path]),
    distinct < groups.length ? reusedValue(view, distinct, groups.length) : null,
  );
};

const publicValues: Refusal = {
  names: ['public-0', 'public-1', 'public-p-minus-1', 'public-p', 'public-p-plus-1'],
  alerts: [47, 40, 50, 71, 80],
};

const noRenegotiation = 100;

/** Bound to the first handshake, a renegotiation breaks no rule; in any other way a stranger's bytes come before the user's. */
const judgeRenegotiation = (view: PortView): Finding => {
  const { trial, path } = view;
  const judge = (binding: string): Finding | null => {
    const found = trial(`renegotiation-${binding}`);
    if (!found?.established)
      return inconclusive(`a renegotiation "${binding}" was not tried in a session`, [path]);
    const refused =
      found.alerts.some(({ description }) => [noRenegotiation, 10, 40].includes(description)) ||
      wasClosed(found);
    if (found.hellos > 1)
      return binding === 'bound'
        ? null
        : fail(
            `the server renegotiates "${binding}"`,
            'no renegotiation that is not bound to the handshake before (RFC 5746)',
            'a second ServerHello',
            [path],
          );
    return refused ? null : inconclusive(`"${binding}": ${outcomeText(found)}`, [path]);
  };
  const initial = judgeRefusals([{ names: ['initial-hello-bound'], alerts: [40, 47, 10] }])(view);
  const found = ['bound', 'unbound', 'scsv', 'wrong-binding'].map(judge);
  const renegotiated = (trial('renegotiation-bound')?.hellos ?? 0) > 1;
  return noting(
    worst([...found, initial]) ?? initial,
    renegotiated ? clientRenegotiation(view) : null,
  );
};

/** A second client's session by three handshakes needs resumption and renegotiation as well (RFC 7627). */
const judgeExtendedMaster = (view: PortView, evidence: Evidence): Finding => {
  const { trial, path } = view;
  const control = controlProblem(view);
  if (control) return control;
  if (trial('control-first')?.extendedMasterSecret === true) {
    const without = trial('no-extended-master-secret')?.answer === null ? 'refused' : 'served';
    return pass(`extended master secret negotiated; a client without it is ${without}`, [path]);
  }
  const ways = ownResumptions(evidence, view.service);
  const bound = trial('renegotiation-bound');
  const judge = (): Finding => {
    if (ways === null || bound?.established !== true)
      return inconclusive(
        'without the extended master secret resumption and renegotiation decide, and were not tried',
        [path],
      );
    const resumed = ways.length > 0;
    const renegotiated = bound.hellos > 1;
    return resumed && renegotiated
      ? fail(
          'sessions are resumed and renegotiated without the extended master secret',
          'extended master secret (RFC 7627)',
          'a triple handshake is possible',
          [path],
        )
      : pass(
          `sessions are ${resumed ? '' : 'not '}resumed and ${renegotiated ? '' : 'not '}renegotiated: no triple handshake`,
          [path],
        );
  };
  return noting(judge(), noExtendedMasterSecret(view));
};

/** No method but null may be chosen (CVE-2012-4929). */
const judgeCompression = (view: PortView): Finding => {
  const { trial, path } = view;
  const found = trial('compression-offered');
  if (!found) return inconclusive('compression was not offered', [path]);
  if (found.compression !== null && found.compression !== 0)
    return fail('the server compresses', 'no compression', `method ${found.compression}`, [path]);
  const control = controlProblem(view);
  if (control) return control;
  if (found.compression === null && found.alerts.length === 0 && !wasClosed(found))
    return inconclusive(`the offer came out as ${found.end}`, [path]);
  return pass('DEFLATE and LZS offered, none chosen', [path]);
};

/** A heartbeat that lies about its length must never be answered (CVE-2014-0160), whatever was announced. */
const judgeHeartbeat = (view: PortView): Finding => {
  const { trial, path } = view;
  const moments = ['heartbeat-server-hello-done', 'heartbeat-established'].map(trial);
  const answered = moments.find((found) => (found?.heartbeats ?? 0) > 0);
  if (answered)
    return fail(
      `a heartbeat of false length was answered (${answered.name})`,
      'refused, or discarded in silence (RFC 6520 section 4)',
      'an answer',
      [path],
    );
  const control = controlProblem(view);
  if (control) return control;
  const [inClear, inside] = moments;
  if (!inClear || !inside?.established)
    return inconclusive('no heartbeat was sent in a session', [path]);
  const late = moments.find((found) => found?.end === 'deadline' || found?.end === 'unreachable');
  if (late) return inconclusive(`${late.name} came out as ${late.end}`, [path]);
  return pass(`in the handshake: ${outcomeText(inClear)}; in the session: ${outcomeText(inside)}`, [
    path,
  ]);
};

/** A certificate must be there where one is demanded (T17); on the registration port one may do without. */
const certificateNeeded: readonly Refusal[] = [
  { names: ['certificate-absent'], alerts: [10, 40, 41, 42, 116] },
  { names: ['certificate-empty'], alerts: [40, 41, 42, 48, 116] },
  { names: ['certificate-rogue'], alerts: [48, 42, 46, 40, 43] },
  { names: ['verify-altered'], alerts: [51, 40, 42, 47] },
];
const certificateOptional = certificateNeeded.filter(({ names }) =>
  ['certificate-absent', 'verify-altered'].some((name) => names.includes(name)),
);

/** Whoever shows a certificate must prove its key over this very handshake (T18). */
const proofs: readonly Refusal[] = [
  { names: ['verify-omitted'], alerts: [10, 40, 42] },
  { names: ['verify-other-key', 'verify-other-transcript'], alerts: [51, 40, 42, 47] },
];

const records: readonly Refusal[] = [
  { names: ['finished-altered'], alerts: [51, 40] },
  { names: ['finished-in-clear', 'data-in-clear'], alerts: [20, 10, 21, 50, 80] },
  {
    names: [
      'finished-tag-altered',
      'finished-sequence-wrong',
      'data-tag-altered',
      'data-sequence-wrong',
      'data-replayed-sequence',
    ],
    alerts: [20, 21, 51],
  },
  { names: ['record-too-long'], alerts: [22, 20, 47, 50] },
];

/** Records that were changed are refused, and the server's own never repeat a nonce under one key. */
const judgeRecords = (view: PortView): Finding => {
  const { trials, trial, path } = view;
  const repeating = trials.find(({ nonces }) => new Set(nonces).size < nonces.length);
  if (repeating)
    return fail(
      'the server repeats a GCM nonce under one key',
      'a nonce for each record',
      `in ${repeating.name}: ${repeating.nonces.join(', ')}`,
      [path],
    );
  const finding = judgeRefusals(records)(view);
  if (finding.kind !== 'pass') return finding;
  const seen = trial('control-last')?.nonces.length ?? 0;
  if (seen < fewestRecords)
    return inconclusive(`only ${seen} records of one session were seen`, [path]);
  return pass(`${finding.observed}; ${seen} records of one session, each with its own nonce`, [
    path,
  ]);
};

/** Content in records of one byte is unusual and right: served or refused, never left hanging. */
const judgeFragments = (view: PortView): Finding => {
  const { trial, path } = view;
  const found = trial('one-byte-records');
  if (!found) return inconclusive('records of one byte were not tried', [path]);
  const control = controlProblem(view);
  const last = trial('control-last');
  if (found.answer !== null)
    return control ?? pass(`a client with records of one byte: ${outcomeText(found)}`, [path]);
  const servedBefore = typeof trial('control-first')?.answer === 'string';
  if (servedBefore && last?.answer === null && wasClosed(last))
    return fail(
      'after records of one byte nobody is served any more',
      'others keep being served',
      outcomeText(last),
      [path],
    );
  if (control) return control;
  const refused = found.alerts.some(({ level }) => level === 2) || wasClosed(found);
  return refused
    ? pass(`a client with records of one byte: ${outcomeText(found)}`, [path])
    : inconclusive(`records of one byte came out as ${found.end}`, [path]);
};

const channel = { sip: ['2.1.d', '4.a'], registration: ['2.1.c', '4.a'] } as const;
const identity = { sip: ['2.1.b', '5.2.a'], registration: ['2.1.b'] } as const;

/** Attacks on the handshake and the records of both TLS ports (catalogue T3, T5, T7, T9, T11-T14, T17-T20). */
export const tlsPortAttacks: readonly Scenario[] = [
  ...bothPorts('T3', 'group', { sip: ['5.1.c'], registration: ['5.1.f'] }, judgeGroups, 2),
  ...bothPorts('T5', 'public-values', { sip: ['5.1.b'], registration: ['5.1.e'] }, judgeReuse, 2),
  ...bothPorts('T7', 'public-value-range', channel, judgeRefusals([publicValues])),
  ...bothPorts('T9', 'renegotiation', channel, judgeRenegotiation, 2),
  ...bothPorts('T11', 'extended-master-secret', identity, judgeExtendedMaster, 2),
  ...bothPorts('T12', 'compression', channel, judgeCompression),
  ...bothPorts(
    'T13',
    'change-cipher-spec',
    channel,
    judgeRefusals([
      { names: ['early-change-cipher-spec'], alerts: [10, 40, 47, 50, 80], telling: [20, 21] },
      { names: ['change-cipher-spec-absent'], alerts: [10, 20, 40, 50, 80] },
      { names: ['change-cipher-spec-repeated'], alerts: [10, 20, 21, 22, 50, 80] },
    ]),
  ),
  ...bothPorts('T14', 'heartbeat', channel, judgeHeartbeat),
  ...bothPorts('T17', 'certificate', identity, (view) =>
    judgeRefusals(view.service === 'sip' ? certificateNeeded : certificateOptional)(view),
  ),
  ...bothPorts('T18', 'proof-of-key', identity, judgeRefusals(proofs)),
  ...bothPorts('T19', 'records', channel, judgeRecords),
  ...bothPorts(
    'T20',
    'one-byte-records',
    { sip: ['2.1.d'], registration: ['2.1.c'] },
    judgeFragments,
  ),
];
