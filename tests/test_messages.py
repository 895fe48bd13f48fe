"""What messages say stands there as it was meant: brackets are no markup, and keys are not repeated."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
from projects import a_project, add_rows, change
from pydantic import BaseModel

import pairwright.cli
from pairwright.cli import output
from pairwright.cli.main import every_verb, run
from pairwright.cli.run import print_run
from pairwright.errors import ConfigError
from pairwright.models.remote import RemoteModel
from pairwright.models.secrets import hidden, looks_like_key
from pairwright.stages.project.settings import ProjectFile, read_settings

HOSTILE = [
    "[generate]",
    "[models.NAME] max_tokens",
    "[red]no colour[/red]",
    "[/b]",
    "a [b",
    ":smile: [1, 2]",
    r"\[x]",
]


# --- brackets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("tell", [output.say, output.note, output.fail])
def test_what_is_said_is_printed_as_it_is(tell, text, capsys):
    tell(f"name a model under {text} and go on")
    told = capsys.readouterr()
    assert f"name a model under {text} and go on" in told.out + told.err


@pytest.mark.parametrize("text", HOSTILE)
def test_so_are_tables_and_rules(text, capsys):
    from rich.table import Table

    table = Table(box=None)
    table.add_column(text)
    table.add_row(text)
    output.out.print(table)
    output.err.print(text)
    told = capsys.readouterr()
    assert (told.out.count(text), told.err.count(text)) == (2, 1)


def test_status_names_the_table_where_a_model_is_to_be_named(tmp_path, capsys):
    project = a_project(tmp_path, settings="")
    add_rows(project, [{"prompt": "Why?"}])
    assert run(["-C", str(project.root), "status"]) == 0
    assert "name a model under [generate] in pairwright.toml" in capsys.readouterr().out


def test_a_judge_and_a_person_may_be_called_anything(tmp_path, capsys):
    project = a_project(tmp_path, settings='[judges."[red]x[/red]"]\nkind = "shorter"\n')
    add_rows(project, [{"id": 1, "prompt": "Why?", "response_a": "So it is.", "response_b": "No."}])
    at = ["-C", str(project.root)]
    for step in (["judge"], ["route"], ["status"], ["show", "1"], ["run"], ["check"]):
        assert run([*at, *step]) in (0, 2)
        told = capsys.readouterr().out
        if step[0] in ("judge", "status", "show", "run"):
            assert "[red]x[/red]" in told


def test_no_message_of_a_command_holds_markup():
    """All that is printed goes out literally, so a colour is given as a style, never within the text."""
    styles = re.compile(r"\[/?(?:b|bold|dim|i|italic|red|green|yellow|cyan|magenta)\]|\\\[")
    for path in Path(pairwright.cli.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in ("say", "note", "fail", "print", "add_row", "add_column", "InputError", "ConfigError"):
                shown = [each for each in ast.walk(node) if isinstance(each, ast.Constant)]
                for each in shown:
                    assert not (isinstance(each.value, str) and styles.search(each.value)), (
                        path.name,
                        each.value,
                    )


def helps(command, name="pairwright"):
    yield name, command.help or ""
    for option in command.params:
        yield f"{name} {option.name}", getattr(option, "help", "") or ""
    for sub in getattr(command, "commands", {}).values():
        yield from helps(sub, f"{name} {sub.name}")


@pytest.mark.parametrize(("name", "text"), helps(every_verb()))
def test_help_is_plain_text(name, text):
    """A table's name in it is no markup, so nothing is escaped."""
    assert "\\[" not in text
    assert not re.search(r"\[/?(?:b|i|bold|dim)\]", text)


# --- keys --------------------------------------------------------------------------------------------

