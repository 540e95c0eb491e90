import { clientVectorSearch } from './contenders/client-vector-search.mjs';
import { edgeVec } from './contenders/edgevec.mjs';
import * as likeness from './contenders/likeness.mjs';
import { onnxRuntime } from './contenders/onnxruntime.mjs';
import { plain } from './contenders/plain.mjs';
import { tfjs } from './contenders/tfjs.mjs';
import { voy } from './contenders/voy.mjs';
import { createHost } from './host.mjs';

const contenders = {
  'likeness-wasm': likeness.wasm,
  'likeness-webgpu': likeness.webgpu,
  'likeness-webgpu-float32': likeness.webgpuFloat32,
  'tfjs-wasm': tfjs('wasm', false),
  'tfjs-wasm-transposed': tfjs('wasm', true),
  'tfjs-webgpu': tfjs('webgpu', false),
  'tfjs-webgpu-transposed': tfjs('webgpu', true),
  'ort-wasm': onnxRuntime('wasm', false),
  'ort-wasm-transposed': onnxRuntime('wasm', true),
  'ort-webgpu': onnxRuntime('webgpu', false),
  'ort-webgpu-transposed': onnxRuntime('webgpu', true),
  'client-vector-search': clientVectorSearch,
  edgevec: edgeVec,
  voy,
  plain,
};

const read = async (file) => {
  const response = await fetch(`/${file}`);
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  return new Float32Array(await response.arrayBuffer());
};

const answer = createHost(contenders, read, { base: new URL('/', location.href).href });
globalThis.answer = (request) =>
  answer(request).catch((error) => ({ error: String(error?.message ?? error) }));
