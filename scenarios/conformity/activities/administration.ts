import type { Activity, World } from '../../campaign/activity.ts';
import type { z } from 'zod';
import type { administrationSchema, entrySchema } from './administration-evidence.ts';
import {
  atDesk,
  findNumber,
  keepPage,
  signIn,
  visitOf,
  type Desk,
} from './administration-visits.ts';
import { takePicturesOf } from './administration-pictures.ts';
import { caller } from './basic-call.ts';

/** What is offered to the page alone, one after the other. */
const versions = ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

type Entry = z.infer<typeof entrySchema>;

const tryVersions = async ({ administration, send }: Desk) => {
  const tried = [];
  for (const offered of versions) {
    const { endpoint, trust } = administration;
    const headers = { accept: 'text/html' };
    const order = {
      endpoint,
      trust,
      method: 'GET',
      path: '/',
      headers,
      deadlineMs: 5_000,
    } as const;
    const outcome = await send({ ...order, version: offered });
    tried.push({ offered, visit: visitOf({ path: '/', redirects: [], cookies: [], outcome }) });
  }
  return tried;
};

/** Comes without a password, with an empty and a wrong one, and with the right one; each then asks for the list that the last is shown. */
const tryEntries = async (world: World, { administration, visitor }: Desk): Promise<Entry[]> => {
  const { account, password } = administration;
  const guests = [
    { way: 'none', visitor: visitor(), password: null },
    { way: 'empty', visitor: visitor(), password: '' },
    { way: 'wrong', visitor: visitor(), password: `${password.slice(0, -1)}~` },
  ];
  const refused = [];
  for (const guest of guests)
    refused.push({
      ...guest,
      signIn:
        guest.password === null
          ? null
          : await signIn(guest.visitor, { account, password: guest.password }),
    });
  const administrator = visitor();
  const admitted = await signIn(administrator, administration);
  const path = await findNumber(administrator, caller.number).catch(() => '/');
  const entries: Entry[] = [];
  for (const { way, visitor: guest, signIn: signedIn } of [
    ...refused,
    { way: 'right', visitor: administrator, signIn: admitted },
  ]) {
    const list = await guest.open(path);
    await keepPage(world, way, list);
    entries.push({ way, signIn: signedIn && visitOf(signedIn), list: visitOf(list) });
  }
  return entries;
};

/** An administrator at the other end of the administration link signs in and looks at the subscribers; others try to without the password. */
export const administration: Activity = {
  id: 'administration',
  title: 'an administrator signs in to the page, and others try to',
  effect: 'opens administration pages, signs in, and gives a wrong password twice',
  disturbs: false,
  needs: ['administer'],
  expected: 900,
  after: ['call'],
  captured: false,
  async run(world) {
    await atDesk(world, async (desk) => {
      const found: z.infer<typeof administrationSchema> = {
        lab: world.site.kind,
        endpoint: desk.administration.endpoint,
        number: caller.number,
        versions: await tryVersions(desk),
        entries: await tryEntries(world, desk),
      };
      await world.write('visits.json', found);
      const list = found.entries.at(-1)?.list.path ?? '/';
      if (world.profile === 'full') await takePicturesOf(world, desk.administration, list);
    });
  },
};
