const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'writing there is not permitted',
  EPERM: 'writing there is not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a file stands where a folder is needed',
  EEXIST: 'a file stands where a folder is needed',
  EISDIR: 'a folder stands where a file is needed',
};

/** Evidence cannot be kept: nothing that follows in the run could be either. */
export class EvidenceError extends Error {
  override readonly name = 'EvidenceError';
}

/** The one-line error of evidence that the system cannot keep: the folder, the reason, the way out. Other errors stay as they are. */
export const evidenceError = (folder: string, cause: unknown): unknown => {
  if (!(cause instanceof Error && 'code' in cause)) return cause;
  const code = String(cause.code);
  const reason = reasons[code] ?? cause.message.split('\n')[0] ?? '';
  return new EvidenceError(
    `cannot write evidence to ${folder}: ${reason} (${code}); name another folder with --out DIR`,
    { cause },
  );
};
