import { execFile } from 'node:child_process';

/** A program that the appliance is made of. */
export interface Program {
  readonly name: string;
  readonly path: string;
  /** Words that make it tell its version. */
  readonly words: readonly string[];
  readonly version: RegExp;
  /** The oldest that was tried. */
  readonly oldest: readonly [major: number, minor: number];
  /** Debian's packages that bring it. */
  readonly packages: string;
}

export const kamailioProgram: Program = {
  name: 'kamailio',
  path: '/usr/sbin/kamailio',
  words: ['-v'],
  version: /version: kamailio (\d+)\.(\d+)/,
  oldest: [5, 6],
  packages: 'kamailio and kamailio-tls-modules',
};

export const rtpengineProgram: Program = {
  name: 'rtpengine',
  path: '/usr/bin/rtpengine',
  words: ['--version'],
  version: /Version: (\d+)\.(\d+)/,
  oldest: [10, 5],
  packages: 'rtpengine-daemon',
};

/** All that a program says, whatever it ends with; null where it is not there. */
const sayingOf = ({ path, words }: Pick<Program, 'path' | 'words'>): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(path, [...words], { timeout: 5_000 }, (error, stdout, stderr) =>
      resolve(error?.code === 'ENOENT' ? null : stdout + stderr),
    );
  });

/** Why a program cannot be used, in one line with the way out; null when it can. */
export const programProblem = async (program: Program): Promise<string | null> => {
  const { name, path, packages, oldest } = program;
  const wayOut = `./setup installs it (Debian: ${packages})`;
  const said = await sayingOf(program);
  if (said === null) return `${name}: ${path} is not installed; ${wayOut}`;
  const [, major, minor] = program.version.exec(said) ?? [];
  if (major === undefined) return `${name}: ${path} tells no version; ${wayOut}`;
  const isOld =
    Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1]);
  return isOld ? `${name}: ${major}.${minor} is older than ${oldest.join('.')}; ${wayOut}` : null;
};
