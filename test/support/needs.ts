/** What a test may need of its browser, and not all browsers have. */
export type Feature = 'webgpu' | 'webgl2' | 'opfs';

/** Asks a worker, where some things are that pages have not got. */
async function inWorker(expression: string): Promise<unknown> {
  const url = URL.createObjectURL(new Blob([`postMessage(${expression})`], { type: 'text/javascript' }));
  const worker = new Worker(url);
  try {
    return await new Promise((found, failed) => {
      worker.onmessage = ({ data }) => found(data);
      worker.onerror = ({ message }) => failed(new Error(message));
    });
  } finally {
    worker.terminate();
    URL.revokeObjectURL(url);
  }
}

const whyNot: Record<Feature, () => Promise<string | undefined>> = {
  async webgpu() {
    if (!navigator.gpu) return 'no WebGPU (navigator.gpu is missing)';
    return (await navigator.gpu.requestAdapter()) ? undefined : 'no WebGPU (there is no adapter)';
  },
  async opfs() {
    if (typeof navigator.storage?.getDirectory !== 'function') return 'no OPFS (getDirectory is missing)';
    const inPlace = await inWorker(
      "typeof FileSystemFileHandle !== 'undefined' && 'createSyncAccessHandle' in FileSystemFileHandle.prototype",
    );
    return inPlace ? undefined : 'no OPFS that is written in place (createSyncAccessHandle is missing)';
  },
  async webgl2() {
    return new OffscreenCanvas(1, 1).getContext('webgl2') ? undefined : 'no WebGL 2 (there is no context)';
  },
};

/** Options of a test that needs something of its browser: where that is missing the test is not run, and counted so. */
export async function needs(feature: Feature): Promise<{ skip?: string }> {
  if (typeof process !== 'undefined' && process.versions?.node) return {};
  const reason = await whyNot[feature]();
  return reason === undefined ? {} : { skip: reason };
}