KEYS = [
    "sk-proj-abc123DEF456ghi789", "sk-ant-api03-Xy12Zz", "hf_AbCdEfGhIjKlMnOpQrStUvWx", "gsk_1234567890abcdef",
    "AIzaSyD-1234567890abcdefg", "0123456789abcdef0123456789abcdef", "eyJhbGciOiJIUzI1NiJ9.e30.abc",
]  # fmt: skip
NAMES = ["OPENAI_API_KEY", "MY_KEY_2", "openai_key", "_TOKEN", "Qwen3_32B_INSTRUCT_KEY"]
HARMLESS = [
    "meta-llama/Llama-3.1-8B-Instruct", "gpt-4o-mini-2024-07-18", "mine.py:score", "fulll", "claude-3-5-sonnet-20241022",
    "http://localhost:8000/v1", "claude", "verdicts/recorded_in_2024.jsonl",
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_a_key_in_the_place_of_its_name_is_refused_and_not_repeated(tmp_path, key):
    path = tmp_path / "pairwright.toml"
    path.write_text(f'[endpoints.e]\nurl = "http://localhost/v1"\napi_key_env = "{key}"\n')
    with pytest.raises(
        ConfigError, match="is the name of an environment variable, such as OPENAI_API_KEY"
    ) as error:
        read_settings(path)
    assert key not in str(error.value)
    assert "pairwright.toml:3" in str(error.value)
    with pytest.raises(ValueError, match="api_key_env") as refused:
        RemoteModel("http://localhost/v1", api_key_env=key)
    assert key not in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_variable_is_taken(tmp_path, name):
    path = tmp_path / "pairwright.toml"
    path.write_text(f'[endpoints.e]\nurl = "http://localhost/v1"\napi_key_env = "{name}"\n')
    assert read_settings(path).endpoints["e"].api_key_env == name


def places(model: type[BaseModel], table: str = ""):
    """Every setting of the file: (table, name)."""
    for name, field in model.model_fields.items():
        inner = [each for each in (field.annotation, *get_args(field.annotation)) if isinstance(each, type)]
        of = next((each for each in inner if issubclass(each, BaseModel)), None)
        yield table, name
        if of is not None:
            named = field.annotation is not of
            yield from places(of, ".".join(each for each in (table, name, "x" if named else "") if each))


@pytest.mark.parametrize("key", [KEYS[0], KEYS[5]])
@pytest.mark.parametrize(("table", "name"), sorted(set(places(ProjectFile))))
def test_no_setting_repeats_a_key_that_was_put_there(tmp_path, table, name, key):
    path = tmp_path / "pairwright.toml"
    for value in (
        f'"{key}"',
        f'["{key}"]',
        f'{{ api_key = "{key}", x = "{key}" }}',
        f'[{{ token = "{key}" }}]',
    ):
        path.write_text((f"[{table}]\n" if table else "") + f"{name} = {value}\n")
        try:
            read_settings(path)
        except ConfigError as error:
            assert key not in str(error)


@pytest.mark.parametrize(
    "url", ["http://me:pass@host/v1", f"https://host/v1?key={KEYS[5]}", f"https://host/v1?api_key={KEYS[0]}"]
)
def test_a_url_with_a_secret_is_refused_and_not_repeated(tmp_path, url):
    path = tmp_path / "pairwright.toml"
    path.write_text(f'[endpoints.e]\nurl = "{url}"\n')
    with pytest.raises(ConfigError, match="messages show the url") as error:
        read_settings(path)
    assert not any(each in str(error.value) for each in (*KEYS, "me:pass"))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_key_is_shown(text):
    assert not looks_like_key(text)
    assert hidden(text) == f'"{text}"'


# --- hints -------------------------------------------------------------------------------------------


def test_truncated_responses_come_with_the_setting_that_cut_them(tmp_path, capsys):
    print_run([("pair", {"pairs_added": 3, "truncated": 63})])
    told = capsys.readouterr()
    assert "63 truncated" in told.out
    assert "max_tokens" in told.out + told.err


def test_init_inside_a_project_says_how_to_go_on(tmp_path, capsys, monkeypatch):
    project = a_project(tmp_path, settings="")
    monkeypatch.chdir(project.root)
    assert run(["init"]) == 1
    told = capsys.readouterr().err
    assert "this is a project already" in told
    assert "pairwright init ANOTHER" in told
    change(project, "")
