/** So long whatever else there is to do may go first. */
const patienceMs = 200;

/**
 * Does what can wait until a person sees what they asked for: after the next frame is painted, when the page has nothing
 * else to do. A hidden page is painted when it is shown.
 *
 * @returns takes it back
 */
export function afterPaint(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let idle: number | undefined;
  const frame = requestAnimationFrame(() => {
    timer = setTimeout(() => {
      // WebKit has no idle time to tell of.
      if ('requestIdleCallback' in globalThis) idle = requestIdleCallback(work, { timeout: patienceMs });
      else work();
    });
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    if (idle !== undefined) cancelIdleCallback(idle);
  };
}
