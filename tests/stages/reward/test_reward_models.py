"""Whose opinion verifies labels: kept models and embeddings belong to these labels, a judge is no witness for itself."""

import json
import os

import numpy as np
import pytest
from made_up import GOOD, comparisons
from projects import a_project, add_rows, change
from stages.check.test_check import kept, label
from stages.verify.test_verify import N, a_project_of

from pairwright.cli.main import run
from pairwright.errors import InputError
from pairwright.reward.full import CARD
from pairwright.stages.check.act_on_findings import settle
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.figures.status import status_of
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.gold import import_gold
from pairwright.stages.reward import reward_models as opinions
from pairwright.stages.reward.kept_folds import NEWEST, kept_folds
from pairwright.stages.reward.labelled_pairs import read_labelled
from pairwright.stages.reward.reward_models import opinion_of, own_judges
from pairwright.stages.route.route import run_route
from pairwright.stages.verify.verify import run_verify
from pairwright.store.check.findings import last_detail
from pairwright.store.people.tasks import next_tasks, waiting
from pairwright.store.verify.verifications import newest_verification, resting_on


class Told:
    """A reward model that was told which texts are good, and is kept as a folder: what training takes hours for."""

    trained = 0

    def __init__(self, good, **_):
        self.good = frozenset(good)

    @classmethod
    def train(cls, pairs, rows, recipe, *, seed=0, progress=None):
        cls.trained += 1
        return cls(pairs.chosen[i] for i in rows)

    def scores(self, prompts, responses):
        return np.array(
            [9.0 * (each in self.good) + sum(map(each.split().count, GOOD)) for each in responses]
        )

    def margins(self, pairs, rows):
        return self.scores(rows, [pairs.chosen[i] for i in rows]) - self.scores(
            rows, [pairs.rejected[i] for i in rows]
        )

    def save(self, folder, card):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(sorted(self.good)))
        (folder / CARD).write_text(json.dumps(dict(card)))

    @classmethod
    def load(cls, folder, **_):
        return cls(json.loads((folder / "config.json").read_text()))


@pytest.fixture
def full(tmp_path, monkeypatch):
    """A project with a model that is trained here."""
    monkeypatch.setattr(opinions, "train_full", Told.train)
    monkeypatch.setattr(opinions, "FullModel", Told)
    monkeypatch.setattr(Told, "trained", 0)
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    project, _ = a_project_of(tmp_path, flips=0.1)
    return change(project, f'[rewards.full]\nbase = "{base}"\n')


def the_model(project):
    return opinion_of(project, read_labelled(project), "full", folds=5, repeats=1).model


def test_a_kept_model_votes_only_if_it_was_trained_on_these_labels(full):
    run_verify(full, model="full", repeats=1)
    first = the_model(full)
    finding = kept(full, checks=["reward_model"])[0]
    settle(full, "flip", [finding.id], by="lea")
    assert the_model(full).good != first.good
    settle(full, "undo", [finding.id], by="lea")
    assert the_model(full).good == first.good
    trained = Told.trained
    run_verify(full, model="full", repeats=1)
    assert Told.trained == trained
    card = json.loads((full.root / "reward-full" / CARD).read_text())
    assert card["pairs"] == N
    assert card["held_out"]["agreement"]["n"] == N


