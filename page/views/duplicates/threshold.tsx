import { address, go } from '../../state/address.ts';
import { decide, groups, maxThreshold, threshold } from '../../state/duplicates.ts';
import { duplicatesTexts } from '../../texts/duplicates.ts';
import { locale } from '../../texts/language.ts';

const format = (distance: number): string =>
  distance.toLocaleString(locale.value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** How many groups there are. */
export function summary(): string {
  const all = groups.value;
  const extra = all.reduce((sum, { pictures }) => sum + pictures.length - 1, 0);
  return duplicatesTexts.value.summary(all.length, extra);
}

/** How near pictures have to be, what that finds, and marks for all of it. */
export function Threshold() {
  const text = duplicatesTexts.value;
  const all = groups.value;
  const upTo = text.upTo(format(threshold.value));
  return (
    <div class="threshold">
      <div class="slider">
        <label for="threshold">
          {text.threshold} <span class="quiet">{upTo}</span>
        </label>
        <input
          id="threshold"
          type="range"
          min={0}
          max={maxThreshold}
          step={0.01}
          value={threshold.value}
          aria-valuetext={upTo}
          onInput={({ currentTarget }) =>
            go({ ...address.value, threshold: Number(currentTarget.value) }, { replace: true })
          }
        />
        <p class="ends quiet" aria-hidden="true">
          <span>{text.exact}</span>
          <span>{text.similar}</span>
        </p>
      </div>
      <p id="duplicates-summary">{summary()}</p>
      {all.length > 0 && (
        <div class="actions">
          <button
            type="button"
            class="link"
            onClick={() => {
              for (const { pictures } of all) {
                decide([pictures[0]!.id], false);
                decide(
                  pictures.slice(1).map(({ id }) => id),
                  true,
                );
              }
            }}
          >
            {text.markRest}
          </button>
          <button
            type="button"
            class="link"
            onClick={() =>
              decide(
                all.flatMap(({ pictures }) => pictures.map(({ id }) => id)),
                false,
              )
            }
          >
            {text.markNone}
          </button>
        </div>
      )}
    </div>
  );
}
