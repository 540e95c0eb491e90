import { canOpenOffline, opensOffline, wantsIsolation } from '../../state/offline.ts';
import { offlineTexts } from '../../texts/offline.ts';
import { setIsolation } from '../../work/offline.ts';

/** Whether the page opens with the network cut. */
export function OfflineSection() {
  const { title, works, preparing, cannot } = offlineTexts.value;
  return (
    <section>
      <h3>{title}</h3>
      <p>{opensOffline.value ? works : canOpenOffline ? preparing : cannot}</p>
    </section>
  );
}

/** Threads for hosts that do not send the headers for them; nothing where they do, or where no worker can. */
export function IsolationSetting() {
  if (!canOpenOffline || (crossOriginIsolated && !wantsIsolation.value)) return null;
  const { isolation, isolationHint } = offlineTexts.value;
  return (
    <label class="setting">
      <input
        type="checkbox"
        id="isolation"
        checked={wantsIsolation.value}
        onChange={({ currentTarget }) => void setIsolation(currentTarget.checked)}
      />
      {isolation}
      <small>{isolationHint}</small>
    </label>
  );
}
