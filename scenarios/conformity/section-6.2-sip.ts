import { fail, inconclusive, pass, type Finding, type Scenario } from '../campaign/scenario.ts';
import {
  callActivity,
  establishedSessions,
  losses,
  messagesIn,
  onCapture,
  type CaptureView,
} from './views/capture-view.ts';
import { dialogRules } from './views/sip-dialog-rules.ts';
import { messageRules, type SipRule } from './views/sip-rules.ts';
import { traceSip } from './views/sip-trace.ts';
import { worst } from './views/worst.ts';

/** What is checked of RFC 3261, rule by rule. That it runs over TLS alone is what 5.1 asks, against its section 18. */
export const sipRules: readonly SipRule[] = [...messageRules, ...dialogRules];

const judgeRule = (
  rule: SipRule,
  found: ReturnType<SipRule['check']>,
  path: string,
): Finding | null => {
  const { clause, level, title } = rule;
  const [first, ...more] = found.broken;
  const [absent] = found.missing ?? [];
  if (first === undefined && absent !== undefined)
    return inconclusive(`the capture does not show what RFC 3261 ${clause} asks for: ${absent}`, [
      path,
    ]);
  if (first === undefined)
    return found.looked > 0
      ? null
      : inconclusive(`nothing in the capture to which RFC 3261 ${clause} applies: ${title}`, [
          path,
        ]);
  const observed = more.length === 0 ? first : `${first}, and ${more.length} more`;
  return level === 'must'
    ? fail(`RFC 3261 ${clause} is broken (${rule.id}): ${title}`, title, observed, [path])
    : {
        kind: 'warn',
        reason: `RFC 3261 ${clause} is not followed (${rule.id}): ${title}`,
        expected: title,
        observed,
        evidence: [path],
      };
};

/** Every message of the call and the registrations must keep every rule. */
const judgeSip = (view: CaptureView): Finding => {
  const { facts, path } = view;
  const sessions = establishedSessions(facts, 'sip');
  const unread = sessions.find(
    (session) => messagesIn(facts, facts.tlsSessions.indexOf(session), 'sip') === 0,
  );
  if (sessions.length === 0 || unread)
    return inconclusive('the signalling of the capture cannot be read', [path]);
  const trace = traceSip(facts.sipMessages);
  const found = sipRules.map((rule) => ({ rule, found: rule.check(trace) }));
  const bad = worst(found.map(({ rule, found: finding }) => judgeRule(rule, finding, path)));
  if (bad?.kind === 'fail') return bad;
  const lost = losses(view);
  if (lost !== null) return inconclusive(lost, [path]);
  const table = found.map(
    ({ rule, found: { looked } }) => `${rule.id} (${rule.clause}): ${looked}`,
  );
  return (
    bad ??
    pass(
      `${facts.sipMessages.length} messages keep ${sipRules.length} rules of RFC 3261, each with the places it was checked at: ${table.join(', ')}`,
      [path],
    )
  );
};

/** Section 6.2: signalling. */
export const sipScenarios: readonly Scenario[] = [
  {
    id: '6.2/rfc3261',
    revision: 1,
    claims: ['6.2.a'],
    activities: [callActivity],
    needs: ['call'],
    judge: onCapture(judgeSip),
  },
];
