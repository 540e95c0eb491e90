import { useMemo } from 'preact/hooks';
import { address, go } from '../../state/address.ts';
import { type DrawnHistogram, drawnHistogram } from '../../state/histogram.ts';
import { results, shownCount } from '../../state/results.ts';
import { formatDistance } from '../../texts/language.ts';
import { queryTexts } from '../../texts/query.ts';

const bars = 48;

/** The greatest distance of results, chosen over a histogram of all distances. */
export function DistanceSlider() {
  const histogram = results.value?.histogram;
  const drawn = useMemo(() => histogram && drawnHistogram(histogram, bars), [histogram]);
  // Its room is there from the first moment.
  return <div class="within">{drawn && <Slider drawn={drawn} />}</div>;
}

function Slider({ drawn: { min, max, step, bars } }: { drawn: DrawnHistogram }) {
  const text = queryTexts.value;
  const { maxDistance } = address.value;
  const value = Math.min(max, Math.max(min, maxDistance ?? max));
  const said = maxDistance === undefined ? text.any : text.upTo(formatDistance(maxDistance));
  const count = shownCount.value;
  const widest = max - min;
  return (
    <>
      <label for="within">
        {text.greatestDistance} <output for="within">{said}</output>
      </label>
      <div class="histogram">
        <div class="bars" aria-hidden="true">
          {bars.map((height, at) => (
            <span
              key={at}
              class={min + ((at + 0.5) / bars.length) * widest <= value ? 'in' : ''}
              style={{ blockSize: `${height > 0 ? Math.max(4, height * 100) : 0}%` }}
            />
          ))}
        </div>
        <input
          id="within"
          type="range"
          min={min}
          max={max}
          step={step}
          value={value}
          aria-valuetext={count === undefined ? said : `${said}: ${text.hits(count)}`}
          onInput={({ currentTarget }) => {
            const chosen = currentTarget.valueAsNumber;
            const { maxDistance: _, ...rest } = address.value;
            // At its end all pictures are meant, also those to come.
            go(chosen >= max ? rest : { ...rest, maxDistance: chosen }, { replace: true });
          }}
        />
      </div>
    </>
  );
}
