import { cellRatio } from './spread.ts';

/** What of the map is seen: the place in the middle of the window, and how much it is magnified. */
export interface Camera {
  /** In the map's units. */
  x: number;
  y: number;
  /** 1: all of the map is seen. */
  zoom: number;
}

/** A window onto a map, in CSS pixels, and the part of the plane that the map fills. */
export interface Frame {
  width: number;
  height: number;
  bounds: { left: number; top: number; right: number; bottom: number };
}

export interface Point {
  x: number;
  y: number;
}

/** Room around the map, in CSS pixels. */
const padding = 14;
const leastExtent = 1e-3;

const extent = (from: number, to: number): number => Math.max(leastExtent, to - from);

/** CSS pixels of a unit. */
export function scaleOf({ width, height, bounds }: Frame, zoom: number): number {
  const { left, top, right, bottom } = bounds;
  const across = Math.max(1, width - 2 * padding) / extent(left, right);
  const down = Math.max(1, height - 2 * padding) / extent(top, bottom);
  return Math.min(across, down) * zoom;
}

/** All of the map. */
export const whole = ({ bounds: { left, top, right, bottom } }: Frame): Camera => ({
  x: (left + right) / 2,
  y: (top + bottom) / 2,
  zoom: 1,
});

/** Where a place of the map is in the window. */
export function toWindow(frame: Frame, camera: Camera, { x, y }: Point): Point {
  const scale = scaleOf(frame, camera.zoom);
  return { x: (x - camera.x) * scale + frame.width / 2, y: (y - camera.y) * scale + frame.height / 2 };
}

/** Which place of the map is there in the window. */
export function toMap(frame: Frame, camera: Camera, { x, y }: Point): Point {
  const scale = scaleOf(frame, camera.zoom);
  return { x: (x - frame.width / 2) / scale + camera.x, y: (y - frame.height / 2) / scale + camera.y };
}

/** Keeps the middle of the window on the map, and the zoom from 1 to `maxZoom`. */
function clamped({ bounds: { left, top, right, bottom } }: Frame, camera: Camera, maxZoom: number): Camera {
  const inside = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
  return {
    x: inside(camera.x, left, right),
    y: inside(camera.y, top, bottom),
    zoom: inside(camera.zoom, 1, maxZoom),
  };
}

/** Moves the map by so many CSS pixels. */
export function panned(frame: Frame, camera: Camera, by: Point, maxZoom: number): Camera {
  const scale = scaleOf(frame, camera.zoom);
  return clamped(frame, { ...camera, x: camera.x - by.x / scale, y: camera.y - by.y / scale }, maxZoom);
}

/** Magnifies by a factor; what is at `at` in the window stays there. */
export function zoomed(frame: Frame, camera: Camera, at: Point, factor: number, maxZoom: number): Camera {
  const zoom = Math.min(maxZoom, Math.max(1, camera.zoom * factor));
  const held = toMap(frame, camera, at);
  const scale = scaleOf(frame, zoom);
  const x = held.x - (at.x - frame.width / 2) / scale;
  const y = held.y - (at.y - frame.height / 2) / scale;
  return clamped(frame, { x, y, zoom }, maxZoom);
}

const [leastWidth, mostWidth] = [3, 240];
/** Between pictures, of a cell. */
const gap = 0.06;

/**
 * How wide the cell of a picture is, in CSS pixels.
 *
 * @param count pictures on the map
 */
export function cellWidth(frame: Frame, zoom: number, count: number): number {
  const { left, top, right, bottom } = frame.bounds;
  const area = (extent(left, right) * extent(top, bottom) * cellRatio) / Math.max(1, count);
  const width = Math.sqrt(area) * scaleOf(frame, zoom) * (1 - gap);
  return Math.min(mostWidth, Math.max(leastWidth, width));
}

/** The zoom beyond which pictures grow no more. */
export const maxZoomOf = (frame: Frame, count: number): number =>
  Math.max(2, mostWidth / cellWidth(frame, 1, count));
