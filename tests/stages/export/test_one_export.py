"""One export: whichever way it is asked for, the same rows, the same default and the same keys."""

from __future__ import annotations

import json
from itertools import product

import pytest
from projects import a_project, add_pairs, change, rows

from pairwright.cli.main import run
from pairwright.formats.catalog import formats
from pairwright.formats.trl import SHAPES, STYLES
from pairwright.stages.export.export import export, format_of
from pairwright.stages.export.from_project import export_path
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.run import run_all

WRITTEN = [name for name, each in formats().items() if each.writes]


@pytest.fixture
def project(tmp_path):
    """Eight pairs people decided; of two both answers are good, of one both are bad."""
    project = a_project(tmp_path, settings="")
    add_pairs(project, 8)
    said = ["A", "B", "A", "TIE", "BOTH_GOOD", "BOTH_GOOD", "BOTH_BAD", "B"]
    labels = [{"id": f"pair-{i}", "annotator": "ann", "label": label} for i, label in enumerate(said)]
    path = project.root / "labels.jsonl"
    path.write_text("\n".join(map(json.dumps, labels)))
    assert import_labels(project, [path]).votes == 8
    return project


def told(project, capsys, *options):
    capsys.readouterr()
    assert run(["-C", str(project.root), "export", *options, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def lines(path) -> list[str]:
    return sorted(path.read_text().splitlines())


@pytest.mark.parametrize(("shape", "style"), product(SHAPES, STYLES))
@pytest.mark.parametrize("split", [(), ("--split-pairs",)])
def test_a_shape_is_the_format_of_its_name(project, tmp_path, capsys, shape, style, split):
    name, one, two = format_of(shape, style), tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    by_shape = told(project, capsys, "--shape", shape, "--style", style, "-o", str(one), *split)
    by_name = told(project, capsys, "--to", name, "-o", str(two), *split)
    assert one.read_bytes() == two.read_bytes()
    assert by_shape["rows"] == by_name["rows"] > 0
    assert by_shape.keys() == by_name.keys()
    library = export(
        project.store, tmp_path / "three.jsonl", shape=shape, style=style, split_pairs=bool(split)
    )
    assert (tmp_path / "three.jsonl").read_bytes() == one.read_bytes()
    assert library.as_dict().keys() == by_shape.keys()


@pytest.mark.parametrize("shape", ["kto", "unpaired"])
def test_run_export_and_the_library_call_good_what_was_called_good(project, capsys, shape):
    change(project, f'\n[export]\nshapes = ["dpo", "{shape}"]\n')
    ran = run_all(project_again(project))
    (done,) = [each for each in ran.exports if each.target == format_of(shape, "conversational")]
    path = export_path(project, shape)
    by_run = lines(path)
    assert (done.rows, done.labels, done.naive) == (6, {"good": 4, "bad": 2}, False)
    assert told(project, capsys, "--shape", shape)["label_balance"] == {"good": 4, "bad": 2}
    assert lines(path) == by_run


def project_again(project):
    return change(project, "")


def test_winners_are_good_only_where_that_is_asked_for(project, capsys):
    assert told(project, capsys, "--shape", "kto")["rows"] == 6
    split = told(project, capsys, "--shape", "kto", "--split-pairs")
    assert (split["rows"], split["naive_labels"]) == (14, True)
    project = change(project, "\n[export]\nsplit_pairs = true\n")
    assert told(project, capsys, "--shape", "kto")["rows"] == 14
    assert told(project, capsys, "--to", "trl-kto")["rows"] == 14
    assert run_all(project).exports[-1].rows == 14


def test_a_run_whose_pairs_say_nothing_of_a_response_says_so_and_goes_on(tmp_path):
    project = a_project(tmp_path, settings="")
    add_pairs(project, 3)
    path = project.root / "labels.jsonl"
    path.write_text(
        "\n".join(json.dumps({"id": f"pair-{i}", "annotator": "ann", "label": "A"}) for i in range(3))
    )
    import_labels(project, [path])
    ran = run_all(project)
    assert [each.target for each in ran.exports] == ["trl-dpo"]
    (note,) = [each for each in ran.notes if "trl-kto" in each]
    assert "[export] split_pairs = true" in note
    assert len(rows(project, "belief")) == 3


@pytest.mark.parametrize("name", WRITTEN)
def test_the_keys_of_the_result_are_the_same_for_every_format(project, tmp_path, capsys, name):
    usual = told(project, capsys).keys()
    target = formats()[name].writes
    out = tmp_path / f"out{target.endings[0]}"
    more = ("--split-pairs",) if target.takes == "responses" else ()
    capsys.readouterr()
    code = run(["-C", str(project.root), "export", "--to", name, "-o", str(out), *more, "--json"])
    said = json.loads(capsys.readouterr().out)
    if code == 0:
        assert said.keys() == usual
        assert sum(said["by_source"].values()) == said["rows"]
    else:  # these labels have no probability, and this format wants margins
        assert "no margin" in said["error"]["message"]


@pytest.mark.parametrize(
    "options", [(), ("--split", "0.5,0.5"), ("--shard", "2"), ("--source", "people"), ("--per-prompt", "1")]
)
def test_options_add_no_key_and_take_none(project, capsys, options):
    assert told(project, capsys, *options).keys() == told(project, capsys).keys()
