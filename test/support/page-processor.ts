import type { Browser, Page } from 'playwright';

/**
 * How much time of the processor the main thread of a page has used, in milliseconds. Other programs on the machine lengthen
 * what a clock says, and this little.
 */
export async function processorOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds: when it began, how long it took by the clock and on the processor. */
  ts: number;
  dur?: number;
  tdur?: number;
  args: { name?: string; data?: { type?: string } };
}

/**
 * The longest task of the main threads of a browser's pages while something is done, in milliseconds of the processor.
 *
 * @param options.fromChange from the event on by which the page hears of chosen files: the browser has made their list then
 */
export async function longestOnProcessor(
  browser: Browser,
  page: Page,
  act: () => Promise<unknown>,
  { fromChange = false } = {},
): Promise<number> {
  await browser.startTracing(page, {
    categories: ['devtools.timeline', 'disabled-by-default-devtools.timeline'],
  });
  let trace: Buffer;
  try {
    await act();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents: events } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const mains = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map((event) => threadOf(event)),
  );
  const changed = fromChange
    ? events.find(({ name, args }) => name === 'EventDispatch' && args.data?.type === 'change')?.ts
    : undefined;
  const tasks = events.filter(
    (event) =>
      event.name === 'RunTask' &&
      event.ph === 'X' &&
      mains.has(threadOf(event)) &&
      event.ts > (changed ?? Number.NEGATIVE_INFINITY),
  );
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1000), 0);
}
