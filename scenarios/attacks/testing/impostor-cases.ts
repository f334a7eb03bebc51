import { z } from 'zod';
import { without, withJson, withOutcome, type Alteration } from '../../testing/altered.ts';
import { failing, undecided, type JudgeCase } from '../../testing/judge-cases.ts';

const attempts = z.looseObject({
  attempts: z.array(
    z.looseObject({
      shown: z.string(),
      registered: z.boolean(),
      refusals: z.array(z.string()),
      server: z.looseObject({ connections: z.number(), bytes: z.number() }),
    }),
  ),
  control: z.looseObject({ registered: z.boolean() }),
});
type Attempts = z.infer<typeof attempts>;

const changing = (change: (value: Attempts) => unknown): Alteration =>
  withJson('impostor', 'attempts.json', attempts, change);

/** The attempt with one certificate, changed. */
const shown = (certificate: string, change: Partial<Attempts['attempts'][number]>): Alteration =>
  changing((value) => ({
    ...value,
    attempts: value.attempts.map((each) =>
      each.shown === certificate ? { ...each, ...change } : each,
    ),
  }));

const id = 'attacks/X1-X2/impostor-server';
const certificates = ['rogue-authority', 'user-certificate'] as const;

/** What phones can do at servers that are not the appliance. */
export const impostorCases: readonly JudgeCase[] = [
  ...certificates.flatMap((certificate) => [
    failing(
      id,
      `bytes sent to the server with "${certificate}"`,
      /accepted the certificate/,
      shown(certificate, { server: { connections: 1, handshakes: 1, bytes: 300 } }),
    ),
    failing(
      id,
      `registered at the server with "${certificate}"`,
      /accepted the certificate/,
      shown(certificate, { registered: true }),
    ),
    undecided(
      id,
      `no connection to the server with "${certificate}"`,
      /never reached/,
      shown(certificate, { server: { connections: 0, handshakes: 0, bytes: 0 } }),
    ),
    undecided(
      id,
      `another reason to leave "${certificate}"`,
      /for another reason/,
      shown(certificate, { refusals: ['tls/deadline'] }),
    ),
    undecided(
      id,
      `nothing logged of "${certificate}"`,
      /for another reason: nothing/,
      shown(certificate, { refusals: [] }),
    ),
    undecided(
      id,
      `no server with "${certificate}"`,
      /was tried/,
      changing((value) => ({
        ...value,
        attempts: value.attempts.filter((each) => each.shown !== certificate),
      })),
    ),
  ]),
  failing(
    id,
    'a server never reached before one that was accepted',
    /accepted the certificate "user-certificate"/,
    changing((value) => ({
      ...value,
      attempts: value.attempts.map((each, index) => ({
        ...each,
        server: { connections: index, handshakes: index, bytes: index },
      })),
    })),
  ),
  undecided(
    id,
    'a control that did not register',
    /the control phone/,
    changing((value) => ({ ...value, control: { registered: false } })),
  ),
  undecided(
    id,
    'no attempts',
    /was tried/,
    changing((value) => ({ ...value, attempts: [] })),
  ),
  undecided(
    id,
    'attempts of the wrong shape',
    /not among/,
    changing(() => []),
  ),
  undecided(id, 'no evidence', /not among/, without('impostor', 'attempts.json')),
  undecided(
    id,
    'an activity that failed',
    /activity impostor/,
    withOutcome('impostor', { status: 'failed', reason: 'the control did not register' }),
  ),
];
