/** The sample pictures beside the page, with their pixels: `samples/LICENCE.md` says who took them. */
export const samples: Record<string, readonly [width: number, height: number]> = {
  'bridge-cables': [400, 262],
  'bridge-shore': [400, 127],
  bridge: [400, 225],
  'clock-hands': [400, 350],
  clock: [400, 300],
  'dandelions-meadow': [400, 307],
  'dandelions-one': [400, 375],
  dandelions: [400, 225],
  'dragonfly-branch': [381, 400],
  'dragonfly-leaves': [400, 360],
  dragonfly: [400, 300],
  'drum-skin': [400, 375],
  'drum-wine': [400, 385],
  drum: [267, 400],
  'fig-bowl': [400, 361],
  fig: [400, 271],
  'mountain-meadow-ridge': [400, 190],
  'mountain-meadow': [400, 266],
  'mountain-pass-path': [400, 300],
  'mountain-pass-peaks': [400, 245],
  'mountain-pass': [400, 300],
  'nuthatch-bark': [400, 360],
  'nuthatch-bird': [400, 300],
  nuthatch: [400, 225],
  'paint-brushes-bristles': [400, 367],
  'paint-brushes': [400, 315],
  'stream-falls': [400, 319],
  'stream-forest': [400, 190],
  stream: [400, 266],
  'sunrise-hills': [400, 222],
  sunrise: [400, 267],
  'two-dogs-looking': [290, 400],
  'two-dogs-wood': [400, 338],
  'two-dogs': [266, 400],
  'wooden-bird-flight': [400, 250],
  'wooden-bird': [400, 300],
};

export const sampleCount = Object.keys(samples).length;

export const sampleUrl = (name: string): string => new URL(`samples/${name}.jpg`, document.baseURI).href;

/** Where a sample is shown from: after a reload, too. */
export function sampleUrlOf(id: string): string | undefined {
  const [, name = ''] = /^Samples\/([\w-]+)\.jpg$/.exec(id) ?? [];
  return Object.hasOwn(samples, name) ? sampleUrl(name) : undefined;
}
