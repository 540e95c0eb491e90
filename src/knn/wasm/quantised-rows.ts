import { LikenessError } from '../../base/errors.ts';
import { isUsualNorm, type QuantisedQuery } from '../backend/quantised-bounds.ts';
import type { Kernels, QuantisedKernel } from './kernels.ts';
import { align, type Layout, Memories, oneThread } from './memory.ts';
import { type RowPart, within } from './row-memory.ts';

/** Rows that are encoded together, and that the scan may begin with. */
export const rowsPerPanel = 128;
const panelsPerBlock = 32;
/** Bytes of a dimension in a panel by itself, and in a block. */
const panelStride = 64;
const blockStride = panelStride * panelsPerBlock;
const statisticsBytes = 2560;
/** Queries that share one pass over the quantised rows. */
export const quantisedQueriesPerPass = 16;

/** Bounds on ‖q̃ − x‖² from quantised rows, in float32. Rows without bounds, and places without rows, have infinity or NaN. */
export interface QuantisedBounds {
  /** Middles of the bounds: upper ones are 2·mid − low. */
  mid: Float32Array;
  low: Float32Array;
  /** The least middle and the least lower bound of each 32 rows, in turns. */
  minima: Float32Array;
}

/** Rows that share an entry of {@link QuantisedBounds.minima}. */
export const rowsPerGroup = 32;

/** Room for the bounds of `rows` rows. */
export function createBounds(rows: number): QuantisedBounds {
  const panels = Math.ceil(rows / rowsPerPanel);
  return {
    mid: new Float32Array(panels * rowsPerPanel),
    low: new Float32Array(panels * rowsPerPanel),
    minima: new Float32Array((2 * panels * rowsPerPanel) / rowsPerGroup),
  };
}

/** A panel by itself. */
interface Stage {
  kernel: QuantisedKernel;
  at: number;
}

/** Quantised rows as one thread posts them to another. */
export interface SharedQuantised {
  memories: WebAssembly.Memory[];
  unusual: number[];
}

/** Rows of four-bit codes, in as many WebAssembly memories as they need: `assembly/quantised.ts` says how they lie. */
export class QuantisedRows {
  readonly dimension: number;
  count: number;
  /** The panel that a part begins with. */
  readonly #first: number;
  /** Rows whose norm is not usual: they have no bounds. */
  readonly unusual: Set<number>;
  readonly #blocks: Memories<QuantisedKernel>;
  readonly #blockBytes: number;
  readonly #rowAt: number;
  readonly #nonZeroAt: number;
  readonly #nonZeroBytes: number;
  readonly #sumsAt: number;
  /** Two panels by themselves: what is written, and what is moved from. */
  readonly #stagesAt: readonly [number, number];
  /** Which panel the first stage of its memory has, as it is in its block. */
  #staged = -1;

  /** @param part rows of another thread, only to be read: they count from 0 here. Default: no rows at first */
  constructor(
    kernels: Kernels,
    dimension: number,
    layout: Layout = oneThread,
    part?: RowPart<QuantisedKernel>,
  ) {
    this.dimension = dimension;
    this.#first = part ? part.from / rowsPerPanel : 0;
    this.count = part ? part.to - part.from : 0;
    this.unusual = part ? within(part.unusual, part.from, part.to) : new Set();
    this.#blockBytes = dimension * blockStride + panelsPerBlock * statisticsBytes;
    this.#nonZeroBytes = align(12 * Math.ceil(dimension / 2), 16);
    const rowBytes = align(4 * dimension, 16);
    const allNonZeroBytes = quantisedQueriesPerPass * this.#nonZeroBytes;
    // Sums and bounds of a block's rows.
    const outBytes = panelsPerBlock * rowsPerPanel * 12 + panelsPerBlock * 32;
    const scratchBytes = align(rowBytes + allNonZeroBytes + 64 + outBytes, 64);
    const stageBytes = dimension * panelStride + statisticsBytes;
    // Below 1024: what a compiler may place.
    this.#rowAt = 1024 + layout.thread * scratchBytes;
    this.#nonZeroAt = this.#rowAt + rowBytes;
    this.#sumsAt = align(this.#nonZeroAt + allNonZeroBytes, 64);
    const stages = 1024 + layout.threads * scratchBytes;
    this.#stagesAt = [stages, stages + stageBytes];
    // Runs of a dimension do not cross more pages than they have to.
    const start = align(stages + 2 * stageBytes, 4096);
    this.#blocks = new Memories(
      () => kernels.quantised(),
      { start, itemBytes: this.#blockBytes, maxBytes: layout.maxBytes },
      part?.kernels,
    );
  }

