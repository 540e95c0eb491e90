import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Measurement, Question } from '../../gpu/measure.ts';
import type { Told } from '../../gpu/worker.ts';
import { running } from '../../state/tasks.ts';
import { machineTexts } from '../../texts/machine.ts';
import { GpuResult } from './gpu-result.tsx';

const k = 30;
const runs = 9;
const sizes: readonly (readonly [rows: number, values: number])[] = [
  [2048, 512],
  [8192, 4096],
  [100_000, 512],
];

/** Measures the search on the person's GPU, in a worker of its own. */
export function GpuPanel() {
  const text = machineTexts.value;
  const isThere = 'gpu' in navigator && Boolean(navigator.gpu);
  const size = useSignal(1);
  const fraction = useSignal<number | undefined>(undefined);
  // Said when it is drawn, so that it follows the language.
  const said = useSignal<(now: typeof text) => string>((now) =>
    isThere ? '' : isSecureContext ? now.noWebGpu : now.notSecure,
  );
  const measurement = useSignal<Measurement | undefined>(undefined);
  const worker = useRef<Worker | undefined>(undefined);
  const cancel = useRef<HTMLButtonElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => () => worker.current?.terminate(), []);
  const isMeasuring = fraction.value !== undefined;
  // The button that was used is gone: its place has the focus.
  const wasMeasuring = useRef(false);
  useEffect(() => {
    if (isMeasuring) cancel.current?.focus();
    else if (wasMeasuring.current) button.current?.focus();
    wasMeasuring.current = isMeasuring;
  }, [isMeasuring]);

  const end = (what: (now: typeof text) => string): void => {
    worker.current?.terminate();
    worker.current = undefined;
    fraction.value = undefined;
    said.value = what;
  };
  const measure = (): void => {
    const [n, d] = sizes[size.value]!;
    const started = new Worker(new URL('gpu-worker.js', import.meta.url), { type: 'module' });
    worker.current = started;
    started.addEventListener('message', ({ data }: MessageEvent<Told>) => {
      if ('progress' in data) {
        const { done, total, text: step } = data.progress;
        fraction.value = done / total;
        said.value = (now) => `${now.said(step)}…`;
      } else if ('measurement' in data) {
        measurement.value = data.measurement;
        end((now) => (data.measurement.isSoftware ? now.measuredSoftware : now.measured));
      } else end((now) => now.nothing(data.error));
    });
    started.addEventListener('error', ({ message }) => end((now) => now.failed(message)));
    started.postMessage({ n, d, k, runs } satisfies Question);
    fraction.value = 0;
    measurement.value = undefined;
    said.value = (now) => now.starting;
  };

  const isBusy = running.value !== undefined;
  return (
    <>
      <h4>{text.gpu}</h4>
      <p class="quiet">{text.gpuWhy}</p>
      {isThere && (
        <div class="actions">
          <label for="gpu-size">{text.size}</label>
          <select
            id="gpu-size"
            disabled={isMeasuring}
            value={size.value}
            onChange={({ currentTarget }) => {
              size.value = currentTarget.selectedIndex;
            }}
          >
            {sizes.map(([rows, values], n) => (
              <option key={rows} value={n}>
                {text.sizeOf(rows, values)}
              </option>
            ))}
          </select>
          {isMeasuring ? (
            <button type="button" id="gpu-cancel" ref={cancel} onClick={() => end((now) => now.cancelled)}>
              {text.cancel}
            </button>
          ) : (
            <button type="button" id="gpu-measure" ref={button} disabled={isBusy} onClick={measure}>
              {text.measure}
            </button>
          )}
        </div>
      )}
      {fraction.value !== undefined && (
        <progress id="gpu-progress" aria-labelledby="gpu-text" value={fraction.value} />
      )}
      {/* Other work would be measured, too. */}
      <p id="gpu-text" role="status">
        {said.value(text) || (isThere && isBusy ? text.busy : '')}
      </p>
      {measurement.value && <GpuResult measurement={measurement.value} />}
    </>
  );
}
