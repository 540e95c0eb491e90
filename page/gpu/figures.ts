import type { MeasuredSearch, Measurement } from './measure.ts';

/** GB/s of a small integrated, a large integrated and a discrete GPU. */
export const bandwidths: readonly number[] = [50, 100, 1000];

export interface Figure {
  name: string;
  of(search: MeasuredSearch): string;
}

/** Three digits. */
const digits = (value: number): string => `${Number(value.toPrecision(3))}`;

/** What the table says of each search. */
export const figures: readonly Figure[] = [
  { name: 'MB moved', of: ({ bytes }) => digits(bytes / 1e6) },
  { name: 'dispatches', of: ({ dispatches }) => `${dispatches}` },
  { name: 'submissions', of: ({ submissions }) => `${submissions}` },
  ...bandwidths.map((gigabytes) => ({
    name: `floor ms at ${gigabytes} GB/s`,
    of: (search: MeasuredSearch) => digits(floorMs(search, gigabytes)),
  })),
  { name: 'median ms', of: ({ medianMs }) => digits(medianMs) },
  { name: 'min ms', of: ({ minMs }) => digits(minMs) },
  { name: 'max ms', of: ({ maxMs }) => digits(maxMs) },
  { name: 'runs', of: ({ runs }) => `${runs}` },
  { name: 'GB/s', of: ({ bytes, medianMs }) => digits(bytes / medianMs / 1e6) },
];

/** Milliseconds that moving a search's bytes takes at a bandwidth. */
export function floorMs({ bytes }: MeasuredSearch, gigabytesPerSecond: number): number {
  return bytes / gigabytesPerSecond / 1e6;
}

/** E.g. `codes, 64 queries`. */
export function searchName({ scan, queries }: MeasuredSearch): string {
  return `${scan === 'quantised' ? 'quantised' : 'float32'}, ${queries === 1 ? '1 query' : `${queries} queries`}`;
}

export function adapterName({ adapter, isSoftware }: Measurement): string {
  const { vendor, architecture, device, description } = adapter;
  const name = [vendor, architecture, description || device].filter((part) => part !== '').join(' ');
  return `${name || 'an adapter without a name'}${isSoftware ? ' (software: its times say nothing of a GPU)' : ''}`;
}

/** What was searched, on what. */
export function titleOf(measurement: Measurement): string {
  const { n, d, k, areFeaturesMade } = measurement;
  return `${n} rows of ${d} ${areFeaturesMade ? 'made' : 'real'} features, k ${k}; ${adapterName(measurement)}`;
}

/** The kernel shape, as a sentence. */
export function describeShape({ shape }: Measurement): string {
  return `${shape.lanes === 1 ? 'each thread has rows of its own' : `${shape.lanes} threads share rows`}, "${shape.many}" for many queries, terms ${shape.columnsThreads > 0 ? `shared out below ${shape.columnsThreads} threads` : 'not shared out'}`;
}
