"""`pairwright.toml`: every mistake is named with its line and the way out."""

import tomllib
from importlib.resources import files

import pytest

from pairwright.errors import ConfigError
from pairwright.stages.project.settings import read_settings

GOOD = """\
[endpoints.local]
url = "http://localhost:8000/v1"

[models.small]
endpoint = "local"
model = "qwen"

[generate]
models = ["small"]

[judges.main]
model = "small"
"""


def read(tmp_path, text):
    path = tmp_path / "pairwright.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path)


def test_a_good_file_is_read_with_defaults(tmp_path):
    settings = read(tmp_path, GOOD)
    assert settings.generate.responses_per_prompt == 4
    assert settings.models["small"].temperature == 1.0
    assert settings.models["small"].max_tokens == 1024
    assert settings.judges["main"].single_order is False


def test_the_template_is_a_valid_file_as_it_is(tmp_path):
    template = files("pairwright.stages.project").joinpath("template.toml").read_text()
    assert read(tmp_path, template).generate.models == []


def test_every_key_the_template_shows_exists(tmp_path):
    """Take away the comment signs of settings: the file must still be read."""
    template = files("pairwright.stages.project").joinpath("template.toml").read_text()
    lines = [
        line[2:] if line.startswith("# ") and ("=" in line or line.startswith("# [")) else line
        for line in template.splitlines()
        if not line.startswith("# --- ") and not line.startswith("#     ")
    ]
    text = "\n".join(line for line in lines if not line.startswith(("Lines that", "Keys come", "Pairwright")))
    assert set(tomllib.loads(text)) == {
        "project", "endpoints", "models", "generate", "pair", "judges", "route", "annotate", "label", "check",
        "rewards", "export",
    }  # fmt: skip
    read(tmp_path, text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[generate]", "[generate]\nrespones_per_prompt = 2"), r'pairwright.toml:9: unknown key "respones_per_prompt" in \[generate\] - did you mean "responses_per_prompt"\?'),
        (("[generate]", "[generrate]"), r'unknown key "generrate" in the file - did you mean "generate"\?'),
        (('model = "qwen"', 'model = "qwen"\ntemprature = 1'), r'pairwright.toml:7: unknown key "temprature" in \[models.small\] - did you mean "temperature"'),
        (('models = ["small"]', 'models = ["smal"]'), r'\[generate\] models names "smal".*did you mean "small"'),
        (('endpoint = "local"', 'endpoint = "remote"'), r'\[models.small\] endpoint names "remote", which is not in \[endpoints.NAME\]'),
        (("http://localhost:8000/v1", "localhost:8000"), r'pairwright.toml:2: \[endpoints.local\] url: .*"localhost:8000"'),
        (('model = "qwen"', 'model = "qwen"\ntemperature = 9'), r"\[models.small\] temperature: .*less than or equal to 2, got 9"),
        (('[judges.main]\nmodel = "small"', "[judges.main]\nsingle_order = true"), r"\[judges.main\] of kind \"chat\" needs model"),
        (("[generate]", '[pair]\npolicy = "best"\n[generate]'), r'pairwright.toml:9: \[pair\] policy "best" is not one of all, random, reference'),
        (("http://localhost:8000/v1\"", "http://localhost:8000/v1\"\nalso = [{ ulr = \"http://b/v1\" }]"), r'unknown key "ulr" in \[endpoints.local.also.0\] - did you mean "url"\?'),
        (("http://localhost:8000/v1\"", "http://localhost:8000/v1\"\nalso = [{ url = \"http://localhost:8000/v1\" }]"), "names .http://localhost:8000/v1. twice"),
        (("[generate]", "[generate"), "is not valid TOML"),
    ],
    ids=lambda value: value[1][:40] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_mistakes_are_named(tmp_path, change, said):
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, GOOD.replace(*change))


def test_all_mistakes_are_named_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, GOOD + "x = 1\n[pair]\nk = 0\n")
    assert len(str(caught.value).splitlines()) == 2


def test_a_table_that_stands_twice_says_to_write_into_the_first(tmp_path):
    with pytest.raises(ConfigError, match=r"twice.*write into the one that is there"):
        read(tmp_path, '[route]\ntarget = 0.9\n[route]\naccept = "stated"\n')


@pytest.mark.parametrize(
    ("thinks", "own", "room"), [("false", "", 300), ("true", "", 4096), ("true", "max_tokens = 900", 900)]
)
def test_a_judge_whose_model_thinks_has_room_for_it(tmp_path, thinks, own, room):
    path = tmp_path / "pairwright.toml"
    path.write_text(
        '[endpoints.e]\nurl = "http://localhost/v1"\n'
        f'[models.m]\nendpoint = "e"\nmodel = "m"\nthinks = {thinks}\n'
        f'[judges.j]\nmodel = "m"\n{own}\n'
    )
    assert read_settings(path).judges["j"].max_tokens == room
