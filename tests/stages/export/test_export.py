"""A store becomes files a trainer reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from itertools import pairwise

import orjson
import pyarrow.parquet as pq
import pytest
from stores import a_store, chat

from pairwright.errors import InputError
from pairwright.stages.export.export import export, row_of_export


@pytest.fixture
def builder(tmp_path):
    (tmp_path / "project").mkdir()
    with a_store(tmp_path / "project") as builder:
        yield builder


@pytest.fixture
def out(tmp_path):
    return tmp_path / "export" / "rows.jsonl"


def lines(path) -> list[dict]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def meta(out) -> list[dict]:
    return lines(out.with_name(f"{out.name}.meta.jsonl"))


def manifest(out) -> dict:
    return orjson.loads(out.with_name(f"{out.name}.manifest.json").read_bytes())


def test_labels_become_preference_rows(builder, out):
    builder.pair("Colour?", "Blue.", "Green.", belief="A").pair("Size?", "Small.", "Large.", belief="B")
    result = export(builder.store, out)
    assert result.rows == 2
    assert lines(out) == [
        {
            "prompt": [{"role": "user", "content": "Colour?"}],
            "chosen": [{"role": "assistant", "content": "Blue."}],
            "rejected": [{"role": "assistant", "content": "Green."}],
        },
        {
            "prompt": [{"role": "user", "content": "Size?"}],
            "chosen": [{"role": "assistant", "content": "Large."}],
            "rejected": [{"role": "assistant", "content": "Small."}],
        },
    ]


def test_standard_style_writes_strings(builder, out):
    builder.pair("Colour?", "Blue.", "Green.", belief="A")
    export(builder.store, out, style="standard", separator=" ")
    assert lines(out) == [{"prompt": "Colour? ", "chosen": "Blue.", "rejected": "Green."}]


def test_orpo_takes_the_rows_of_dpo(builder, out, tmp_path):
    builder.pair("Colour?", "Blue.", "Green.", belief="A")
    export(builder.store, out, shape="dpo")
    export(builder.store, tmp_path / "orpo.jsonl", shape="orpo")
    assert (tmp_path / "orpo.jsonl").read_bytes() == out.read_bytes()


def test_kto_rows_are_good_and_bad_responses(builder, out):
    builder.pair("Colour?", "Blue.", "Green.", belief="A")
    export(builder.store, out, shape="kto", split_pairs=True, style="standard")
    assert sorted(lines(out), key=lambda row: row["label"]) == [
        {"prompt": "Colour?\n\n", "completion": "Green.", "label": False},
        {"prompt": "Colour?\n\n", "completion": "Blue.", "label": True},
    ]


def test_the_plain_unpaired_form_says_good_or_bad(builder, out):
    builder.pair("Colour?", "Blue.", "Green.", belief="A")
    export(builder.store, out, shape="unpaired", split_pairs=True, style="standard")
    assert sorted(lines(out), key=lambda row: row["label"]) == [
        {"prompt": "Colour?", "response": "Green.", "label": "bad"},
        {"prompt": "Colour?", "response": "Blue.", "label": "good"},
    ]


def test_parquet_holds_the_rows_of_jsonl(builder, out):
    builder.pair("Colour?", "Blue.", "Green.", belief="A").pair("Size?", "Small.", "Large.", belief="B")
    for shape in ("dpo", "kto", "unpaired"):
        for style in ("conversational", "standard"):
            export(builder.store, out, shape=shape, style=style, split_pairs=True)
            export(builder.store, out.with_suffix(".parquet"), shape=shape, style=style, split_pairs=True)
            assert pq.read_table(out.with_suffix(".parquet")).to_pylist() == lines(out)


def test_every_pair_is_a_row_or_a_drop_with_its_reason(builder, out):
    builder.pair("Q1", "a", "b", belief="A")
    builder.pair("Q2", "a", "b")
    builder.pair("Q3", "a", "b", belief="ask")
    builder.pair("Q4", "a", "b", belief="both bad")
    builder.pair("Q5", "a", "b", belief="A", flag="too_fast")
    builder.pair("Q6", "a", " a ", belief="A")
    builder.pair("Q7", "a", "", belief="A")
    builder.pair(chat("Q8", "A8", "Q8b"), "a", "b", belief="A", by="people")
    result = export(builder.store, out, style="standard")
    assert result.drops == {
        "not_judged": 1,
        "waiting_for_people": 1,
        "tie": 1,
        "flagged": 1,
        "same_text": 1,
        "empty_response": 1,
        "multi_turn_needs_conversational": 1,
    }
    assert result.rows + sum(result.drops.values()) == result.read == 8
    result = export(builder.store, out, include_flagged=True)
    assert result.rows == 3
    assert result.by_source == {"judge": 2, "people": 1}


def test_every_response_of_a_pair_that_speaks_is_a_row_or_a_drop(builder, out):
    builder.pair("Q1", "best", "middle", belief="A").pair("Q1", "middle", "worst", belief="A")
    builder.pair("Q1", "best", "bad", belief="A", models=("another", None))
    builder.pair("Q2", "a", "", belief="A").pair("Q3", "a", "b", belief="TIE")
    result = export(builder.store, out, shape="kto", split_pairs=True)
    assert result.drops == {"says_nothing_of_a_response": 1}
    singles = {reason: of["response"] for reason, of in result.dropped.units.items() if "response" in of}
    assert singles == {"conflicting": 1, "duplicate": 1, "empty_response": 1}
    assert result.rows + sum(singles.values()) == 7


def test_the_side_file_leads_from_a_row_to_its_pair_and_belief(builder, out):
    builder.pair("Q", "a", "b", belief="ask").belief("B", by="people", prob_a=0.25, reason="people: 2 B")
    builder.pair("R", "a", "b", belief="A", models=("m1", "m2"), external_id="x9", prompt_external_id="p9")
    export(builder.store, out)
    first, second = meta(out)
    assert [first["row"], second["row"]] == [1, 2]
    assert first["pair"].startswith("x-")
    assert len(first["pair"]) == 34
    assert (first["source"], first["verdict"], first["prob_chosen"]) == ("people", "B", 0.75)
    assert (first["belief"], first["reason"]) == (2, "people: 2 B")
    assert (second["chosen_model"], second["rejected_model"]) == ("m1", "m2")
    assert (second["pair_external_id"], second["prompt_external_id"]) == ("x9", "p9")


def test_the_side_file_of_kto_rows_names_all_pairs_a_label_rests_on(builder, out):
    builder.pair("Q", "best", "middle", belief="A").pair("Q", "best", "worst", belief="A", by="people")
    export(builder.store, out, shape="kto", split_pairs=True)
    (best,) = [row for row in meta(out) if row["label"] == "good"]
    assert best["response"].startswith("r-")
    assert [(pair["said"], pair["source"]) for pair in best["pairs"]] == [
        ("good", "judge"),
        ("good", "people"),
    ]


def test_the_manifest_says_what_was_asked_written_and_left_out(builder, out):
    builder.pair("Q1", "a", "b", belief="A").pair("Q2", "a", "b", belief="ask")
    result = export(builder.store, out, seed=3)
    said = manifest(out)
    assert said["pairwright"]
    assert said["created_at"].endswith("+00:00")
    assert (said["to"], said["seed"]) == ("trl-dpo", 3)
    assert (said["read"], said["rows"]) == (2, 1)
    assert said["dropped_by_unit"] == {"waiting_for_people": {"pair": 1}}
    assert said["by_source"] == {"judge": 1}
    assert [file["name"] for file in said["files"]] == ["rows.jsonl", "rows.jsonl.meta.jsonl"]
    assert "rows.jsonl" in said["how_to_load"][1]
    assert str(out.parent) not in str(said)
    only_here = {"pairwright", "created_at", "config_files"}
    only_there = {"path", "dry_run", "bad"}
    assert {key: value for key, value in said.items() if key not in only_here} == {
        key: value for key, value in result.as_dict().items() if key not in only_there
    }


def test_the_manifest_of_a_kto_file_suggests_weights_for_its_balance(builder, out):
    for n in range(8):
        builder.pair(f"Q{n}", "a", "b", belief="A" if n < 2 else "both bad")
    result = export(builder.store, out, shape="kto", split_pairs=True)
    assert manifest(out)["label_balance"] == {"good": 2, "bad": 14}
    assert manifest(out)["suggested_weights"] == {"desirable_weight": 8.17, "undesirable_weight": 1.0}
    assert "desirable_weight=8.17" in result.how_to_load[-1]


def test_kto_rows_of_a_prompt_do_not_stand_side_by_side(builder, out):
    for n in range(10):
        for k in range(3):
            builder.pair(f"Q{n}", f"good {k}", f"bad {k}", belief="A")
    result = export(builder.store, out, shape="kto", split_pairs=True)
    prompts = [row["prompt"] for row in lines(out)]
    assert len(prompts) == 60
    assert all(a != b for a, b in pairwise(prompts))
    assert result.neighbours == 0


def test_neighbours_that_cannot_be_separated_are_counted(builder, out):
    builder.pair("Q", "a", "b", belief="A").pair("Q", "a", "c", belief="A")
    export(builder.store, out, shape="kto", split_pairs=True)
    assert len(lines(out)) == 3
    assert manifest(out)["same_prompt_neighbours"] == 2


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.jsonl.zst", "rows.parquet"])
@pytest.mark.parametrize("shape", ["dpo", "kto"])
def test_the_same_store_and_options_give_the_same_bytes(builder, tmp_path, name, shape):
    builder.many((f"Q{n}", f"a{n}", f"b{n}", "AB"[n % 2]) for n in range(200))
    one = export(builder.store, tmp_path / "one" / name, shape=shape, seed=1, split_pairs=shape == "kto")
    two = export(builder.store, tmp_path / "two" / name, shape=shape, seed=1, split_pairs=shape == "kto")
    assert one.files == two.files
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    other = export(builder.store, tmp_path / "two" / name, shape=shape, seed=2, split_pairs=shape == "kto")
    assert (other.files == one.files) == (shape == "dpo")


def test_nothing_to_export_says_why_and_what_to_do_and_writes_nothing(builder, out):
    with pytest.raises(InputError, match=r"no pairs\. Run `pairwright add`"):
        export(builder.store, out)
    builder.pair("Q1", "a", "b", belief="ask").pair("Q2", "a", "b").pair("Q3", "a", "b")
    with pytest.raises(InputError, match=r"none of 3 pairs") as error:
        export(builder.store, out, shape="kto", split_pairs=True)
    assert "2 pairs, not judged (run `pairwright judge`" in str(error.value)
    assert "1 pair, waiting for people (label them with `pairwright annotate`" in str(error.value)
    assert not any(out.parent.iterdir())


def test_labels_that_all_fail_the_checks_are_nothing_to_export_either(builder, out):
    builder.pair(chat("a", "b", "c"), "x", "y", belief="A")
    with pytest.raises(InputError, match="1 pair, multi turn needs conversational"):
        export(builder.store, out, style="standard")
    assert list(out.parent.iterdir()) == []
    builder.pair("Q", "x", "y", belief="A").pair("Q", "y", "x", belief="A")
    with pytest.raises(InputError, match="2 responses, conflicting"):
        export(builder.store, out, shape="kto", split_pairs=True, style="standard")


def test_a_failed_export_leaves_the_older_one_as_it_was(builder, out):
    builder.pair("Q1", "a", "b", belief="A")
    export(builder.store, out)
    before = {path.name: path.read_bytes() for path in out.parent.iterdir()}
    builder.belief("ask")
    with pytest.raises(InputError):
        export(builder.store, out)
    assert {path.name: path.read_bytes() for path in out.parent.iterdir()} == before


def test_unknown_shapes_styles_and_endings_are_refused(builder, tmp_path):
    with pytest.raises(
        InputError, match=r"shape is 'ppo'; it is one of \"dpo\", \"orpo\", \"kto\", \"unpaired\""
    ):
        export(builder.store, tmp_path / "a.jsonl", shape="ppo")
    with pytest.raises(InputError, match="style is 'chatty'; it is one of"):
        export(builder.store, tmp_path / "a.jsonl", style="chatty")
    with pytest.raises(InputError, match="cannot tell the format"):
        export(builder.store, tmp_path / "a.txt")


def test_progress_is_told_up_to_the_last_row(builder, out):
    builder.many((f"Q{n}", "a", "b", "A") for n in range(1200))
    told = []
    export(builder.store, out, progress=lambda *, done, total: told.append((done, total)))
    assert told == [(500, 1200), (1000, 1200), (1200, 1200)]


def test_an_export_killed_in_the_middle_leaves_nothing_and_can_be_run_again(builder, out):
    builder.many((f"Q{n}", "a" * 2000, "b" * 2000, "A") for n in range(2000))
    script = f"""
        from pathlib import Path
        from pairwright.stages.export.export import export
        from pairwright.store.store import Store

        def halfway(*, done, total):
            if done >= total / 2:
                print("half", flush=True)
                input()

        export(Store.open({str(builder.store.path)!r}), Path({str(out)!r}), progress=halfway)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"half\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert [path.name for path in out.parent.iterdir()] == [".rows.jsonl.partial"]
    assert export(builder.store, out).rows == 2000
    assert not out.with_name(".rows.jsonl.partial").exists()


