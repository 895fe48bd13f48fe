"""What holds of a project after every step, whatever was done to it.

Facts are read straight from the file, past everything the product does with it, and
held against what the product says.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from life import Life

from pairwright.errors import InputError
from pairwright.stages.export.convert import ConvertResult, Selection
from pairwright.stages.export.export_dataset import export_dataset
from pairwright.stages.figures.dashboard import dashboard_of
from pairwright.stages.figures.report import numbers_of
from pairwright.stages.figures.status import status_of
from pairwright.stages.publish.card_facts import facts_of
from pairwright.stages.route.calibrate import calibration_of

# Tables whose rows never change and never go.
KEPT = (
    "prompt", "response", "pair", "pair_alias", "rater", "guideline", "vote", "retraction", "failure", "call",
    "belief", "frame", "frame_pair", "frame_event", "draw", "calibration", "combination", "check_run", "finding",
    "settlement", "verification", "withdrawal", "flag", "response_vote", "lead_action", "qualification",
)  # fmt: skip
# Tables in which somebody's name or words may stand: those are erased when they ask for it.
ERASED = ("rater", "vote", "failure", "belief", "retraction", "combination", "check_run", "finding", "flag",
          "settlement", "lead_action")  # fmt: skip
SHAPES = {
    "dpo": ("trl-dpo", "pairs"),
    "dpo as text": ("trl-dpo-text", "pairs"),
    "orpo": ("trl-orpo", "pairs"),
    "kto": ("trl-kto", "responses"),
    "openai": ("openai-dpo", "pairs"),
    "llama-factory": ("llama-factory-dpo", "pairs"),
}


@dataclass(frozen=True)
class Belief:
    pair: int
    decision: str
    verdict: str | None
    source: str
    reason: str
    asks: str | None
    basis: dict[str, Any]
    both: str | None
    prob_a: float | None
    prob_tie: float | None


def beliefs(life: Life) -> dict[int, Belief]:
    """The newest belief on each pair; none where it is only waited for."""
    rows = life.sql(
        "SELECT pair_id, decision, verdict, source, reason, asks, basis, both, prob_a, prob_tie FROM belief "
        "WHERE id IN (SELECT max(id) FROM belief GROUP BY pair_id)"
    )
    found = (Belief(*row[:6], json.loads(row[6]), *row[7:]) for row in rows)
    return {each.pair: each for each in found if each.decision != "wait"}


def keep(life: Life, known: dict[str, set[tuple[Any, ...]]]) -> None:
    """Everything that was ever on record is, as it was."""
    for table in KEPT:
        now = set(life.sql(f"SELECT * FROM {table}"))
        lost = known.get(table, set()) - now
        assert not lost, f"{table} lost or changed {len(lost)} rows: {sorted(lost, key=str)[:2]}"
        known[table] = now


def people_are_heard(life: Life) -> None:
    """What people were told is saved counts, once each, and nothing else they said does."""
    rows = life.sql(
        "SELECT r.name, hex(p.key), v.verdict, v.both FROM vote v JOIN rater r ON r.id = v.rater_id "
        "JOIN pair p ON p.id = v.pair_id WHERE r.kind = 'person' AND v.purpose IS NULL "
        "AND v.id NOT IN (SELECT vote_id FROM retraction)"
    )
    pairs = life.pairs()
    there = Counter((name, key) for name, key, _, _ in rows)
    assert set(there.values()) <= {1}, "somebody has two answers on one pair"
    said = {
        (name, key): (pairs[key].winner(v), both) for name, key, v, both in rows if name in PEOPLE_OF_HERE
    }
    assert said == life.said


PEOPLE_OF_HERE = ("ann", "bob", "cyd", "dee")


def nothing_rests_on_what_was_taken_back(life: Life) -> None:
    gone = {row[0] for row in life.sql("SELECT vote_id FROM retraction")}
    for belief in beliefs(life).values():
        if belief.decision == "accept":
            rests = gone & set(belief.basis["votes"])
            assert not rests, f"pair {belief.pair} is {belief.verdict} by votes {sorted(rests)}, taken back"


def counts_agree(life: Life) -> None:
    """Status, dashboard and the store count the same under the same words, and every pair once."""
    status, board, held = status_of(life.project), dashboard_of(life.project), beliefs(life)
    accepted = Counter(b.source for b in held.values() if b.decision == "accept")
    pairs = life.sql("SELECT count(*) FROM pair")[0][0]
    votes = life.sql(
        "SELECT count(*), count(DISTINCT pair_id) FROM vote v JOIN rater r ON r.id = v.rater_id "
        "WHERE r.kind = 'person' AND purpose IS NULL AND v.id NOT IN (SELECT vote_id FROM retraction)"
    )[0]
    same(
        {
            "pairs": (pairs, status.pairs),
            "accepted from judges": (accepted["judge"], status.accepted_from_judges),
            "accepted from people": (accepted["people"], status.accepted_from_people),
            "accepted from unknown raters": (accepted["unknown"], status.accepted_from_unknown),
            "ties": (
                sum(b.decision == "accept" and b.verdict == "TIE" for b in held.values()),
                status.ties,
            ),
            "dropped": (sum(b.decision == "drop" for b in held.values()), status.dropped),
            "undecided": (pairs - len(held), status.undecided),
            "wait for calibration": (
                sum(b.asks == "calibration" for b in held.values()),
                status.uncalibrated,
                board.waiting_for_calibration,
            ),
            "disputed": (sum(b.asks == "lead" for b in held.values()), board.conflicts),
            "answers": (votes[0], board.answers, sum(n for _, n, _ in _voters(life, status))),
            "answered pairs": (votes[1], board.answered_pairs),
        }
    )
    _every_pair_once(life, status, held)


def _voters(life: Life, status: Any) -> Any:
    """Of each person's answers, those that are no decisions."""
    decisions = Counter(
        name
        for (name,) in life.sql(
            "SELECT r.name FROM vote v JOIN rater r ON r.id = v.rater_id WHERE purpose = 'decision' "
            "AND v.id NOT IN (SELECT vote_id FROM retraction)"
        )
    )
    told_apart = hasattr(status, "decided")
    return [(n, c if told_apart else c - decisions[n], s) for n, c, s in status.people]


