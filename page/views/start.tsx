import { FileButton } from '../parts/file-button.tsx';
import { LockIcon } from '../parts/icons.tsx';
import { frameTexts } from '../texts/frame.ts';
import { actions } from '../work/actions.ts';
import { givenFiles } from '../work/given.ts';
import { sampleCount, sampleUrl } from '../work/sample-list.ts';
import { addSamples } from '../work/samples.ts';

/** Some of the samples, to look at. */
const shown = ['dandelions', 'mountain-pass', 'fig', 'two-dogs-looking', 'paint-brushes'];

/** Browsers of phones may have no chooser of folders. */
const canChooseFolder = 'webkitdirectory' in HTMLInputElement.prototype;

/** The first screen, while there are no pictures. */
export function StartView() {
  const text = frameTexts.value;
  const add = (files: File[]): void => actions.add(givenFiles(files));
  return (
    <section class="start" aria-labelledby="start-title">
      <h2 id="start-title">{text.startTitle}</h2>
      <p class="lead">{text.startDrop}</p>
      <div class="actions">
        {canChooseFolder && (
          <FileButton id="add-folder" class="primary large" folder use={add}>
            {text.chooseFolder}
          </FileButton>
        )}
        <button type="button" id="samples" class="large" onClick={addSamples}>
          <span class="sample-stack">
            {shown.map((name) => (
              <img key={name} src={sampleUrl(name)} alt="" width="30" height="30" />
            ))}
          </span>
          {text.trySamples(sampleCount)}
        </button>
      </div>
      <FileButton
        id="add-files"
        class={canChooseFolder ? 'link' : 'primary large'}
        accept="image/*"
        multiple
        use={add}
      >
        {canChooseFolder ? text.startFiles : text.choosePictures}
      </FileButton>
      <p class="private">
        <LockIcon />
        {text.private}
      </p>
    </section>
  );
}
