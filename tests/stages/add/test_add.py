"""add: files in, nothing half-added, nothing doubled."""

import gzip
import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from pairwright.errors import InputError
from pairwright.formats.rows import FieldNames
from pairwright.stages.add.add import BAD_ROWS_LISTED, Added, add_files
from pairwright.store import schema
from pairwright.store.store import Store

SHARED = Path(__file__).parents[4] / "shared/data"
NOTHING = {"prompt": 0, "response": 0, "pair": 0}


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Store.open("pairwright.db", create=True) as store:
        yield store


def jsonl(name, *rows):
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    Path(name).write_text(text, encoding="utf-8")
    return name


def counts(store):
    with store.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (schema.prompt, schema.response, schema.pair)
        }


def rows_of(store, table, *columns):
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(select(*(table.c[c] for c in columns)))]


def shared(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"NOT TESTED: {path} is absent")
    return path


def test_prompts_responses_and_pairs_come_from_one_file(store):
    result = add_files(
        store,
        [
            jsonl(
                "a.jsonl",
                {"id": 1, "prompt": "Why?", "domain": "physics"},
                {"id": 2, "prompt": "How?", "responses": ["So.", "Thus."], "model": "tiny"},
                {"id": 3, "prompt": "Who?", "response_a": "Me.", "response_b": "You.", "model_a": "big"},
            )
        ],
    )
    assert result.as_dict() == {
        "files": ["a.jsonl"],
        "rows": 3,
        "prompts": {"added": 3, "already": 0},
        "responses": {"added": 4, "already": 0},
        "pairs": {"added": 1, "already": 0},
        "empty": [],
        "bad_rows": 0,
        "bad": [],
        "committed": True,
    }
    assert rows_of(store, schema.prompt, "external_id", "meta", "source") == [
        ("1", {"domain": "physics"}, "a.jsonl:1"),
        ("2", None, "a.jsonl:2"),
        ("3", None, "a.jsonl:3"),
    ]
    assert rows_of(store, schema.response, "text", "model", "slot", "source") == [
        ("So.", "tiny", None, "a.jsonl:2"),
        ("Thus.", "tiny", None, "a.jsonl:2"),
        ("Me.", "big", None, "a.jsonl:3"),
        ("You.", None, None, "a.jsonl:3"),
    ]
    assert rows_of(store, schema.pair, "a_id", "b_id", "policy", "external_id") == [(3, 4, "given", "3")]


def test_several_files_of_several_formats_go_in_together(store):
    jsonl("a.jsonl", {"text": "one"})
    Path("b.txt").write_text("two\nthree\n")
    Path("c.csv.gz").write_bytes(gzip.compress(b'text,responses\nfour,"[""x"", ""y""]"\n'))
    pq.write_table(pa.table({"text": [[{"role": "user", "content": "five"}]], "n": [5]}), "d.parquet")
    result = add_files(
        store, ["a.jsonl", "b.txt", "c.csv.gz", Path("d.parquet")], fields=FieldNames(prompt="text")
    )
    assert result.prompts == Added(5)
    assert result.responses == Added(2)
    assert [source for (source,) in rows_of(store, schema.prompt, "source")] == [
        "a.jsonl:1",
        "b.txt:1",
        "b.txt:2",
        "c.csv.gz:2",
        "d.parquet row 1",
    ]


def test_adding_again_adds_nothing_and_the_first_row_stays(store):
    rows = [{"id": n, "prompt": f"{n}?", "response_a": "x", "response_b": "y"} for n in range(3)]
    add_files(store, [jsonl("a.jsonl", *rows)])
    before = counts(store)
    again = add_files(store, [jsonl("b.jsonl", *({**row, "id": f"b{row['id']}"} for row in rows))])
    assert (again.prompts, again.responses, again.pairs) == (Added(0, 3), Added(0, 6), Added(0, 3))
    assert counts(store) == before
    assert {i for (i,) in rows_of(store, schema.prompt, "external_id")} == {"0", "1", "2"}


def test_repetitions_within_a_file_are_counted(store):
    pair = {"prompt": "Why?", "response_a": "x", "response_b": "y"}
    swapped = {"prompt": "Why?", "response_a": "y", "response_b": "x"}
    result = add_files(store, [jsonl("a.jsonl", pair, swapped, {"prompt": "Why?", "response": "z"})])
    assert (result.prompts, result.responses, result.pairs) == (Added(1, 2), Added(3, 2), Added(1, 1))


def test_with_a_bad_row_nothing_is_added_and_all_bad_rows_are_listed(store):
    jsonl("a.jsonl", {"prompt": "good"}, {"text": "x"}, "{oops", *({"prompt": str(n)} for n in range(2000)))
    jsonl("b.jsonl", {"prompt": "", "id": 3})
    result = add_files(store, ["a.jsonl", "b.jsonl"])
    assert not result.committed
    assert counts(store) == NOTHING
    assert (result.prompts, result.rows, result.bad_rows) == (Added(), 2004, 3)
    assert [row.as_dict() for row in result.bad][::2] == [
        {
            "place": "a.jsonl:2",
            "reason": '"prompt" is missing (keys: text). Rename the column or pass --prompt-field text.',
        },
        {"place": "b.jsonl:1", "reason": '"prompt" is empty'},
    ]


