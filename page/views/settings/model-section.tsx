import { useSignal } from '@preact/signals';
import type { ModelInfo } from 'likeness-search';
import { useEffect } from 'preact/hooks';
import { FileButton } from '../../parts/file-button.tsx';
import { report } from '../../state/library.ts';
import { explain } from '../../state/tasks.ts';
import { formatBytes } from '../../texts/language.ts';
import { settingsTexts } from '../../texts/settings.ts';
import { bytesToFetch } from '../../work/first-model.ts';
import { findStoredBytes, forgetModel, lookAt, models } from '../../work/models.ts';
import { useModel } from '../../work/use-model.ts';

/** The model that the page works with, and others that could be used. */
export function ModelSection() {
  const text = settingsTexts.value;
  const current = report.value?.model.fingerprint;
  useEffect(() => {
    findStoredBytes().catch(explain);
  }, [current]);
  return (
    <section>
      <h3>{text.model}</h3>
      <p class="quiet">{text.modelWhy}</p>
      <ul id="models" class="lines">
        {models.value.map((info) => (
          <Model key={info.fingerprint} info={info} isCurrent={info.fingerprint === current} />
        ))}
      </ul>
      <details>
        <summary>{text.moreModels}</summary>
        <AddressForm />
        <FileButton id="model-folder" folder use={(files) => void useModel(files, text.folderModel)}>
          {text.modelFolder}
        </FileButton>
      </details>
    </section>
  );
}

/** What using it costs. */
function costOf(info: ModelInfo): string {
  const text = settingsTexts.value;
  const rest = bytesToFetch(info);
  const size = formatBytes(info.byteLength);
  if (rest === 0) return text.here(size);
  return info.storedBytes > 0 ? text.partly(formatBytes(rest), size) : text.away(size);
}

function Model({ info, isCurrent }: { info: ModelInfo; isCurrent: boolean }) {
  const text = settingsTexts.value;
  const { name, model, licence, storedBytes } = info;
  const rest = bytesToFetch(info);
  return (
    <li {...(isCurrent ? { 'aria-current': 'true' } : {})}>
      <p>
        <b>{name}</b>
        {isCurrent && <span class="mark-current">{text.current}</span>}
      </p>
      {text.about[name] && <p>{text.about[name]}</p>}
      <p class="quiet">
        {costOf(info)} · {text.licence(licence)}
      </p>
      {!isCurrent && (
        <div class="actions">
          <button type="button" class="use" onClick={() => void useModel(model, name)}>
            {rest > 0 ? text.useAway(name, formatBytes(rest)) : text.use(name)}
          </button>
          {storedBytes > 0 && (
            <button type="button" class="link" onClick={() => forgetModel(info).catch(explain)}>
              {text.deleteModel(name)}
            </button>
          )}
        </div>
      )}
    </li>
  );
}

/** Finds a model at an address. */
function AddressForm() {
  const text = settingsTexts.value;
  const address = useSignal('');
  return (
    <form
      id="model-form"
      onSubmit={(event) => {
        event.preventDefault();
        lookAt(address.value).then(() => {
          address.value = '';
        }, explain);
      }}
    >
      <label for="model-url">{text.modelAddress}</label>
      <div class="actions">
        <input
          id="model-url"
          type="text"
          inputMode="url"
          placeholder="https://example.org/models/vgg16/"
          required
          value={address.value}
          onInput={({ currentTarget }) => {
            address.value = currentTarget.value;
          }}
        />
        <button type="submit">{text.findModel}</button>
      </div>
    </form>
  );
}
