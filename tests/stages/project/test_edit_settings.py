"""One value changed in a project file that a person wrote: all else stays as it is."""

import tomllib
from importlib.resources import files

import pytest

from pairwright.errors import ConfigError, InputError
from pairwright.stages.project.edit_settings import set_value, with_value

TEMPLATE = files("pairwright.stages.project").joinpath("template.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("key", "value"), [("overlap", 2), ("gold_rate", 0.05), ("assist", "off")])
def test_in_a_new_project_the_line_that_shows_the_default_becomes_the_value(key, value):
    changed = with_value(TEMPLATE, "annotate", key, value)
    assert tomllib.loads(changed)["annotate"] == {key: value}
    before, after = TEMPLATE.splitlines(), changed.splitlines()
    assert len(before) == len(after)
    ((old, new),) = [each for each in zip(before, after, strict=True) if each[0] != each[1]]
    assert old.partition("   # ")[2] == new.partition("   # ")[2], "its comment stays"


def test_a_value_changes_where_it_stands_and_comments_and_order_stay():
    text = '# mine\n[annotate]\nassist = "off"   # for now\noverlap=1# few\n# overlap = 9\n\n[label]\n'
    assert with_value(text, "annotate", "overlap", 3) == text.replace("overlap=1# few", "overlap = 3  # few")
    assert with_value(text, "annotate", "assist", "before").splitlines()[2] == 'assist = "before"  # for now'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[route]\ntarget = 0.8",
        "[annotate]",
        "[annotate]\r\ncriteria = ['a']\r\n[label]\r\n",
        "[annotate] # people\n[check]\nskip = [\n  'secrets',\n]\n",
    ],
    ids=["empty", "no table", "no line end", "CRLF", "empty table"],
)
def test_a_value_that_stands_nowhere_is_added_to_its_table(text):
    changed = with_value(text, "annotate", "overlap", 2)
    read = tomllib.loads(text)
    assert tomllib.loads(changed) == {**read, "annotate": {**read.get("annotate", {}), "overlap": 2}}
    assert changed.count("\r\n") == (changed.count("\n") if "\r\n" in text else 0)


@pytest.mark.parametrize(
    "text",
    [
        "annotate = { overlap = 1 }\n",
        "annotate.overlap = 1\n",
        'text = """\n[annotate]\noverlap = 1\n"""\n',
        '[annotate]\n"overlap" = 1\n',
    ],
    ids=["inline table", "dotted key", "looks like it", "quoted key"],
)
def test_a_file_that_is_not_understood_is_refused_and_not_spoiled(text):
    with pytest.raises(ConfigError, match=r"Write overlap = 2 under \[annotate\] yourself"):
        with_value(text, "annotate", "overlap", 2)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(tmp_path):
    path = tmp_path / "pairwright.toml"
    path.write_text("[annotate]\noverlap = 3\n")
    with pytest.raises(InputError, match="overlap was changed meanwhile: it is 3, and was 1"):
        set_value(path, "annotate", "overlap", 2, seen=1)
    assert path.read_text() == "[annotate]\noverlap = 3\n"
    assert set_value(path, "annotate", "overlap", 2, seen=3).annotate.overlap == 2


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    path = tmp_path / "pairwright.toml"
    path.write_text("")
    (tmp_path / ".pairwright.toml.lock").mkdir()
    with pytest.raises(ConfigError, match=r"can't be written: .*Nothing was changed"):
        set_value(path, "annotate", "overlap", 2, seen=1)
