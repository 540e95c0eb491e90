import { adapterName, describeShape, figures, searchName } from '../../gpu/figures.ts';
import type { Measurement } from '../../gpu/measure.ts';
import { explain, say } from '../../state/tasks.ts';
import { machineTexts } from '../../texts/machine.ts';
import { saveFile } from '../../work/save-file.ts';

/** What was measured: a column a search. */
export function GpuResult({ measurement }: { measurement: Measurement }) {
  const text = machineTexts.value;
  const { n, d, k, searches, browser, date } = measurement;
  const json = (): string => `${JSON.stringify(measurement, undefined, 2)}\n`;
  return (
    <div id="gpu-result">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard, too */}
      <section class="wide" tabIndex={0} aria-label={text.caption(n, d, k)}>
        <table id="gpu-table">
          <caption>{text.caption(n, d, k)}</caption>
          <thead>
            <tr>
              <td />
              {searches.map((search) => (
                <th key={searchName(search)} scope="col">
                  {text.said(searchName(search))}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {figures.map(({ name, of }) => (
              <tr key={name}>
                <th scope="row">{text.said(name)}</th>
                {searches.map((search) => (
                  <td key={searchName(search)}>{of(search)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <dl id="gpu-facts">
        <dt>{text.adapter}</dt>
        <dd>{adapterName(measurement)}</dd>
        <dt>{text.kernels}</dt>
        <dd>{describeShape(measurement)}</dd>
        <dt>{text.browser}</dt>
        <dd>{browser}</dd>
        <dt>{text.date}</dt>
        <dd>{date}</dd>
      </dl>
      <div class="actions">
        <button
          type="button"
          id="gpu-copy"
          onClick={() => {
            navigator.clipboard.writeText(json()).then(() => say(text.copied), explain);
          }}
        >
          {text.copy}
        </button>
        <button
          type="button"
          id="gpu-save"
          onClick={() => saveFile('gpu-search.json', new Blob([json()], { type: 'application/json' }))}
        >
          {text.save}
        </button>
      </div>
    </div>
  );
}
