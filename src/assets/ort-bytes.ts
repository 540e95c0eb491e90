import { gpuBuild, type RuntimeBuild } from './gpu-build.ts';

/** Bytes of each build as it lies in `dist/web/ort/`; `scripts/build.mjs` puts the figures in. */
declare const ORT_BYTES: Readonly<Record<RuntimeBuild, number>>;

/** What ONNX Runtime takes to fetch in this browser, for WebGPU; 0 where there is no WebGPU. */
export function gpuRuntimeBytes(): number {
  if (typeof ORT_BYTES === 'undefined' || !('gpu' in navigator)) return 0;
  return ORT_BYTES[gpuBuild()];
}