def _every_pair_once(life: Life, status: Any, held: dict[int, Belief]) -> None:
    """Each pair stands in exactly one place of the status."""
    flagged = {
        row[0]
        for row in life.sql(
            "SELECT pair_id FROM flag WHERE severity = 'error' AND id NOT IN "
            "(SELECT row_id FROM withdrawal WHERE what = 'flag')"
        )
    }
    aside = sum(b.decision == "ask" and b.asks == "people" and b.pair in flagged for b in held.values())
    later = sum(
        b.decision == "ask" and b.asks not in ("people", "lead", "calibration") for b in held.values()
    )
    parts = {
        "accepted": status.accepted_from_judges + status.accepted_from_people + status.accepted_from_unknown,
        "for people": status.for_people,
        "stuck": status.stuck,
        "dropped": status.dropped,
        "undecided": status.undecided,
        "uncalibrated": status.uncalibrated,
        "flagged": aside,
        "for a later judge": later,
    }
    assert sum(parts.values()) == status.pairs, f"{status.pairs} pairs, and {parts}"


def routing_says_so_too(life: Life, routed: Any) -> None:
    status = status_of(life.project)
    same(
        {
            "accepted from judges": (routed.accepted_from_judges, status.accepted_from_judges),
            "accepted from people": (routed.accepted_from_people, status.accepted_from_people),
            "accepted from unknown raters": (routed.accepted_from_unknown, status.accepted_from_unknown),
            "for people": (routed.for_people, status.for_people),
            "stuck": (routed.stuck, status.stuck),
            "waiting": (routed.waiting, status.uncalibrated),
            "dropped": (routed.dropped, status.dropped),
            "not judged": (routed.not_judged, status.undecided),
            "outdated": (0, status.outdated),
        }
    )


def certificates_cover(life: Life) -> None:
    """What was accepted for the guarantee lies in a frame whose certificate stands, and was not drawn from it."""
    ours = [b for b in beliefs(life).values() if b.decision == "accept" and b.source == "judge"]
    ours = [b for b in ours if b.basis["rule"] == "guarantee-1" and "came with the data" not in b.reason]
    if not ours or life.project.settings.route.accept != "guarantee":
        return
    standing = {
        each["frame"]
        for each in calibration_of(life.project).frames
        if each["certificate"] and each["certificate"]["threshold"] is not None and each["alarm"] is None
    }
    covered = {pair: frame for frame, pair in life.sql("SELECT frame_id, pair_id FROM frame_pair")}
    drawn = set(life.sql("SELECT frame_id, pair_id FROM draw WHERE purpose = 'calibration'"))
    for belief in ours:
        frame = covered.get(belief.pair)
        assert frame in standing, f"pair {belief.pair} of frame {frame} is accepted; {standing} stand"
        assert (frame, belief.pair) not in drawn, (
            f"pair {belief.pair} was drawn, and accepted without a person"
        )


def report_and_card_agree(life: Life) -> None:
    """The report and the card say what status and store say."""
    status, numbers, facts = status_of(life.project), numbers_of(life.project), facts_of(life.project)
    held = beliefs(life)
    labels = sum(b.decision == "accept" for b in held.values())
    steps = {step["name"]: step for step in numbers["funnel"]["steps"]}
    for step in steps.values():
        assert step["n"] >= 0
    rest = [*_whole(status.as_dict())]
    assert rest == [*_whole(numbers["status"])] == [*_whole(facts["status"])]
    board = dashboard_of(life.project)
    same(
        {
            "labels": (labels, steps["labels"]["n"], sum(facts["accepted"].values())),
            "pairs": (status.pairs, steps["pairs"]["n"]),
            "from people": (status.accepted_from_people, facts["accepted"].get("people", 0)),
            "from unknown raters": (status.accepted_from_unknown, facts["accepted"].get("unknown", 0)),
            "answers": (board.answers, numbers["agreement"]["answers"], facts["people"]["answers"]),
            "people": (facts["people"]["count"], sum(each["votes"] > 0 for each in numbers["people"])),
        }
    )


