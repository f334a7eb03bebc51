import type { Duplex } from 'node:stream';
import type { PhoneApplication } from '../phone/application.ts';
import type { Widget } from '../phone/widget.ts';
import { startBrowser, type Browser } from './browser.ts';

/** An application whose screen is a page. */
export interface WebApplicationOptions {
  /** The page, as the phone's own browser would open it. */
  readonly url: string;
  /** A web view inside an application (default), or the browser itself. */
  readonly kind?: 'web-view' | 'chrome';
  /** `org.discretio.web` unless given; Chrome has a name of its own. */
  readonly packageName?: string;
  /** Path of Chromium; Debian's unless given. */
  readonly program?: string;
  /** Further words for Chromium, such as those of a false microphone. */
  readonly words?: readonly string[];
}

/** Makes an application with a web view; a headless Chromium is started once somebody looks into it. */
export const webApplication = (options: WebApplicationOptions): PhoneApplication => {
  const { url, kind = 'web-view', program, words } = options;
  const isChrome = kind === 'chrome';
  const packageName = isChrome
    ? 'com.android.chrome'
    : (options.packageName ?? 'org.discretio.web');
  return {
    packageName,
    activity: isChrome ? 'com.google.android.apps.chrome.Main' : '.WebActivity',
    versionName: '1.0',
    versionCode: 1,
    permissions: ['android.permission.RECORD_AUDIO'],
    isDebuggable: true,
    start(environment) {
      let browser: Promise<Browser> | null = null;
      const open = async (): Promise<Duplex> => {
        browser ??= environment.reversedPorts().then((ports) =>
          startBrowser({
            url,
            ports,
            size: environment.pageSize(),
            ...(program === undefined ? {} : { program }),
            ...(words === undefined ? {} : { words }),
          }),
        );
        return (await browser).connect();
      };
      const close = environment.offerDevTools(isChrome ? 'chrome' : 'web-view', open);
      const screen: Widget = {
        kind: 'column',
        id: `${packageName}:id/content`,
        children: [{ kind: 'web', id: `${packageName}:id/web_view`, text: '' }],
      };
      return {
        screen: () => screen,
        tap: () => undefined,
        setText: () => undefined,
        back: () => environment.leave(),
        networkChanged: () => undefined,
        interrupted: () => undefined,
        async stop() {
          close();
          await browser?.then((running) => running.stop()).catch(() => undefined);
        },
      };
    },
    storedFiles: () => Promise.resolve([]),
    clearData: () => Promise.resolve(),
  };
};
