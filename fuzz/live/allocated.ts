import koffi from 'koffi';

/** Fields of struct mallinfo2 (mallinfo(3), glibc 2.33). */
const fields = 'arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost'.split(
  ' ',
);

/** Asks the C library; undefined where it is not glibc 2.33 or later. */
const loadMallinfo = (): (() => Readonly<Record<string, number | bigint>>) | undefined => {
  try {
    const library = koffi.load('libc.so.6');
    koffi.struct('mallinfo2_t', Object.fromEntries(fields.map((name) => [name, 'size_t'])));
    return library.func('mallinfo2_t mallinfo2()');
  } catch {
    return undefined;
  }
};

const mallinfo = loadMallinfo();

/** Bytes that native code has allocated and not freed, V8's own pages apart; 0 where the system does not tell. */
export const allocatedBytes = (): number => {
  const info = mallinfo?.();
  return info === undefined ? 0 : Number(info['uordblks']) + Number(info['hblkhd']);
};