def _whole(told: dict[str, Any]) -> Any:
    return ((name, str(value)) for name, value in sorted(told.items()) if name not in ("next",))


def exports_add_up(life: Life, shape: str) -> tuple[str, ...] | None:
    """Rows and what was left out are all there is; twice gives the same bytes. Gives the rows, sorted."""
    target, takes = SHAPES[shape]
    selection = Selection(split_pairs=True) if takes == "responses" else Selection()
    outs = [life.root / "export" / f"{shape.replace(' ', '-')}-{n}" / "rows.jsonl" for n in (1, 2)]
    if target.startswith("llama"):
        outs = [out.with_suffix(".json") for out in outs]
    for out in outs:
        out.parent.mkdir(parents=True, exist_ok=True)
    try:
        results = [export_dataset(life.project.store, out, to=target, selection=selection) for out in outs]
    except InputError as nothing:
        assert "gives a row" in str(nothing) or "nothing" in str(nothing)
        assert not _labelled(life), f"there are labels, and: {nothing}"
        return None
    first, second = (_files(out.parent) for out in outs)
    assert first == second, "exporting twice gave other bytes"
    result, pairs = results[0], life.sql("SELECT count(*) FROM pair")[0][0]
    if takes == "pairs":
        assert result.rows + sum(result.dropped.counts.values()) == pairs, (
            result.rows,
            result.dropped.counts,
        )
        assert result.rows == len(_labelled(life))
        _drops_are_those_of_the_status(life, result.dropped.counts)
    else:
        _responses_add_up(life, result, pairs)
    return tuple(sorted(_lines(outs[0])))


def _responses_add_up(life: Life, result: ConvertResult, pairs: int) -> None:
    """Each pair calls both its responses good or bad, or is left out; each response so called is a row,
    the same as another, or was called both as often.
    """
    speaks = {
        b.pair for b in beliefs(life).values() if b.decision == "accept" and (b.verdict != "TIE" or b.both)
    } - flagged(life)
    out = {reason: of.get("pair", 0) for reason, of in result.dropped.units.items()}
    assert len(speaks) + sum(out.values()) == pairs, (len(speaks), out, pairs)
    if not life.sql("SELECT count(*) FROM response_vote")[0][0]:  # which speak of responses without a pair
        sides = {n: (a, b) for n, a, b in life.sql("SELECT id, a_id, b_id FROM pair")}
        called = {response for n in speaks for response in sides[n]}
        left = sum(result.dropped.counts.get(reason, 0) for reason in ("duplicate", "conflicting"))
        assert result.rows + left == len(called), (result.rows, result.dropped.counts, len(called))


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    rows = json.loads(text) if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]
    return [json.dumps(row, sort_keys=True) for row in rows]


def _files(folder: Path) -> dict[str, bytes]:
    """All files of an export but for the moment it was made."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if "manifest" not in path.name}


def _labelled(life: Life) -> set[int]:
    """Pairs that are rows: a side was accepted, and no error is open."""
    return {
        b.pair for b in beliefs(life).values() if b.decision == "accept" and b.verdict in ("A", "B")
    } - flagged(life)


def flagged(life: Life) -> set[int]:
    by_people = (
        "SELECT pair_id FROM flag WHERE severity = 'error' "
        "AND id NOT IN (SELECT row_id FROM withdrawal WHERE what = 'flag')"
    )
    by_checks = (
        "SELECT pair_id FROM finding f WHERE severity = 'error' AND pair_id IS NOT NULL AND "
        "coalesce((SELECT action FROM settlement WHERE finding_id = f.id ORDER BY id DESC LIMIT 1), 'back') "
        "IN ('back', 'undone')"
    )
    return {row[0] for row in life.sql(f"{by_people} UNION {by_checks}")}


def _drops_are_those_of_the_status(life: Life, drops: dict[str, int]) -> None:
    held, out = beliefs(life), flagged(life)
    left = [b for b in held.values() if b.pair not in out]
    status = status_of(life.project)
    same(
        {
            "not judged": (drops.get("not_judged", 0), status.undecided),
            "flagged": (drops.get("flagged", 0), len(out & held.keys())),
            "waiting": (drops.get("waiting_for_people", 0), sum(b.decision == "ask" for b in left)),
            "dropped": (drops.get("dropped", 0), sum(b.decision == "drop" for b in left)),
        }
    )


def same(told: dict[str, tuple[int, ...]]) -> None:
    """Each word is counted once, wherever it is said."""
    apart = {word: counts for word, counts in told.items() if len(set(counts)) > 1}
    assert not apart, f"counted differently: {apart}"
