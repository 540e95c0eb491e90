const mostAttempts = 10;

/** Repeats what met the write of another process. */
export async function untilNoConflict<T>(
  work: () => Promise<T>,
  refresh: () => Promise<unknown>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const { message } = error as Error;
      if (attempt === mostAttempts || !/conflict|concurrent|preempted/i.test(message)) throw error;
      const most = Math.min(2000, 20 * 2 ** attempt);
      await new Promise((resolve) => setTimeout(resolve, most * (0.5 + Math.random())));
      await refresh();
    }
  }
}
