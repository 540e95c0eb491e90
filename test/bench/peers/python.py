"""FAISS and NumPy as a process of their own: a request a line on stdin, an answer a line on stdout, both JSON."""

import json
import sys
import time

import faiss
import numpy as np

faiss.omp_set_num_threads(1)


def resident():
    """Bytes of this process in memory."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096


class Faiss:
    def __init__(self, rows):
        self.index = faiss.IndexFlatL2(rows.shape[1])
        self.index.add(rows)

    def search(self, queries, k):
        return self.index.search(queries, k)[1]


class Tutorial:
    """np.linalg.norm(features - query, axis=1), then argsort, a query at a time."""

    def __init__(self, rows):
        self.rows = rows.copy()

    def search(self, queries, k):
        return np.stack(
            [np.argsort(np.linalg.norm(self.rows - query, axis=1))[:k] for query in queries]
        )


class Products:
    """The expanded formula, one product of matrices for all queries, then argpartition."""

    def __init__(self, rows):
        self.rows = rows.copy()
        self.norms = np.einsum("ij,ij->i", rows, rows)

    def search(self, queries, k):
        scores = self.norms - 2 * (queries @ self.rows.T)
        if k < scores.shape[1]:
            found = np.argpartition(scores, k - 1, axis=1)[:, :k]
        else:
            found = np.tile(np.arange(scores.shape[1]), (len(queries), 1))
        order = np.argsort(np.take_along_axis(scores, found, axis=1), axis=1, kind="stable")
        return np.take_along_axis(found, order, axis=1)


kinds = {"faiss": Faiss, "numpy-tutorial": Tutorial, "numpy-products": Products}
live = {}


def answer(request):
    op, key = request["op"], request.get("contender")
    if op == "about":
        with open("/proc/self/maps") as maps:
            blas = "OpenBLAS" if "openblas" in maps.read() else "the reference BLAS"
        return {"faiss": faiss.__version__, "numpy": np.__version__, "blas": blas}
    if op == "load":
        rows = np.fromfile(request["file"], dtype=np.float32).reshape(request["n"], request["d"])
        before = resident()
        start = time.perf_counter()
        live[key] = kinds[key](rows)
        return {"buildMs": (time.perf_counter() - start) * 1e3, "bytes": resident() - before}
    if op == "queries":
        queries = np.fromfile(request["file"], dtype=np.float32).reshape(-1, request["d"])
        live["queries"] = queries
        return {}
    if op == "run":
        queries = live["queries"][: request["q"]]
        start = time.perf_counter()
        found = live[key].search(queries, min(request["k"], request["n"]))
        ms = (time.perf_counter() - start) * 1e3
        return {"ms": ms, "rows": found.ravel().tolist() if request["answer"] else None}
    if op == "close":
        live.pop(key, None)
        return {}
    raise ValueError(op)


np.ones((64, 64), np.float32) @ np.ones((64, 64), np.float32)
for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:  # told, not swallowed: the other side decides
        reply = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)
