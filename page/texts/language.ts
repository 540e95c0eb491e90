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

export const formatCount = (value: number): string => value.toLocaleString(locale.value);

/** `12.5 MB` */
export const formatBytes = (bytes: number): string => {
  const [value, unit] =
    bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value.toLocaleString(locale.value, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${unit}`;
};

export const formatDate = (time: number): string =>
  new Date(time).toLocaleDateString(locale.value, { year: 'numeric', month: 'short', day: 'numeric' });

export const formatDistance = (distance: number): string =>
  distance.toLocaleString(locale.value, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
