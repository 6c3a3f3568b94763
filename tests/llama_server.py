"""Run llama.cpp's own HTTP server with a small packaged model: `python llama_server.py MODEL`.

Prints the port once the server listens, and ends when its standard input is closed.
"""

from __future__ import annotations

import sys


def main() -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 8192
    params.n_parallel = 1
    params.n_predict = 80
    params.warmup = False
    params.use_jinja = True
    params.cpuparams.n_threads = 1  # more would wait for each other on a busy machine
    params.cpuparams_batch.n_threads = 1
    params.sampling.seed = 7
    params.sampling.temp = 0.3
    server = xllamacpp.Server(params)
    print("listening", server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
