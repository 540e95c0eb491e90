// Raw figures of docs/BENCHMARKS.md. Behind the assignment it is JSON; index.html draws it, from disk as well.
globalThis.figures = [
  {
    "section": "k-NN",
    "text": [
      "npm run bench -- knn [--node] [--features <folder>] (without --node in Chromium, where relaxed SIMD and WebGPU are) prints, for one query and for 64: a read-only sum of the same rows and multiply-adds in registers alone as ceilings, the scan of all rows in float32, the search by codes, both on two threads, plain JavaScript; medians, least and largest times of interleaved runs, rows read in full. All contenders have to give the same answer. Without --features it takes the compact network's features of the sample photographs, clustered data and independent data.",
      "2026-11-26, nothing else running (others share the host: the least times are the steadier ones), 19,936 rows of real features (those of 512 values of the compact network's first version), k = 30, medians of 15 runs, least times in brackets; whole calls, JavaScript included.",
      "The aims are 0.15 for one query and 0.3 for 64, further 0.06 for one. At 4096 values all are met or (0.06) touched. At 512 values one query meets 0.15 where relaxed SIMD is, and 64 queries miss 0.3: the float32 products have become faster, while a query's codes cost what they cost.",
      "Beside their ceilings (least times): one query of 4096 values reads at 91 % of the read-only sum in Node, 95 % (plain) and 97 % (relaxed) in Chromium; of 512 values at 75, 70 and 77 %. Whole calls of 64 queries, which also bring the rows from memory, choose and order, multiply and add at 83 % (Node, plain), 69 % and 49 % (Chromium, plain and relaxed; medians) of what registers alone do.",
      "Independent values (8192 × 4096, Node), the worst case, in which codes decide nothing and all rows are scanned: 0.89 of the plain scan's time for one query, 1.04 for 64 (the aim is at most 1.15). Clustered made data: 0.24 and 0.55, with 680 rows read a query.",
      "Two threads, 64 queries, against one (least times): 4096 values 1.79 (Node) and 1.84 (Chromium) by codes, 1.68 and 1.41 by float32; 512 values 1.16 and 1.72 by codes, 1.28 and 1.38 by float32. A thread that has waited for the other contenders begins with cold caches.",
      "Memory: 2068 bytes a row of 4096 values for the codes. 100,000 × 4096 rows in a file, their codes in memory, are searched exactly by a Node process of at most 341 MB (npm run test:full -- outside-memory)."
    ],
    "title": "Search in float32, and by codes",
    "command": "npm run bench -- knn --features <folder>",
    "when": "2026-11-26, 2 virtual cores of an Intel Xeon, idle; 19,936 rows, k = 30; median (least) of 15 runs",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["values, queries","where","scan, float32","codes, then rows","ratio","rows read a query"],
    "rows": [
      ["4096, 1","Node, plain","32.3 (27.6) ms","2.52 (1.77) ms","0.08 (0.06)","200"],
      ["4096, 1","Chromium, rel.","28.0 (24.9) ms","2.26 (1.53) ms","0.08 (0.06)","200"],
      ["4096, 64","Node, plain","542 (482) ms","116 (97) ms","0.21 (0.20)","146"],
      ["4096, 64","Chromium, rel.","431 (348) ms","126 (91) ms","0.29 (0.26)","146"],
      ["512, 1","Node, plain","7.2 (5.7) ms","1.36 (0.89) ms","0.19 (0.16)","128"],
      ["512, 1","Chromium, rel.","5.1 (4.8) ms","0.76 (0.63) ms","0.15 (0.13)","128"],
      ["512, 64","Node, plain","103 (75) ms","36.9 (28.1) ms","0.36 (0.37)","102"],
      ["512, 64","Chromium, rel.","81 (51) ms","34.8 (25.9) ms","0.43 (0.51)","102"]
    ]
  },
  {
    "section": "Fewer zeros: the compact network's second version",
    "text": [
      "Of the 512 values of the first version 71 % are zero, of the second 29 % (the sample photographs: 71 and 30 %), and what is zero in a query is what a search by codes never reads. npm run bench -- layers --features <folder> --layers <first.safetensors>,<second.safetensors> [--node] makes features of both from the same pictures (the convolutions are the same) and searches them in turns. 2026-11-28, 2 virtual cores of an AMD EPYC, other work on them (load 3 to 12), so least times; 19,936 rows, one thread, plain SIMD (relaxed: within 0.05 of the ratios; it saves nothing on this processor).",
      "So a search by codes takes 1.6 to 1.75 times as long as before at k = 30: codes of 366 dimensions are read and multiplied where there were 150, and half as many rows again are read in full. The float32 scan takes what it took. At k = 30 codes still win in both kinds of call; where most of the bounds overlap they do not: 64 queries for 300 neighbours take 1.06 of the scan's time, and among 1024 rows, the fewest that have codes, one query takes 1.13 and 64 take 1.12 (0.13 and 6.5 ms; 0.84 and 0.94 before). A query by a picture costs hardly more than before: most of it is the network.",
      "On WebGPU rows that are less than half zero have their codes packed for integer products, and those read all dimensions. On SwiftShader, in Chromium (5 runs): one query 64.5 → 61.6 ms, 64 queries 2.0 → 2.5 s, rows read 33 → 38 and 32 → 40."
    ],
    "title": "Search over features of both versions",
    "command": "npm run bench -- layers",
    "when": "2026-11-28, 2 virtual cores of an AMD EPYC, load 3 to 12; least times; 19,936 rows",
    "note": "“First” and “second” are versions of the compact network.",
    "columns": ["k, queries, runs","where","first: codes (of its scan)","second: codes (of its scan)","second / first","rows read a query"],
    "rows": [
      ["30, 1, 61 runs","Node","0.52 ms (0.10)","0.91 ms (0.17)","1.73","128 → 213"],
      ["30, 1, 31 runs","Chromium","0.61 ms (0.14)","0.99 ms (0.23)","1.64","128 → 213"],
      ["30, 64, 61 runs","Node","21.7 ms (0.44)","37.9 ms (0.74)","1.74","102 → 158"],
      ["30, 64, 31 runs","Chromium","22.5 ms (0.47)","36.2 ms (0.75)","1.61","102 → 158"],
      ["300, 1, 31 runs","Node","1.49 ms (0.23)","2.06 ms (0.36)","1.39","1219 → 1921"],
      ["300, 64, 31 runs","Node","71.1 ms (0.79)","95.1 ms (1.06)","1.34","937 → 1393"]
    ]
  },
  {
    "section": "k-NN on a GPU",
    "text": [
      "No GPU was at hand. What follows counts what the code does; the times are those of SwiftShader. Whoever has a GPU measures the same table in the page (npm run demo or likeness serve: \"Measure this GPU’s search\", below the name of the model; it can be copied or saved as JSON, to be sent), or with npm run bench -- gpu --gpu [--n 8192] [--d 4096] [--k 30] (without --gpu on SwiftShader; --features <folder> takes real features). Both run demo/gpu/measure.ts and tell bytes, dispatches and submissions as counted while it runs, the floors, the times of whole calls and the kernel shape that was measured.",
      "One query, k = 30. \"Codes\" read the codes of the dimensions in which the query is not zero (real features: 149 of 512 with the compact network's first version, 565 of 4096), 32 bytes of facts a row, and keys; \"float32\" reads all rows, as each search does that has no codes. The floor is bytes over bandwidth; launching costs come on top.",
      "Features of the compact network's second version are seldom zero: their codes are packed, and all 512 dimensions of a row are read: 56 MB for 100,000 rows, 560 MB for a million, a quarter of float32's.",
      "Distances: codes take two dispatches (code-scan, code-bounds) for each buffer of 128 MiB (32 blocks of 1024 rows at 4096 values) or 200 ms of work; float32 one. Then sort, and merge for each factor of 16 of the blocks of 2048 rows.",
      "Workgroup memory: sort 16 KiB, merge 8 bytes for each kept pair up to 16 KiB, tile 8 KiB, terms (queries that are on the device) 3 KiB, scan 1 KiB, code-scan, code-dot and code-bounds none.",
      "For 64 queries codes are read once a query (the second-level cache sees most of it), float32 rows once for all.",
      "Memory on the device at 4096 values: codes 4 KiB and 32 bytes a row; full rows, 16 KiB (float16: 8 KiB) a row, only when codes did not decide."
    ],
    "title": "Bytes read and floors",
    "command": "npm run bench -- gpu",
    "when": "counted, not timed; one query, k = 30",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["rows × values","scan","MB read","floor at 50 GB/s","at 100 GB/s","at 1000 GB/s","dispatches after the distances"],
    "rows": [
      ["8192 × 4096","codes","5.0","0.10 ms","0.05 ms","0.005 ms","2"],
      ["8192 × 4096","float32","134","2.7 ms","1.3 ms","0.13 ms","2"],
      ["100,000 × 4096","codes","61","1.2 ms","0.61 ms","0.06 ms","3"],
      ["100,000 × 4096","float32","1639","33 ms","16 ms","1.6 ms","3"],
      ["100,000 × 512","codes","20","0.40 ms","0.20 ms","0.02 ms","3"],
      ["100,000 × 512","float32","206","4.1 ms","2.1 ms","0.21 ms","3"],
      ["1,000,000 × 512","codes","199","4.0 ms","2.0 ms","0.20 ms","4"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "text": [
      "npm run bench -- knn --peers [--features <folder>] [--json <file>] [--svg <file>]: everybody in turns over the same rows, one thread each but for WebGPU on SwiftShader, which takes all; whole calls from queries in memory to rows in memory; recall and order against float64. It installs FAISS and OpenBLAS from Debian and the packages of test/bench/peers; --grid full adds 100,000 rows and k of 1 and 1000, --only names contenders, --read shows figures of earlier runs. \"Ours\" is Likeness in the page.",
      "Real features (20,000 pictures, 64 others as queries; those of 512 values are of the compact network's first version), on a machine with nothing else to do; contenders ran in turns, so caches are cold for everybody. At 16,384 × 4096 one query takes 0.03 of FAISS' time and 64 take 0.38; the fastest other JavaScript takes 12 and 4.9 times ours, at 512 values 3.3 and 1.8 times. Where there are only 1024 rows, finding candidates costs less than putting them in order in float64: others, who do not, are up to twice as fast with one query and four times with 64. 100,000 × 512 (clustered made data, ours in the page, FAISS, ONNX Runtime wasm; --n 100000 --d 512 --k 1,1000): one query 2.9, 64, 23 ms for k = 1 and 10.6, 64, 24 ms for k = 1000; 64 queries 99, 177, 336 ms for k = 1 and 657, 254, 477 ms for k = 1000, where 64,000 rows are put in order in float64. 100,000 × 4096, k = 30, ours and FAISS: one query 13.3 and 518 ms, 64 queries 497 and 1426 ms. The rest of the full grid was not run.",
      "FAISS (in batches), NumPy's product, TensorFlow.js and ONNX Runtime use ‖x‖² − 2·x·q + ‖q‖², which cancels: among near-duplicates they find a quarter of the true neighbours of 64 queries, and all but FAISS none of the first one's (last tables). client-vector-search knows cosine only.",
      "EdgeVec 0.9.0 takes part nowhere: its flat index refuses float rows (\"insert() not supported for Flat index\"). voy 0.6.3 refuses 4096 values and traps on features, which are zero in most dimensions; it takes the near-duplicates.",
      "WebGPU here is software. What it shows at 4096 values: our float32 kernel is no slower than the others', and codes are faster by three times again.",
      "2026-11-26; 2 × Intel(R) Xeon(R) Processor @ 2.80GHz, load 12.0; Chrome/156, WebGPU on google swiftshader; Node v20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
      "EdgeVec: EdgeVec 0.9.0 has no exact search of float rows: insert() not supported for Flat index. Use insertBinary() instead. (1024 × 512, 16384 × 512, 1024 × 4096, 16384 × 4096, 4096 × 512)",
      "voy: voy 0.6.3 traps (unreachable): its k-d tree takes few rows with the same value in a dimension, and features are zero in most (16384 × 512)",
      "voy: voy 0.6.3 refuses rows of 4096 values (1024 × 4096, 16384 × 4096)"
    ],
    "title": "1,024 × 512, 1 query, k 30: one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["NumPy, product and argpartition","0.41","0.39 – 0.51","7","0.40","1","yes","","2"],
      ["hnswlib-node BruteforceSearch","0.54","0.51 – 0.62","7","0.54","1","yes","","129"],
      ["usearch exactSearch","0.57","0.51 – 0.77","7","0.56","1","yes","","29"],
      ["FAISS IndexFlatL2","0.76","0.72 – 0.80","7","0.76","1","yes","","2"],
      ["ONNX Runtime wasm, d × n","0.99","0.77 – 2.52","7","0.98","1","yes","","812"],
      ["ONNX Runtime wasm, n × d","1.00","0.71 – 2.42","7","0.99","1","yes","","913"],
      ["Likeness, wasm","1.01","0.48 – 3.15","7","1.00","1","yes","","82"],
      ["TensorFlow.js wasm, d × n","1.13","0.75 – 2.36","7","1.12","1","yes","","368"],
      ["voy","1.61","1.27 – 2.13","7","1.59","1","yes","","250"],
      ["Likeness, wasm, in Node","1.70","0.96 – 7.88","7","1.69","1","yes","","90"],
      ["plain JavaScript","1.85","1.05 – 2.69","7","1.83","1","yes","","0"],
      ["TensorFlow.js wasm, n × d","2.04","1.83 – 2.93","7","2.01","1","yes","","342"],
      ["NumPy, norm and argsort","3.68","3.61 – 4.82","7","3.64","1","yes","","1"],
      ["client-vector-search","37.3","29.7 – 46.2","7","36.91","1","yes","","62"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "1,024 × 512, 1 query, k 30: WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["TensorFlow.js WebGPU, n × d","14.0","12.7 – 20.0","7","0.79","1","yes","","384"],
      ["Likeness, WebGPU, float32 kernel alone","15.1","11.1 – 21.4","7","0.85","1","yes","","3868"],
      ["Likeness, WebGPU","17.8","10.9 – 25.6","7","1.00","1","yes","","4051"],
      ["ONNX Runtime WebGPU, n × d","67.9","64.9 – 76.1","7","3.81","1","yes","","1284"],
      ["TensorFlow.js WebGPU, d × n","69.3","60.8 – 94.7","7","3.89","1","yes","","1332"],
      ["ONNX Runtime WebGPU, d × n","70.4","61.8 – 82.3","7","3.95","1","yes","","1500"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "1,024 × 512, 64 queries, k 30: one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["FAISS IndexFlatL2","2.82","2.58 – 3.73","7","0.23","1","yes","","2"],
      ["NumPy, product and argpartition","2.98","2.84 – 4.10","7","0.24","1","yes","","2"],
      ["TensorFlow.js wasm, d × n","6.70","4.46 – 14.8","7","0.55","1","yes","","368"],
      ["ONNX Runtime wasm, n × d","7.25","5.36 – 12.2","7","0.59","1","yes","","913"],
      ["ONNX Runtime wasm, d × n","7.36","5.40 – 7.65","7","0.60","1","yes","","812"],
      ["usearch exactSearch","10.6","10.1 – 18.2","7","0.87","1","yes","","29"],
      ["Likeness, wasm","12.2","8.41 – 21.3","7","1.00","1","yes","","82"],
      ["Likeness, wasm, in Node","20.5","16.1 – 33.7","7","1.68","1","yes","","90"],
      ["hnswlib-node BruteforceSearch","24.8","22.7 – 30.9","7","2.04","1","yes","","129"],
      ["TensorFlow.js wasm, n × d","69.0","42.7 – 81.0","7","5.66","1","yes","","342"],
      ["voy","75.2","65.0 – 78.7","7","6.17","1","yes","","250"],
      ["plain JavaScript","117","109 – 139","7","9.58","1","yes","","0"],
      ["client-vector-search","192","182 – 226","7","15.75","1","yes","","62"],
      ["NumPy, norm and argsort","208","173 – 254","7","17.09","1","yes","","1"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "1,024 × 512, 64 queries, k 30: WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["ONNX Runtime WebGPU, n × d","324","288 – 439","7","0.79","1","yes","","1284"],
      ["TensorFlow.js WebGPU, d × n","352","303 – 377","7","0.86","1","yes","","1332"],
      ["Likeness, WebGPU, float32 kernel alone","364","346 – 404","7","0.89","1","yes","","3868"],
      ["Likeness, WebGPU","409","329 – 438","7","1.00","1","yes","","4051"],
      ["ONNX Runtime WebGPU, d × n","426","378 – 655","7","1.04","1","yes","","1500"],
      ["TensorFlow.js WebGPU, n × d","457","344 – 591","7","1.12","1","yes","","384"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "16,384 × 512, 1 query, k 30: one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, wasm","1.48","1.22 – 5.01","7","1.00","1","yes","","409"],
      ["Likeness, wasm, in Node","1.62","1.34 – 13.6","7","1.09","1","yes","","349"],
      ["NumPy, product and argpartition","3.57","3.31 – 3.68","7","2.41","1","yes","","93"],
      ["ONNX Runtime wasm, d × n","4.84","4.50 – 5.58","7","3.27","1","yes","","978"],
      ["ONNX Runtime wasm, n × d","4.92","4.63 – 17.1","7","3.32","1","yes","","982"],
      ["hnswlib-node BruteforceSearch","5.07","4.91 – 5.66","7","3.43","1","yes","","1687"],
      ["TensorFlow.js wasm, d × n","5.10","4.68 – 6.82","7","3.45","1","yes","","554"],
      ["usearch exactSearch","5.45","4.38 – 9.24","7","3.69","1","yes","","15"],
      ["FAISS IndexFlatL2","11.1","10.7 – 11.7","7","7.53","1","yes","","23"],
      ["TensorFlow.js wasm, n × d","21.7","20.3 – 24.6","7","14.65","1","yes","","368"],
      ["plain JavaScript","22.6","14.8 – 74.9","7","15.28","1","yes","","0"],
      ["client-vector-search","60.1","54.1 – 73.3","7","40.62","1","yes","","677"],
      ["NumPy, norm and argsort","156","30.0 – 175","7","105.19","1","yes","","87"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "16,384 × 512, 1 query, k 30: WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, WebGPU","74.8","64.0 – 81.0","7","1.00","1","yes","","3905"],
      ["Likeness, WebGPU, float32 kernel alone","80.5","77.8 – 128","7","1.08","1","yes","","3657"],
      ["TensorFlow.js WebGPU, n × d","108","94.2 – 121","7","1.44","1","yes","","2210"],
      ["TensorFlow.js WebGPU, d × n","958","765 – 1110","7","12.80","1","yes","","9293"],
      ["ONNX Runtime WebGPU, n × d","989","929 – 1646","7","13.22","1","yes","","1564"],
      ["ONNX Runtime WebGPU, d × n","995","801 – 1014","7","13.30","1","yes","","1438"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "16,384 × 512, 64 queries, k 30: one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["FAISS IndexFlatL2","34.0","26.5 – 40.2","7","0.85","1","yes","","23"],
      ["NumPy, product and argpartition","36.9","29.1 – 55.4","7","0.93","1","yes","","93"],
      ["Likeness, wasm","39.7","27.4 – 65.6","7","1.00","1","yes","","409"],
      ["Likeness, wasm, in Node","58.7","27.5 – 60.5","7","1.48","1","yes","","349"],
      ["ONNX Runtime wasm, n × d","70.7","56.9 – 103","7","1.78","1","yes","","982"],
      ["ONNX Runtime wasm, d × n","77.9","59.9 – 95.7","7","1.96","1","yes","","978"],
      ["TensorFlow.js wasm, d × n","86.5","79.4 – 122","7","2.18","1","yes","","554"],
      ["usearch exactSearch","155","138 – 184","7","3.89","1","yes","","15"],
      ["hnswlib-node BruteforceSearch","321","291 – 413","7","8.08","1","yes","","1687"],
      ["TensorFlow.js wasm, n × d","888","693 – 1240","7","22.33","1","yes","","368"],
      ["plain JavaScript","1407","1330 – 1747","7","35.42","1","yes","","0"],
      ["NumPy, norm and argsort","1851","1621 – 2442","6","46.58","1","yes","","87"],
      ["client-vector-search","3462","3209 – 4196","3","87.12","1","yes","","677"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "16,384 × 512, 64 queries, k 30: WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "note": "Features of 512 values are of the compact network’s first version.",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, WebGPU, float32 kernel alone","3304","2707 – 4095","3","0.93","1","yes","","3657"],
      ["ONNX Runtime WebGPU, n × d","3501","3003 – 4000","2","0.99","1","yes","","1564"],
      ["Likeness, WebGPU","3547","3243 – 3922","3","1.00","1","yes","","3905"],
      ["TensorFlow.js WebGPU, d × n","5202","4973 – 5430","2","1.47","1","yes","","9293"],
      ["ONNX Runtime WebGPU, d × n","5959","5708 – 6210","2","1.68","1","yes","","1438"],
      ["TensorFlow.js WebGPU, n × d","7602","5859 – 9345","2","2.14","1","yes","","2210"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "1,024 × 4096, 1 query, k 30: one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, wasm","1.47","0.98 – 6.52","7","1.00","1","yes","","218"],
      ["NumPy, product and argpartition","1.54","1.46 – 1.64","7","1.05","1","yes","","35"],
      ["Likeness, wasm, in Node","1.68","1.12 – 20.3","7","1.14","1","yes","","187"],
      ["TensorFlow.js wasm, d × n","2.61","2.55 – 3.16","7","1.78","1","yes","","476"],
      ["usearch exactSearch","2.64","2.49 – 3.14","7","1.79","1","yes","","15"],
      ["ONNX Runtime wasm, n × d","2.80","2.62 – 5.61","7","1.91","1","yes","","669"],
      ["ONNX Runtime wasm, d × n","2.98","2.50 – 3.88","7","2.02","1","yes","","834"],
      ["hnswlib-node BruteforceSearch","3.27","2.89 – 5.14","7","2.23","1","yes","","776"],
      ["FAISS IndexFlatL2","5.56","5.26 – 5.61","7","3.78","1","yes","","14"],
      ["TensorFlow.js wasm, n × d","8.30","6.01 – 14.6","7","5.65","1","yes","","382"],
      ["plain JavaScript","11.0","6.45 – 48.4","7","7.50","1","yes","","1"],
      ["NumPy, norm and argsort","13.8","12.2 – 59.5","7","9.42","1","yes","","30"],
      ["client-vector-search","205","174 – 271","7","139.69","1","yes","","434"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "1,024 × 4096, 1 query, k 30: WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, WebGPU","15.6","11.4 – 19.3","7","1.00","1","yes","","3030"],
      ["Likeness, WebGPU, float32 kernel alone","29.2","26.1 – 35.0","7","1.87","1","yes","","3225"],
      ["TensorFlow.js WebGPU, n × d","39.3","27.0 – 58.2","7","2.52","1","yes","","908"],
      ["ONNX Runtime WebGPU, n × d","359","320 – 441","7","22.99","1","yes","","1371"],
      ["ONNX Runtime WebGPU, d × n","372","292 – 637","7","23.81","1","yes","","1472"],
      ["TensorFlow.js WebGPU, d × n","415","302 – 468","7","26.55","1","yes","","3957"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "1,024 × 4096, 64 queries, k 30: one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["NumPy, product and argpartition","9.22","7.84 – 10.6","7","0.21","1","yes","","35"],
      ["FAISS IndexFlatL2","16.7","13.1 – 21.1","7","0.37","1","yes","","14"],
      ["ONNX Runtime wasm, d × n","36.0","30.6 – 43.6","7","0.80","1","yes","","834"],
      ["ONNX Runtime wasm, n × d","39.7","33.3 – 42.3","7","0.89","1","yes","","669"],
      ["Likeness, wasm","44.7","30.3 – 61.1","7","1.00","1","yes","","218"],
      ["TensorFlow.js wasm, d × n","46.2","34.4 – 51.4","7","1.03","1","yes","","476"],
      ["usearch exactSearch","62.2","57.6 – 70.1","7","1.39","1","yes","","15"],
      ["Likeness, wasm, in Node","63.4","38.6 – 84.0","7","1.42","1","yes","","187"],
      ["hnswlib-node BruteforceSearch","198","167 – 217","7","4.42","1","yes","","776"],
      ["TensorFlow.js wasm, n × d","447","345 – 535","7","9.99","1","yes","","382"],
      ["plain JavaScript","522","451 – 695","7","11.68","1","yes","","1"],
      ["NumPy, norm and argsort","936","801 – 1019","7","20.94","1","yes","","30"],
      ["client-vector-search","1129","1104 – 1192","7","25.25","1","no","","434"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "1,024 × 4096, 64 queries, k 30: WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, WebGPU","464","356 – 591","7","1.00","1","yes","","3030"],
      ["Likeness, WebGPU, float32 kernel alone","643","630 – 717","7","1.39","1","yes","","3225"],
      ["ONNX Runtime WebGPU, n × d","911","705 – 1089","7","1.97","1","yes","","1371"],
      ["TensorFlow.js WebGPU, d × n","1645","1278 – 1846","6","3.55","1","yes","","3957"],
      ["ONNX Runtime WebGPU, d × n","1738","1485 – 1875","6","3.75","1","yes","","1472"],
      ["TensorFlow.js WebGPU, n × d","2389","1979 – 2813","4","5.15","1","yes","","908"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "16,384 × 4096, 1 query, k 30: one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, wasm","2.73","1.97 – 10.9","7","1.00","1","yes","21.3","1984"],
      ["Likeness, wasm, in Node","3.20","1.86 – 34.9","7","1.17","1","yes","37.4","1726"],
      ["NumPy, product and argpartition","20.7","19.0 – 28.5","7","7.59","1","yes","16.0","771"],
      ["TensorFlow.js wasm, d × n","32.1","30.3 – 36.7","7","11.77","1","yes","68.1","2964"],
      ["ONNX Runtime wasm, n × d","32.5","29.6 – 37.8","7","11.91","1","yes","38.0","3115"],
      ["ONNX Runtime wasm, d × n","33.1","30.9 – 33.7","7","12.14","1","yes","37.8","4122"],
      ["usearch exactSearch","34.7","34.0 – 40.1","7","12.72","1","yes","19.0","17"],
      ["hnswlib-node BruteforceSearch","36.3","35.2 – 39.2","7","13.31","1","yes","37.2","11057"],
      ["FAISS IndexFlatL2","88.7","86.6 – 93.0","7","32.50","1","yes","16.0","194"],
      ["TensorFlow.js wasm, n × d","176","103 – 187","7","64.52","1","yes","52.7","765"],
      ["plain JavaScript","179","121 – 246","7","65.46","1","yes","18.5","2"],
      ["client-vector-search","288","283 – 327","7","105.48","1","yes","43.9","3921"],
      ["NumPy, norm and argsort","726","200 – 1229","7","265.82","1","yes","16.0","714"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "16,384 × 4096, 1 query, k 30: WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, WebGPU","75.9","45.0 – 85.7","7","1.00","1","yes","20.3","3795"],
      ["Likeness, WebGPU, float32 kernel alone","228","184 – 282","7","3.01","1","yes","20.3","4049"],
      ["TensorFlow.js WebGPU, n × d","433","368 – 544","7","5.70","1","yes","83.0","9728"],
      ["ONNX Runtime WebGPU, n × d","5952","5870 – 6034","2","78.41","1","yes","28.7","1679"],
      ["TensorFlow.js WebGPU, d × n","6368","6314 – 6422","2","83.89","1","yes","97.1","99873"],
      ["ONNX Runtime WebGPU, d × n","6442","5930 – 6954","2","84.87","1","yes","27.5","3688"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "16,384 × 4096, 64 queries, k 30: one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, wasm","88.6","84.2 – 124","7","1.00","1","yes","21.3","1984"],
      ["Likeness, wasm, in Node","161","118 – 200","7","1.82","1","yes","37.4","1726"],
      ["NumPy, product and argpartition","162","130 – 193","7","1.83","1","yes","16.0","771"],
      ["FAISS IndexFlatL2","236","201 – 249","7","2.66","1","yes","16.0","194"],
      ["ONNX Runtime wasm, d × n","430","375 – 545","7","4.86","1","yes","37.8","4122"],
      ["ONNX Runtime wasm, n × d","444","406 – 558","7","5.01","1","yes","38.0","3115"],
      ["TensorFlow.js wasm, d × n","692","627 – 745","7","7.80","1","yes","68.1","2964"],
      ["usearch exactSearch","1024","878 – 1212","7","11.56","1","yes","19.0","17"],
      ["hnswlib-node BruteforceSearch","2232","2168 – 2380","5","25.18","1","yes","37.2","11057"],
      ["TensorFlow.js wasm, n × d","6380","6217 – 6543","2","72.00","1","yes","52.7","765"],
      ["plain JavaScript","7901","7502 – 8300","2","89.16","1","yes","18.5","2"],
      ["NumPy, norm and argsort","15696","15405 – 15987","2","177.14","1","yes","16.0","714"],
      ["client-vector-search","17693","17475 – 17910","2","199.67","1","yes","43.9","3921"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "16,384 × 4096, 64 queries, k 30: WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, WebGPU","5842","4354 – 7329","2","1.00","1","yes","20.3","3795"],
      ["Likeness, WebGPU, float32 kernel alone","11763","8277 – 15250","2","2.01","1","yes","20.3","4049"],
      ["ONNX Runtime WebGPU, n × d","15171","13856 – 16486","2","2.60","1","yes","28.7","1679"],
      ["ONNX Runtime WebGPU, d × n","27068","27030 – 27105","2","4.63","1","yes","27.5","3688"],
      ["TensorFlow.js WebGPU, d × n","32485","32485 – 32485","1","5.56","1","yes","97.1","99873"],
      ["TensorFlow.js WebGPU, n × d","52593","52593 – 52593","1","9.00","1","yes","83.0","9728"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "4,096 × 512, 1 query, k 30 (near-duplicates): one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["NumPy, product and argpartition","1.13","1.12 – 1.15","3","0.14","0.0000","no","","4"],
      ["hnswlib-node BruteforceSearch","1.59","1.59 – 1.70","3","0.20","1","yes","","393"],
      ["usearch exactSearch","1.59","1.53 – 1.85","3","0.20","1","no","","57"],
      ["TensorFlow.js wasm, d × n","1.89","1.66 – 2.32","3","0.23","0.0000","no","","340"],
      ["ONNX Runtime wasm, n × d","2.38","1.70 – 4.95","3","0.29","0.0000","no","","819"],
      ["voy","2.98","2.83 – 3.25","3","0.37","1","no","","811"],
      ["FAISS IndexFlatL2","3.00","2.92 – 3.03","3","0.37","1","yes","","8"],
      ["Likeness, wasm, in Node","3.63","2.67 – 11.4","3","0.45","1","yes","","192"],
      ["ONNX Runtime wasm, d × n","5.27","1.50 – 5.71","3","0.65","0.0000","no","","900"],
      ["TensorFlow.js wasm, n × d","6.76","4.71 – 7.04","3","0.84","0.0000","no","","311"],
      ["Likeness, wasm","8.08","2.62 – 9.79","3","1.00","1","yes","","202"],
      ["NumPy, norm and argsort","9.11","8.67 – 13.9","3","1.13","1","yes","","3"],
      ["plain JavaScript","11.4","7.33 – 18.6","3","1.41","1","yes","","0"],
      ["client-vector-search","122","94.0 – 162","3","15.11","0.0000","no","","215"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "4,096 × 512, 1 query, k 30 (near-duplicates): WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, WebGPU, float32 kernel alone","23.9","16.2 – 46.4","3","0.46","1","yes","","2972"],
      ["TensorFlow.js WebGPU, n × d","40.2","27.5 – 64.0","3","0.78","0.0000","no","","547"],
      ["Likeness, WebGPU","51.7","39.6 – 63.9","3","1.00","1","yes","","2839"],
      ["ONNX Runtime WebGPU, n × d","239","228 – 310","3","4.63","0.0000","no","","1652"],
      ["TensorFlow.js WebGPU, d × n","240","197 – 260","3","4.63","0.0000","no","","2552"],
      ["ONNX Runtime WebGPU, d × n","271","246 – 316","3","5.25","0.0000","no","","1450"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "4,096 × 512, 64 queries, k 30 (near-duplicates): one thread of the CPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["NumPy, product and argpartition","9.44","8.72 – 9.49","3","0.18","0.2557","no","","4"],
      ["FAISS IndexFlatL2","10.1","9.76 – 10.9","3","0.19","0.2573","no","","8"],
      ["ONNX Runtime wasm, d × n","24.0","23.1 – 28.6","3","0.45","0.2552","no","","900"],
      ["ONNX Runtime wasm, n × d","24.3","22.5 – 27.6","3","0.45","0.2552","no","","819"],
      ["TensorFlow.js wasm, d × n","25.9","24.2 – 36.9","3","0.48","0.2547","no","","340"],
      ["usearch exactSearch","31.3","28.4 – 37.0","3","0.58","1","no","","57"],
      ["Likeness, wasm","53.6","53.1 – 63.1","3","1.00","1","yes","","202"],
      ["hnswlib-node BruteforceSearch","56.0","53.9 – 57.6","3","1.04","1","yes","","393"],
      ["Likeness, wasm, in Node","67.4","51.7 – 72.4","3","1.26","1","yes","","192"],
      ["TensorFlow.js wasm, n × d","179","170 – 259","3","3.34","0.2583","no","","311"],
      ["voy","238","236 – 271","3","4.45","1","no","","811"],
      ["plain JavaScript","347","300 – 422","3","6.47","1","yes","","0"],
      ["NumPy, norm and argsort","551","476 – 572","3","10.29","1","no","","3"],
      ["client-vector-search","757","698 – 771","3","14.13","0.2401","no","","215"]
    ]
  },
  {
    "section": "k-NN beside its peers",
    "title": "4,096 × 512, 64 queries, k 30 (near-duplicates): WebGPU",
    "command": "npm run bench -- knn --peers",
    "when": "2026-11-26, 2 × Intel Xeon at 2.80 GHz, load 12; Chrome 156, WebGPU on SwiftShader; Node 20.20.2; FAISS 1.7.3, NumPy 1.24.2, OpenBLAS",
    "columns": ["contender","median ms","min – max","runs","× ours","recall","exact order","KiB a row","build ms"],
    "rows": [
      ["Likeness, WebGPU","826","813 – 871","3","1.00","1","yes","","2839"],
      ["ONNX Runtime WebGPU, n × d","840","805 – 851","3","1.02","0.2594","no","","1652"],
      ["Likeness, WebGPU, float32 kernel alone","923","727 – 1042","3","1.12","1","yes","","2972"],
      ["TensorFlow.js WebGPU, d × n","1178","1177 – 1271","3","1.43","0.2536","no","","2552"],
      ["ONNX Runtime WebGPU, d × n","1206","1082 – 1261","3","1.46","0.2542","no","","1450"],
      ["TensorFlow.js WebGPU, n × d","1613","1498 – 1794","3","1.95","0.2536","no","","547"]
    ]
  },
  {
    "section": "A stored index",
    "text": [
      "npm run bench -- store [--node] [--n rows] [--d values] [--runs runs] [--batch rows]: an index is filled in batches of 100 rows, each on the medium before the next begins, and beside it, in turns, a plain file gets the rows alone in the same batches, synced as often. Then a process (in Chromium a worker) that has nothing else in its memory opens the index, reads all rows into the search, checked, and asks it. \"Resident\" is what the process has more than before it opened the index, in Chromium all renderers of the profile. 2026-11-26, the machine above, medians of 5 runs for 10,000 rows (Node, 512: 9) and of 3 for the others. Chromium has a profile on the disk; in a private window, as Playwright opens them, nothing is ever synced.",
      "The aim is 1.5. Rows of 4096 values meet it; those of 512 are about at it, above it where there are 100,000 in Chromium. What a row costs beside its bytes (checksum, record, place in the list of pictures) is the same for any batch, so small batches, whose sync costs more than their rows, come off better than large ones (Chromium, 10,000 × 512: --batch 10 1.36, --batch 1000 1.9). Where the disk is slow just then the ratio is lower: in another run Node's were 1.34, 0.89, 1.09 and 1.10.",
      "\"In the store\" means codes in memory and the rows that a search needs read from the file, as an engine does from 256 MiB of rows on. Rows are read once to make the codes; a page's first query after opening waits for that. In Chromium many reads in a row go through an access handle; as Blobs, as a file is read that another tab writes, each takes a millisecond or more."
    ],
    "title": "Writing",
    "command": "npm run bench -- store",
    "when": "2026-11-26, 2 virtual cores of an Intel Xeon; medians of 5 runs for 10,000 rows (Node, 512: 9), of 3 for the others",
    "columns": ["writing","rows","plain","index","ratio","of all runs"],
    "rows": [
      ["Node, 10,000 × 512","20 MiB","85 ms","131 ms","1.54","1.04 – 1.61"],
      ["Node, 10,000 × 4096","156 MiB","287 ms","356 ms","1.18","0.90 – 1.36"],
      ["Node, 100,000 × 512","195 MiB","775 ms","1118 ms","1.43","1.37 – 1.44"],
      ["Node, 20,000 × 4096","313 MiB","552 ms","592 ms","1.10","1.07 – 1.14"],
      ["Chromium, 10,000 × 512","20 MiB","88 ms","135 ms","1.51","1.09 – 1.56"],
      ["Chromium, 10,000 × 4096","156 MiB","269 ms","377 ms","1.41","1.32 – 1.46"],
      ["Chromium, 100,000 × 512","195 MiB","670 ms","1156 ms","1.64","1.64 – 1.73"],
      ["Chromium, 20,000 × 4096","313 MiB","453 ms","671 ms","1.48","1.46 – 1.49"]
    ]
  },
  {
    "section": "A stored index",
    "title": "Reading",
    "command": "npm run bench -- store",
    "when": "2026-11-26, 2 virtual cores of an Intel Xeon; medians of 5 runs for 10,000 rows (Node, 512: 9), of 3 for the others",
    "columns": ["reading","rows are","open","rows into the search","first query","next","resident"],
    "rows": [
      ["Node, 100,000 × 512","in memory","401 ms","1.0 s","15 ms","4.4 ms","294 MiB"],
      ["Node, 100,000 × 512","in the store","380 ms","0.8 s","30 ms","11 ms","118 MiB"],
      ["Node, 20,000 × 4096","in memory","100 ms","1.4 s","20 ms","15 ms","392 MiB"],
      ["Node, 20,000 × 4096","in the store","95 ms","1.1 s","48 ms","8.2 ms","88 MiB"],
      ["Chromium, 100,000 × 512","in memory","266 ms","1.0 s","18 ms","4.7 ms","245 MiB"],
      ["Chromium, 100,000 × 512","in the store","200 ms","0.9 s","35 ms","9.8 ms","35 MiB"],
      ["Chromium, 20,000 × 4096","in memory","57 ms","1.6 s","16 ms","8.1 ms","361 MiB"],
      ["Chromium, 20,000 × 4096","in the store","40 ms","1.2 s","46 ms","10 ms","48 MiB"]
    ]
  },
  {
    "section": "Pictures to tensors",
    "text": [
      "Node, sample photographs (307 × 173), the AssemblyScript kernel against the TypeScript reference:",
      "Decoding a sample photograph (307 × 173) takes about 2 ms in Node with sharp and in Chromium, 1 ms in Node without sharp (libjpeg-turbo as WebAssembly, which has no threads to wait for). Of photographs of 4000 × 3000 sharp decodes several at a time: 24 of them were indexed in 13 to 16 s with it, 30 s without (2 cores, loaded, two runs each, in turns)."
    ],
    "title": "AssemblyScript beside TypeScript",
    "when": "Node, sample photographs (307 × 173)",
    "columns": ["step","reference","wasm","ratio"],
    "rows": [
      ["resize and tensor, to 224 × 224","3.4 ms","0.8 ms","4.2"],
      ["resize and tensor, to 64 × 64","1.6 ms","0.24 ms","6.8"],
      ["12 megapixels RGB, to 224 × 224","293 ms","30 ms","9.7"]
    ]
  },
  {
    "section": "VGG16 at full size",
    "text": [
      "npm run test:full writes the three files of weights that people have (seeded values; the published names, shapes, order and types; sizes within 3 kB of the published), builds models from them through the command line and compares their features of photographs with those of Keras' VGG16 in TensorFlow.js layers, which takes the datasets of the HDF5 file as they lie there:",
      "WebGPU is SwiftShader here and takes 96 s a picture on a quiet machine. The largest buffer that anybody makes on the device, ONNX Runtime included, is asserted to have at most 128 MiB: it has 49 MiB with the weights at full size and one picture, 128 MiB with the activations of eight pictures at full width."
    ],
    "title": "Memory of the build, cosine",
    "command": "npm run test:full",
    "when": "seeded weights of the published sizes; cosine with Keras’ VGG16 in TensorFlow.js",
    "columns": ["model","peak memory of the build","where","cosine with TensorFlow.js"],
    "rows": [
      ["f32 from Keras' .h5","460 MB","Node","1.000000000"],
      ["f32 from Keras' .h5","460 MB","Chromium, wasm","1.000000000"],
      ["f32 from Keras' .h5","460 MB","Chromium, WebGPU","1.000000000"],
      ["q8 from Keras' .h5","469 MB","Node","0.9999921 … 0.9999925"],
      ["q8 from Keras' .h5","469 MB","Chromium, wasm","0.9999923"],
      ["q8 from Keras' .h5","469 MB","Chromium, WebGPU","0.9999923"],
      ["f32 from timm's .safetensors","449 MB","Node","1.000000000"],
      ["f32 from the ONNX Model Zoo's .onnx","458 MB","Node","1.000000000"]
    ]
  },
  {
    "section": "VGG16 stored smaller",
    "text": [
      "npm run bench -- variants: the features of the 542 sample photographs as f16, q8 and q4 beside those as f32, with He-initialised weights from a seed. On the real weights: npm run bench -- variants --from vgg16_weights_tf_dim_ordering_tf_kernels.h5 (or any file that likeness model build takes). It takes some ten minutes of processor time."
    ],
    "title": "Variants beside f32",
    "command": "npm run bench -- variants",
    "when": "542 sample photographs, He-initialised weights; beside f32",
    "columns": ["variant","download","cosine with f32, mean","least","same of the 30 nearest, mean","least","same nearest one"],
    "rows": [
      ["f16","237 MB","0.9999998","0.9999998","99.9 %","96.7 %","99.6 %"],
      ["q8","139 MB","0.9999924","0.9999919","99.9 %","96.7 %","99.6 %"],
      ["q4","87 MB","0.9973791","0.9972344","98.3 %","90.0 %","96.5 %"]
    ]
  },
  {
    "section": "From JPEG to vector",
    "text": [
      "npm run bench -- extract, in Chromium, milliseconds a picture (median; least), photographs of 307 × 173. \"Bare\" is the network over pictures that are ready, in the same batches, on as many threads. The machine was busy (load 30 to 36 on 2 processors), which hurts what runs in several processes most: these are ratios of a bad day, to be measured again on a quiet machine.",
      "From JPEG to vector VGG16 takes a quarter of the time of ONNX Runtime's bare run of the same graph (0.25 and 0.19 times) and is 4.7 and 6.0 times as fast as TensorFlow.js. Beside our own bare run the aims are 1.08 for VGG16 and 1.5 for the compact network. On two threads both are met; on one thread they are missed here, by 0.13 and 0.14. What does not run in the network, decoding, resizing and reading back, is 1.5 % of VGG16's time, so on an idle machine that aim should be met even where nothing overlaps; the compact network is so fast that decoding alone costs 0.3 to 0.8 of its run, which only another, free processor hides. A picture is decoded ahead while one becomes a tensor, and the network runs in threads of its own where the page is cross-origin isolated, also if there is one: before that the compact network's figure for one thread was 2.63. The table of VGG16 was measured before."
    ],
    "title": "VGG16, f32, batches of 1 (3 runs)",
    "command": "npm run bench -- extract",
    "when": "2026-11-26, Chromium, milliseconds a picture (median; least), load 30 to 36 on 2 processors",
    "columns": ["VGG16, f32, batches of 1 (3 runs)","1 thread","× our bare run","2 threads","× our bare run"],
    "rows": [
      ["JPEG to vector, likeness","1130; 847","1.21","965; 574","0.83"],
      ["bare run, likeness","931; 643","1","1161; 611","1"],
      ["bare session.run, ONNX Runtime","4459; 2834","4.79","5101; 3605","4.39"],
      ["TensorFlow.js, wasm, from pixels to fc1","5311; 5039","5.70","5830; 2581","5.02"],
      ["decode","12; 5.8","0.01","19; 9.5","0.02"],
      ["resize and tensor","1.9; 1.5","0.002","2.3; 1.4","0.002"],
      ["run: convolutions (1 thread)","907; 755","0.97","1164; 715","1.00"],
      ["run: fc1 (1 thread)","143; 111","0.15","136; 126","0.12"],
      ["read-back: norm and copy","0.06","0.000","0.05","0.000"]
    ]
  },
  {
    "section": "From JPEG to vector",
    "title": "compact, f16, batches of 8 (7 runs)",
    "command": "npm run bench -- extract",
    "when": "2026-11-26, Chromium, milliseconds a picture (median; least), load 30 to 36 on 2 processors",
    "note": "The compact network is its first version.",
    "columns": ["compact, f16, batches of 8 (7 runs)","1 thread","× our bare run","2 threads","× our bare run"],
    "rows": [
      ["JPEG to vector, likeness","19.1; 17.2","1.64","19.8; 13.6","1.00"],
      ["bare run, likeness","11.7; 9.1","1","19.8; 11.3","1"],
      ["bare session.run, ONNX Runtime","54.8; 47.6","4.70","135; 119","6.81"],
      ["decode","9.5; 2.7","0.82","4.1; 3.7","0.21"],
      ["resize and tensor","1.1; 0.5","0.09","1.9; 1.1","0.09"],
      ["run: convolutions (1 thread)","11.0; 7.7","0.95","22.8; 15.9","1.15"],
      ["run: fc1 (1 thread)","0.2; 0.1","0.01","0.3; 0.2","0.01"],
      ["read-back: norm and copy","0.00","0.000","0.00","0.000"]
    ]
  },
  {
    "section": "fc1",
    "text": [
      "npm run bench -- fc1 --node --runs 5: fc1 of VGG16 (4096 rows of 25,088), one thread of wasm. The machine was busy (load 22 on 2 processors): the least times say more than the medians.",
      "npm run bench -- fc1 --runs 3: the same on WebGPU in Chromium, inputs and outputs in buffers of the device (SwiftShader; load 27). In one part Gemm would need a buffer of 411 MB.",
      "So fc1 runs in our kernels everywhere, over the weights as they are stored: on the CPU in the time of the best float32 operator with no second copy of the weights (MatMulNBits decodes the whole matrix in every run there, and DynamicQuantizeMatMul, the fastest for eight pictures, needs another encoding of its own and is four times less exact); on WebGPU beside MatMulNBits, whose format it reads, and many times faster than Gemm. Either way fc1 is a small part of a picture's time."
    ],
    "title": "wasm",
    "command": "npm run bench -- fc1",
    "when": "one thread of wasm in Node (5 runs, load 22), or WebGPU on SwiftShader in Chromium (3 runs, load 27)",
    "columns": ["form","1 picture: median, least","8 pictures: median, least","1 − cosine","memory"],
    "rows": [
      ["ours, f32","144, 62 ms","380, 331 ms","1.3·10⁻¹⁴","413 MB"],
      ["ours, f16","226, 152 ms","663, 427 ms","2.1·10⁻⁸","206 MB"],
      ["ours, q8","162, 135 ms","446, 349 ms","1.3·10⁻⁵","116 MB"],
      ["ours, q4","185, 133 ms","482, 376 ms","3.4·10⁻³","64 MB"],
      ["ONNX Runtime, Gemm f32","118, 107 ms","448, 287 ms","3.8·10⁻¹⁴","879 MB"],
      ["ONNX Runtime, Gemm f32 without prepacking","179, 161 ms","533, 361 ms","4.7·10⁻¹⁴","412 MB"],
      ["ONNX Runtime, MatMulNBits 8 bits, block 32","3300, 2752 ms","3538, 2807 ms","1.3·10⁻⁵","355 MB"],
      ["ONNX Runtime, DynamicQuantizeMatMul int8","122, 90 ms","222, 181 ms","5.6·10⁻⁵",""]
    ]
  },
  {
    "section": "fc1",
    "title": "WebGPU",
    "command": "npm run bench -- fc1",
    "when": "one thread of wasm in Node (5 runs, load 22), or WebGPU on SwiftShader in Chromium (3 runs, load 27)",
    "columns": ["form","1 picture: median, least","8 pictures: median, least","1 − cosine","largest buffer"],
    "rows": [
      ["ours, f32","2.8, 2.7 s","10.1, 6.8 s","1.8·10⁻¹⁴","51 MB"],
      ["ours, f16","2.7, 2.5 s","10.7, 4.2 s","2.1·10⁻⁸","51 MB"],
      ["ours, q8","3.2, 2.8 s","16.1, 6.6 s","1.3·10⁻⁵","51 MB"],
      ["ours, q4","3.4, 2.9 s","10.8, 10.1 s","3.4·10⁻³","51 MB"],
      ["ONNX Runtime, Gemm f32 in 4 parts","26.0, 18.9 s","33.4, 31.7 s","1.1·10⁻¹²","103 MB"],
      ["ONNX Runtime, MatMulNBits 8 bits, block 32","3.2, 2.5 s","9.9, 5.8 s","1.3·10⁻⁵","103 MB"],
      ["ONNX Runtime, MatMulNBits 4 bits, block 32","2.6, 2.2 s","10.6, 8.3 s","3.4·10⁻³","51 MB"]
    ]
  },
  {
    "section": "Delivery of a model to a page",
    "text": [
      "npm run test:full -- delivery-heap: VGG16 at full size from a server on the same machine into Chromium; the most that the workers' JavaScript heaps held, ArrayBuffers included, WebAssembly memories not, as a multiple of the largest shard (55 and 59 MB), sampled every 10 ms while the files came and while the network was made.",
      "Stored files are hashed in a WebAssembly memory of one shard's size, which the heap does not count."
    ],
    "title": "Heaps and times",
    "command": "npm run test:full -- delivery-heap",
    "when": "heaps of the workers, as a multiple of the largest shard (55 and 59 MB)",
    "columns": ["variant","from","while the files come","while the network is made","open, one thread"],
    "rows": [
      ["q8 (139 MB)","the network","1.21","0.57","7.0 s"],
      ["q8 (139 MB)","the store","0.02","0.56","5.7 s"],
      ["f32 (474 MB)","the network","1.08","0.70","15.0 s"],
      ["f32 (474 MB)","the store","0.02","1.01","7.2 s"]
    ]
  },
  {
    "section": "A static site",
    "text": [
      "npm run bench -- site. 2026-11-28, 2 virtual cores of an AMD EPYC, busy with other work (load 11); Node 20, Chromium 156, a server on the same machine that compresses nothing. 10,000 photographs of 307 × 173, 542 of them samples, the others the samples with other crops and colours; a page for each; k = 30.",
      "likeness site computes without fused multiplication, so that every machine gives the same bytes, and makes the small pictures; likeness index does neither. With less other work at that time a run took 73 s, 153 s and 20 s. A compressed script has less than half the bytes."
    ],
    "title": "building",
    "command": "npm run bench -- site",
    "when": "2026-11-28, load 11",
    "columns": ["building","s","ms a picture"],
    "rows": [
      ["likeness index","131","13.1"],
      ["likeness site","220","22.0"],
      ["likeness site, nothing to do","52","5.2"]
    ]
  },
  {
    "section": "A static site",
    "title": "on disk",
    "command": "npm run bench -- site",
    "when": "2026-11-28, load 11",
    "columns": ["on disk","bytes","a picture"],
    "rows": [
      ["lists: entry, parts, records","1,832,811","183"],
      ["small pictures","40,604,092","4060"],
      ["codes","2,272,410","227"],
      ["full rows","20,480,000","2048"],
      ["library, model, scripts, search-….json","9,081,931","908"]
    ]
  },
  {
    "section": "A static site",
    "title": "what a visitor waits for",
    "command": "npm run bench -- site",
    "when": "2026-11-28, load 11",
    "columns": ["what a visitor waits for","ms, median (least)","requests","bytes"],
    "rows": [
      ["the first similar list","582 (239)","3","41,669: script 12,582, entry 19,187, one part 9900"],
      ["its small pictures, six","","6","26,470"],
      ["the first search by a photo","1904 (1618)","55","9.8 MB: model 6.5, codes 2.3, library 0.9, rows 0.1"],
      ["the next one","284 (256)","25","0.16 MB: rows 0.06, library 0.07, small pictures"]
    ]
  },
  {
    "section": "A map",
    "text": [
      "npm run bench -- map --features folder, 2026-11-28, two cores of an AMD EPYC without a GPU, one run each while others used them (load 15). 10,000 × 512 real features (compact model, photographs it was not trained on), 15 neighbours.",
      "kept: the part of a picture's 15 nearest neighbours that are among its 15 nearest on the map, of 500 pictures. Trustworthiness (Venna and Kaski, 2001) is 1 where no stranger is among these. With less other work (load 4) Node took 5.7 s. Neighbours take time with the square of the number of pictures, the layout with the number."
    ],
    "title": "map of 10,000 pictures",
    "command": "npm run bench -- map",
    "when": "2026-11-28, load 15",
    "columns": ["map of 10,000 pictures","seconds","of them neighbours","longest step, ms","kept of 15","trustworthiness"],
    "rows": [
      ["Node 20","11.9","7.6","253","0.297","0.974"],
      ["Chromium 156, wasm","16.1","13.9","361","0.297","0.974"],
      ["two principal components","","","","0.020","0.732"]
    ]
  },
  {
    "section": "The page",
    "text": [
      "Two cores of an AMD EPYC without a GPU, Chromium 156, a window of 1440 × 900. Photographs of 307 × 173, served by likeness serve, nothing compressed. cold is a browser's first visit."
    ],
    "title": "opening the page over 542 and 5000 pictures",
    "command": "npm run bench -- page --n 542 --runs 5 and --n 5000 --batch 1000 --runs 3",
    "when": "2026-11-29, load 3 to 6, medians of 5 and 3 visits; before: the page of commit e531ebe, measured by the same script, at 542 pictures between two runs of the page that is there now, of which both figures are given",
    "columns": ["medians","542, cold, before","542, cold, now","542, warm, before","542, warm, now","5000, cold, before","5000, cold, now","5000, warm, before","5000, warm, now"],
    "rows": [
      ["bytes (model: 6.5 MB)","10,020,887","10,037,479","0","0","19,213,625","19,230,217","10,240,128","687,990"],
      ["requests","86","94, 93","44","44, 43","85","93","45","61"],
      ["first paint, ms","273","291, 271","189","218, 216","262","240","177","250"],
      ["pictures painted, ms","583","586, 545","577","577, 520","647","615","806","609"],
      ["first result painted, ms","680","650, 628","925","700, 644","804","861","1009","600"],
      ["longest task, ms","66","53, 55","69","61, 54","91","88","93","89"],
      ["layout shift","0.003","0.003","0.003","0.003","0.003","0.003","0.003","0.003"],
      ["memory of all renderers, MB","659","662, 666","663","662, 663","723","736","709","691"]
    ]
  },
  {
    "section": "The page",
    "title": "queries, looking around and adding, beside 542 and 5000 pictures",
    "command": "npm run bench -- page --n 542 --runs 5 and --n 5000 --batch 1000 --runs 3",
    "when": "2026-11-29, load 3 to 6, medians of 5 and 3 visits; before: the page of commit e531ebe, measured by the same script, at 542 pictures between two runs of the page that is there now, of which both figures are given; what is not told of before was not printed",
    "columns": ["what is measured","542, before","542, now","5000, before","5000, now"],
    "rows": [
      ["a query by a picture of the index (least, most), ms","195 (48, 256)","114 (48, 185), 75 (38, 187)","71 (50, 135)","72 (43, 108)"],
      ["a query by a file (least, most), ms","126 (62, 213)","93 (75, 159), 98 (60, 175)","263 (189, 268)","148 (127, 172)"],
      ["a query by a file, the first, ms","214","527, 551","1215","959"],
      ["main thread in a query by a picture, ms of the processor","60","56, 40","52","53"],
      ["scrolling through all, longest task, ms (of the processor)","","below 50 (9)","104 (18)","below 50 (23)"],
      ["until the map is drawn, longest task, ms (of the processor)","","below 50 (15)","below 50 (148)","below 50 (126)"],
      ["moving and enlarging the map, longest task, ms (of the processor)","","53 (29)","below 50 (21)","below 50 (26)"],
      ["memory at most while looking around, MB","","956","1670","1376"],
      ["adding 541, 999 photographs, a second","","97.5","","90.2"],
      ["longest task of the page while adding, ms (of the processor)","","below 50 (10)","","below 50 (11)"],
      ["the browser's list of chosen files, one task, ms","","125","","272"],
      ["memory at most while adding, MB","","786","","838"]
    ]
  },
  {
    "section": "Vectors in LanceDB",
    "text": [
      "Our own index and LanceIndex (add, compact, query) over the same made rows, a process for each step; resident is its peak. LanceIndex reads ahead 32 MiB, and compares two queries with all rows at once; the others wait. Recall: against the answers of our own index; compact() measured 0.955 by 32 queries."
    ],
    "title": "1,000,000 × 512, building, beside LanceDB",
    "command": "npm run bench -- lance --n 1000000 --d 512 --runs 100",
    "when": "2026-11-29, 2 virtual cores of an AMD EPYC, load 16 to 33",
    "columns": ["step","s","on disk, MiB","resident, MiB"],
    "rows": [
      ["our own index","151.2","1982","347"],
      ["LanceIndex, add","321.6","1970","931"],
      ["LanceIndex, compact: its index IVF_RQ of one bit","261.4","2058","691"]
    ]
  },
  {
    "section": "Vectors in LanceDB",
    "title": "1,000,000 × 512, asking for 30, 100 queries by one client and by 8 at once",
    "command": "npm run bench -- lance --n 1000000 --d 512 --runs 100",
    "when": "2026-11-29, 2 virtual cores of an AMD EPYC, load 16 to 33",
    "columns": ["who","p50, ms","p99, ms","p50 of 8, ms","p99 of 8, ms","recall at 30","resident, MiB"],
    "rows": [
      ["our own index","125.2","901.8","2139.6","4601.5","1.0000","673"],
      ["LanceIndex, all rows","2469.2","10531.9","21273.6","82360.5","1.0000","502"],
      ["LanceIndex, its index IVF_RQ of one bit","15.2","150.9","111.4","276.0","0.9553","239"]
    ]
  },
  {
    "section": "Vectors in LanceDB",
    "text": [
      "Made features of clusters (latent vectors of 32 values, n / 100 clusters), k = 30, 40 queries, one run: ratios, no more. Four times as many candidates as wanted, ordered by the float64 reference; all partitions were asked. With half of the partitions, IVF_RQ of 1 bit has 0.998 at 512 values."
    ],
    "title": "LanceDB’s indices",
    "command": "npm run bench -- lance",
    "when": "2026-11-29, 2 virtual cores of an AMD EPYC, load 9 and more",
    "columns": ["rows × values","index","build","bytes a row","recall at 30","p50"],
    "rows": [
      ["40,000 × 512","none: all are compared","","","1 (exact)","99 ms"],
      ["40,000 × 512","IVF_RQ, 1 bit","0.9 s","81","1.000","6.6 ms"],
      ["40,000 × 512","IVF_RQ, 4 bits","3.0 s","281","1.000","15.5 ms"],
      ["40,000 × 512","IVF_HNSW_SQ","29 s","678","1.000","6.5 ms"],
      ["40,000 × 512","IVF_PQ, 16 values a byte","47 s","50","1.000","12.6 ms"],
      ["40,000 × 512","IVF_FLAT","0.7 s","2053","1.000","16.3 ms"],
      ["10,000 × 4096","none: all are compared","","","1 (exact)","1135 ms"],
      ["10,000 × 4096","IVF_RQ, 1 bit","3.2 s","532","0.171","6.7 ms"],
      ["10,000 × 4096","IVF_RQ, 4 bits","12.8 s","2076","0.232","13.5 ms"],
      ["10,000 × 4096","IVF_HNSW_SQ","86 s","4239","1.000","13.2 ms"],
      ["10,000 × 4096","IVF_PQ, 16 values a byte","225 s","683","1.000","10.3 ms"],
      ["10,000 × 4096","IVF_FLAT","4.5 s","16,392","1.000","42.2 ms"]
    ]
  }
];
