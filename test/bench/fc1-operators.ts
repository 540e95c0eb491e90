import { fromFloat16 } from '../../src/base/float16.ts';
import { pieceLayout, rowScales } from '../../src/network/dense/encoding.ts';
import { encodePiece } from '../support/dense-piece.ts';
import { float32, type Initializer, type Operator, uint8 } from '../support/onnx-node.ts';
import type { Problem } from './fc1-problem.ts';

/** An operator of ONNX Runtime with the layer's weights. */
export interface OperatorForm {
  name: string;
  operator: Operator;
  parts: Initializer[][];
}

/** Gemm over float32 rows, cut into as many nodes as `parts` says. */
export function gemm({ n, d, weights }: Problem, parts: number): OperatorForm {
  const rows = n / parts;
  return {
    name: `ONNX Runtime, Gemm f32${parts > 1 ? ` in ${parts} parts` : ''}`,
    operator: { op: 'Gemm', attributes: { transB: 1 } },
    parts: Array.from({ length: parts }, (_, i) => [
      float32('w', [rows, d], weights.subarray(i * rows * d, (i + 1) * rows * d)),
    ]),
  };
}

/** MatMulNBits over the codes and scales that our own kernels read. */
export function matMulNBits({ n, d, weights }: Problem, bits: 8 | 4): OperatorForm {
  const encoding = bits === 8 ? 'q8' : 'q4';
  const layout = pieceLayout(encoding, n, d);
  const piece = encodePiece(encoding, weights, new Float32Array(n));
  const halves = new Uint16Array(piece.buffer, layout.scales, n * rowScales(encoding, d));
  const scales = Float32Array.from(halves, fromFloat16);
  const codes = piece.subarray(0, n * layout.rowBytes);
  return {
    name: `ONNX Runtime, MatMulNBits ${bits} bits, block 32`,
    operator: {
      op: 'MatMulNBits',
      domain: 'com.microsoft',
      attributes: { K: d, N: n, bits, block_size: 32 },
    },
    parts: [[uint8('w', [n, d / 32, (32 * bits) / 8], codes), float32('s', [scales.length], scales)]],
  };
}

/** DynamicQuantizeMatMul: int8 codes with a scale for each output, and activations quantised in each run. */
export function dynamicQuantizeMatMul({ n, d, weights }: Problem): OperatorForm {
  const codes = new Int8Array(n * d);
  const scales = new Float32Array(n);
  for (let row = 0; row < n; row++) {
    let largest = 0;
    for (let j = 0; j < d; j++) largest = Math.max(largest, Math.abs(weights[row * d + j]!));
    scales[row] = largest / 127;
    for (let j = 0; j < d; j++) codes[j * n + row] = Math.round(weights[row * d + j]! / scales[row]!);
  }
  return {
    name: 'ONNX Runtime, DynamicQuantizeMatMul int8',
    operator: { op: 'DynamicQuantizeMatMul', domain: 'com.microsoft', attributes: {} },
    parts: [[uint8('w', [d, n], new Uint8Array(codes.buffer), true), float32('s', [n], scales)]],
  };
}
