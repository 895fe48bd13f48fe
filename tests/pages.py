"""The docs as something that can be run: a page's blocks, one after the other, in one folder.

A page says the rest in comments that readers do not see:

- `<!-- not run: WHY -->` before a block: its commands and options are only held against the program
- `<!-- project: llmbar -->`: the page starts in a project with LLMBar's 419 pairs, its judges' recorded
  verdicts added and heard; `llmbar, labelled`: and people (its gold labels) have answered, all is routed
- `<!-- endpoint -->`: something answers at http://localhost:8000/v1, as in a reader's set-up
- `<!-- people answer: gold -->` before a block with `pairwright annotate`: what people do on that page;
  `gold`, `the longer` or `the first`
- `<!-- exit code: 2 -->` before a block whose last command ends so

A block with `title="NAME"` is written to that file, with `title="NAME (add at the end)"` behind what
is there. A text block after commands is (part of) what they print; a line of dots stands for any others. What a comment behind `print(...)` says is what it prints.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pairwright.cli import output
from pairwright.cli.main import every_verb, run
from pairwright.models.loopback import Behaviour, LoopbackServer
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import ProjectFile
from pairwright.store.people.tasks import next_tasks, waiting

ROOT = Path(__file__).parents[1]
ADDED = " (add at the end)"
ENDPOINT = "http://localhost:8000/v1"
RECORDED = """\
[judges.gpt4]
kind = "replay"
path = "gpt4_verdicts.jsonl"

[judges.gpt4_rating]
kind = "replay"
path = "gpt4_rating_verdicts.jsonl"

