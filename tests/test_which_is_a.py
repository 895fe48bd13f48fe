"""Which of two responses is called A says nothing: every statistic on verdicts is the same when some pairs swap.

A new statistic on verdicts belongs into STATISTICS; what a project reports is compared whole.
"""

import json
from dataclasses import asdict, dataclass, is_dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from projects import a_project, add_rows
from recorded import noisy_judges

from pairwright.routing.forecast import best_label, cross_fit
from pairwright.routing.judge_accuracy import judges_worth
from pairwright.routing.judge_subset import fewer_judges
from pairwright.stages.figures.report import numbers_of
from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people.import_labels import import_labels
from pairwright.stages.route.label import run_label
from pairwright.stages.route.route import run_route
from pairwright.stats import annotators, copying
from pairwright.stats.agreement import SIDES, answer_counts, krippendorff_alpha, pairwise_agreement
from pairwright.stats.bradley_terry import bradley_terry
from pairwright.stats.combine import METHODS, PeopleVotes, combine
from pairwright.stats.dawid_skene import dawid_skene
from pairwright.stats.kappa import cohen_kappa, fleiss_kappa
from pairwright.stats.raters import VoteTable, rater_figures

N, PEOPLE, MODELS = 200, 5, 3
TURNED = np.array(SIDES)


@dataclass
class World:
    """Answers of people and judges on pairs of models' responses, all columns."""

    item: np.ndarray
    rater: np.ndarray
    said: np.ndarray
    order: np.ndarray
    strength: np.ndarray
    models: np.ndarray  # (N, 2): who wrote a and b
    gap: np.ndarray
    gold: np.ndarray
    ballots: object

    @classmethod
    def made(cls, seed, first=0.85):
        """People mostly right, the better one mostly a; one in ten a tie; judges with a position bias."""
        rng = np.random.default_rng(seed)
        models = np.array([rng.permutation(MODELS)[:2] for _ in range(N)])
        truth = rng.choice(3, N, p=[0.9 * first, 0.9 * (1 - first), 0.1])
        item = np.tile(np.arange(N), PEOPLE)
        rater = np.repeat(np.arange(PEOPLE), N)
        right = rng.random(N * PEOPLE) < np.repeat(rng.uniform(0.7, 0.9, PEOPLE), N)
        said = np.where(right, truth[item], rng.integers(3, size=N * PEOPLE))
        copied = rater == 1
        said = np.where(copied, np.tile(said[:N], PEOPLE), said)
        fond = (rater == 2) & (rng.random(N * PEOPLE) < 0.7)  # of what model 0 writes
        said = np.where(fond & (models[item] == 0).any(1), np.where(models[item, 0] == 0, 0, 1), said)
        kept = (rng.random(N * PEOPLE) < 0.8) | (rater == 0)
        strength = np.where(said == 2, 0, np.where(said == 0, -1, 1) * rng.integers(1, 4, N * PEOPLE))
        ballots, _ = noisy_judges(N, {"one": 0.8, "two": 0.7}, seed)
        ballots = replace(
            ballots,
            verdict=np.where(rng.random(len(ballots.row)) < 0.1, 0.0, ballots.verdict),
            prob_a=rng.random(len(ballots.row)),
            margin=rng.normal(size=len(ballots.row)),
            length_gap=rng.normal(size=N),
        )
        order = rng.choice([-1, 1], N * PEOPLE)
        gold = np.where(np.arange(N) < 4, truth, -1)
        return cls(item[kept], rater[kept], said[kept], order[kept], strength[kept], models,
                   ballots.length_gap, gold, ballots)  # fmt: skip

    def swapped(self, these):
        """The same world, with a and b of these pairs exchanged: what was shown where stays."""
        mine, judged = these[self.item], these[self.ballots.row]

        def sign(values, at):
            return np.where(at, -values, values)

        ballots = replace(
            self.ballots,
            order=sign(self.ballots.order, judged),
            verdict=sign(self.ballots.verdict, judged),
            margin=sign(self.ballots.margin, judged),
            prob_a=np.where(judged, 1 - self.ballots.prob_a, self.ballots.prob_a),
            length_gap=sign(self.gap, these),
        )
        return World(
            self.item,
            self.rater,
            np.where(mine, TURNED[self.said], self.said),
            sign(self.order, mine),
            sign(self.strength, mine),
            np.where(these[:, None], self.models[:, ::-1], self.models),
            sign(self.gap, these),
            np.where(these & (self.gold >= 0), TURNED[self.gold], self.gold),
            ballots,
        )

    @property
    def counts(self):
        return answer_counts(self.item, self.said, 3)

    @property
    def labels(self):
        counts = self.counts * (np.arange(N) % 2 == 0)[:, None]
        return counts / np.maximum(counts.sum(1, keepdims=True), 1)

    def votes(self):
        forecast = np.full((N, 3), 1 / 3)
        return PeopleVotes(self.item, self.rater, self.said, N, PEOPLE, self.gold, forecast)

    def columns(self):
        seconds = np.full(len(self.item), 30.0)
        return VoteTable(
            self.item, self.rater, self.said, self.order, self.gap[self.item], seconds, self.gold[self.item]
        )


