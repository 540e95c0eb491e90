/**
 * A function that makes something once and gives the same to all who ask. An attempt that failed is not kept: whoever
 * asks next tries again.
 */
export function once<T>(make: () => Promise<T>): (() => Promise<T>) & { forget(): void } {
  let made: Promise<T> | undefined;
  const get = (): Promise<T> => {
    if (made) return made;
    const attempt = make();
    made = attempt;
    attempt.catch(() => {
      if (made === attempt) made = undefined;
    });
    return attempt;
  };
  /** The next who asks has it made anew. */
  const forget = (): void => {
    made = undefined;
  };
  return Object.assign(get, { forget });
}
