import { type Measurement, measureGpuSearch, type Question } from './measure.ts';

/** What the worker tells the page. */
export type Told =
  | { progress: { done: number; total: number; text: string } }
  | { measurement: Measurement }
  | { error: string };

const tell = (told: Told): void => postMessage(told);

// A worker answers one question: cancelling ends the worker.
addEventListener('message', async ({ data }: MessageEvent<Question>) => {
  try {
    tell({
      measurement: await measureGpuSearch(data, (done, total, text) =>
        tell({ progress: { done, total, text } }),
      ),
    });
  } catch (error) {
    tell({ error: error instanceof Error ? error.message : String(error) });
  }
});
