import type { Runtime } from '../../src/model/ort.ts';

/** ONNX Runtime's CPU build on the platform of the test. */
export async function cpuRuntime(): Promise<Runtime> {
  if (typeof document === 'undefined') {
    const { loadCpuRuntime } = await import('../../src/model/runtime.node.ts');
    return loadCpuRuntime();
  }
  const { loadRuntime } = await import('../../src/model/runtime.browser.ts');
  return loadRuntime('wasm', new URL('/node_modules/onnxruntime-web/dist/', location.href).href);
}
