"""A key is in a request's header and nowhere else: no file, message, log, batch, call file or export holds it."""

import gzip
import logging
import zipfile

import pytest
from batch_providers import SERVERS, reply_in
from projects import ENDPOINT, JUDGE, a_project, add_pairs, add_rows

from pairwright.cli.main import run
from pairwright.errors import ConfigError
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.project.project import Project

KEY = "sk-canary-7hT3qLw9ZpX2mVb8Rk5N"
GOOD = '{"verdict": "A", "confidence": "HIGH", "reason": "It is right."}'
GENERATE = '\n[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n'
AFTER = (
    ["status"], ["status", "--json"], ["check"], ["route"], ["estimate"], ["report", "--output", "report.html"], ["export"],
    ["card"], ["calls"], ["doctor"], ["backup", "copy.db"], ["show", "pair-1"], ["run"],
)  # fmt: skip


@pytest.fixture(autouse=True)
def key(monkeypatch, caplog):
    monkeypatch.setenv("CANARY_KEY", KEY)
    caplog.set_level(logging.DEBUG)


def with_key(project):
    path = project.root / "pairwright.toml"
    path.write_text(path.read_text().replace("max_tries = 3", 'max_tries = 3\napi_key_env = "CANARY_KEY"'))
    project.close()
    return Project.open(project.root)


def files_with(folder, but=()):
    """The files under a folder in which the key stands, packed ones unpacked."""
    found = []
    for path in (each for each in folder.rglob("*") if each.is_file() and each.name not in but):
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data += gzip.decompress(data)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                data += b"".join(map(packed.read, packed.namelist()))
        if KEY.encode() in data or KEY.encode().hex().encode() in data:
            found.append(str(path))
    return found


def said(capsys, caplog):
    captured = capsys.readouterr()
    return captured.out + captured.err + caplog.text


def everything(project, folder, monkeypatch):
    monkeypatch.chdir(folder)
    for words in AFTER:
        run(["-C", str(project.root), *words])


def test_every_verb_over_an_endpoint_with_a_key(tmp_path, monkeypatch, capsys, caplog):
    with LoopbackServer(Behaviour(api_key=KEY)) as server:
        project = with_key(a_project(tmp_path, server, JUDGE + GENERATE))
        add_rows(project, [{"prompt": "Why?"}])
        add_pairs(project, 5)
        for verb in ("generate", "pair", "judge"):
            assert run(["-C", str(project.root), verb]) == 0
        everything(project, tmp_path, monkeypatch)
    assert files_with(tmp_path) == []
    assert KEY not in said(capsys, caplog)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 200])
def test_an_endpoint_that_echoes_the_key(tmp_path, monkeypatch, capsys, caplog, status):
    def echoes(_body, _earlier):
        if status == 200:
            return f'{{"verdict": "?", "reason": "{KEY}"}}'
        return {"status": status, "error": {"message": f"Incorrect API key provided: {KEY}"}}

    with LoopbackServer(reply=echoes) as server:
        project = with_key(a_project(tmp_path, server))
        add_pairs(project, 2)
        run(["-C", str(project.root), "judge"])
        everything(project, tmp_path, monkeypatch)
    assert KEY not in said(capsys, caplog)
    assert files_with(tmp_path) == []


@pytest.mark.parametrize("kind", sorted(SERVERS))
def test_batches(tmp_path, monkeypatch, capsys, caplog, kind):
    with SERVERS[kind](lambda body: reply_in(kind, GOOD), key=KEY) as server:
        head = ENDPOINT.format(url=server.url).replace("max_tries = 3", f'max_tries = 3\nbatch = "{kind}"')
        project = with_key(a_project(tmp_path, settings="[project]\nbatch_poll_s = 0.01\n" + head + JUDGE))
        add_pairs(project, 2)
        for _ in range(3):
            run(["-C", str(project.root), "judge", "--via", "batch"])
        everything(project, tmp_path, monkeypatch)
        uploaded = b"".join(server.files.values()) + repr(server.made).encode()
    assert KEY.encode() not in uploaded
    assert files_with(tmp_path) == []
    assert KEY not in said(capsys, caplog)


def test_files_of_calls(tmp_path, capsys, caplog):
    with LoopbackServer(Behaviour(api_key=KEY)) as server:
        project = with_key(a_project(tmp_path, server))
        add_pairs(project, 2)
        run(["-C", str(project.root), "judge", "--via", "files"])
        assert run(["-C", str(project.root), "calls", "export", str(tmp_path / "calls")]) == 0
    assert list((tmp_path / "calls").iterdir())
    assert files_with(tmp_path) == []
    assert KEY not in said(capsys, caplog)


MISTAKES = {
    "as its own name": ("max_tries = 3", f'api_key_env = "{KEY}"'),
    "in the address": ("max_tries = 3", None),
    "in the address's query": ("max_tries = 3", None),
    "as a setting of that name": ("max_tries = 3", f'api_key = "{KEY}"'),
    "in extra": ("price_in = 1.0", f'extra = {{ api_key = "{KEY}" }}'),
    "in extra, nested": ("price_in = 1.0", f'extra = {{ user = {{ auth = ["Bearer {KEY}"] }} }}'),
    "in a judge's extra": ("[judges.main]", f'[judges.main]\nextra = {{ token = "{KEY}" }}'),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_key_in_the_wrong_place_is_refused_and_not_repeated(tmp_path, capsys, caplog, mistake):
    with LoopbackServer() as server:
        project = a_project(tmp_path, server)
        project.close()
        path = project.root / "pairwright.toml"
        old, new = MISTAKES[mistake]
        text = path.read_text()
        if mistake == "in the address":
            text = text.replace("http://", f"http://user:{KEY}@")
        elif mistake == "in the address's query":
            text = text.replace("/v1", f"/v1?key={KEY}", 1)
        else:
            text = text.replace(old, new, 1)
        path.write_text(text)
        with pytest.raises(ConfigError) as caught:
            Project.open(project.root)
        for verb in ("status", "judge", "doctor", "report", "backup"):
            assert run(["-C", str(project.root), verb]) == 1
    assert KEY not in str(caught.value)
    assert KEY not in said(capsys, caplog)
    assert files_with(tmp_path, but=("pairwright.toml",)) == []


def test_a_key_in_a_header_stays_in_the_project_file_alone(tmp_path, monkeypatch, capsys, caplog):
    with LoopbackServer() as server:
        project = a_project(tmp_path, server)
        path = project.root / "pairwright.toml"
        path.write_text(path.read_text().replace("max_tries = 3", f'headers = {{ x-gateway-key = "{KEY}" }}'))
        project.close()
        project = Project.open(project.root)
        add_pairs(project, 2)
        assert run(["-C", str(project.root), "judge"]) == 0
        everything(project, tmp_path, monkeypatch)
    assert files_with(tmp_path, but=("pairwright.toml", "copy.db")) == []  # a backup holds the settings
    assert KEY not in said(capsys, caplog)
