import { chooseLanguage, type Language, language } from '../../texts/language.ts';
import { settingsTexts } from '../../texts/settings.ts';

/** Each in its own words: who cannot read the page's language finds theirs. */
const languages: readonly (readonly [Language, name: string, tag: string])[] = [
  ['en', 'English', 'en'],
  ['zh', '中文', 'zh-CN'],
];

export function LanguageSection() {
  return (
    <section>
      <fieldset class="choices">
        <legend>
          <h3>{settingsTexts.value.language}</h3>
        </legend>
        {languages.map(([one, name, tag]) => (
          <label key={one} class="button" lang={tag}>
            <input
              type="radio"
              name="language"
              value={one}
              checked={language.value === one}
              onChange={() => chooseLanguage(one)}
            />
            {name}
          </label>
        ))}
      </fieldset>
    </section>
  );
}
