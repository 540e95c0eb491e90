import { readFileSync } from 'node:fs';
import { launchChromium } from './chromium.mjs';

const b64 = (f) => readFileSync(f).toString('base64');
const browser = await launchChromium();
const page = await browser.newPage();
for (const name of process.argv.slice(2)) {
  const out = await page.evaluate(
    ({ knn, bench, name }) => {
      const mod = (s) => new WebAssembly.Module(Uint8Array.from(atob(s), (c) => c.charCodeAt(0)));
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
      const k = new WebAssembly.Instance(mod(knn), { env: { memory } }).exports;
      const b = new WebAssembly.Instance(mod(bench), { env: { memory } }).exports;
      const stride = 16384 + 64;
      memory.grow(2000);
      const q = 1024,
        packed = q + 64 * stride,
        tile = packed + 64 * stride,
        out = tile + 65536,
        rows = out + 64 * 256 * 4;
      new Float32Array(memory.buffer).fill(0.5, 256, 256 + (rows - 1024) / 4 + (3072 * stride) / 4);
      k.pack(q, 32, stride, packed);
      const cases = [['peak', () => b.multiplyAdd(200000), 200000 * 48 * 4]];
      for (const [label, n, st, reps] of [
        ['part', 16, 2048, 100],
        ['whole', 16, stride, 12],
        ['256 rows', 256, stride, 1],
        ['3072 rows', 3072, stride, 1],
      ])
        cases.push([
          label,
          () => {
            for (let i = 0; i < reps; i++)
              for (let f = 0; f < n; f += 256)
                k.products(rows + f * stride, Math.min(256, n), packed, 32, st, tile, out, 1024);
          },
          (reps * n * 64 * st) / 4,
        ]);
      const best = cases.map(() => 1e9);
      for (let r = 0; r < 15; r++)
        cases.forEach(([, f], i) => {
          const t = performance.now();
          f();
          best[i] = Math.min(best[i], performance.now() - t);
        });
      const g = cases.map(([, , ops], i) => ops / best[i] / 1e6);
      return (
        name +
        ' ' +
        cases.map(([l], i) => `${l} ${g[i].toFixed(2)} (${((100 * g[i]) / g[0]).toFixed(0)}%)`).join(', ')
      );
    },
    { knn: b64(`build/wasm/knn.${name}.wasm`), bench: b64(`build/wasm/bench.${name}.wasm`), name },
  );
  console.log(out);
}
await browser.close();
