import type { StoredRevocationList } from '../store/contract.ts';
import type { AuthorityValidity } from './context.ts';
import type { TextKey } from './texts/en.ts';

const day = 86_400_000;

/** What needs an administrator; `time` in milliseconds since 1970. */
export interface Alarm {
  readonly key: TextKey & `alarm.${string}`;
  readonly authority: AuthorityValidity['authority'] | null;
  readonly time: number | null;
}

const authorityWarning = 90 * day;
const pageWarning = 30 * day;

/** In the last quarter of its life a list should long have been renewed. */
const listWarning = ({ thisUpdate, nextUpdate }: StoredRevocationList): number =>
  (nextUpdate - thisUpdate) / 4;

const ofExpiry = (
  kind: 'list' | 'authority' | 'page',
  authority: Alarm['authority'],
  notAfter: number,
  { at, warning }: { readonly at: number; readonly warning: number },
): readonly Alarm[] => {
  if (notAfter - at > warning) return [];
  const key =
    notAfter <= at ? (`alarm.${kind}-expired` as const) : (`alarm.${kind}-expiring` as const);
  return [{ key, authority, time: notAfter }];
};

/** The alarms of a moment: revocation lists missing, expired or late, authorities and this page's certificate expired or soon. */
export const alarmsAt = (
  state: {
    readonly latest: (
      authority: AuthorityValidity['authority'],
    ) => StoredRevocationList | undefined;
    readonly authorities: readonly AuthorityValidity[];
    readonly pageNotAfter: number;
  },
  at: number,
): readonly Alarm[] => [
  ...(['root', 'client', 'server'] as const).flatMap((authority) => {
    const list = state.latest(authority);
    if (list === undefined) return [{ key: 'alarm.list-missing' as const, authority, time: null }];
    return ofExpiry('list', authority, list.nextUpdate, { at, warning: listWarning(list) });
  }),
  ...state.authorities.flatMap(({ authority, notAfter }) =>
    ofExpiry('authority', authority, notAfter, { at, warning: authorityWarning }),
  ),
  ...ofExpiry('page', null, state.pageNotAfter, { at, warning: pageWarning }),
];