[judges.chatgpt]
kind = "replay"
path = "chatgpt_verdicts.jsonl"
"""


@dataclass(frozen=True)
class Block:
    """A fenced block with what is said of it: in its first line, and in comments right before it."""

    language: str
    title: str
    code: str
    line: int
    notes: tuple[str, ...]

    def note(self, name: str) -> str | None:
        """What the comment `<!-- name: ... -->` says; None where there is none."""
        for each in self.notes:
            if each == name or each.startswith(f"{name}:"):
                return each[len(name) + 1 :].strip()
        return None


def blocks(text: str) -> list[Block]:
    found: list[Block] = []
    notes: list[str] = []
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if comment := re.fullmatch(r"<!-- (.*) -->", line.strip()):
            notes.append(comment[1])
        elif fence := re.fullmatch(r"(`{3,})(\w*)(.*)", line):
            code = []
            for _, inside in lines:
                if inside == fence[1]:
                    break
                code.append(inside)
            title = re.search(r'title="([^"]*)"', fence[3])
            body = "\n".join(code) + "\n"
            found.append(Block(fence[2], title[1] if title else "", body, number, tuple(notes)))
            notes = []
        elif line.strip():
            notes = [each for each in notes if each.split(":")[0] in ("project", "endpoint")]
    return found


def shell_lines(code: str) -> list[list[str]]:
    """The commands of a bash block, in words."""
    joined = code.replace("\\\n", " ")
    return [words for line in joined.splitlines() if (words := shlex.split(line, comments=True))]


def pairwright_words(words: list[str]) -> list[str] | None:
    """What follows `pairwright` on a line; None for another command."""
    return words[1:] if words[0].split("/")[-1] == "pairwright" else None


def check_command(words: list[str]) -> None:
    """The verb and every option of a `pairwright` line exist. Placeholders in capitals are not looked at."""
    command = every_verb()
    options = {name: each for each in command.params for name in each.opts}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("-") and len(word) > 1:
            name = word.split("=")[0]
            known = [*options, "--help", "-h", *(n for each in options.values() for n in each.secondary_opts)]
            assert name in known, f"`{' '.join(words)}`: there is no option {name}"
            each = options.get(name)
            if each is not None and not each.is_flag and "=" not in word:
                rest.pop(0)
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
            options = {name: each for each in command.params for name in each.opts if name.startswith("-")}
        else:
            assert not getattr(command, "commands", None), f"`{' '.join(words)}`: there is no verb {word}"


def check_settings(text: str, where: str) -> None:
    """Every table and key of a piece of `pairwright.toml` is known and has a value that is allowed."""
    for name, table in tomllib.loads(text).items():
        assert name in ProjectFile.model_fields, f"{where}: there is no [{name}]"
        TypeAdapter(ProjectFile.model_fields[name].annotation).validate_python(table)


class Page:
    """One page being read by somebody who does what it says, in `folder`."""

    def __init__(self, path: Path, folder: Path, llmbar: Path) -> None:
        self.path, self.here, self.llmbar = path, folder, llmbar
        self.said, self.names = "", {"__name__": "docs"}
        self.servers = contextlib.ExitStack()
        self.endpoint = ENDPOINT

    def follow(self) -> None:
        """Do all of it. Raises AssertionError with the place for what is not as the page says."""
        before = os.getcwd()
        width, output.out.width = output.out.width, 100
        try:
            with self.servers:
                os.chdir(self.here)
                for block in blocks(self.path.read_text(encoding="utf-8")):
                    self._prepare(block)
                    try:
                        self._do(block)
                    except Exception as error:
                        raise AssertionError(f"{self.path.name}:{block.line}: {error}") from error
        finally:
            output.out.width = width
            os.chdir(before)

    def _prepare(self, block: Block) -> None:
        if (project := block.note("project")) is not None:
            shutil.copytree(self.llmbar / project.replace(", ", "-"), Path.cwd(), dirs_exist_ok=True)
        if block.note("endpoint") is not None:
            self._serve({})

    def _serve(self, behaviour: dict[str, Any]) -> None:
        if self.endpoint == ENDPOINT:
            server = LoopbackServer(behaviour=Behaviour(**behaviour), keep_requests=False)
            self.endpoint = self.servers.enter_context(server).url

    def _do(self, block: Block) -> None:
        if block.note("not run") is not None:
            self._look(block)
        elif block.title:
            self._write(block)
        elif block.language == "bash":
            self._type(block)
        elif block.language == "python":
            self._python(block)
        elif block.language == "toml":
            check_settings(block.code, self.path.name)
        elif block.language == "text":
            self._compare(block)

    def _look(self, block: Block) -> None:
        if block.language == "python":
            compile(block.code, self.path.name, "exec")
        for words in shell_lines(block.code) if block.language == "bash" else ():
            if (command := pairwright_words(words)) is not None:
                check_command(command)
            elif words[0] == "make":
                assert f"\n{words[1]}:" in (ROOT / "Makefile").read_text()
            elif words[0].split("/")[-1] == "python" and words[1].endswith(".py"):
                assert (ROOT / words[1]).exists(), words[1]

    def _write(self, block: Block) -> None:
        path = Path(block.title.removesuffix(ADDED))
        before = path.read_text(encoding="utf-8") if block.title.endswith(ADDED) else ""
        path.write_text(before + block.code.replace(ENDPOINT, self.endpoint), encoding="utf-8")
        if path.name == "pairwright.toml":
            check_settings(block.code, self.path.name)

    def _type(self, block: Block) -> None:
        told, code = io.StringIO(), 0
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            for words in shell_lines(block.code):
                assert code in (0, 2), f"exit code {code} before {words}:\n{told.getvalue()}"
                code = self._command(words, block)
        self.said = told.getvalue().replace(f"{Path.cwd()}/", "")
        assert code == int(block.note("exit code") or 0), f"exit code {code}:\n{self.said}"

    def _command(self, words: list[str], block: Block) -> int:
        if (command := pairwright_words(words)) is not None:
            check_command(command)
            if command[0] == "annotate" and "--import" not in command:
                command = ["annotate", "--import", str(answers(block.note("people answer") or ""))]
            return run(command)
        if words[0] == "cd":
            os.chdir(words[1])
        elif words[0] == "python" and words[1].endswith(".py"):
            subprocess.run([sys.executable, *words[1:]], check=True)
        elif words[0] in ("cat", "head"):
            print(Path(words[-1]).read_text(encoding="utf-8"))
        elif "pairwright.models.loopback" in words:
            options = [each for each in words if each.startswith("--") and each != "--port"]
            assert not options, "options of the loopback endpoint are not read here"
            self._serve({})
        else:
            raise AssertionError(f"the tests cannot run {words}: mark it as not run, or teach them")
        return 0

    def _python(self, block: Block) -> None:
        expected = "\n".join(re.findall(r"^\s*print\(.*\)  # (.*)$", block.code, re.MULTILINE))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(block.code.replace(ENDPOINT, self.endpoint), self.names)
        self.said = printed.getvalue()
        if expected or not re.search(r"^\s*print\(", block.code, re.MULTILINE):
            assert self.said.strip() == expected, f"it prints {self.said!r}"

    def _compare(self, block: Block) -> None:
        """Every line was printed, in this order."""
        told = iter([" ".join(line.split()) for line in self.said.splitlines()])
        for line in block.code.splitlines():
            wanted = " ".join(line.split())
            if wanted not in ("", "...") and wanted not in told:
                raise AssertionError(f"it does not print {wanted!r} there, but:\n{self.said}")


def answers(rule: str) -> Path:
    """A file of people's answers to all that waits for them in the project here."""
    gold = {row["id"]: row["label"] for row in packaged("gold_labels.jsonl")} if rule == "gold" else {}
    with Project.open(None) as project, project.store.read() as connection:
        tasks = next_tasks(connection, 0, waiting(connection))
    assert tasks, "nothing waits for people"
    rows = []
    for task in tasks:
        longer = "A" if len(task.a) >= len(task.b) else "B"
        label = {"gold": gold.get(task.external_id or ""), "the longer": longer, "the first": "A"}[rule]
        rows.append(
            {"id": task.external_id or f"x-{task.pair_key.hex()}", "annotator": "you", "label": label}
        )
    path = project.root / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def packaged(name: str) -> list[dict[str, Any]]:
    text = files("pairwright.demo").joinpath(name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def make_llmbar(folder: Path) -> None:
    """The projects that `<!-- project: ... -->` names."""
    judged = folder / "llmbar"
    assert run(["init", str(judged)]) == 0
    (judged / "pairwright.toml").write_text(RECORDED, encoding="utf-8")
    for name in ("llmbar_pairs", "gpt4_verdicts", "gpt4_rating_verdicts", "chatgpt_verdicts"):
        text = files("pairwright.demo").joinpath(f"{name}.jsonl").read_text(encoding="utf-8")
        (judged / f"{name}.jsonl").write_text(text, encoding="utf-8")
    here = ["-C", str(judged)]
    assert run([*here, "add", str(judged / "llmbar_pairs.jsonl")]) == 0
    assert run([*here, "judge"]) == 0
    labelled = folder / "llmbar-labelled"
    shutil.copytree(judged, labelled)
    before = os.getcwd()
    os.chdir(labelled)
    try:
        for _ in range(2):
            assert run(["route"]) == 0
            assert run(["annotate", "--import", str(answers("gold"))]) == 0
        assert run(["route"]) == 0
    finally:
        os.chdir(before)
