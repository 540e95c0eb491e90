import { report } from '../../state/library.ts';
import { formatCount } from '../../texts/language.ts';
import { machineTexts } from '../../texts/machine.ts';
import { reasonText } from '../../texts/reasons.ts';
import { settingsTexts } from '../../texts/settings.ts';
import { placeText } from '../../texts/warnings.ts';
import { GpuPanel } from './gpu-panel.tsx';
import { IsolationSetting } from './offline.tsx';
import { Warning } from './warning.tsx';

/** What runs where, and why: for those who want to know. */
export function MachineSection() {
  return (
    <section>
      <details id="advanced">
        <summary>
          <h3>{settingsTexts.value.advanced}</h3>
        </summary>
        <Machine />
        <IsolationSetting />
        <GpuPanel />
      </details>
    </section>
  );
}

function Machine() {
  const text = machineTexts.value;
  const { value } = report;
  if (!value) return null;
  const { model, extractor, knn, store, modelFiles: files } = value;
  return (
    <>
      <h4>{text.machine}</h4>
      <dl id="machine">
        <dt>{text.reading}</dt>
        <dd>
          {!extractor
            ? text.notYet
            : extractor.backend === 'webgpu'
              ? text.onGpu
              : text.onCpu(extractor.threads)}
          {extractor && <span class="quiet">{reasonText(extractor.reason)}</span>}
        </dd>
        <dt>{text.searching}</dt>
        <dd>
          {knn.backend === 'webgpu' ? text.onGpu : text.cpu}
          <span class="quiet">{reasonText(knn.reason)}</span>
        </dd>
      </dl>
      <details>
        <summary>{text.details}</summary>
        <dl>
          <dt>{text.made}</dt>
          <dd>{model.fingerprint}</dd>
          <dt>{text.values}</dt>
          <dd>{formatCount(model.dimension)}</dd>
          {store && (
            <>
              <dt>{text.store}</dt>
              <dd>{store.name}</dd>
            </>
          )}
          {files && (
            <>
              <dt>{text.files}</dt>
              <dd>
                {placeText(files.where)}
                {files.warnings.map((warning) => (
                  <Warning key={warning} warning={warning} />
                ))}
              </dd>
            </>
          )}
        </dl>
      </details>
    </>
  );
}