def test_on_request_bad_rows_are_passed_over(store):
    rows = [{"prompt": f"{n}?"} if n % 2 else {"prompt": n} for n in range(300)]
    result = add_files(store, [jsonl("a.jsonl", *rows)], on_error="skip")
    assert (result.committed, result.prompts, result.bad_rows) == (True, Added(150), 150)
    assert len(result.bad) == BAD_ROWS_LISTED


def test_a_damaged_file_stops_before_anything_is_added(store):
    whole = gzip.compress("".join(f'{{"prompt": "{n}?"}}\n' for n in range(5000)).encode())
    Path("a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    result = add_files(store, ["a.jsonl.gz"])
    assert (result.bad_rows, counts(store)) == (1, NOTHING)
    assert "cut short" in result.bad[0].reason


def test_every_file_is_checked_before_the_first_is_read(store):
    jsonl("a.jsonl", {"prompt": "Why?"})
    seen = []
    with pytest.raises(InputError, match=r"b\.jsonl does not exist"):
        add_files(store, ["a.jsonl", "b.jsonl"], progress=seen.append)
    with pytest.raises(InputError, match="Supported"):
        add_files(store, ["a.jsonl", "pairwright.db"], progress=seen.append)
    with pytest.raises(InputError, match='--on-error "ignore"'):
        add_files(store, ["a.jsonl"], on_error="ignore")
    assert seen == []


def test_progress_ends_at_the_number_of_rows(store):
    seen = []
    add_files(store, [jsonl("a.jsonl", *({"prompt": str(n)} for n in range(1200)))], progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1200


def test_interrupted_it_adds_nothing(store):
    def interrupt(rows):
        if rows > 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_files(store, [jsonl("a.jsonl", *({"prompt": str(n)} for n in range(2000)))], progress=interrupt)
    assert counts(store) == NOTHING


def test_killed_it_leaves_nothing_half_added(store):
    rows = [{"prompt": f"{n}?", "response_a": "x" * 200, "response_b": "y" * 200} for n in range(3000)]
    jsonl("a.jsonl", *rows)
    add_files(store, [jsonl("before.jsonl", {"prompt": "before"})])
    program = textwrap.dedent("""
        import os, signal
        from pairwright.stages.add.add import add_files
        from pairwright.store.store import Store

        def kill(rows):
            if rows > 2500:
                os.kill(os.getpid(), signal.SIGKILL)

        add_files(Store.open("pairwright.db"), ["a.jsonl"], progress=kill)
    """)
    assert subprocess.run([sys.executable, "-c", program]).returncode == -signal.SIGKILL
    assert counts(store) == {**NOTHING, "prompt": 1}
    assert add_files(store, ["a.jsonl"]).pairs == Added(3000)
    assert counts(store) == {"prompt": 3001, "response": 6000, "pair": 3000}


texts = st.sampled_from(["a", "b", "a ", "Zoë\n", "[{", "\u2028"])
entries = st.one_of(
    st.fixed_dictionaries({"prompt": texts}, optional={"id": st.integers(), "x": texts}),
    st.fixed_dictionaries({"prompt": texts, "responses": st.lists(texts, max_size=3)}),
    st.fixed_dictionaries({"prompt": texts, "response_a": texts, "response_b": texts}),
    st.fixed_dictionaries({"wrong": texts}),
)


@settings(max_examples=30)
@given(st.lists(entries, max_size=8), st.randoms())
def test_whatever_a_file_holds_adding_it_again_in_any_order_changes_nothing(tmp_path_factory, rows, chance):
    folder = tmp_path_factory.mktemp("add")
    with Store.open(str(folder / "pairwright.db"), create=True) as store:
        first = add_files(store, [jsonl(folder / "a.jsonl", *rows)], on_error="skip")
        before = counts(store)
        shuffled = jsonl(folder / "b.jsonl", *chance.sample(rows, len(rows)))
        again = add_files(store, [shuffled], on_error="skip")
        assert counts(store) == before
    assert before == dict(
        zip(before, (first.prompts.added, first.responses.added, first.pairs.added), strict=True)
    )
    assert (again.prompts.added, again.responses.added, again.pairs.added) == (0, 0, 0)
    assert again.prompts.already == first.prompts.added + first.prompts.already
    assert again.bad_rows == first.bad_rows


def test_real_pairs_go_in(store):
    result = add_files(store, [shared("llmbar/pairs.jsonl.gz")])
    assert (result.prompts, result.responses, result.pairs) == (Added(418, 1), Added(838), Added(419))


def test_real_pairs_with_empty_answers_are_refused_and_named(store):
    path = shared("pandalm/pairs.jsonl.gz")
    result = add_files(store, [path])
    assert (result.committed, result.rows, result.bad_rows) == (False, 999, 60)
    assert result.bad[0].as_dict() == {"place": f"{path}:19", "reason": '"response_a" is empty'}
    kept = add_files(store, [path], on_error="skip")
    assert kept.pairs.added + kept.pairs.already == 999 - 60
