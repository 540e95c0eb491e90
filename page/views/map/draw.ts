import { type Camera, cellWidth, type Frame, scaleOf } from '../../state/camera.ts';
import type { Spot } from '../../state/map.ts';
import type { Picture } from '../../state/pictures.ts';
import { cellRatio } from '../../state/spread.ts';
import type { Box, Tiles } from './tiles.ts';

/** Smaller pictures are dots. */
const leastTile = 9;
/** Of a cell, so that dots stand apart. */
const dotShare = 0.7;
/** Originals that have no small copy are read when they are drawn so large. */
const leastOriginal = 16;
/** A cell of a sheet is too coarse for larger ones. */
const leastLarge = 40;

export interface Colours {
  quiet: string;
  accent: string;
  ground: string;
}

/** The colours of the page as it is: light, dark or forced. */
export function coloursOf(element: HTMLElement): Colours {
  const style = getComputedStyle(element);
  return { quiet: style.borderTopColor, accent: style.outlineColor, ground: style.backgroundColor };
}

export interface Scene {
  frame: Frame;
  camera: Camera;
  spots: readonly Spot[];
  /** The one under the pointer, or in the middle for the keyboard. */
  chosen: Picture | undefined;
  colours: Colours;
}

/** Draws what is seen of the map. */
export function drawMap(context: CanvasRenderingContext2D, tiles: Tiles, scene: Scene): void {
  const { frame, camera, spots, chosen, colours } = scene;
  const side = cellWidth(frame, camera.zoom, spots.length);
  const boxOf = boxes(scene, side);
  context.clearRect(0, 0, frame.width, frame.height);
  const seen: Picture[] = [];
  let top: { picture: Picture; box: Box } | undefined;
  for (const spot of spots) {
    const box = boxOf(spot);
    const isOutside =
      box.x < -side || box.y < -side || box.x > frame.width + side || box.y > frame.height + side;
    if (isOutside) continue;
    seen.push(spot.picture);
    if (spot.picture === chosen) top = { picture: spot.picture, box };
    else drawOne(context, tiles, spot.picture, box, colours);
  }
  if (top) {
    const { x, y, width, height } = top.box;
    const scale = Math.max(1, (leastTile * 3) / width);
    const box = { x, y, width: width * scale, height: height * scale };
    const size = drawOne(context, tiles, top.picture, box, colours);
    context.strokeStyle = colours.accent;
    context.lineWidth = 3;
    context.strokeRect(x - size.width / 2 - 2, y - size.height / 2 - 2, size.width + 4, size.height + 4);
  }
  const worth = seen.filter(({ thumbnail }) => thumbnail !== '' || side >= leastOriginal);
  tiles.want(worth, side * devicePixelRatio >= leastLarge ? worth : []);
}

/** Where pictures are in the window; they do not grow beyond a size, other than the map. */
function boxes(
  { frame, camera, spots }: Pick<Scene, 'frame' | 'camera' | 'spots'>,
  side: number,
): (spot: Spot) => Box {
  const scale = scaleOf(frame, camera.zoom);
  const { left, top, right, bottom } = frame.bounds;
  const usual = Math.sqrt((((right - left) * (bottom - top)) / Math.max(1, spots.length)) * cellRatio);
  const size = side / usual;
  return ({ x, y, width, height }) => ({
    x: (x - camera.x) * scale + frame.width / 2,
    y: (y - camera.y) * scale + frame.height / 2,
    width: width * size,
    height: height * size,
  });
}

function drawOne(
  context: CanvasRenderingContext2D,
  tiles: Tiles,
  picture: Picture,
  box: Box,
  colours: Colours,
): { width: number; height: number } {
  if (box.width >= leastTile) {
    const isLarge = box.width * devicePixelRatio >= leastLarge;
    const size = tiles.draw(context, picture, { ...box, isLarge });
    if (size) return size;
  }
  const dot = Math.max(1, Math.min(box.width, box.height, leastTile) * dotShare);
  const colour = tiles.colourOf(picture) ?? colours.quiet;
  if (context.fillStyle !== colour) context.fillStyle = colour;
  // Thousands of circles take five times as long as squares, and look the same.
  context.fillRect(box.x - dot / 2, box.y - dot / 2, dot, dot);
  return { width: dot, height: dot };
}

/** The picture at a place of the window, or the nearest one up to `reach` CSS pixels beside it. */
export function pictureAt(
  scene: Pick<Scene, 'frame' | 'camera' | 'spots'>,
  at: { x: number; y: number },
  reach: number,
): Picture | undefined {
  const { frame, camera, spots } = scene;
  const boxOf = boxes(scene, cellWidth(frame, camera.zoom, spots.length));
  let nearest = reach;
  let found: Picture | undefined;
  for (const spot of spots) {
    const { x, y, width, height } = boxOf(spot);
    const away = Math.max(Math.abs(x - at.x) - width / 2, Math.abs(y - at.y) - height / 2);
    if (away <= nearest) {
      nearest = away;
      found = spot.picture;
    }
  }
  return found;
}
