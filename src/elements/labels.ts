/** Texts of an element, by their names. `{name}` in a text is put in. */
export type Labels = Record<string, string>;

/** The nearest `lang`, through shadow trees; where the page has none, the browser's language. */
export function languageOf(element: Element): string {
  let at: Element | undefined = element;
  while (at) {
    const found: Element | null = at.closest('[lang]');
    if (found) return found.getAttribute('lang')!;
    at = (at.getRootNode() as Partial<ShadowRoot>).host;
  }
  return navigator.language;
}

/** Names of attributes that replace texts: `data-label-list` for `list`. */
export const labelAttributes = (labels: Labels): string[] =>
  Object.keys(labels).map((name) => `data-label-${name.toLowerCase()}`);

/** The texts of a language; those of attributes and of the property `labels` come first. */
export function labelsOf<Own extends Labels>(
  element: Element,
  texts: { en: Own; zh: Own },
  language: string,
  own: Partial<Own>,
): Own {
  const labels = { ...(/^zh\b/i.test(language) ? texts.zh : texts.en) } as Labels;
  for (const name of Object.keys(labels)) {
    labels[name] = own[name] ?? element.getAttribute(`data-label-${name.toLowerCase()}`) ?? labels[name]!;
  }
  return labels as Own;
}

/** A number in a language; page's `lang` may be no language at all. */
export function inLanguage(value: number, language: string, options: Intl.NumberFormatOptions): string {
  try {
    return value.toLocaleString(language, options);
  } catch {
    return value.toLocaleString('en', options);
  }
}
