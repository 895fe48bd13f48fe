"""pair: the responses of every prompt meet, once."""

import gzip
import json
import time
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from pairwright.errors import InputError
from pairwright.stages.add.add import add_files
from pairwright.stages.generate import pair as stage
from pairwright.stages.generate.pair import PairResult, make_pairs
from pairwright.store import schema
from pairwright.store.content import meeting_pages
from pairwright.store.store import Store

SHARED = Path(__file__).parents[4] / "shared/data"
THREE = [{"text": "So.", "model": "a"}, {"text": "No.", "model": "b"}, {"text": "Hm.", "model": "c"}]


@pytest.fixture
def store(tmp_path):
    with Store.open(str(tmp_path / "pairwright.db"), create=True) as store:
        yield store


def add(store, *rows):
    path = store.path.parent / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert add_files(store, [path]).committed


def mark(store, prompt_id, text, mark):
    """A response as `generate` leaves it when it was cut off or refused."""
    key = f"{prompt_id} {text}".encode().ljust(16)[:16]
    row = {"key": key, "prompt_id": prompt_id, "text": text, "mark": mark, "at": time.time()}
    with store.write() as connection:
        connection.execute(insert(schema.response), [row])


def pairs(store):
    """Every pair as (text of a, text of b, policy), in the order made."""
    a, b = schema.response.alias(), schema.response.alias()
    pair = schema.pair
    statement = (
        select(a.c.text, b.c.text, pair.c.policy)
        .join_from(pair, a, pair.c.a_id == a.c.id)
        .join(b, pair.c.b_id == b.c.id)
        .order_by(pair.c.id)
    )
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def test_all_responses_of_a_prompt_meet_and_those_of_others_do_not(store):
    add(store, {"prompt": "Why?", "responses": THREE}, {"prompt": "How?", "responses": ["x", "y"]})
    assert make_pairs(store) == PairResult("all", prompts=2, pairs_added=4)
    assert {frozenset(pair[:2]) for pair in pairs(store)} == {
        frozenset(pair) for pair in [("So.", "No."), ("So.", "Hm."), ("No.", "Hm."), ("x", "y")]
    }


def test_a_second_run_makes_only_what_is_missing(store):
    add(store, {"prompt": "Why?", "responses": THREE})
    make_pairs(store)
    assert make_pairs(store) == PairResult("all", prompts=1, pairs_already=3)
    add(store, {"prompt": "Why?", "response": "Oh."})
    assert make_pairs(store) == PairResult("all", prompts=1, pairs_added=3, pairs_already=3)


def test_a_run_cut_off_is_taken_up_where_it_stopped(store, monkeypatch):
    add(store, *({"prompt": f"{n}?", "responses": ["x", "y"]} for n in range(10)))
    monkeypatch.setattr(stage, "meeting_pages", lambda store: meeting_pages(store, size=4))

    def cut(prompts):
        if prompts >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_pairs(store, progress=cut)
    assert len(pairs(store)) == 8
    assert make_pairs(store) == PairResult("all", prompts=10, pairs_added=2, pairs_already=8)


def test_the_same_seed_makes_the_same_pairs_in_any_project(tmp_path):
    def made(name, rows, seed):
        with Store.open(str(tmp_path / name), create=True) as store:
            add(store, *rows)
            make_pairs(store, "random", 1, seed=seed)
            return set(pairs(store))

    rows = [{"prompt": f"{n}?", "responses": [f"{n}{side}" for side in "wxyz"]} for n in range(20)]
    assert made("one.db", rows, 1) == made("two.db", rows[::-1], 1)
    assert made("one.db", rows, 1) != made("three.db", rows, 2)


def test_random_never_gives_a_prompt_more_than_k(store):
    add(store, {"prompt": "Why?", "responses": list("wxyz")})
    assert make_pairs(store, "random", 2).pairs_added == 2
    add(store, {"prompt": "Why?", "responses": list("abcdefgh")})
    assert make_pairs(store, "random", 2, seed=1).pairs_added == 0
    assert make_pairs(store, "random", 5).pairs_added == 3
    assert len(pairs(store)) == 5


def test_reference_lets_each_meet_the_reference_model(store):
    add(store, {"prompt": "Why?", "responses": THREE}, {"prompt": "How?", "responses": ["x", "y"]})
    result = make_pairs(store, "reference", reference="b")
    assert result == PairResult("reference", prompts=2, pairs_added=2, without_reference=1)
    assert {frozenset(pair[:2]) for pair in pairs(store)} == {
        frozenset({"No.", "So."}),
        frozenset({"No.", "Hm."}),
    }


def test_a_reference_nobody_knows_is_refused_with_the_models_there_are(store):
    with pytest.raises(InputError, match="there are no responses yet"):
        make_pairs(store, "reference", reference="gpt")
    add(store, {"prompt": "Why?", "responses": [*THREE, "x", "y"]})
    with pytest.raises(
        InputError, match=r'"gpt". Name one that has some: \(no model named\): 2, a: 1, b: 1, c'
    ):
        make_pairs(store, "reference", reference="gpt")


def test_a_prompt_with_a_pair_of_its_own_keeps_it_and_gets_no_other(store):
    add(store, {"prompt": "Why?", "response_a": "x", "response_b": "y", "responses": ["z"]})
    assert make_pairs(store) == PairResult("all", prompts=1, given=1)
    assert pairs(store) == [("x", "y", "given")]
    assert make_pairs(store, all_prompts=True) == PairResult("all", prompts=1, pairs_added=2, pairs_already=1)


def test_truncated_responses_stay_out_and_refusals_do_not(store):
    add(store, {"prompt": "Why?", "response": "So."})
    mark(store, 1, "I can't help with that.", "refused")
    mark(store, 1, "Because the", "truncated")
    assert make_pairs(store) == PairResult("all", prompts=1, pairs_added=1, truncated=1)
    assert make_pairs(store, include_truncated=True).pairs_added == 2


def test_prompts_with_too_little_to_choose_from_are_counted(store):
    add(
        store,
        {"prompt": "none"},
        {"prompt": "one", "response": "x"},
        {"prompt": "same", "responses": ["x", "x "]},
    )
    assert make_pairs(store) == PairResult("all", prompts=3, too_few=3)


def test_an_unknown_policy_is_refused_before_anything_happens(store):
    with pytest.raises(InputError, match="not one of all, random, reference"):
        make_pairs(store, "best")


def test_progress_counts_prompts(store):
    add(store, *({"prompt": f"{n}?"} for n in range(1500)))
    seen = []
    make_pairs(store, progress=seen.append)
    assert seen == [1000, 1500]


def test_real_responses_each_meet_the_reference_models(store):
    folder = SHARED / "alpaca_eval"
    if not folder.exists():
        pytest.skip(f"NOT TESTED: {folder} is absent")

    def rows(name):
        with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    prompts = {row["prompt_id"]: row["prompt"] for row in rows("prompts.jsonl.gz")[:100]}
    answers = [row for row in rows("responses.jsonl.gz") if row["prompt_id"] in prompts]
    answers = [row for row in answers if row["response"].strip()]  # some models said nothing
    add(store, *({**row, "prompt": prompts[row["prompt_id"]]} for row in answers))
    result = make_pairs(store, "reference", reference="gpt4_1106_preview")
    with store.read() as connection:
        distinct = connection.execute(select(func.count()).select_from(schema.prompt)).scalar()
    assert result.prompts == distinct
    assert result.without_reference == 0
    assert result.pairs_added > 10 * distinct
