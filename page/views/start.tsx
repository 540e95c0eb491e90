import { FileButton } from '../parts/file-button.tsx';
import { frameTexts } from '../texts/frame.ts';
import { actions } from '../work/actions.ts';
import { givenFiles } from '../work/given.ts';

/** The first screen, while there are no pictures. */
export function StartView() {
  const text = frameTexts.value;
  const add = (files: File[]): void => actions.add(givenFiles(files));
  return (
    <section class="start" aria-labelledby="start-title">
      <h2 id="start-title">{text.startTitle}</h2>
      <p>{text.startDrop}</p>
      <div class="actions">
        <FileButton id="add-folder" class="primary" folder use={add}>
          {text.chooseFolder}
        </FileButton>
        <FileButton id="add-files" accept="image/*" multiple use={add}>
          {text.choosePictures}
        </FileButton>
      </div>
      <p class="private">{text.private}</p>
    </section>
  );
}