  /** What another thread needs to read these rows as they are now. */
  share(): SharedQuantised {
    return {
      memories: this.#blocks.kernels.map(({ memory }) => memory),
      unusual: [...this.unusual],
    };
  }

  append(values: Float32Array): void {
    const d = this.dimension;
    const added = values.length / d;
    this.#reserve(this.count + added);
    for (let done = 0; done < added; ) {
      const place = this.count % rowsPerPanel;
      const run = Math.min(added - done, rowsPerPanel - place);
      const panel = this.#stage(Math.floor(this.count / rowsPerPanel), place > 0);
      for (let i = 0; i < run; i++, done++) {
        this.#encode(panel, this.count++, values.subarray(done * d, (done + 1) * d));
      }
      this.#unstage();
    }
  }

  /** All panels, each by itself: the same bytes for the same rows, whatever was here before. */
  panels(): Uint8Array {
    const size = this.#stagesAt[1] - this.#stagesAt[0];
    const count = Math.ceil(this.count / rowsPerPanel);
    const all = new Uint8Array(count * size);
    for (let panel = 0; panel < count; panel++) {
      const stage = this.#load(panel, 1);
      for (let place = 0; place < rowsPerPanel; place++) {
        const { bytes, start, shift, statistics } = this.#nibbles(stage, place);
        // Without bounds: what lies there is of a row that is gone.
        const keep = statistics.getFloat32(0, true) < Number.POSITIVE_INFINITY ? 255 : ~(15 << shift);
        for (let j = 0; j < this.dimension; j++) bytes[start + j * panelStride]! &= keep;
      }
      all.set(new Uint8Array(stage.kernel.memory.buffer, stage.at, size), panel * size);
    }
    return all;
  }

  /**
   * Adds rows from the bytes of {@link panels}. Here are whole panels only.
   *
   * @throws LikenessError `bad-file` where they are no such bytes
   */
  appendPanels(bytes: Uint8Array, rows: number): void {
    const size = this.#stagesAt[1] - this.#stagesAt[0];
    const wanted = Math.ceil(rows / rowsPerPanel) * size;
    if (bytes.length !== wanted) damaged(`${bytes.length} bytes`);
    this.#reserve(this.count + rows);
    const unusual: number[] = [];
    let stage: Stage;
    for (let row = 0; row < rows; row++) {
      const place = row % rowsPerPanel;
      if (place === 0) {
        const panel = row / rowsPerPanel;
        stage = this.#stage(this.count / rowsPerPanel + panel, false);
        const { kernel, at } = stage;
        new Uint8Array(kernel.memory.buffer).set(bytes.subarray(panel * size, (panel + 1) * size), at);
        kernel.clearFrom({ panel: at, d: this.dimension, place: rows - row });
        this.#unstage();
      }
      const { statistics } = this.#nibbles(stage!, place);
      // As assembly/quantised.ts writes them.
      let norm = statistics.getFloat32(0, true);
      const scale = statistics.getFloat32(512, true);
      const error = statistics.getFloat32(1024, true);
      const inverse = statistics.getFloat32(1536, true);
      const zero = statistics.getInt32(2048, true);
      if (norm === Number.POSITIVE_INFINITY) {
        unusual.push(this.count + row);
        norm = 0;
      }
      // ‖x‖² = b²·‖c − z‖² + ‖e‖², but for roundings of 10⁻⁶. Other statistics could prove what is not so.
      const difference = scale ** 2 / (inverse || 1) + error ** 2 / 4 - norm;
      const isRight =
        isUsualNorm(norm) &&
        Math.abs(difference) <= 1e-5 * norm &&
        Math.min(scale, error, inverse, 1 - inverse) >= 0 &&
        !(zero & ~8);
      if (!isRight) damaged(`row ${row}`); // behind the last row there may be anything
    }
    this.count += rows;
    for (const row of unusual) this.unusual.add(row);
  }

