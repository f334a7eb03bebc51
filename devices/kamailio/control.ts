import { execFile } from 'node:child_process';

const program = '/usr/sbin/kamcmd';

/** Milliseconds that Kamailio has to answer. */
const deadline = 3_000;

/** Kamailio's control socket. */
export interface KamailioControl {
  /** Gives what the command answered. Rejects with one line: the socket is gone, the deadline passed, the command was refused. */
  ask(...words: readonly string[]): Promise<string>;
}

/** Speaks to the control socket at a path, by kamcmd. */
export const kamailioControl = (socket: string): KamailioControl => ({
  ask: (...words) =>
    new Promise((resolve, reject) => {
      const options = { timeout: deadline };
      execFile(program, ['-s', `unix:${socket}`, ...words], options, (error, stdout, stderr) => {
        const refused = /^error: .*/m.exec(stdout + stderr)?.[0];
        if (error === null && refused === undefined) return resolve(stdout);
        const reason = refused ?? (stderr.trim().split('\n')[0] || String(error?.code));
        return reject(
          new Error(`kamailio: ${words[0] ?? ''} by its control socket failed: ${reason}`),
        );
      });
    }),
});