def two_people(world):
    answers = [
        dict(zip(world.item[at], world.said[at], strict=True)) for at in (world.rater == 0, world.rater == 1)
    ]
    shared = sorted(answers[0].keys() & answers[1].keys())
    return (np.array([each[i] for i in shared]) for each in answers)


def reference(world):
    return annotators.references(world.item, world.said, world.gold[world.item])


def choices(world, at):
    return [(*map(str, world.models[i]), v) for i, v in zip(world.item[at], world.said[at], strict=True)]


def strengths(world):
    lost = world.said == 1
    models = world.models[world.item]
    sides = np.where(lost, models[:, 1], models[:, 0]), np.where(lost, models[:, 0], models[:, 1])
    return bradley_terry(*sides, world.said == 2, MODELS, groups=world.item)


def fitted(world):
    found = dawid_skene(world.item, world.rater, world.said, N, PEOPLE, mirror=SIDES)
    return found.confusion, found.share


def forecast(world):
    """The confidence of a forecast and whether it is a side."""
    verdict, sure = best_label(cross_fit(world.ballots, world.labels, np.arange(N)).probs)
    return sure, verdict == 2


STATISTICS = {
    "alpha": lambda w: krippendorff_alpha(w.counts, mirror=SIDES),
    "alpha of strength": lambda w: [
        krippendorff_alpha(answer_counts(w.item, w.strength + 3, 7), metric, mirror=range(6, -1, -1))
        for metric in ("ordinal", "interval")
    ],
    "fleiss": lambda w: fleiss_kappa(w.counts, mirror=SIDES),
    "cohen": lambda w: cohen_kappa(*two_people(w), mirror=SIDES),
    "agreement": lambda w: pairwise_agreement(w.counts),
    "dawid-skene": fitted,
    **{
        f"people by {method}": lambda w, method=method: combine(w.votes(), method).confusion
        for method in METHODS
    },
    "figures of people": lambda w: rater_figures(w.columns(), 5.0),
    "confusion": lambda w: annotators.confusion(reference(w), w.said),
    "over time": lambda w: annotators.over_time((w.said == reference(w))[reference(w) >= 0].astype(float)),
    "taste in models": lambda w: annotators.model_bias(choices(w, w.rater == 2), choices(w, w.rater != 2)),
    "copying": lambda w: copying.too_alike(w.item, w.rater, w.said),
    "worth of judges": lambda w: judges_worth(w.ballots, w.labels),
    "fewer judges": lambda w: fewer_judges(w.ballots, w.labels, np.arange(N)),
    "forecast": forecast,
    "bradley-terry": strengths,
}


FINDINGS = ("taste in models", "copying")  # which may find nothing


def numbers(value):
    """Everything that can be compared in a result, flat."""
    if is_dataclass(value):
        value = asdict(value)
    if isinstance(value, dict):
        value = [each for _, each in sorted(value.items(), key=lambda each: str(each[0]))]
    if isinstance(value, np.ndarray):
        value = value.ravel().tolist()
    if isinstance(value, list | tuple):
        return [each for part in value for each in numbers(part)]
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return [value]
    return [] if value > 1e8 else [float(value)]  # a moment: the two were not made at once


def same(one, other):
    assert len(one) == len(other)
    for here, there in zip(one, other, strict=True):
        if isinstance(here, float):
            assert there == pytest.approx(here, abs=1e-5, nan_ok=True)
        else:
            assert here == there