def test_a_run_that_died_while_it_wrote_its_model_leaves_none_that_passes_for_another(full, monkeypatch):
    first = the_model(full)
    finding_labels = {f"p{i}": "B" for i in range(5)}
    label(full, finding_labels)
    written = Told.save

    def dies(self, folder, card):
        (folder / "config.json").write_text(json.dumps(sorted(self.good)))
        raise KeyboardInterrupt

    monkeypatch.setattr(Told, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        the_model(full)
    monkeypatch.setattr(Told, "save", written)
    label(full, dict.fromkeys(finding_labels, "A"))
    assert the_model(full).good == first.good


def test_labels_too_few_for_a_curve_are_told_before_hours_of_training(full, tmp_path):
    (tmp_path / "small").mkdir()
    project, _ = a_project_of(tmp_path / "small", n=100)
    project = change(project, f'[rewards.full]\nbase = "{full.settings.rewards["full"].base}"\n')
    with pytest.raises(InputError, match="too few for a learning curve"):
        run_verify(project, model="full", curve=True)
    assert Told.trained == 0


def test_another_model_at_the_same_path_is_trained_anew(full, tmp_path):
    the_model(full)
    trained = Told.trained
    the_model(full)
    assert Told.trained == trained
    (tmp_path / "base" / "config.json").write_text('{"hidden_size": 8}')
    the_model(full)
    assert Told.trained == trained + 6


def test_embeddings_are_of_what_the_function_does_now(tmp_path):
    project, _ = a_project_of(tmp_path, flips=0.1)
    code = "def embed(texts):\n    return [[t.count('{}'), 0] for t in texts]\n"
    (project.root / "vectors.py").write_text(code.format("clear"))
    project = change(project, '[rewards.mine]\nembed = "vectors.py:embed"\n')

    def vectors():
        formed = opinion_of(project, read_labelled(project), "mine", folds=5, repeats=1)
        return formed, formed.labelled.pairs.vectors[0][:, 0]

    _, clear = vectors()
    (project.root / "vectors.py").write_text(code.format("vague"))
    formed, vague = vectors()
    texts = formed.labelled.pairs.chosen
    assert clear.tolist() == [text.count("clear") for text in texts]
    assert vague.tolist() == [text.count("vague") for text in texts]


def test_a_function_that_begins_to_give_other_vectors_is_told(tmp_path):
    project, _ = a_project_of(tmp_path, flips=0.1)
    size = tmp_path / "size"
    size.write_text("2")
    (project.root / "vectors.py").write_text(
        f"from pathlib import Path\n\ndef embed(texts):\n    return [[1.0] * int(Path({str(size)!r}).read_text()) for t in texts]\n"
    )
    project = change(project, '[rewards.mine]\nembed = "vectors.py:embed"\n')
    model = opinion_of(project, read_labelled(project), "mine", folds=5, repeats=1).model
    size.write_text("3")
    with pytest.raises(InputError, match="gave 3 numbers a text, and 2 before.*delete"):
        model.scores(["q"], ["clear"])


def test_only_the_newest_of_what_was_kept_stays(tmp_path):
    keys = [bytes([i]) * 16 for i in range(NEWEST + 3)]
    for i, key in enumerate(keys):
        folder = kept_folds(tmp_path, key).folder
        os.utime(folder, (i, i))
    (folder.parent / "mine").mkdir()  # somebody's own
    os.utime(tmp_path / "reward-folds" / keys[3].hex(), (99, 99))
    kept_folds(tmp_path, keys[-1]).save("fold-0-0", np.zeros(3))
    left = {each.name for each in folder.parent.iterdir()}
    assert left == {"mine", *(each.hex() for each in keys[-NEWEST:])}


# --- a judge's scores -----------------------------------------------------------------------------


SCORER = """import json, pathlib
good = set(json.loads((pathlib.Path(__file__).parent / "good.json").read_text()))

def score(prompt, response):
    return 5.0 * (response in good) + len(response) / 100
"""


def scored(tmp_path, decided):
    """A project in which rm, right in 95 %, labels what people certified it for; a lead decided some pairs."""
    project = a_project(tmp_path, settings="\n[route]\ntarget = 0.8\n")
    pairs, wrong = comparisons(N)[0], np.random.default_rng(0).random(N) < 0.05
    rows = [
        {"id": f"p{i}", "prompt": f"What about {p} and {i}?", "response_a": c, "response_b": r}
        for i, (p, c, r) in enumerate(zip(pairs.prompts, pairs.chosen, pairs.rejected, strict=True))
    ]
    add_rows(project, rows)
    good = [row["response_b" if wrong[i] else "response_a"] for i, row in enumerate(rows)]
    (project.root / "good.json").write_text(json.dumps(good))
    (project.root / "rm.py").write_text(SCORER)
    project = change(
        project, '[judges.rm]\nkind = "scorer"\nscore = "rm.py:score"\n[rewards.remote]\njudge = "rm"\n'
    )
    run_judge(project, "rm")
    run_route(project)
    with project.store.read() as connection:
        drawn = [task.external_id for task in next_tasks(connection, 0, waiting(connection))]
    label(project, dict.fromkeys(drawn, "A"))
    gold = tmp_path / "gold.csv"
    gold.write_text("id,label\n" + "".join(f"p{i},A\n" for i in range(decided)))
    assert not import_gold(project, [gold]).bad_rows
    run_route(project)
    return project


def test_a_judge_does_not_verify_labels_that_rest_on_its_own_votes(tmp_path, capsys):
    project = scored(tmp_path, decided=120)
    own = status_of(project).accepted_from_judges
    assert own > 50
    labels = len(read_labelled(project).examples)
    result = run_verify(project, model="remote", repeats=1)
    # What people said is theirs, though its probability stands on the judge's forecast.
    assert (result.pairs, result.own, result.kind, result.judge) == (labels - own, own, "judge", "rm")
    assert run(["-C", str(project.root), "verify", "--model", "remote", "--repeats", "1"]) == 0
    told = capsys.readouterr()
    assert "each by the scores that judge rm gave" in told.out.replace("\n", " ")
    assert f"{own} more labels rest on judge rm's own votes" in told.err.replace("\n", " ")
    page = page_of(numbers_of(project))
    assert "judged by the scores that judge rm gave" in page
    assert f"{own} labels rest on the votes of judge rm" in page
    assert "never saw" not in page


def test_what_a_judge_forecast_is_not_heard_twice_where_a_label_is_softened(tmp_path):
    project = scored(tmp_path, decided=120)
    run_verify(project, model="remote", repeats=1)
    with project.store.read() as connection:
        own = resting_on(connection, ["rm"])
    finding = next(each for each in kept(project, checks=["reward_model"]) if each.pair_id in own)
    settle(project, "soften", [finding.id], by="lea")
    with project.store.read() as connection:
        known = (newest_verification(connection) or {})["label_accuracy"]
        detail = last_detail(connection, finding.id)
    assert detail["before"] == (known["value"] if known else 0.9)


def test_a_model_that_votes_does_not_verify_what_it_voted_for(tmp_path, monkeypatch):
    project, _ = a_project_of(tmp_path, flips=0.1)
    project = change(project, (
        '[judges.lj]\nkind = "light"\n[judges.other]\nkind = "reward"\nreward = "public"\n'
        '[rewards.public]\nbase = "somebody/rm"\ntrained = true\n'
    ))  # fmt: skip
    assert (own_judges(project, "light"), own_judges(project, "public")) == (["lj"], ["other"])
    numbers = read_labelled(project).numbers
    theirs = {numbers[each.id] for each in read_labelled(project).examples[:50]}
    asked = []

    def resting(_connection, judges, *, verdicts):
        asked.append((list(judges), verdicts))
        return theirs

    monkeypatch.setattr(opinions, "resting_on", resting)
    result = run_verify(project, repeats=1)
    assert (result.pairs, result.own, result.judge) == (N - 50, 50, "lj")
    assert asked == [(["lj"], True)]
    theirs |= set(numbers.values())
    with pytest.raises(InputError, match=r"all 300 labels rest on the votes of lj, so it can't verify them"):
        run_verify(project, repeats=1)


def test_what_doubts_a_label_is_called_what_it_is(tmp_path):
    project, _ = a_project_of(tmp_path, flips=0.1)
    (project.root / "rm.py").write_text(
        f"def score(prompt, response):\n    return float(sum(map(response.split().count, {GOOD})))\n"
    )
    project = change(
        project, '[judges.rm]\nkind = "scorer"\nscore = "rm.py:score"\n[rewards.remote]\njudge = "rm"\n'
    )
    run_judge(project, "rm")
    assert run_verify(project, model="remote", repeats=1).own == 0  # people alone decided
    reason = kept(project, checks=["reward_model"])[0].reason
    assert reason.startswith("the scores of judge rm give the chosen response")


def test_a_published_model_is_not_said_to_have_seen_nothing(full, monkeypatch, capsys):
    monkeypatch.setattr(Told, "load", lambda *_, **__: Told(read_labelled(full).pairs.chosen[:200]))
    full = change(full, '[rewards.public]\nbase = "somebody/rm"\ntrained = true\n')
    assert run(["-C", str(full.root), "verify", "--model", "public", "--repeats", "1"]) == 0
    assert "what it was trained on is not known" in capsys.readouterr().out.replace("\n", " ")
    page = page_of(numbers_of(full))
    assert "judged by public, a published reward model: what it was trained on is not known" in page
    assert "never saw" not in page