def test_memory_does_not_grow_with_the_rows(builder, out):
    builder.many((f"Q{n} " + "q" * 300, "a" * 500, "b" * 500, "A") for n in range(50_000))
    script = f"""
        import resource
        from pathlib import Path
        from pairwright.stages.export.export import export
        from pairwright.store.store import Store

        def most_so_far():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        def watch(*, done, total):
            early.append(most_so_far())

        with Store.open({str(builder.store.path)!r}) as store:
            for shape in ("dpo", "kto"):
                early = []
                result = export(store, Path({str(out)!r}), shape=shape, split_pairs=shape == "kto", progress=watch)
                print(result.rows, most_so_far() - early[0])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=True)
    counts = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert [rows for rows, _ in counts] == [50_000, 100_000]
    assert all(growth_kib < 16_000 for _, growth_kib in counts)  # the texts alone are 65 MB


# Back from a line to the store


def test_a_line_of_an_export_leads_to_its_pair_or_response(builder, out):
    builder.pair("Q", "a", "b", belief="ask").pair("R", "a", "b", belief="A")
    export(builder.store, out)
    assert row_of_export(out, 1) == meta(out)[0]["pair"]
    export(builder.store, out.with_name("kto.parquet"), shape="kto", split_pairs=True)
    assert row_of_export(out.with_name("kto.parquet"), 2).startswith("r-")


def test_a_line_that_is_not_there_is_an_input_error(builder, out):
    builder.pair("Q", "a", "b", belief="A")
    export(builder.store, out)
    for line in (0, 2, -1):
        with pytest.raises(InputError, match=f"no line {line}: it has lines 1 to 1"):
            row_of_export(out, line)


def test_lines_of_a_file_that_was_changed_or_never_exported_cannot_be_traced(builder, out, tmp_path):
    with pytest.raises(InputError, match=r"rows\.jsonl is no finished export"):
        row_of_export(tmp_path / "rows.jsonl", 1)
    builder.pair("Q", "a", "b", belief="A").pair("R", "a", "b", belief="A")
    export(builder.store, out)
    out.write_bytes(out.read_bytes().splitlines(keepends=True)[1])
    with pytest.raises(InputError, match="was changed after the export"):
        row_of_export(out, 1)
    out.with_name("rows.jsonl.manifest.json").write_text("[]")
    with pytest.raises(InputError, match=r"is not a manifest of rows\.jsonl"):
        row_of_export(out, 1)
