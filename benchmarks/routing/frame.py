"""Is the guarantee kept in ordinary use? Every scenario through the real stages, seed after seed.

Pairs are made up, so that it is known what people would say of all of them; judges'
verdicts are recorded. Every `route` of a seed is looked at: it is broken if once
fewer than the target of what is accepted, in all or of one batch, agree with people.
An oracle beside it knows how probable each verdict was to be right, and the outcome:
its coverage is the largest share of the same pairs that keeps the target.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from world import World

from pairwright.stages.people import adjudicate
from pairwright.stages.people.accounts import known_or_new
from pairwright.stats.intervals import clopper_pearson

DELTA = 0.1
Random = np.random.Generator


@dataclass(frozen=True)
class Outcome:
    """One seed. `coverage` and `oracle` are shares of the pairs no person labelled."""

    broken: bool
    coverage: float
    oracle: float
    asked: int
    alarm: bool = False


@dataclass(frozen=True)
class Scenario:
    """`run` gives what one seed came to. `allowed`: how often it may be broken; None: nothing is promised."""

    about: str
    run: Callable[[int, Random], Outcome]
    allowed: float | None = DELTA


SCENARIOS: dict[str, Scenario] = {}


def scenario(about: str, *, allowed: float | None = DELTA) -> Callable[[Any], Any]:
    def named(run: Callable[[int, Random], Outcome]) -> Callable[[int, Random], Outcome]:
        SCENARIOS[run.__name__] = Scenario(about, run, allowed)
        return run

    return named


def outcome(w: World, scope: np.ndarray | None = None) -> Outcome:
    """What a world came to; coverage and oracle of these pairs (all)."""
    accepted, _ = w.accepted()
    free = ~w.known if scope is None else ~w.known & np.isin(np.arange(len(w.known)), scope)
    n = int(free.sum())
    if not n:  # people were asked about all of them
        return Outcome(w.broken, 0.0, 0.0, w.asked, bool(w.alarms))
    # The surest first, as they were made. Of those that are equally sure it may accept a part.
    order = np.flatnonzero(free)[np.argsort(-w.chance[free], kind="stable")]
    ends = np.append(0, np.append(np.flatnonzero(np.diff(w.chance[order])), n - 1) + 1)
    right = np.append(0, np.cumsum(w.right[order]))[ends]
    last = int(np.flatnonzero(right >= w.target * ends - 1e-9)[-1])
    oracle = float(ends[last])
    if last + 1 < len(ends):
        more = ends[last + 1] - ends[last]
        share = (right[last + 1] - right[last]) / more
        oracle += float(min(more, (right[last] - w.target * ends[last]) / max(w.target - share, 1e-9)))
    return Outcome(
        w.broken,
        float(accepted[free].sum() / n),
        oracle / n,
        w.asked,
        bool(w.alarms),
    )


# --- pairs --------------------------------------------------------------------------------------


def honest(rng: Random, n: int, shape: float = 4.0) -> np.ndarray:
    """(n,) how probable a judge is to be right; its confidence says so."""
    return np.asarray(0.5 + 0.5 * rng.beta(shape, 1, n))


def unsaid(rng: Random, n: int) -> np.ndarray:
    """(n,) a confidence that says nothing of being right."""
    return np.asarray(rng.uniform(0.75, 0.99, n))


def one_judge(
    w: World, rng: Random, chance: np.ndarray, sure: np.ndarray | None = None, **more: Any
) -> np.ndarray:
    """Pairs on which the judge is right with these probabilities; gives their places."""
    label = rng.integers(2, size=len(chance))
    right = rng.random(len(chance)) < chance
    sure = unsaid(rng, len(chance)) if sure is None else sure
    return w.add(
        {"judge": np.where(right, label, 1 - label)}, label, right, chance, sure={"judge": sure}, **more
    )


def noisy(w: World, rng: Random, error: float) -> np.ndarray:
    """(n,) what one person says, who errs this often."""
    return np.where(rng.random(len(w.label)) < error, 1 - w.label, w.label)


def majority(people: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.asarray(sum(people.values()) * 2 > len(people), int)


# --- scenarios ----------------------------------------------------------------------------------


@scenario("One pool, a judge whose confidence is honest (90 %)")
def exchangeable(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.9) as w:
        chance = honest(rng, 400)
        one_judge(w, rng, chance, chance)
        w.calibrate()
        return outcome(w)


@scenario("One pool, a judge right just too rarely: 84 % (85 %)")
def edge(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.85, calibration_pairs=150) as w:
        one_judge(w, rng, np.full(400, 0.84))
        w.calibrate()
        return outcome(w)


@scenario("1: 300 pairs labelled before, judge right on 98 %; 250 new ones at 75 % (85 %)")
def prior_labels(seed: int, rng: Random) -> Outcome:
    return _prior(seed, rng, 0.75)


@scenario("1: the same, the new ones at 96 % (85 %)")
def prior_labels_good(seed: int, rng: Random) -> Outcome:
    return _prior(seed, rng, 0.96)


def _prior(seed: int, rng: Random, right: float) -> Outcome:
    with World(seed, target=0.85, calibration_pairs=120) as w:
        old = one_judge(w, rng, np.full(300, 0.98))
        w.answer(old, paid=False)
        new = one_judge(w, rng, np.full(250, right))
        w.calibrate()
        return outcome(w, new)


@scenario(
    "2: certified at 97 %, then pairs at 84 %; at first nobody is asked, then their draw is answered (85 %)"
)
def later_edge(seed: int, rng: Random) -> Outcome:
    return _later(seed, rng, 0.84)


@scenario("2: the same, the later pairs at 96 % (85 %)")
def later_good(seed: int, rng: Random) -> Outcome:
    return _later(seed, rng, 0.96)


def _later(seed: int, rng: Random, right: float) -> Outcome:
    with World(seed, target=0.85) as w:
        one_judge(w, rng, np.full(250, 0.97))
        w.calibrate()
        later = one_judge(w, rng, np.full(300, right))
        w.calibrate()
        return outcome(w, later)


@scenario("3: 200 pairs at 98 %, 170 drawn; then 300 at 79 %, `--more 80` twice (85 %)")
def topup(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.85, calibration_pairs=170) as w:
        one_judge(w, rng, np.full(200, 0.98))
        w.calibrate()
        later = one_judge(w, rng, np.full(300, 0.79))
        w.calibrate(more=80)
        w.calibrate(more=80)
        return outcome(w, later)


@scenario("Three looks at one pool, each after 60 more labels; judge 84 % (85 %)")
def looks_edge(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.85, calibration_pairs=80) as w:
        one_judge(w, rng, np.full(350, 0.84))
        w.calibrate()
        w.calibrate(more=60)
        w.calibrate(more=60)
        return outcome(w)


def _people(seed: int, rng: Random, names: Sequence[str], error: float, right: float) -> Outcome:
    with World(seed, target=0.85, calibration_pairs=150, overlap=len(names)) as w:
        one_judge(w, rng, np.full(400, right))
        people = {name: noisy(w, rng, error) for name in names}
        w.label = majority(people)  # agreement is with what people say together
        w.right = w.judged["judge"] == w.label
        w.calibrate(people)
        return outcome(w)


@scenario("4: one person who errs in 8 %, judge 95 % (85 %)")
def one_person(seed: int, rng: Random) -> Outcome:
    return _people(seed, rng, ("ann",), 0.08, 0.95)


@scenario("4: three people who err in 8 % each, judge 95 % (85 %)")
def three_people(seed: int, rng: Random) -> Outcome:
    return _people(seed, rng, ("ann", "bob", "eve"), 0.08, 0.95)


@scenario("4: three people who err in 8 % each, judge 85 % (85 %)")
def three_people_edge(seed: int, rng: Random) -> Outcome:
    return _people(seed, rng, ("ann", "bob", "eve"), 0.08, 0.85)


@scenario(
    "5: 91 % where 85 % is promised, a quarter of the audits answered, then all; broken: a false alarm",
    allowed=0.05,
)
def audit_order(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.85, audit=0.15, calibration_pairs=150) as w:
        chance = np.where(rng.random(600) < 0.22, 0.6, 0.998)
        one_judge(w, rng, chance, chance)
        w.calibrate()
        audits = len(w.drawn("audit"))
        w.answer(w.served(audits // 4))
        w.route()
        w.answer(w.served(audits - audits // 4))
        w.route()
        return _alarmed(outcome(w), w)


def _alarmed(found: Outcome, w: World) -> Outcome:
    """An alarm is false where what was accepted kept the promise all the while."""
    return Outcome(**asdict(found) | {"broken": bool(w.alarms) and not w.broken})


@scenario(
    "8: same-stream, certified at 97 %; 500 join that look alike and are 78 % right (90 %)", allowed=None
)
def drift(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.9, audit=0.15, new_pairs="same-stream") as w:
        _drifted(w, rng)
        return outcome(w)


@scenario("8: the same, after the alarm `--recalibrate` and its answers (90 %)")
def recalibrated(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.9, audit=0.15, new_pairs="same-stream") as w:
        _drifted(w, rng)
        w.broken = False  # before, an assumption did not hold
        if w.result is not None and w.result.calibration and w.result.calibration["alarm"]:
            w.calibrate(recalibrate=True)
            return outcome(w)
        return Outcome(False, 0.0, 0.0, w.asked)


def _drifted(w: World, rng: Random) -> None:
    one_judge(w, rng, np.full(300, 0.97))
    w.calibrate()
    one_judge(w, rng, np.full(500, 0.78))
    w.route()
    w.answer(w.drawn("audit"))
    w.route()


def _skips(seed: int, rng: Random, right: float, target: float) -> Outcome:
    """30 % of drawn errors are skipped and `right` of the rest; answered by somebody else afterwards."""
    with World(seed, target=target, calibration_pairs=200) as w:
        chance = honest(rng, 400, 3.0)
        one_judge(w, rng, chance, chance)
        w.route()
        drawn = w.drawn()
        skipped = drawn[rng.random(len(drawn)) < np.where(w.right[drawn], right, 0.3)]
        w.answer(np.setdiff1d(drawn, skipped))
        w.skip("bob", skipped)
        w.route()
        w.answer(skipped, {"eve": w.label})
        w.route()
        return outcome(w)


@scenario("9: people skip 30 % of the judge's errors; others answer them later (85 %)")
def skips(seed: int, rng: Random) -> Outcome:
    return _skips(seed, rng, 0.0, 0.85)


@scenario("9: and 5 % of what it gets right (90 %)")
def skips_of_right(seed: int, rng: Random) -> Outcome:
    return _skips(seed, rng, 0.05, 0.9)


@scenario("10: cheap judge, then a strong one, each `route` looked at (90 %)")
def cascade(seed: int, rng: Random) -> Outcome:
    with World(
        seed, ("cheap", "strong"), target=0.9, calibration_pairs=150, cascade=["cheap", "strong"]
    ) as w:
        label, chance = rng.integers(2, size=400), honest(rng, 400, 3.0)
        cheap, strong = rng.random(400) < chance, rng.random(400) < 0.5 + 0.5 * rng.beta(8, 1, 400)
        w.add(
            {"cheap": np.where(cheap, label, 1 - label), "strong": np.where(strong, label, 1 - label)},
            label,
            strong,
            np.full(400, 0.94),
            sure={"cheap": chance, "strong": unsaid(rng, 400)},
            ask=["cheap"],
        )
        w.route()
        w.judge("strong")
        w.answer(w.drawn())
        w.route()
        w.judge("strong")
        w.route()
        return outcome(w)


@scenario("11: two judges, the strong one fails on 25 % of the pairs, the harder ones (90 %)")
def failures(seed: int, rng: Random) -> Outcome:
    with World(seed, ("weak", "strong"), target=0.9, calibration_pairs=120) as w:
        label, hard = rng.integers(2, size=400), rng.random(400) < 0.25
        weak = rng.random(400) < np.where(hard, 0.6, 0.85)
        strong = rng.random(400) < np.where(hard, 0.7, 0.96)
        w.add(
            {"weak": np.where(weak, label, 1 - label), "strong": np.where(strong, label, 1 - label)},
            label,
            np.where(hard, weak, strong),
            np.where(hard, 0.6, 0.96),
            missing={"strong": hard},
        )
        w.calibrate()
        return outcome(w)


def _betting(seed: int, rng: Random, chance: np.ndarray, target: float, n: int) -> Outcome:
    """Looked at after every 67 answers, which come in any order; one pair stays open."""
    with World(seed, target=target, test="betting", calibration_pairs=n) as w:
        one_judge(w, rng, chance, chance if np.ptp(chance) else None)
        w.route()
        drawn = w.drawn()
        drawn = np.concatenate([rng.permutation(drawn[at : at + 60]) for at in range(0, len(drawn), 60)])[1:]
        for at in range(0, len(drawn), 67):
            w.answer(drawn[at : at + 67])
            w.route()
        return outcome(w)


@scenario("12: wagers, looked at after every 67 answers; confidence honest (85 %)")
def betting(seed: int, rng: Random) -> Outcome:
    return _betting(seed, rng, honest(rng, 400), 0.85, 201)


@scenario("12: wagers, judge 84 % (85 %)")
def betting_edge(seed: int, rng: Random) -> Outcome:
    return _betting(seed, rng, np.full(400, 0.84), 0.85, 201)


@scenario("12: wagers, certified at 97 %; then pairs at 75 % and `--more 100` (90 %)")
def betting_drift(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.9, test="betting", calibration_pairs=150) as w:
        one_judge(w, rng, np.full(250, 0.97))
        w.calibrate()
        later = one_judge(w, rng, np.full(300, 0.75))
        w.calibrate()
        w.calibrate(more=100)
        return outcome(w, later)


def _lead(seed: int, rng: Random, right: float) -> Outcome:
    """Two people who err in 8 % each; a lead decides where they disagree."""
    with World(seed, target=0.85, calibration_pairs=150, overlap=2) as w:
        one_judge(w, rng, np.full(350, right))
        ann, bob = noisy(w, rng, 0.08), noisy(w, rng, 0.08)
        split = ann != bob
        truth, w.label = w.label, np.where(split, w.label, ann)
        w.right = w.judged["judge"] == w.label
        w.route()
        drawn = w.drawn()
        w.answer(drawn, {"ann": ann, "bob": bob})
        w.route()
        lead = known_or_new(w.project, "lead", "lead")
        for place in drawn[split[drawn]]:
            adjudicate.decide(w.project, w.number(place), "AB"[truth[place]], lead)  # type: ignore[arg-type]
        w.route()
        return outcome(w)


@scenario("13: a lead decides what two people dispute, judge 95 % (85 %)")
def lead(seed: int, rng: Random) -> Outcome:
    return _lead(seed, rng, 0.95)


@scenario("13: the same, judge 85 % (85 %)")
def lead_edge(seed: int, rng: Random) -> Outcome:
    return _lead(seed, rng, 0.85)


@scenario("13: 10 % of the answers are mistakes, set right in two goes after a look; judge 84 % (85 %)")
def corrected(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.85, calibration_pairs=150) as w:
        one_judge(w, rng, np.full(350, 0.84))
        w.route()
        drawn, first = w.drawn(), noisy(w, rng, 0.1)
        w.answer(drawn, {"ann": first})
        w.route()
        mistakes = drawn[first[drawn] != w.label[drawn]]
        for part in np.array_split(mistakes, 2):
            w.answer(part)
            w.route()
        return outcome(w)


def _ties(seed: int, rng: Random, ties: str, right: float, target: float = 0.85) -> Outcome:
    """People call a tenth a tie; the judge never does."""
    with World(seed, target=target, calibration_pairs=150, ties=ties) as w:
        label, correct = rng.integers(2, size=400), rng.random(400) < right
        judged, tie = np.where(correct, label, 1 - label), rng.random(400) < 0.1
        w.add({"judge": judged}, np.where(tie, 2, label), correct & ~tie, np.full(400, right))
        w.calibrate()
        found = outcome(w)
        if ties == "apart":  # both are told of pairs with a side
            w.known |= w.label == 2
            found = outcome(w)
        return found


@scenario("15: people call 10 % a tie, ties count; judge 97 % elsewhere (85 %)")
def ties_count(seed: int, rng: Random) -> Outcome:
    return _ties(seed, rng, "count", 0.97)


@scenario("15: ties apart, judge 97 % elsewhere (85 %)")
def ties_apart(seed: int, rng: Random) -> Outcome:
    return _ties(seed, rng, "apart", 0.97)


@scenario("15: ties apart, judge 84 % elsewhere (85 %)")
def ties_apart_edge(seed: int, rng: Random) -> Outcome:
    return _ties(seed, rng, "apart", 0.84)


def _clusters(seed: int, rng: Random, new_pairs: str) -> Outcome:
    """20 prompts of 28 pairs, 15 % of the prompts at 40 %, others at 98 %; then 20 more of the same kind."""
    with World(seed, target=0.85, calibration_pairs=150, new_pairs=new_pairs) as w:
        for _ in range(2):
            of_prompt = np.where(rng.random(20) < 0.15, 0.4, 0.98)
            one_judge(w, rng, of_prompt[np.arange(20 * 28) % 20], prompts=20)
            w.calibrate()
        return outcome(w)


@scenario("Clusters: 20 prompts of 28 pairs, then 20 new prompts, a draw each (85 %)")
def clusters(seed: int, rng: Random) -> Outcome:
    return _clusters(seed, rng, "draw")


@scenario("Clusters: the same, `same-stream` set; they get a sample of their own (85 %)")
def clusters_joined(seed: int, rng: Random) -> Outcome:
    return _clusters(seed, rng, "same-stream")


def _small(seed: int, rng: Random, n: int) -> Outcome:
    with World(seed, target=0.85) as w:
        chance = honest(rng, n, 3.0)
        one_judge(w, rng, chance, chance)
        w.calibrate()
        return outcome(w)


for size in (60, 200):
    SCENARIOS[f"small_{size}"] = Scenario(
        f"A pool of {size} pairs, confidence honest, the draw as by default (85 %)",
        lambda seed, rng, n=size: _small(seed, rng, n),
    )


@scenario("Small pool of 120, 60 drawn, judge 84 % (85 %)")
def small_edge(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.85, calibration_pairs=60) as w:
        one_judge(w, rng, np.full(120, 0.84))
        w.calibrate()
        return outcome(w)


@scenario("Three judges, two of them copies of the first (95 % alike); 80 % each (85 %)")
def copied(seed: int, rng: Random) -> Outcome:
    with World(seed, ("one", "copy", "again", "own"), target=0.85, calibration_pairs=150) as w:
        label, n = rng.integers(2, size=400), 400
        one, own = rng.random(n) < 0.8, rng.random(n) < 0.8
        right = {"one": one, "own": own}
        for name in ("copy", "again"):
            right[name] = one ^ (rng.random(n) < 0.05)
        verdicts = {name: np.where(right[name], label, 1 - label) for name in w.judges}
        both = one == own
        w.add(verdicts, label, one, np.where(both, 0.94, 0.5))
        w.calibrate()
        return outcome(w)


def _domain(seed: int, rng: Random, new_pairs: str, seen: bool) -> Outcome:
    """30 % of later pairs are of a domain on which the judge is now 55 % right; `seen`: and less sure."""
    with World(seed, target=0.85, audit=0.1, calibration_pairs=120, new_pairs=new_pairs) as w:
        law = rng.random(250) < 0.3
        one_judge(w, rng, np.full(250, 0.97), domain=np.where(law, "law", "chat"))
        w.calibrate()
        law = rng.random(400) < 0.3
        sure = np.where(law & seen, rng.uniform(0.5, 0.7, 400), unsaid(rng, 400))
        chance = np.where(law, 0.45, 0.97)
        later = one_judge(w, rng, chance, sure, domain=np.where(law, "law", "chat"))
        w.calibrate()
        w.answer(w.drawn("audit"))
        w.route()
        return outcome(w, later)


@scenario("One domain turns bad in the later pairs (97 to 45 %), a draw of their own (85 %)")
def domain_draw(seed: int, rng: Random) -> Outcome:
    return _domain(seed, rng, "draw", False)


@scenario("The same as same-stream, the judge is less sure there (85 %)")
def domain_seen(seed: int, rng: Random) -> Outcome:
    return _domain(seed, rng, "same-stream", True)


@scenario("The same as same-stream, and the judge is as sure as ever (85 %)", allowed=None)
def domain_unseen(seed: int, rng: Random) -> Outcome:
    return _domain(seed, rng, "same-stream", False)


@scenario("Same-stream that is one: later pairs join, judge 86 % (85 %)")
def joined_edge(seed: int, rng: Random) -> Outcome:
    with World(seed, target=0.85, audit=0.05, calibration_pairs=150, new_pairs="same-stream") as w:
        for _ in range(2):
            one_judge(w, rng, np.full(300, 0.86))
            w.calibrate()
        return outcome(w)


# --- running ------------------------------------------------------------------------------------


def one(job: tuple[str, int]) -> dict[str, Any]:
    """One seed of one scenario, as it is kept."""
    name, seed = job
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return {"scenario": name, "seed": seed} | asdict(SCENARIOS[name].run(seed, rng))


def measure(names: Sequence[str], seeds: int, jobs: int, keep: Path | None) -> dict[str, list[Outcome]]:
    """Outcomes by scenario. With `keep`, each is appended to that file, and those in it are not run again."""
    known = _kept(keep) if keep is not None and keep.exists() else {}
    todo = [(name, seed) for seed in range(seeds) for name in names if (name, seed) not in known]
    for found in _run(todo, jobs):
        name, seed = found.pop("scenario"), found.pop("seed")
        known[name, seed] = Outcome(**found)
        if keep is not None:
            with keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"scenario": name, "seed": seed} | found) + "\n")
    return {name: [known[name, seed] for seed in range(seeds)] for name in names}


def _run(todo: Sequence[tuple[str, int]], jobs: int) -> Iterator[dict[str, Any]]:
    if jobs < 2:
        yield from map(one, todo)
    else:
        with multiprocessing.get_context("spawn").Pool(jobs, gc.set_threshold, (100_000, 20, 20)) as pool:
            yield from pool.imap_unordered(one, todo, chunksize=4)


def _kept(path: Path) -> dict[tuple[str, int], Outcome]:
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {(row.pop("scenario"), row.pop("seed")): Outcome(**row) for row in rows}


HEADER = (
    "scenario (target)",
    "broken [95 %]",
    "kept",
    "coverage",
    "an oracle's",
    "answers of people",
    "nothing accepted",
)


def table(found: Mapping[str, Sequence[Outcome]]) -> Iterator[list[str]]:
    """The table's rows. Kept: broken no more often than allowed, give or take two standard errors."""
    for name, seeds in found.items():
        allowed, n = SCENARIOS[name].allowed, len(seeds)
        broken = clopper_pearson(sum(each.broken for each in seeds), n)
        if allowed is None:
            kept = f"not promised; alarm in {np.mean([each.alarm for each in seeds]):.2f}"
        else:
            most = allowed + 2 * np.sqrt(allowed * (1 - allowed) / n)
            kept = "yes" if broken.value <= most else "NO"
        yield [
            SCENARIOS[name].about,
            f"{broken.value:.3f} [{broken.low:.3f}, {broken.high:.3f}]",
            kept,
            f"{np.mean([each.coverage for each in seeds]):.2f}",
            f"{np.mean([each.oracle for each in seeds]):.2f}",
            f"{np.mean([each.asked for each in seeds]):.0f}",
            f"{np.mean([each.coverage == 0 for each in seeds]):.2f}",
        ]
