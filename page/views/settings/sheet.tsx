import { useEffect } from 'preact/hooks';
import { CloseIcon } from '../../parts/icons.tsx';
import { Modal } from '../../parts/modal.tsx';
import { isSheetOpen } from '../../state/sheet.ts';
import { lookAtRoom } from '../../state/storage.ts';
import { frameTexts } from '../../texts/frame.ts';
import { findStoredIndexes } from '../../work/stored-indexes.ts';
import { FoldersSection } from './folders-section.tsx';
import { IndexSection } from './index-section.tsx';
import { LanguageSection } from './language-section.tsx';
import { MachineSection } from './machine-section.tsx';
import { ModelSection } from './model-section.tsx';
import { OfflineSection } from './offline.tsx';

/** The settings, in one side sheet. */
export function SettingsSheet() {
  return isSheetOpen.value ? <Sheet /> : null;
}

function Sheet() {
  const close = (): void => {
    isSheetOpen.value = false;
  };
  const text = frameTexts.value;
  useEffect(() => {
    void lookAtRoom();
    void findStoredIndexes();
  }, []);
  return (
    <Modal id="sheet" label={text.settings} close={close}>
      <div class="sheet-top">
        <h2>{text.settings}</h2>
        <button type="button" class="bare close" onClick={close}>
          <CloseIcon />
          <span class="unseen">{text.close}</span>
        </button>
      </div>
      <IndexSection />
      <FoldersSection />
      <ModelSection />
      <LanguageSection />
      <OfflineSection />
      <MachineSection />
    </Modal>
  );
}
