import { effect, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { WholeIcon } from '../../parts/icons.tsx';
import { type Camera, type Frame, maxZoomOf, type Point, panned, whole, zoomed } from '../../state/camera.ts';
import { bounds, camera, fitTo, spots } from '../../state/map.ts';
import type { Picture } from '../../state/pictures.ts';
import { mapTexts } from '../../texts/map.ts';
import { coloursOf, drawMap, pictureAt } from './draw.ts';
import { followGestures } from './gestures.ts';
import { PictureCard } from './picture-card.tsx';
import { Tiles } from './tiles.ts';

/** Copies of pictures are kept while other views are looked at. */
let tiles: Tiles | undefined;
let onTiles: () => void = () => {};

const animationMs = 200;
const step = 1.6;
/** A finger is no pointer's tip. */
const [mouseReach, touchReach] = [6, 22];

/** The map itself: drawn, moved and asked. */
export function MapCanvas({ choose }: { choose(picture: Picture): void }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const chosen = useSignal<{ picture: Picture; by: 'pointer' | 'touch' | 'keyboard' } | undefined>(undefined);
  const controls = useRef<{ zoom(factor: number): void; all(): void; key(event: KeyboardEvent): void }>(
    undefined,
  );

  useEffect(() => {
    const element = canvas.current!;
    const context = element.getContext('2d')!;
    fitTo(element.clientWidth, element.clientHeight);
    tiles ??= new Tiles(() => onTiles());
    const copies = tiles;
    let waiting = 0;
    const frameNow = (): Frame => ({
      width: element.clientWidth,
      height: element.clientHeight,
      bounds: bounds.value,
    });
    const cameraNow = (): Camera => camera.value ?? whole(frameNow());
    const draw = (): void => {
      waiting = 0;
      const frame = frameNow();
      const [width, height] = [frame.width, frame.height].map((size) => Math.round(size * devicePixelRatio));
      if (element.width !== width || element.height !== height) {
        element.width = width!;
        element.height = height!;
      }
      context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      drawMap(context, copies, {
        frame,
        camera: cameraNow(),
        spots: spots.value,
        chosen: chosen.value?.picture,
        colours: coloursOf(element),
      });
    };
    const drawSoon = (): void => {
      waiting ||= requestAnimationFrame(draw);
    };
    onTiles = drawSoon;

    let animation = 0;
    const stop = (): void => cancelAnimationFrame(animation);
    /** Goes there in a moment, or at once where motion is not wanted. */
    const glide = (to: Camera): void => {
      stop();
      if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
        camera.value = to;
        return;
      }
      const from = cameraNow();
      const began = performance.now();
      const next = (): void => {
        const part = Math.min(1, (performance.now() - began) / animationMs);
        const eased = 1 - (1 - part) ** 3;
        camera.value =
          part === 1
            ? to
            : {
                x: from.x + (to.x - from.x) * eased,
                y: from.y + (to.y - from.y) * eased,
                zoom: from.zoom * (to.zoom / from.zoom) ** eased,
              };
        if (part < 1) animation = requestAnimationFrame(next);
      };
      next();
    };
    const scene = () => ({ frame: frameNow(), camera: cameraNow(), spots: spots.value });
    const find = (at: Point, reach: number): Picture | undefined => pictureAt(scene(), at, reach);
    const most = (): number => maxZoomOf(frameNow(), spots.value.length);
    const middle = (): Point => ({ x: element.clientWidth / 2, y: element.clientHeight / 2 });
    const chooseMiddle = (): void => {
      const picture = pictureAt(scene(), middle(), Number.POSITIVE_INFINITY);
      chosen.value = picture && { picture, by: 'keyboard' };
    };
    const endGestures = followGestures(element, {
      pan(by) {
        stop();
        camera.value = panned(frameNow(), cameraNow(), by, most());
      },
      zoom(factor, at) {
        stop();
        camera.value = zoomed(frameNow(), cameraNow(), at, factor, most());
      },
      point(at) {
        const picture = at && find(at, mouseReach);
        if (chosen.value?.by === 'touch' && !picture) return;
        if (chosen.value?.picture !== picture) chosen.value = picture && { picture, by: 'pointer' };
      },
      choose(at, isTouch) {
        const picture = find(at, isTouch ? touchReach : mouseReach);
        // A finger has shown nothing before: the first tap shows, the second one asks.
        const isShown = chosen.value?.picture === picture;
        if (picture && (!isTouch || isShown)) choose(picture);
        else chosen.value = picture && { picture, by: 'touch' };
      },
    });
    controls.current = {
      zoom: (factor) => glide(zoomed(frameNow(), cameraNow(), middle(), factor, most())),
      all: () => glide(whole(frameNow())),
      key(event) {
        if (event.altKey || event.ctrlKey || event.metaKey) return;
        const direction = moves[event.key];
        if (direction) {
          // Half of what is seen would lose the place.
          const by = 0.2 * Math.min(element.clientWidth, element.clientHeight);
          stop();
          const [right, down] = direction;
          camera.value = panned(frameNow(), cameraNow(), { x: -right * by, y: -down * by }, most());
        } else if (event.key === '+' || event.key === '=') controls.current!.zoom(step);
        else if (event.key === '-') controls.current!.zoom(1 / step);
        else if (event.key === '0' || event.key === 'Home') controls.current!.all();
        else if (event.key === 'Enter' || event.key === ' ') {
          if (!chosen.value) chooseMiddle();
          else choose(chosen.value.picture);
        } else return;
        event.preventDefault();
        if (event.key !== 'Enter' && event.key !== ' ') chooseMiddle();
      },
    };

    const endEffect = effect(() => {
      void [spots.value, bounds.value, camera.value, chosen.value];
      drawSoon();
    });
    const observer = new ResizeObserver(() => {
      fitTo(element.clientWidth, element.clientHeight);
      drawSoon();
    });
    observer.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const density = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    for (const query of [scheme, density]) query.addEventListener('change', drawSoon);
    return () => {
      endGestures();
      endEffect();
      stop();
      cancelAnimationFrame(waiting);
      onTiles = () => {};
      observer.disconnect();
      for (const query of [scheme, density]) query.removeEventListener('change', drawSoon);
    };
  }, []);

  const text = mapTexts.value;
  const shown = chosen.value;
  return (
    <div class="map" ref={box}>
      <div
        class="map-stage"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys
        tabIndex={0}
        aria-label={text.label(spots.value.length)}
        aria-describedby="map-help"
        onKeyDown={(event) => controls.current?.key(event)}
        onBlur={() => {
          if (chosen.value?.by === 'keyboard') chosen.value = undefined;
        }}
      >
        <canvas ref={canvas} />
      </div>
      <p id="map-help" class="unseen">
        {text.help}
      </p>
      <div class="map-buttons">
        <button
          type="button"
          id="zoom-in"
          aria-label={text.zoomIn}
          title={text.zoomIn}
          onClick={() => controls.current?.zoom(step)}
        >
          +
        </button>
        <button
          type="button"
          id="zoom-out"
          aria-label={text.zoomOut}
          title={text.zoomOut}
          onClick={() => controls.current?.zoom(1 / step)}
        >
          −
        </button>
        <button
          type="button"
          id="show-all"
          aria-label={text.all}
          title={text.all}
          onClick={() => controls.current?.all()}
        >
          <WholeIcon />
        </button>
      </div>
      {shown && <PictureCard picture={shown.picture} isTouch={shown.by === 'touch'} choose={choose} />}
      <p class="unseen" role="status">
        {shown?.by === 'keyboard' ? shown.picture.id : ''}
      </p>
    </div>
  );
}

const moves: Record<string, readonly [right: number, down: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
