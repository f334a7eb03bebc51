import type { ApplicationEnvironment, PhoneApplication } from '../phone/application.ts';

/** A small application for tests: an input, a button that keeps what was typed, and a list of what was kept. */
export const notes = (): PhoneApplication & { readonly kept: readonly string[] } => {
  const kept: string[] = [];
  const id = (name: string): string => `org.example.notes:id/${name}`;
  return {
    kept,
    packageName: 'org.example.notes',
    activity: '.NotesActivity',
    versionName: '1',
    versionCode: 1,
    permissions: ['android.permission.RECORD_AUDIO'],
    isDebuggable: true,
    start(environment: ApplicationEnvironment) {
      let draft = '';
      return {
        screen: () => ({
          kind: 'column',
          id: id('root'),
          children: [
            { kind: 'input', id: id('draft'), text: draft, hint: 'Note' },
            { kind: 'input', id: id('secret'), text: draft, isPassword: true },
            { kind: 'button', id: id('keep'), text: 'Keep "it" & <more>' },
            { kind: 'toggle', id: id('loud'), text: 'Loud', isChecked: kept.length > 1 },
            {
              kind: 'text',
              id: id('network'),
              text: environment.isOnline() ? 'on' : 'off',
              description: environment.isOnline() ? 'online' : 'offline',
            },
            ...kept.map((text) => ({ kind: 'text', id: id('note'), text }) as const),
          ],
        }),
        tap(tapped) {
          if (tapped === id('keep')) kept.push(draft);
          if (tapped === id('loud'))
            void environment.requestPermission('android.permission.RECORD_AUDIO');
          environment.changed();
        },
        setText(_id, text) {
          draft = text;
        },
        back: () => environment.leave(),
        networkChanged: (isOnline) => environment.log('Notes', isOnline ? 'online' : 'offline'),
        interrupted: (isInterrupted) => environment.log('Notes', `interrupted ${isInterrupted}`),
        stop: () => Promise.resolve(),
      };
    },
    storedFiles: () =>
      Promise.resolve(
        kept.map((text, index) => ({ path: `${index}.txt`, bytes: Buffer.from(text) })),
      ),
    async clearData() {
      kept.length = 0;
    },
  };
};
