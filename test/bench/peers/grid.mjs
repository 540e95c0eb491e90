// npm run bench -- knn --peers: everybody over a grid of sizes, in turns, against the float64 reference.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { launchChromium } from '../../../scripts/chromium.mjs';
import { ensureFaiss } from '../../../scripts/faiss.mjs';
import { serveTree } from '../../../scripts/serve-tree.mjs';
import { contenders as everybody } from './contenders.mjs';
import { cutFeatures, writeData } from './data.mjs';
import { availableBytes, openNode, openPage, openPython } from './realms.mjs';
import { Reference } from './reference.mjs';

/** Runs of a contender end after this long, or after two where one alone takes longer. */
const secondsEach = 12;
/** A contender whose first run takes longer is not run again. */
const maxSeconds = 60;
const folder = 'build/bench/peers';

/**
 * @param {object} options
 * @param {string} options.root
 * @param {number[]} options.n rows, one size after another
 * @param {number[]} options.d values in a row
 * @param {number[]} options.q queries, 1 … 64
 * @param {number[]} options.k neighbours
 * @param {number} options.runs at most
 * @param {string[]} options.only parts of contenders' ids; all when empty
 * @param {Record<number, string>} options.features files of features by d; where there is none, made data
 * @param {(figures: object) => void} options.keep called with what there is after each size
 * @returns {Promise<object>} every figure
 */
