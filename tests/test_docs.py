"""The docs are true: what they say to type works and prints what they say, what they point to is there."""

import json
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from filelock import FileLock
from pages import (
    ROOT,
    Page,
    blocks,
    check_command,
    check_settings,
    make_llmbar,
    pairwright_words,
    shell_lines,
)

sys.path.insert(0, str(ROOT / "tools"))

import reference

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
MADE = {"reference/cli.md", "reference/settings.md", "reference/python.md", "changelog.md", "notebook.md"}


def name(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


@pytest.fixture(scope="session")
def llmbar(tmp_path_factory, worker_id):
    """Made once, for all workers."""
    shared = tmp_path_factory.getbasetemp()
    shared = (shared.parent if worker_id != "master" else shared) / "llmbar-projects"
    with FileLock(f"{shared}.lock"):
        if not (shared / "made").exists():
            shared.mkdir()
            make_llmbar(shared)
            (shared / "made").touch()
    return shared


@pytest.mark.parametrize("path", [path for path in PAGES if blocks(path.read_text())], ids=name)
def test_a_page_does_what_it_says(path, tmp_path, llmbar):
    Page(path, tmp_path, llmbar).follow()


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_block_says_what_it_is(path):
    """Without a language it would not be run, and nobody would notice."""
    for block in blocks(path.read_text(encoding="utf-8")):
        assert block.language, f"{path.name}:{block.line}: a block without a language"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_what_a_page_points_to_is_there(path):
    for target in re.findall(r"\]\(([^)#:\s]+)[^):]*\)", path.read_text(encoding="utf-8")):
        found = (path.parent / target).resolve()
        assert found.exists() or found.relative_to(DOCS).as_posix() in MADE, target


@pytest.mark.parametrize("path", sorted((DOCS / "pictures").iterdir()), ids=lambda path: path.name)
def test_pictures_load_nothing_from_elsewhere(path):
    if path.suffix in (".svg", ".css"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"(?:href|src)=['\"](?:https?:)?//|url\(\s*['\"]?(?:https?:)?//|@import|<script", text
        )


def test_every_page_is_in_the_nav():
    loader = type("Loader", (yaml.SafeLoader,), {})
    nav = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), loader)["nav"]
    named = {page for section in nav for pages in section.values() for page in pages}
    assert {each for each in map(name, PAGES) if not each.startswith("decisions/")} <= named
    assert named >= MADE


def test_a_wrong_option_or_verb_in_the_docs_is_noticed():
    for line in ("pairwright export --tow x", "pairwright exprot", "pairwright check lst"):
        with pytest.raises(AssertionError, match="there is no"):
            check_command(pairwright_words(shell_lines(line)[0]))
    with pytest.raises(ValueError, match="targt"):
        check_settings("[route]\ntargt = 0.9", "a page")


def test_a_page_that_lies_is_noticed(tmp_path, llmbar):
    page = tmp_path / "page.md"
    page.write_text("```bash\npairwright convert --list\n```\n\n```text\ntrl-dpo\nno such thing\n```\n")
    with pytest.raises(AssertionError, match=r"page.md:5: it does not print 'trl-dpo'"):
        Page(page, tmp_path, llmbar).follow()


# --- the reference pages are made from the code: they hold all of it


def test_the_command_line_page_has_every_verb_and_every_option():
    page = reference.cli_page()
    for words, command in reference.commands():
        section = page.split(f" {words}\n", 1)[1].split("\n## ")[0].split("\n### ")[0]
        for parameter in command.params:
            if parameter.param_type_name == "option":
                for each in [*parameter.opts, *parameter.secondary_opts]:
                    assert f"`{each}`" in section, f"{words} {each}"
            else:
                shown = parameter.metavar or parameter.name.removesuffix("s")  # FILE... for files
                assert shown.upper() in section.upper(), f"{words} {shown}"
    assert "\n## pairwright export\n" in page
    assert "\n### pairwright check undo\n" in page


def test_the_settings_page_has_every_key_and_says_what_it_is():
    page = reference.settings_page()
    for section, model in reference.settings_sections():
        assert model.__doc__, f"[{section}] has no docstring"
        text = page.split(f"## [{section}]", 1)[1].split("\n## ")[0]
        for key, field in model.model_fields.items():
            if not field.exclude:
                assert field.description, f"[{section}] {key} has no description"
                assert f"| `{key}` |" in text


def test_the_python_page_has_every_public_name():
    import pairwright

    page = reference.api_page()
    for each in pairwright.__all__:
        assert re.search(rf"^::: pairwright\.[\w.]*\.{each}$", page, re.MULTILINE), each
        assert reference.where(each).count(".") >= 2


def test_the_python_page_has_what_methods_of_a_project_give_back():
    for path in reference.RESULTS:
        module, _, name_of = path.rpartition(".")
        assert getattr(import_module(module), name_of).__doc__, path


# --- pictures and notebooks are what their scripts make


def test_pictures_are_fresh():
    import pictures

    for each, draw in pictures.PICTURES.items():
        kept = (DOCS / "pictures" / f"{each}.svg").read_text(encoding="utf-8")
        assert kept == draw().svg(), f"{each}.svg: run `python tools/pictures.py`"


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_a_notebook_has_the_cells_of_its_script_small_outputs_and_no_paths_of_a_machine(path):
    import notebook

    text = path.with_suffix(".ipynb").read_text(encoding="utf-8")
    kept = json.loads(text)["cells"]
    for cell, wanted in zip(kept, notebook.cells(path.read_text(encoding="utf-8")), strict=True):
        assert "".join(cell["source"]) == "".join(wanted["source"]), "run `make notebook`"
    assert sum(bool(cell.get("outputs")) for cell in kept) >= 5
    assert len(text) < 60_000
    assert not re.search(r"/(?:tmp|home|root|Users|var)/", text)
