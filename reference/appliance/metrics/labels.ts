/** Values that one label may have before all others become `other`. */
const maximumValues = 100;

/** Bounds a label: words of the program, `/`, `.` and `-` between them, and not too many of them. */
export const createLabels = (): ((value: string) => string) => {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (
      known.size >= maximumValues ||
      !/^[A-Za-z][A-Za-z-]{0,39}([/.][A-Za-z-]{1,40})?$/.test(value)
    )
      return 'other';
    known.add(value);
    return value;
  };
};
