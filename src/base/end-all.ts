/**
 * Runs all of `ends`, one after another, whatever becomes of those before: what one leaves open is no reason to leave
 * the others so.
 *
 * @throws what the first threw that did
 */
export async function endAll(...ends: (() => void | Promise<void> | undefined)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of ends) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
