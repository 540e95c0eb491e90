import type { Region } from 'likeness-search';
import { type Point, regionByKey, type Size } from '../../state/region.ts';

export const corners = ['nw', 'ne', 'sw', 'se'] as const;
export type Corner = (typeof corners)[number];

/** Where a region lies over its picture. Pictures are not mirrored where the text runs from right to left. */
export const placeOf = ({ x, y, width, height }: Region, picture: Size) => ({
  left: `${(x / picture.width) * 100}%`,
  top: `${(y / picture.height) * 100}%`,
  width: `${(width / picture.width) * 100}%`,
  height: `${(height / picture.height) * 100}%`,
});

/** A box over a picture, with the rest of the picture darkened. Pointers are the pane's, which they may begin anywhere in. */
export function RegionBox({
  region,
  picture,
  label,
  change,
  search,
}: {
  region: Region;
  picture: Size;
  label: string;
  change(region: Region): void;
  search(): void;
}) {
  const place = placeOf(region, picture);
  return (
    <>
      <div class="dim">
        <div style={place} />
      </div>
      <div
        class="box"
        style={place}
        // Screen readers leave the arrow keys to it.
        role="application"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move and size it
        tabIndex={0}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault();
            search();
            return;
          }
          const { shiftKey: size, altKey: fine, ctrlKey, metaKey } = event;
          const next =
            ctrlKey || metaKey ? undefined : regionByKey(event.key, { size, fine }, region, picture);
          if (!next) return;
          event.preventDefault();
          event.stopPropagation(); // the viewer's arrow keys go to the next picture
          change(next);
        }}
      >
        {corners.map((corner) => (
          <span key={corner} class={`corner ${corner}`} data-corner={corner} />
        ))}
      </div>
    </>
  );
}

/** The point of the picture that is under a pointer. */
export function pointIn(frame: Element, { clientX, clientY }: PointerEvent, picture: Size): Point {
  const { left, top, width, height } = frame.getBoundingClientRect();
  return { x: ((clientX - left) / width) * picture.width, y: ((clientY - top) / height) * picture.height };
}
