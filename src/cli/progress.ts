import { Presets, SingleBar } from 'cli-progress';

/** A bar on stderr with rate and time left; a line a tenth where stderr is not a terminal. */
export function progressBar(
  what: string,
  total: number,
  unit = '',
): { update(done: number): void; stop(): void } {
  if (!process.stderr.isTTY) return progressLines(what, total, unit);
  const bar = new SingleBar(
    {
      stream: process.stderr,
      format: `${what} {bar} {value}/{total}${unit && ` ${unit}`} · {rate}/s · {eta_formatted} left`,
      etaBuffer: 50,
      hideCursor: true,
      barsize: 28,
    },
    Presets.shades_classic,
  );
  const start = performance.now();
  bar.start(total, 0, { rate: '–' });
  return {
    update: (done) => bar.update(done, { rate: rate(done, start) }),
    stop: () => bar.stop(),
  };
}

function progressLines(
  what: string,
  total: number,
  unit: string,
): { update(done: number): void; stop(): void } {
  const start = performance.now();
  let tenths = 0;
  return {
    update(done) {
      const reached = Math.floor((done / total) * 10);
      if (reached === tenths) return;
      tenths = reached;
      console.error(`${what} ${done}/${total}${unit && ` ${unit}`} · ${rate(done, start)}/s`);
    },
    stop() {},
  };
}

function rate(done: number, start: number): string {
  const seconds = (performance.now() - start) / 1000;
  return seconds > 0 ? (done / seconds).toFixed(1) : '–';
}
