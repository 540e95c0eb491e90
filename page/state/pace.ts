import { locale } from '../texts/language.ts';
import { workTexts } from '../texts/work.ts';

/** The speed of some work, and the time that is left. */
export class Pace {
  readonly #started: number;
  readonly #total: number;
  readonly #from: number;

  /**
   * @param total how much there is to do
   * @param from how much of it was done before
   * @param now in milliseconds
   */
  constructor(total: number, from: number, now: number) {
    this.#total = total;
    this.#from = from;
    this.#started = now;
  }

  /**
   * E.g. `120 of 542 · 61 a second · 7 s left`; rate and time come when they are known.
   *
   * @param total where it has changed since the beginning
   * @param work `done`, and the parts of those that are begun
   */
  describe(done: number, now: number, total = this.#total, work = done): string {
    const text = workTexts.value;
    const seconds = (now - this.#started) / 1000;
    const rate = (work - this.#from) / seconds;
    const counted = text.progress(done, total);
    if (!(rate > 0) || seconds < 0.3) return counted;
    const digits = { maximumFractionDigits: rate < 10 ? 1 : 0, minimumFractionDigits: rate < 10 ? 1 : 0 };
    const speed = text.perSecond(rate.toLocaleString(locale.value, digits));
    if (done >= total) return `${counted} · ${speed}`;
    return `${counted} · ${speed} · ${text.left(duration((total - work) / rate))}`;
  }
}

/** E.g. `8 s`, `3 min`, `1 h 20 min`; rounded up. */
export function duration(seconds: number): string {
  const text = workTexts.value;
  if (seconds < 60) return text.seconds(Math.ceil(seconds));
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? text.minutes(minutes) : text.hours(Math.floor(minutes / 60), minutes % 60);
}