  set(row: number, values: Float32Array): void {
    this.#encode(this.#stage(Math.floor(row / rowsPerPanel), true), row, values);
    this.#unstage();
  }

  /** Removes rows (ascending, distinct); the others keep their order and move up. */
  remove(rows: readonly number[]): void {
    if (rows.length === 0) return;
    let next = 0;
    let to = rows[0]!;
    let target = this.#stage(Math.floor(to / rowsPerPanel), true);
    let source = target;
    let held = -1;
    for (let from = to; from < this.count; from++) {
      const unusual = this.unusual.delete(from);
      if (rows[next] === from) {
        next++;
        continue;
      }
      if (unusual) this.unusual.add(to);
      const panel = Math.floor(from / rowsPerPanel);
      if (panel !== held) source = this.#load(panel, 1);
      held = panel;
      if (Math.floor(to / rowsPerPanel) !== this.#staged) {
        this.#unstage();
        target = this.#stage(Math.floor(to / rowsPerPanel), false);
      }
      this.#move(source, from % rowsPerPanel, target, to++ % rowsPerPanel);
    }
    this.count = to;
    const place = to % rowsPerPanel;
    if (place > 0 || this.#staged === to / rowsPerPanel) {
      target.kernel.clearFrom({ panel: target.at, d: this.dimension, place });
    }
    this.#unstage();
  }

  /**
   * Bounds of rows `from` … `to` − 1, which are whole panels or end with the last row.
   *
   * @param queries as many as `quantisedQueriesPerPass`
   * @param bounds one for each query, of `count` values rounded up to whole panels
   */
  scan(
    queries: readonly QuantisedQuery[],
    bounds: readonly QuantisedBounds[],
    from: number,
    to: number,
  ): void {
    const last = Math.ceil(to / rowsPerPanel);
    let ready: QuantisedKernel | undefined;
    for (let first = Math.floor(from / rowsPerPanel); first < last; ) {
      const { kernel, codes, statistics, left } = this.#place(first);
      const { buffer } = kernel.memory;
      if (kernel !== ready) {
        for (const [q, { nonZero, count }] of queries.entries()) {
          new Uint32Array(buffer, this.#nonZeroAt + q * this.#nonZeroBytes, 3 * count).set(
            nonZero.subarray(0, 3 * count),
          );
        }
        ready = kernel;
      }
      const panels = Math.min(left, last - first);
      const rows = panels * rowsPerPanel;
      const midAt = this.#sumsAt + rows * 4;
      const lowAt = midAt + rows * 4;
      const minimaAt = lowAt + rows * 4;
      const mid = new Float32Array(buffer, midAt, rows);
      const low = new Float32Array(buffer, lowAt, rows);
      const minima = new Float32Array(buffer, minimaAt, (2 * rows) / rowsPerGroup);
      for (const [q, { count, sum, scale, norm }] of queries.entries()) {
        kernel.scan({
          codes,
          panels,
          statistics,
          nonZero: this.#nonZeroAt + q * this.#nonZeroBytes,
          count,
          qSum: sum,
          qScale: scale,
          qNorm: norm,
          sums: this.#sumsAt,
          mid: midAt,
          low: lowAt,
          minima: minimaAt,
        });
        bounds[q]!.mid.set(mid, first * rowsPerPanel);
        bounds[q]!.low.set(low, first * rowsPerPanel);
        bounds[q]!.minima.set(minima, (2 * first * rowsPerPanel) / rowsPerGroup);
      }
      first += panels;
    }
  }

  clear(): void {
    this.count = 0;
    this.unusual.clear();
    this.#blocks.kernels.length = 0;
    this.#staged = -1;
  }

