import { Modal } from '../../parts/modal.tsx';
import { isSheetOpen } from '../../state/sheet.ts';
import { frameTexts } from '../../texts/frame.ts';
import { chooseLanguage, language } from '../../texts/language.ts';

/** The settings, in one side sheet. */
export function SettingsSheet() {
  if (!isSheetOpen.value) return null;
  const close = (): void => {
    isSheetOpen.value = false;
  };
  const text = frameTexts.value;
  return (
    <Modal id="sheet" label={text.settings} close={close}>
      <h2>{text.settings}</h2>
      <button type="button" class="close" onClick={close}>
        {text.close}
      </button>
      <button
        type="button"
        id="language"
        onClick={() => chooseLanguage(language.value === 'en' ? 'zh' : 'en')}
      >
        {text.language}
      </button>
    </Modal>
  );
}
