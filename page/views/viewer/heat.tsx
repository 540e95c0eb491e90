import { signal } from '@preact/signals';
import type { SimilarityMap } from 'likeness-search';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { colours, heatPixels } from '../../state/heat.ts';
import type { Size } from '../../state/region.ts';
import { viewerTexts } from '../../texts/viewer.ts';
import { placeOf } from './region-box.tsx';
import type { Explanation } from './use-explanation.ts';

/** How much of the picture the map hides, 0 … 1; for as long as the page is open. */
const opacity = signal(0.6);

/** A map of the places that count, over its picture. */
export function HeatMap({ map, picture }: { map: SimilarityMap; picture: Size }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawn = useMemo(() => heatPixels(map), [map]);
  useLayoutEffect(() => {
    if (!drawn) return;
    const { width, height, rgba } = drawn;
    canvas.current!.width = width;
    canvas.current!.height = height;
    canvas.current!.getContext('2d')!.putImageData(new ImageData(rgba, width, height), 0, 0);
  }, [drawn]);
  if (!drawn) return null;
  return (
    <canvas class="heat" ref={canvas} style={{ ...placeOf(map.area, picture), opacity: opacity.value }} />
  );
}

/** What became of the map of a picture, in words; how far it is. */
export function HeatNote({
  explanation,
  canRead,
}: {
  explanation: Explanation | undefined;
  canRead: boolean;
}) {
  const text = viewerTexts.value;
  if (!canRead) return <p class="quiet note">{text.noMap}</p>;
  if (explanation?.state === 'running')
    return (
      <p class="quiet note">
        {text.explaining} <progress aria-label={text.explaining} value={explanation.fraction} />
      </p>
    );
  if (explanation?.state === 'failed') return <p class="note">{text.noExplanation(explanation.why)}</p>;
  if (explanation && !explanation.map.values.some((value) => value > 0))
    return <p class="quiet note">{text.nothingStandsOut}</p>;
  return null;
}

/** What the colours mean, and how strong they are. */
export function HeatLegend() {
  const text = viewerTexts.value;
  const stops = colours.map((colour) => `rgb(${colour.join(' ')})`).join(', ');
  return (
    <div class="legend">
      <p>
        <span>{text.countsLittle}</span>
        <span
          class="scale"
          aria-hidden="true"
          style={{ background: `linear-gradient(to right, ${stops})` }}
        />
        <span>{text.countsMuch}</span>
      </p>
      <label>
        {text.strength}
        <input
          type="range"
          id="heat-opacity"
          min="0"
          max="1"
          step="0.05"
          value={opacity.value}
          onInput={({ currentTarget }) => {
            opacity.value = currentTarget.valueAsNumber;
          }}
        />
      </label>
    </div>
  );
}
