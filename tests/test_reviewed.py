"""Faults that people trying Pairwright found, each as what should happen instead."""

import json

import pytest
from projects import JUDGE, a_project, add_pairs, add_rows, rows

from pairwright.judging.logprobs import prob_first
from pairwright.models.loopback import LoopbackServer
from pairwright.quality.refusals import looks_like_refusal
from pairwright.stages.add.add import add_files
from pairwright.stages.generate.generate import run_generate
from pairwright.stages.judge.judge import run_judge
from pairwright.store.figures import totals


def test_a_log_probability_over_zero_tells_nothing_and_is_no_crash():
    assert prob_first({"A": 1000.0, "B": -3.0}) is None


@pytest.mark.parametrize(
    ("text", "rows_there"),
    [('[{"prompt":"a1"},{"prompt":"a2"},', 0), ('[{"prompt":"a1"}] trailing', 0), ('[{"prompt":"a1"}]', 1)],
)
def test_an_array_that_is_cut_or_goes_on_after_its_end_is_not_taken_as_whole(tmp_path, text, rows_there):
    project = a_project(tmp_path, settings="")
    path = tmp_path / "a.json"
    path.write_text(text)
    add_files(project.store, [path])
    assert len(rows(project, "prompt")) == rows_there


def test_the_system_message_a_response_was_drawn_under_is_kept_with_it(tmp_path):
    settings = '\n[generate]\nmodels = ["small"]\nresponses_per_prompt = 2\n'
    with LoopbackServer() as server:
        project = a_project(tmp_path, server, settings)
        path = project.root / "pairwright.toml"
        path.write_text(
            path.read_text().replace('model = "small"', 'model = "small"\nsystem = "Be brief."', 1)
        )
        project = type(project).open(project.root)
        add_rows(project, [{"prompt": "Q?"}])
        run_generate(project)
        assert {row.params["system"] for row in rows(project, "response")} == {"Be brief."}
        project.close()


def test_lengths_are_in_bytes_whatever_the_script(tmp_path):
    project = a_project(tmp_path, settings="")
    add_rows(project, [{"prompt": "q", "response_a": "雨" * 100, "response_b": "雪" * 100}])
    with project.store.read() as connection:
        assert totals.mean_bytes(connection)[1] == 300


def test_a_router_that_has_nobody_for_a_schema_is_asked_more_plainly(tmp_path):
    from aiohttp import web

    def reply(body, _n):
        if "response_format" in body or "logprobs" in body:
            raise web.HTTPNotFound(text='{"error": {"message": "No endpoints found that support this"}}')
        return json.dumps({"verdict": "A", "confidence": "HIGH", "reason": "x"})

    with LoopbackServer(reply=reply) as server:
        project = a_project(tmp_path, server, JUDGE)
        add_pairs(project, 1)
        assert run_judge(project, "main").votes == 2


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("I can't help but admire this question! The answer is 4.", False),
        ("I cannot give a better answer than Euler: it is e.", False),
        ("I'm sorry, but I cannot do this.", True),
        ("I cannot help with that.", True),
    ],
)
def test_a_refusal_is_one_that_declines(text, refusal):
    assert looks_like_refusal(text) == refusal


def test_plugins_that_break_are_named_not_recorded_as_missing(tmp_path, monkeypatch):
    from pairwright.errors import ConfigError
    from pairwright.judging import doubles

    def broken(self, prompt, a, b):
        return {}["bug"]

    monkeypatch.setattr(doubles.PrefersShorter, "compare", broken)
    project = a_project(tmp_path, settings='[judges.mine]\nkind = "shorter"\n')
    add_pairs(project, 1)
    with pytest.raises(ConfigError, match="judge mine, pair .* KeyError"):
        run_judge(project, "mine")
    assert rows(project, "failure") == []


def test_a_text_won_and_lost_under_other_white_space_contradicts_itself(tmp_path):
    from pairwright.stages.export.export import export
    from pairwright.stages.people.import_labels import import_labels

    project = a_project(tmp_path, settings="")
    add_rows(
        project,
        [
            {"id": "1", "prompt": "q", "response_a": "yes", "response_b": "no"},
            {"id": "2", "prompt": "q", "response_a": "yes\n", "response_b": "maybe"},
        ],
    )
    labels = project.root / "labels.jsonl"
    said = [{"id": "1", "annotator": "x", "label": "B"}, {"id": "2", "annotator": "x", "label": "A"}]
    labels.write_text("\n".join(map(json.dumps, said)))
    import_labels(project, [labels])
    export(project.store, project.root / "kto.jsonl", shape="kto", split_pairs=True)
    texts = [
        json.loads(line)["completion"][0]["content"]
        for line in (project.root / "kto.jsonl").read_text().splitlines()
    ]
    assert sorted(texts) == ["maybe", "no"]