@pytest.mark.parametrize("statistic", STATISTICS)
@settings(max_examples=5)
@given(seed=st.integers(0, 1000))
def test_a_statistic_is_the_same_whichever_is_a(statistic, seed):
    world = World.made(seed)
    these = np.random.default_rng(seed + 1).random(N) < 0.5
    found = numbers(STATISTICS[statistic](world))
    assert found or statistic in FINDINGS
    for turned in (these, np.ones(N, bool)):
        same(found, numbers(STATISTICS[statistic](world.swapped(turned))))


@pytest.mark.parametrize("statistic", FINDINGS)
def test_findings_are_found(statistic):
    assert STATISTICS[statistic](World.made(3))


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=5)
@given(seed=st.integers(0, 1000))
def test_labels_swap_with_their_pairs(method, seed):
    world, these = World.made(seed), np.random.default_rng(seed).random(N) < 0.5
    here, there = combine(world.votes(), method).probs, combine(world.swapped(these).votes(), method).probs
    assert np.where(these[:, None], there[:, TURNED], there) == pytest.approx(here, abs=1e-5)


def a_project_of(folder, world, these):
    """The answers of a world as a project, with a and b of these pairs exchanged."""
    folder.mkdir()
    replay = folder / "replay.jsonl"
    sides = np.where(these, "B", "A"), np.where(these, "A", "B")
    verdicts = {1.0: 0, -1.0: 1, 0.0: 2}

    def name(pair, verdict):
        return "TIE" if verdict == 2 else sides[verdict][pair]

    rows = []
    for row, judge, order, verdict in zip(
        world.ballots.row, world.ballots.judge, world.ballots.order, world.ballots.verdict, strict=True
    ):
        shown = "AB" if (order > 0) != these[row] else "BA"
        if judge == 0:
            rows.append({"id": f"pair-{row}", "order": shown, "verdict": name(row, verdicts[verdict])})
    replay.write_text("\n".join(map(json.dumps, rows)))
    project = a_project(
        folder,
        settings=f'[annotate]\noverlap = 3\n[judges.one]\nkind = "replay"\npath = "{replay}"\n'
        '[route]\naccept = "guarantee"\ntarget = 0.7\n',
    )
    pairs = []
    for i in range(N):
        texts = f"yes {i}" + " and more" * (i % 3), f"no {i}"
        wrote = [f"model {m}" for m in world.models[i]]
        a, b = (1, 0) if these[i] else (0, 1)
        pairs.append({"id": f"pair-{i}", "prompt": f"Q{i}?", "response_a": texts[a], "response_b": texts[b],
                      "model_a": wrote[a], "model_b": wrote[b], "domain": ("x", "y")[i % 2]})  # fmt: skip
    add_rows(project, pairs)
    run_judge(project, "one")
    for person in range(PEOPLE):
        at = world.rater == person
        lines = [
            {"id": f"pair-{i}", "rater": f"person {person}", "label": name(i, v)}
            for i, v in zip(world.item[at], world.said[at], strict=True)
        ]
        path = project.root / f"{person}.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)))
        import_labels(project, [path])
    run_route(project)
    return project


def told(project):
    """The numbers of the report that are about verdicts, not about which pair or when."""
    found = numbers_of(project)
    for name in ("made", "pairs", "doubted", "status", "checks", "todo", "summary"):
        found.pop(name, None)
    return found


def test_what_a_project_reports_is_the_same_whichever_is_a(tmp_path):
    world = World.made(7)
    these = np.random.default_rng(8).random(N) < 0.5
    here, there = (
        a_project_of(tmp_path / name, world, swap)
        for name, swap in (("straight", np.zeros(N, bool)), ("swapped", these))
    )
    one, other = told(here), told(there)
    assert one["agreement"]["alpha"]["value"] > 0.2
    for name in one:
        same(numbers(one[name]), numbers(other[name]))
    labels = run_label(here, "dawid-skene"), run_label(there, "dawid-skene")
    assert labels[0].people == pytest.approx(labels[1].people, abs=1e-3)
    assert labels[0].labels["TIE"] == labels[1].labels["TIE"]
    assert (labels[0].settled, labels[0].open, labels[0].contested) == (
        labels[1].settled,
        labels[1].open,
        labels[1].contested,
    )
