import { computed, type ReadonlySignal, signal } from '@preact/signals';

export type Language = 'en' | 'zh';

const stored = 'likeness-language';

/** None in Node 20, where tests read the texts. */
const browserLanguages = (): readonly string[] =>
  (globalThis.navigator as Navigator | undefined)?.languages ?? [];

/** The person's choice, else the first language of the browser that the page speaks. */
function firstLanguage(): Language {
  try {
    const chosen = localStorage.getItem(stored);
    if (chosen === 'en' || chosen === 'zh') return chosen;
  } catch {
    // Where storage is blocked there is no choice to remember.
  }
  for (const tag of browserLanguages()) {
    if (/^zh\b/i.test(tag)) return 'zh';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

export const language = signal<Language>(firstLanguage());

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  try {
    localStorage.setItem(stored, chosen);
  } catch {
    // It holds for this visit.
  }
}

/** Tag for `Intl`: English follows the browser's region (dates, separators). */
export const locale = computed(
  () =>
    browserLanguages().find((tag) => new RegExp(`^${language.value}\\b`, 'i').test(tag)) ??
    (language.value === 'zh' ? 'zh-CN' : 'en'),
);

/** Texts in both languages, of one shape; read them as `texts.value.name`, so that a switch shows at once. */
export const bilingual = <T>(both: { en: T; zh: NoInfer<T> }): ReadonlySignal<T> =>
  computed(() => both[language.value]);

/** Writes numbers of one kind. Making an `Intl.NumberFormat` takes longer than all that it writes for a list: it is kept. */
function numberFormat(options: Intl.NumberFormatOptions): (value: number) => string {
  const format = computed(() => new Intl.NumberFormat(locale.value, options));
  return (value) => format.value.format(value);
}

const grouped = numberFormat({});

/** Below a thousand there is nothing to group, and the browser's tables, which take a while to load, are not asked. */
export const formatCount = (value: number): string =>
  Number.isInteger(value) && value >= 0 && value < 1000 ? String(value) : grouped(value);

const tenths = numberFormat({ maximumFractionDigits: 1 });
const whole = numberFormat({ maximumFractionDigits: 0 });

/** `12.5 MB` */
export const formatBytes = (bytes: number): string => {
  const [value, unit] =
    bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${(value < 10 ? tenths : whole)(value)} ${unit}`;
};

export const formatDate = (time: number): string =>
  new Date(time).toLocaleDateString(locale.value, { year: 'numeric', month: 'short', day: 'numeric' });

export const formatDistance = numberFormat({ minimumFractionDigits: 3, maximumFractionDigits: 3 });
