import { z } from 'zod';
import {
  fail,
  inconclusive,
  pass,
  type Evidence,
  type Finding,
  type Scenario,
} from '../campaign/scenario.ts';
import { worst } from '../conformity/views/worst.ts';

const attemptsSchema = z.object({
  attempts: z.array(
    z.object({
      shown: z.string(),
      registered: z.boolean(),
      refusals: z.array(z.string()),
      server: z.object({ connections: z.number(), handshakes: z.number(), bytes: z.number() }),
    }),
  ),
  control: z.object({ registered: z.boolean() }),
});

const path = 'evidence/impostor/attempts.json';

/** Codes by which a phone says that a server's certificate was the reason. */
const reasons = ['tls/chain', 'tls/issuer', 'tls/server-auth'];

/** Certificates that must have been shown. */
const needed = ['rogue-authority', 'user-certificate'] as const;

type Attempt = z.infer<typeof attemptsSchema>['attempts'][number];

const judgeAttempt = ({ shown, registered, refusals, server }: Attempt): Finding | null => {
  const logged = refusals.join(', ') || 'nothing';
  if (server.connections === 0)
    return inconclusive(`the phone never reached the server with "${shown}"`, [path]);
  if (registered || server.bytes > 0)
    return fail(
      `a phone accepted the certificate "${shown}"`,
      'refused before anything is sent',
      `${server.bytes} bytes sent to the impostor; logged: ${logged}`,
      [path],
    );
  return refusals.some((code) => reasons.includes(code))
    ? null
    : inconclusive(`the server with "${shown}" was left for another reason: ${logged}`, [path]);
};

/** Phones must leave every server with a wrong certificate before they say anything, for that reason; at the appliance one must register. */
const judgeImpostors = (evidence: Evidence): Finding => {
  const found = evidence.json('impostor', 'attempts.json', attemptsSchema);
  if (!found) return inconclusive('the attempts of the impostor are not among the evidence');
  const bad = worst(found.attempts.map(judgeAttempt));
  if (bad) return bad;
  const untried = needed.find((kind) => !found.attempts.some(({ shown }) => shown === kind));
  if (untried) return inconclusive(`no server with "${untried}" was tried`, [path]);
  if (!found.control.registered)
    return inconclusive('the control phone did not register at the appliance', [path]);
  return pass(
    `${found.attempts.length} impostors were refused for their certificate before a byte was sent; the appliance was not`,
    [path],
  );
};

/** Servers that pretend to be the appliance (catalogue X1, X2). */
export const impostorAttacks: readonly Scenario[] = [
  {
    id: 'attacks/X1-X2/impostor-server',
    revision: 2,
    claims: ['2.1.g'],
    activities: ['impostor'],
    needs: ['enrol', 'refusal-log'],
    judge: judgeImpostors,
  },
];