export async function runPeers(options) {
  const { root, only, features } = options;
  const notes = [];
  const chosen = everybody.filter(({ id }) => only.length === 0 || only.some((part) => id.includes(part)));
  let python;
  if (chosen.some(({ realm }) => realm === 'python')) {
    try {
      python = ensureFaiss();
    } catch (error) {
      notes.push(`FAISS and NumPy are left out: ${error.message}`);
    }
  }
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'run.html'), '<!doctype html><meta charset="utf-8"><title>peers</title>');
  const server = await serveTree(root, { isolated: true });
  const browser = await launchChromium();
  const open = ({ realm }) =>
    realm === 'page'
      ? openPage(browser, server.origin, folder)
      : realm === 'node'
        ? openNode(root, `${folder}/in-node.mjs`)
        : openPython(root, python);
  const cases = [];
  try {
    const about = await describe(browser, server.origin, python && openPython(root, python));
    const present = chosen.filter(({ realm }) => realm !== 'python' || python);
    for (const d of options.d) {
      for (const n of options.n) {
        let kind = 'features';
        let data = features[d] && cutFeatures(root, features[d], n, d);
        if (!data) {
          kind = 'clustered';
          data = writeData(root, kind, n, d);
        }
        cases.push(...(await runSize({ ...options, kind, data, n, d, present, open })));
        options.keep({ about, notes, cases });
      }
    }
    // Where the expanded formula cancels: near-duplicates of one row, far from the origin.
    if (options.duplicates) {
      const [n, d] = [4096, 512];
      const data = writeData(root, 'near-duplicates', n, d);
      const kind = 'near-duplicates';
      cases.push(
        ...(await runSize({ ...options, q: [1, 64], k: [30], runs: 3, kind, data, n, d, present, open })),
      );
    }
    return { about, notes, cases };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** All (q, k) over one set of rows, which each contender loads once; as many at a time as fit into memory. */
async function runSize({ root, kind, data, n, d, q, k, runs, present, open }) {
  const floats = (file) => {
    const bytes = readFileSync(join(root, file));
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  };
  const asked = Math.max(...q);
  console.error(`${kind}, ${n} × ${d}: reference …`);
  const reference = new Reference(floats(data.rows), floats(data.queries).subarray(0, asked * d), d);
  const cases = q.flatMap((queries) =>
    k.map((neighbours) => ({ kind, n, d, q: queries, k: Math.min(neighbours, n), results: [] })),
  );
  for (const batch of batches(present, 4 * n * d)) {
    const live = [];
    for (const contender of batch) {
      const realm = await open(contender);
      try {
        const before = await realm.resident();
        const started = performance.now();
        const { buildMs, bytes } = await realm.ask({
          op: 'load',
          contender: contender.id,
          file: data.rows,
          n,
          d,
        });
        await realm.ask({ op: 'queries', file: data.queries, d });
        const loaded = bytes ?? (await realm.resident()) - before;
        console.error(`  ${contender.id}: ready after ${((performance.now() - started) / 1e3).toFixed(1)} s`);
        live.push({ contender, realm, buildMs, bytesPerRow: loaded / n });
      } catch (error) {
        console.error(`  ${contender.id}: ${error.message}`);
        for (const one of cases) one.results.push({ id: contender.id, failure: error.message });
        await realm.close();
      }
    }
    for (const one of cases) await runCase(one, live, reference, runs);
    for (const { contender, realm } of live) {
      await realm.ask({ op: 'close', contender: contender.id }).catch(() => {});
      await realm.close();
    }
  }
  return cases;
}

/** One question to all that are loaded, in turns. Whoever fails or is far too slow drops out and is said to have. */
async function runCase(one, live, reference, runs) {
  const { n, d, q, k } = one;
  const states = live.map((entry) => ({ ...entry, times: [], spent: 0 }));
  for (let round = -1; round < runs; round++) {
    for (const state of states) {
      const { contender, realm } = state;
      const enough = state.spent > secondsEach * 1e3 && state.times.length >= 2;
      if (state.failure || enough || (state.spent > maxSeconds * 1e3 && state.times.length >= 1)) continue;
      try {
        const answer = round === -1;
        const reply = await realm.ask({ op: 'run', contender: contender.id, n, d, q, k, answer });
        state.spent += reply.ms;
        // The first run warms up; it counts where another would take too long.
        if (round >= 0 || reply.ms > maxSeconds * 1e3) state.times.push(reply.ms);
        if (answer) Object.assign(state, reference.judge(reply.rows, q, k), { rescored: reply.rescored });
      } catch (error) {
        state.failure = error.message;
      }
    }
  }
  for (const { contender, times, failure, recall, inOrder, rescored, buildMs, bytesPerRow } of states) {
    if (failure) {
      one.results.push({ id: contender.id, failure });
      continue;
    }
    const sorted = times.toSorted((a, b) => a - b);
    const median = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
    one.results.push({
      id: contender.id,
      median,
      min: sorted[0],
      max: sorted.at(-1),
      runs: sorted.length,
      recall,
      inOrder,
      rescored,
      buildMs,
      bytesPerRow,
    });
    console.error(`    q ${q} k ${k} ${contender.id}: ${median.toFixed(2)} ms, recall ${recall.toFixed(4)}`);
  }
}

/** Contenders in lots whose rows fit into half of the memory that is free, ours in each: ratios are of one run. */
function batches(contenders, bytes) {
  const max = availableBytes() / 2;
  const ours = contenders.filter((contender) => contender.ours);
  const cost = (list) => list.reduce((sum, { copies }) => sum + copies * bytes, 0);
  if (cost(contenders) <= max) return [contenders];
  const lots = [];
  for (const group of ['cpu', 'gpu']) {
    const baseline = ours.filter((contender) => contender.group === group);
    let lot = [...baseline];
    for (const contender of contenders.filter((other) => other.group === group && !other.ours)) {
      if (lot.length > baseline.length && cost([...lot, contender]) > max) {
        lots.push(lot);
        lot = [baseline[0], contender].filter(Boolean);
      } else lot.push(contender);
    }
    if (lot.length > 0) lots.push(lot);
  }
  return lots;
}

async function describe(browser, origin, python) {
  const page = await browser.newPage();
  await page.goto(`${origin}/${folder}/run.html`);
  const { agent, adapter } = await page.evaluate(async () => {
    const { vendor, architecture } = (await navigator.gpu?.requestAdapter())?.info ?? {};
    return { agent: navigator.userAgent, adapter: `${vendor ?? 'none'} ${architecture ?? ''}`.trim() };
  });
  await page.close();
  const versions = await python?.ask({ op: 'about' });
  await python?.close();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown processor'}`,
    load: os.loadavg()[0],
    node: process.version,
    browser: /Chrom\w+\/\d+/.exec(agent)?.[0] ?? agent,
    adapter,
    python: versions,
  };
}
