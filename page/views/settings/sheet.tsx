import { useSignal, useSignalEffect } from '@preact/signals';
import { CloseIcon } from '../../parts/icons.tsx';
import { Modal } from '../../parts/modal.tsx';
import { report } from '../../state/library.ts';
import { indexedCount } from '../../state/pictures.ts';
import { isSheetOpen } from '../../state/sheet.ts';
import { lookAtRoom } from '../../state/storage.ts';
import { running } from '../../state/tasks.ts';
import { frameTexts } from '../../texts/frame.ts';
import { findStoredIndexes } from '../../work/stored-indexes.ts';
import { FoldersSection } from './folders-section.tsx';
import { IndexSection } from './index-section.tsx';
import { LanguageSection } from './language-section.tsx';
import { MachineSection } from './machine-section.tsx';
import { ModelSection } from './model-section.tsx';
import { OfflineSection } from './offline.tsx';

/** Many pictures come one after the other. */
const settleMs = 300;

/** The settings, in one side sheet. */
export function SettingsSheet() {
  return isSheetOpen.value ? <Sheet /> : null;
}

function Sheet() {
  const close = (): void => {
    isSheetOpen.value = false;
  };
  const text = frameTexts.value;
  // What is stored changes with what the page does: nothing is told of how it was before.
  const isCurrent = useSignal(false);
  useSignalEffect(() => {
    void [running.value, indexedCount.value, report.value];
    const timer = setTimeout(
      async () => {
        await Promise.all([lookAtRoom(), findStoredIndexes()]);
        isCurrent.value = true;
      },
      isCurrent.peek() ? settleMs : 0,
    );
    return () => clearTimeout(timer);
  });
  return (
    <Modal id="sheet" label={text.settings} close={close}>
      <div class="sheet-top">
        <h2>{text.settings}</h2>
        <button type="button" class="bare close" onClick={close}>
          <CloseIcon />
          <span class="unseen">{text.close}</span>
        </button>
      </div>
      <IndexSection isCurrent={isCurrent.value} />
      <FoldersSection />
      <ModelSection />
      <LanguageSection />
      <OfflineSection />
      <MachineSection />
    </Modal>
  );
}
