import { LikenessError } from '../../base/errors.ts';
import { fromFloat16, toFloat16 } from '../../base/float16.ts';
import { createStorageBuffer } from '../../gpu/buffer.ts';
import type { Rows } from '../backend/rows.ts';
import { isSpecial } from './classify.ts';

/** Rows of one dispatch: with 32 a workgroup or more, well under the 65535 workgroups that every device takes. */
const maxRows = 1 << 20;

/** Rows on the device, one buffer of the index's many. */
export interface RowBuffer {
  /** Number of its first row in the index. */
  firstRow: number;
  /** Rows that it has room for, a multiple of 32. */
  capacity: number;
  /** Rows that it holds. */
  count: number;
  /** capacity × 4·d4 values */
  rows: GPUBuffer;
}

/** The device's copy of the rows: as many buffers as the limits of the device demand, brought up to date by `sync`. */
export class RowBuffers {
  readonly buffers: RowBuffer[] = [];
  /** 4: float32; 2: float16, half of the memory and of what a scan reads. */
  readonly valueBytes: 2 | 4;
  /** No row is farther than this from what the device has of it. */
  rounding = 0;
  /** Rows that one buffer takes at most. */
  readonly #rowsPerBuffer: number;
  readonly #device: GPUDevice;
  readonly #rows: Rows;
  /** vec4 of four values in a row. */
  readonly #d4: number;
  /** Rows before this one are on the device as they are in memory. */
  #clean = 0;

  constructor(device: GPUDevice, rows: Rows, maxBufferBytes: number, valueBytes: 2 | 4 = 4) {
    this.valueBytes = valueBytes;
    this.#device = device;
    this.#rows = rows;
    this.#d4 = Math.ceil(rows.dimension / 4);
    const fitting = Math.min(maxRows, Math.floor(maxBufferBytes / this.#rowBytes));
    this.#rowsPerBuffer = fitting - (fitting % 32);
    if (this.#rowsPerBuffer === 0) {
      throw new LikenessError(
        'no-backend',
        `32 rows of ${rows.dimension} values do not fit into a buffer of ${maxBufferBytes} bytes, this device's limit.`,
      );
    }
  }

  get #rowBytes(): number {
    return 4 * this.#d4 * this.valueBytes;
  }

  /** Says that rows from `row` on have changed, or are new. */
  invalidate(row: number): void {
    this.#clean = Math.min(this.#clean, row);
  }

  /** Uploads what has changed. */
  sync(): void {
    const { count } = this.#rows;
    const wanted = Math.ceil(count / this.#rowsPerBuffer);
    for (const { rows } of this.buffers.splice(wanted)) rows.destroy();
    for (let i = 0; i < wanted; i++) {
      const firstRow = i * this.#rowsPerBuffer;
      const held = Math.min(count - firstRow, this.#rowsPerBuffer);
      let from = Math.max(this.#clean, firstRow);
      let buffer = this.buffers[i];
      if (!buffer || buffer.capacity < held) {
        // Twice the room each time: growing row by row uploads each row a few times, not thousands.
        const room = Math.min(this.#rowsPerBuffer, Math.max(256, 2 ** Math.ceil(Math.log2(held))));
        const capacity = Math.ceil(room / 32) * 32;
        buffer?.rows.destroy();
        const rows = createStorageBuffer(this.#device, capacity * this.#rowBytes, `rows from ${firstRow}`);
        buffer = { firstRow, capacity, count: held, rows };
        this.buffers[i] = buffer;
        from = firstRow;
      }
      buffer.count = held;
      if (from < firstRow + held) this.#upload(buffer, from);
    }
    this.#clean = count;
  }

  destroy(): void {
    for (const { rows } of this.buffers.splice(0)) rows.destroy();
    this.rounding = 0;
    this.#clean = 0;
  }

  #upload(buffer: RowBuffer, from: number): void {
    const end = buffer.firstRow + buffer.count;
    const { dimension } = this.#rows;
    const rowFloats = this.#d4 * 4;
    // A few MiB at a time: the staging memory of a write is as large as the write.
    const rowsPerWrite = Math.max(1, Math.floor((1 << 22) / (rowFloats * 4)));
    const staged = new Float32Array(Math.min(rowsPerWrite, end - from) * rowFloats);
    const halves = this.valueBytes === 2 ? new Uint16Array(staged.length) : undefined;
    for (let first = from; first < end; first += rowsPerWrite) {
      const written = Math.min(rowsPerWrite, end - first);
      for (let i = 0; i < written; i++) {
        const row = this.#rows.row(first + i);
        staged.set(row, i * rowFloats);
        if (rowFloats > dimension) staged.fill(0, i * rowFloats + dimension, (i + 1) * rowFloats);
        // Shaders never read these rows.
        if (halves && isSpecial(row)) halves.fill(0, i * rowFloats, (i + 1) * rowFloats);
        else if (halves)
          this.rounding = Math.max(this.rounding, toHalves(staged, halves, i * rowFloats, rowFloats));
      }
      const at = (first - buffer.firstRow) * this.#rowBytes;
      this.#device.queue.writeBuffer(buffer.rows, at, halves ?? staged, 0, written * rowFloats);
    }
  }
}

/** The largest finite float16, and the smallest normal one: smaller ones may be taken for zero. */
const largestHalf = 65504;
const smallestHalf = 2 ** -14;

/** Rounds a row to float16. Returns how far it moved, or may seem to have moved to a shader, rounded up. */
function toHalves(from: Float32Array, to: Uint16Array, start: number, length: number): number {
  let squares = 0;
  for (let i = start; i < start + length; i++) {
    const value = from[i]!;
    // What is beyond float16 moves to its end.
    const clamped = Math.max(-largestHalf, Math.min(largestHalf, value));
    to[i] = toFloat16(clamped);
    if (value === 0) continue;
    const rounded = fromFloat16(to[i]!);
    const moved = Math.max(Math.abs(value - rounded), Math.abs(rounded) < smallestHalf ? Math.abs(value) : 0);
    squares += moved * moved;
  }
  return Math.sqrt(squares) * (1 + 1e-9);
}
