import { language } from './language.ts';

/** What the library says of why something runs where it does, part by part, in Chinese. Numbers and names stay. */
const chinese: readonly [RegExp, string][] = [
  [/^There is no WebGPU here \(navigator\.gpu is missing\)\.?$/, '此浏览器没有 WebGPU'],
  [/^WebGPU has no adapter here\.?$/, '没有可用的 WebGPU 适配器'],
  [/^WebGPU gives no device: (.*)$/, 'WebGPU 未能提供设备：$1'],
  [/^the only WebGPU adapter is software \((.*)\)$/, '仅有软件实现的 WebGPU 适配器（$1）'],
  [/^the WebGPU device is software$/, 'WebGPU 设备由软件实现'],
  [/^(WebGPU|wasm) was asked for(?: \((.*)\))?$/, '已指定使用 $1'],
  [/^shares the device that was given$/, '与读取图片共用同一设备'],
  [
    /^a picture took ([\d.]+) ms on WebGPU \((.*)\), ([\d.]+) ms on wasm$/,
    '一张图片用 WebGPU（$2）需 $1 毫秒，用 WebAssembly 需 $3 毫秒',
  ],
  [
    /^a known question took ([\d.]+) ms on WebGPU, ([\d.]+) ms on \S+$/,
    '一次测试搜索用 WebGPU 需 $1 毫秒，用处理器需 $2 毫秒',
  ],
  [/^WebGPU failed its test: (.*)$/, 'WebGPU 未通过测试：$1'],
  [/^WebGPU is not used, as a file that it needs is missing: (.*)$/, '缺少所需文件，未使用 WebGPU：$1'],
  [/^WebAssembly relaxed SIMD passed its test$/, 'WebAssembly relaxed SIMD 已通过测试'],
  [/^WebAssembly SIMD$/, 'WebAssembly SIMD'],
  [/^relaxed SIMD is not here$/, '不支持 relaxed SIMD'],
  [/^WebAssembly SIMD over quantised rows$/, '用 WebAssembly SIMD 搜索量化向量'],
  [/^the full rows are outside memory$/, '完整向量不在内存中'],
  [/^plain JavaScript was asked for$/, '已指定使用 JavaScript'],
  [/^plain JavaScript: (.*)$/, '使用 JavaScript：$1'],
  [
    /^one thread, as memory cannot be shared here: this browser has no SharedArrayBuffer$/,
    '单线程：此浏览器不支持共享内存',
  ],
  [/^one thread, as memory cannot be shared here: .*$/, '单线程：此页面未隔离，无法共享内存'],
  [/^one thread, as others do not start: (.*)$/, '单线程：其他线程未能启动：$1'],
];

/** Why something runs where it does, in the person's language; what is not known stays in English. */
export function reasonText(reason: string): string {
  if (language.value !== 'zh') return reason;
  return reason
    .split('; ')
    .map((part) => {
      const known = chinese.find(([pattern]) => pattern.test(part));
      return known ? part.replace(...known) : part;
    })
    .join('；');
}