  #encode({ kernel, at }: Stage, row: number, values: Float32Array): void {
    const padded = align(4 * this.dimension, 16) / 4;
    const floats = new Float32Array(kernel.memory.buffer, this.#rowAt, padded);
    floats.set(values);
    floats.fill(0, this.dimension);
    const encoded = kernel.encode({
      row: this.#rowAt,
      d: this.dimension,
      panel: at,
      place: row % rowsPerPanel,
    });
    if (encoded) this.unusual.delete(row);
    else this.unusual.add(row);
  }

  /** Stages a panel: a copy from its block or, if it is new, an empty one. */
  #stage(panel: number, isThere: boolean): Stage {
    if (isThere && this.#staged !== panel) this.#load(panel, 0);
    this.#staged = panel;
    const stage = { kernel: this.#place(panel).kernel, at: this.#stagesAt[0] };
    if (!isThere) stage.kernel.clearFrom({ panel: stage.at, d: this.dimension, place: 0 });
    return stage;
  }

  /** Copies the staged panel to its block. It stays staged: more rows may follow. */
  #unstage(): void {
    const { kernel, codes, statistics } = this.#place(this.#staged);
    const [from] = this.#stagesAt;
    const d = this.dimension;
    kernel.copyPanel({ from, fromStride: panelStride, to: codes, toStride: blockStride, d });
    const at = from + d * panelStride;
    new Uint8Array(kernel.memory.buffer).copyWithin(statistics, at, at + statisticsBytes);
  }

  #load(panel: number, stage: 0 | 1): Stage {
    const { kernel, codes, statistics } = this.#place(panel);
    const to = this.#stagesAt[stage];
    const d = this.dimension;
    kernel.copyPanel({ from: codes, fromStride: blockStride, to, toStride: panelStride, d });
    const at = to + d * panelStride;
    new Uint8Array(kernel.memory.buffer).copyWithin(at, statistics, statistics + statisticsBytes);
    return { kernel, at: to };
  }

  /** Copies a row's codes and statistics from one stage to another. */
  #move(from: Stage, fromPlace: number, to: Stage, toPlace: number): void {
    const source = this.#nibbles(from, fromPlace);
    const target = this.#nibbles(to, toPlace);
    for (let j = 0; j < this.dimension; j++) {
      const at = target.start + j * panelStride;
      const nibble = (source.bytes[source.start + j * panelStride]! >> source.shift) & 15;
      target.bytes[at] = (target.bytes[at]! & ~(15 << target.shift)) | (nibble << target.shift);
    }
    for (let statistics = 0; statistics < statisticsBytes; statistics += rowsPerPanel * 4) {
      target.statistics.setUint32(statistics, source.statistics.getUint32(statistics));
    }
  }

  #nibbles(
    { kernel, at }: Stage,
    place: number,
  ): { bytes: Uint8Array; start: number; shift: number; statistics: DataView } {
    const inGroup = place % 32;
    const nibble = inGroup >> 3;
    return {
      bytes: new Uint8Array(kernel.memory.buffer),
      start: at + (place >> 5) * 16 + (inGroup & 7) * 2 + (nibble >> 1),
      shift: (nibble & 1) * 4,
      statistics: new DataView(kernel.memory.buffer, at + this.dimension * panelStride + place * 4),
    };
  }

  /** Where a panel is, and how many follow it in its block, itself among them. */
  #place(panel: number): { kernel: QuantisedKernel; codes: number; statistics: number; left: number } {
    const shared = this.#first + panel;
    const { kernel, at } = this.#blocks.place(Math.floor(shared / panelsPerBlock));
    const inBlock = shared % panelsPerBlock;
    return {
      kernel,
      codes: at + inBlock * panelStride,
      statistics: at + this.dimension * blockStride + inBlock * statisticsBytes,
      left: panelsPerBlock - inBlock,
    };
  }

  #reserve(rows: number): void {
    const blocks = Math.ceil(rows / (rowsPerPanel * panelsPerBlock));
    this.#blocks.reserve(blocks, `${rows} quantised rows of ${this.dimension} values`);
  }
}

function damaged(where: string): never {
  throw new LikenessError('bad-file', `The codes are damaged: ${where}.`);
}
