import { Presets, SingleBar } from 'cli-progress';
import { say } from './print.ts';

export interface ProgressBar {
  /** @param worked how much of `done` took work: the rate counts only this. Default: `done` */
  update(done: number, worked?: number): void;
  stop(): void;
}

/** Whether stderr is a terminal that can move its cursor, and its user wants that. */
const canDraw = (): boolean => process.stderr.isTTY && process.env.TERM !== 'dumb' && !process.env.NO_COLOR;

/**
 * A bar on stderr with rate and time left; where stderr is no terminal, a line for each tenth. The terminal's state is
 * not changed, so nothing has to be restored, however the process ends.
 */
export function progressBar(what: string, total: number, unit = ''): ProgressBar {
  if (!canDraw()) return progressLines(what, total, unit);
  const bar = new SingleBar(
    {
      stream: process.stderr,
      format: `${what} {bar} {value}/{total}${unit && ` ${unit}`} · {rate}/s · {left}`,
      hideCursor: false,
      // "On" leaves the terminal as it is and cuts lines to its width.
      linewrap: true,
      gracefulExit: false,
      barsize: 28,
    },
    Presets.shades_classic,
  );
  const start = performance.now();
  bar.start(total, 0, { rate: '–', left: '' });
  return {
    update(done, worked = done) {
      const seconds = (performance.now() - start) / 1000;
      // Skipped items take no time: all that is left is counted as work.
      const left = worked > 0 ? `${duration(((total - done) * seconds) / worked)} left` : '';
      bar.update(done, { rate: rate(worked, start), left });
    },
    stop: () => bar.stop(),
  };
}

function progressLines(what: string, total: number, unit: string): ProgressBar {
  const start = performance.now();
  let tenths = 0;
  return {
    update(done, worked = done) {
      const reached = Math.floor((done / total) * 10);
      if (reached === tenths) return;
      tenths = reached;
      say(`${what} ${done}/${total}${unit && ` ${unit}`} · ${rate(worked, start)}/s`);
    },
    stop() {},
  };
}

const rate = (done: number, start: number): string =>
  done > 0 ? ((1000 * done) / (performance.now() - start)).toFixed(1) : '–';

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
