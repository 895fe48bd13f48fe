"""`pairwright convert`: any format to any other, streaming, with its parts, caps, reasons and exit codes."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pairwright.cli.main import run
from pairwright.errors import ConfigError, InputError
from pairwright.formats import catalog
from pairwright.formats.canonical import Rated, two
from pairwright.formats.files import Layout, parse_shares
from pairwright.formats.format import Format, Source
from pairwright.formats.guess import guess
from pairwright.formats.reading import read_records
from pairwright.stages.export.convert import Selection, convert
from pairwright.stages.export.export import row_of_export
from pairwright.types import Message

HH = Path(__file__).parents[3] / ".." / "shared" / "data" / "hh_rlhf_harmless_test" / "raw.jsonl.gz"
real = pytest.mark.skipif(not HH.exists(), reason=f"REAL DATA IS NOT TESTED: {HH} is not there")


def write(path: Path, rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def lines(path: Path) -> list[dict]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in data.splitlines()]


def paired(n: int, prompt: str = "question {}") -> list[dict]:
    return [{"prompt": prompt.format(i), "chosen": f"yes {i}", "rejected": f"no {i}"} for i in range(n)]


def rankings(n: int) -> list[dict]:
    return [
        {
            "prompt": f"question {i}",
            "responses": [{"text": f"{i} {r}", "rank": r, "rating": 6 - r} for r in (1, 2, 3)],
        }
        for i in range(n)
    ]


# --- real data --------------------------------------------------------------------------------------


@real
def test_hh_rlhf_becomes_trl_rows_and_every_row_is_accounted_for(tmp_path):
    result = convert(HH, tmp_path / "dpo.jsonl", to="trl-dpo")
    assert (result.source, result.guessed, result.read) == ("hh-rlhf", True, 2312)
    assert result.rows + sum(result.dropped.counts.values()) == 2312
    assert (result.rows, result.dropped.counts) == (2303, {"empty_response": 4, "prompts_differ": 5})
    rows = lines(tmp_path / "dpo.jsonl")
    assert all(row["prompt"][-1]["role"] == "user" for row in rows)
    assert all(row["chosen"][0]["content"].strip() != row["rejected"][0]["content"].strip() for row in rows)


@real
@pytest.mark.parametrize(
    "to",
    [
        name
        for name, each in catalog.formats().items()
        if each.reads and each.writes and each.writes.takes == "pairs"
    ],
)
def test_hh_rlhf_there_and_back_again(tmp_path, to):
    ending = catalog.target_named(to).endings[0]
    there = convert(HH, tmp_path / f"there{ending}", to=to)
    back = convert(tmp_path / f"there{ending}", tmp_path / "back.jsonl", to="hh-rlhf", source=to)
    assert back.rows == there.rows
    texts = {line for record in read_records(HH) for line in record.row.values()}
    assert all(row["chosen"] in texts and row["rejected"] in texts for row in lines(tmp_path / "back.jsonl"))


@real
def test_a_real_split_never_parts_a_prompt(tmp_path):
    convert(HH, tmp_path / "hh.jsonl", to="trl-dpo", layout=Layout(parse_shares("0.8,0.1,0.1", 0)))
    prompts = {
        part: {json.dumps(row["prompt"]) for row in lines(tmp_path / f"hh.{part}.jsonl")}
        for part in ("train", "validation", "test")
    }
    assert (
        sum(map(len, prompts.values())) == len(set.union(*prompts.values())) == 2301
    )  # two prompts come twice
    assert 150 < len(prompts["test"]) < 310


# --- what is written -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".jsonl.zst", ".json", ".parquet"])
def test_every_ending_holds_the_same_rows(tmp_path, ending):
    out = tmp_path / f"rows{ending}"
    result = convert(write(tmp_path / "in.jsonl", paired(3)), out, to="trl-dpo")
    assert [record.row["chosen"] for record in read_records(out)] == [
        [{"role": "assistant", "content": f"yes {i}"}] for i in range(3)
    ]
    manifest = json.loads((tmp_path / f"{out.name}.manifest.json").read_bytes())
    assert manifest["rows"] == 3
    assert [file["name"] for file in manifest["files"]] == [out.name, f"{out.name}.meta.jsonl"]
    assert result.how_to_load == manifest["how_to_load"]


def test_the_side_file_holds_the_rest_by_row_number(tmp_path):
    convert(write(tmp_path / "in.jsonl", rankings(2)), tmp_path / "out.jsonl", to="trl-reward-margin")
    assert set(lines(tmp_path / "out.jsonl")[0]) == {"chosen", "rejected", "margin"}
    meta = lines(tmp_path / "out.jsonl.meta.jsonl")
    assert [each["row"] for each in meta] == [1, 2, 3, 4]
    assert meta[2]["place"] == "in.jsonl:2"  # no folder: that is nobody's business
    assert (meta[0]["chosen_rating"], meta[0]["rejected_rating"], meta[0]["margin"]) == (5, 4, 1)


@pytest.mark.parametrize(("which", "n"), [("best", 2), ("adjacent", 2), ("all", 3)])
def test_rankings_give_the_pairs_asked_for(tmp_path, which, n):
    result = convert(
        write(tmp_path / "in.jsonl", rankings(5)),
        tmp_path / "out.jsonl",
        to="trl-dpo",
        selection=Selection(which),
    )
    assert result.rows == 5 * n


def test_at_most_so_many_rows_of_a_prompt(tmp_path):
    source = write(tmp_path / "in.jsonl", rankings(5))
    result = convert(source, tmp_path / "out.jsonl", to="trl-dpo", selection=Selection("all", per_prompt=2))
    assert (result.rows, result.dropped.counts) == (10, {"over_per_prompt": 5})
    assert convert(source, tmp_path / "p.parquet", to="verl-prompts").rows == 5


def test_prompts_for_rl_stand_once(tmp_path):
    source = write(tmp_path / "in.jsonl", [*paired(2), *paired(2)])
    result = convert(source, tmp_path / "p.parquet", to="verl-prompts")
    assert (result.rows, result.dropped.counts) == (2, {"over_per_prompt": 2})
    table = pq.read_table(tmp_path / "p.parquet").to_pylist()
    assert len({row["extra_info"]["index"] for row in table}) == 2


def test_the_unsure_are_left_out_and_so_is_what_says_nothing(tmp_path):
    rows = [{**row, "probability": p} for row, p in zip(paired(3), (0.9, 0.6, None), strict=True)]
    result = convert(
        write(tmp_path / "in.jsonl", rows),
        tmp_path / "out.jsonl",
        to="trl-dpo",
        source="table",
        selection=Selection(min_probability=0.8),
    )
    assert (result.rows, result.dropped.counts) == (1, {"below_min_probability": 1, "no_probability": 1})
    assert lines(tmp_path / "out.jsonl.meta.jsonl")[0]["probability"] == 0.9


def test_shards_are_named_as_datasets_names_them_and_part_as_well(tmp_path):
    layout = Layout(parse_shares("0.5,0.5", 0), shard=4)
    result = convert(
        write(tmp_path / "in.jsonl", paired(30)), tmp_path / "d.jsonl.gz", to="trl-dpo", layout=layout
    )
    shards = sorted(path.name for path in tmp_path.glob("d.train-*.jsonl.gz"))
    assert shards == [f"d.train-{n:05d}-of-{len(shards):05d}.jsonl.gz" for n in range(len(shards))]
    rows = [len(lines(tmp_path / name)) for name in shards]
    assert set(rows[:-1]) == {4}
    assert result.parts == {"train": sum(rows), "test": 30 - sum(rows)}
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("text", ["0.9,0.2", "1", "a,b", "-0.5,1.5", "0.25,0.25,0.25,0.25"])
def test_a_split_that_makes_no_sense_is_refused(text):
    with pytest.raises(InputError, match="--split"):
        parse_shares(text, 0)


def test_an_export_can_be_traced_back_by_file_and_line(tmp_path):
    convert(
        write(tmp_path / "in.jsonl", paired(30)),
        tmp_path / "d.jsonl",
        to="trl-dpo",
        layout=Layout(parse_shares("0.5,0.5", 0)),
    )
    # Rows of `convert` belong to no project: there is no pair to show.
    with pytest.raises(InputError, match="came from no project"):
        row_of_export(tmp_path / "d.train.jsonl", 1)


# --- KTO -------------------------------------------------------------------------------------------------


def test_kto_of_plain_pairs_needs_a_word_about_each_response(tmp_path):
    source = write(tmp_path / "in.jsonl", paired(4))
    with pytest.raises(
        InputError, match=r"8 responses, no absolute signal \(which is better says not which is good"
    ):
        convert(source, tmp_path / "kto.jsonl", to="trl-kto")
    result = convert(source, tmp_path / "kto.jsonl", to="trl-kto", selection=Selection(split_pairs=True))
    assert (result.naive, result.labels) == (True, {"good": 4, "bad": 4})


def test_kto_rows_stand_apart_from_their_prompts_other_rows_in_every_part(tmp_path):
    result = convert(
        write(tmp_path / "in.jsonl", rankings(60)),
        tmp_path / "kto.jsonl",
        to="trl-kto",
        selection=Selection(threshold=4),
        layout=Layout(parse_shares("0.8,0.2", 3)),
    )
    assert result.labels == {"good": 120, "bad": 60}
    assert result.neighbours == 0
    for part in ("train", "test"):
        prompts = [json.dumps(row["prompt"]) for row in lines(tmp_path / f"kto.{part}.jsonl")]
        assert not any(a == b for a, b in pairwise(prompts))
    assert result.weights == {"desirable_weight": 1.0, "undesirable_weight": 1.71}


def test_a_thumbs_log_becomes_kto(tmp_path, capsys):
    path = tmp_path / "log.csv"
    path.write_text("question,answer,feedback\nHi?,Hello,up\nWho?,Me,down\nSo?,Yes,up\n")
    code = run(
        ["convert", str(path), str(tmp_path / "kto.jsonl"), "--to", "trl-kto",
         "--map", "prompt=question,response=answer,good=feedback", "--json"]
    )  # fmt: skip
    assert code == 0
    assert json.loads(capsys.readouterr().out)["label_balance"] == {"good": 2, "bad": 1}
    assert {row["prompt"][0]["content"]: row["label"] for row in lines(tmp_path / "kto.jsonl")} == {
        "Hi?": True,
        "Who?": False,
        "So?": True,
    }


def test_an_argilla_export_becomes_a_llama_factory_run_in_one_command(tmp_path, capsys):
    def record(n: int, ratings: tuple[int, int], status: str) -> dict:
        return {
            "id": f"rec-{n}",
            "fields": {"instruction": f"question {n}", "generations-0": f"a {n}", "generations-1": f"b {n}"},
            "metadata": {},
            "responses": {
                f"generations-{i}-rating": [{"value": ratings[i], "user_id": "u1", "status": status}]
                for i in (0, 1)
            },
        }

    records = [record(0, (5, 2), "submitted"), record(1, (1, 4), "submitted"), record(2, (3, 3), "submitted")]
    path = tmp_path / "answers.json"
    path.write_text(json.dumps([*records, record(3, (5, 1), "draft")], indent=1))
    assert run(["convert", str(path), str(tmp_path / "dpo.json"), "--to", "llama-factory-dpo"]) == 0
    told = capsys.readouterr().out
    rows = json.loads((tmp_path / "dpo.json").read_text())
    assert [(row["instruction"], row["chosen"], row["rejected"]) for row in rows] == [
        ("question 0", "a 0", "b 0"),
        ("question 1", "b 1", "a 1"),
    ]
    assert "1 pair, tie" in told
    assert "1 row, no submitted answer" in told
    assert "llamafactory-cli train --stage dpo --do_train --dataset_dir . --dataset dpo " in told
    assert json.loads((tmp_path / "dataset_info.json").read_text())["dpo"]["ranking"] is True
    votes = lines(tmp_path / "dpo.json.meta.jsonl")[0]["votes"]
    assert [(vote["rater"], vote["kind"]) for vote in votes] == [("argilla/u1", "person")]


# --- all or nothing ------------------------------------------------------------------------------------------


def test_bad_rows_are_listed_with_their_place_and_the_exit_code_says_so(tmp_path, capsys):
    path = write(tmp_path / "in.jsonl", paired(3))
    with path.open("a") as file:
        file.write('{"prompt": "x", "chosen": 3, "rejected": "no"}\nnot json\n')
    assert (
        run(["convert", str(path), str(tmp_path / "out.jsonl"), "--to", "trl-dpo", "--from", "trl-dpo-text"])
        == 2
    )
    told = capsys.readouterr()
    assert "3 trl-dpo rows of 5 read" in told.out
    assert "in.jsonl:4: " in told.err
    assert "in.jsonl:5: not valid JSON" in told.err


def test_nothing_to_write_leaves_what_was_there(tmp_path):
    out, source = tmp_path / "out.jsonl", tmp_path / "in.jsonl"
    convert(write(source, paired(2)), out, to="trl-dpo")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()} | {source.name: b""}
    write(source, [{"prompt": "q", "responses": [{"text": "a", "rank": 1}, {"text": "b", "rank": 1}]}])
    with pytest.raises(InputError, match=r"1 pair, tie \(a tie has no better side\)"):
        convert(source, out, to="trl-dpo")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} | {source.name: b""} == before


def test_a_dry_run_counts_and_writes_nothing(tmp_path, capsys):
    source = write(tmp_path / "in.jsonl", paired(3))
    assert (
        run(["convert", str(source), str(tmp_path / "out.jsonl"), "--to", "trl-dpo", "--dry-run", "--json"])
        == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert (said["rows"], said["dry_run"]) == (3, True)
    assert said["files"] == [{"name": "out.jsonl", "rows": 3}, {"name": "out.jsonl.meta.jsonl", "rows": 3}]
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_dataset_info_keeps_the_entries_of_other_datasets(tmp_path):
    source = write(tmp_path / "in.jsonl", paired(3))
    (tmp_path / "dataset_info.json").write_text('{"mine": {"file_name": "mine.json"}}')
    result = convert(source, tmp_path / "new.json", to="llama-factory-dpo")
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert set(info) == {"mine", "new"}
    assert result.config == ["dataset_info.json"]
    (tmp_path / "dataset_info.json").write_text("[1]")
    with pytest.raises(InputError, match="is no JSON object"):
        convert(source, tmp_path / "new.json", to="llama-factory-dpo")


def test_an_ending_the_framework_cannot_read_is_refused(tmp_path):
    source = write(tmp_path / "in.jsonl", paired(1))
    for to, name in (
        ("verl-reward", "a.jsonl"),
        ("openai-dpo", "a.parquet"),
        ("llama-factory-dpo", "a.jsonl.gz"),
    ):
        with pytest.raises(InputError, match=rf"{to} \(.*\) takes no such file"):
            convert(source, tmp_path / name, to=to)


# --- telling formats ---------------------------------------------------------------------------------------------


def test_what_was_guessed_is_said_and_what_cannot_be_is_asked(tmp_path, capsys):
    source = write(tmp_path / "in.jsonl", paired(1))
    assert run(["convert", str(source), str(tmp_path / "out.jsonl"), "--to", "trl-dpo"]) == 0
    assert "read as trl-dpo-text, told by the rows' keys" in " ".join(capsys.readouterr().err.split())
    source = write(tmp_path / "odd.jsonl", [{"a": 1}])
    assert run(["convert", str(source), str(tmp_path / "out.jsonl"), "--to", "trl-dpo"]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "(keys: a) is in none of the formats known by their keys" in told
    assert "--map prompt=COLUMN" in told


def test_a_format_with_the_same_keys_that_reads_them_otherwise_is_no_guess(tmp_path, monkeypatch):
    def turned_round(row, place):
        prompt = (Message("user", row["prompt"]),)
        yield two(prompt, Rated(row["rejected"]), Rated(row["chosen"]), 1, place=place)

    twin = Format("twin", "t", Source(turned_round, lambda row: "chosen" in row, "x"))
    known = catalog.formats()
    monkeypatch.setattr("pairwright.formats.guess.formats", lambda: {**known, "twin": twin})
    with pytest.raises(InputError, match="may be trl-dpo-text or twin, and they read it differently"):
        guess(write(tmp_path / "in.jsonl", paired(1)), {})


def test_standard_input_is_read_as_told(tmp_path):
    code = "import sys; from pairwright.cli.main import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "convert", "-", str(tmp_path / "out.jsonl"), "--to", "trl-dpo"]
    given = "".join(json.dumps(row) + "\n" for row in paired(2))
    done = subprocess.run(command, input=given, capture_output=True, text=True)
    assert (done.returncode, "pass --from" in done.stderr) == (1, True)
    subprocess.run(
        [*command, "--from", "trl-dpo-text"], input=given, text=True, check=True, capture_output=True
    )
    assert len(lines(tmp_path / "out.jsonl")) == 2


def test_the_list_shows_every_format(capsys):
    assert run(["convert", "--list", "--json"]) == 0
    listed = {each["name"]: each for each in json.loads(capsys.readouterr().out)["formats"]}
    assert listed["nectar"]["in"]
    assert not listed["nectar"]["out"]
    assert listed["openrlhf"]["endings"] == [".jsonl", ".json", ".parquet"]
    assert run(["convert", "--list"]) == 0
    assert all(name in capsys.readouterr().out for name in ("trl-dpo",))
    assert run(["convert", "--to", "trl-dpo"]) == 1


# --- plugins ------------------------------------------------------------------------------------------------------


def installed(folder: Path, monkeypatch, code: str) -> None:
    """A package with an entry point in our group, as pip would leave it."""
    (folder / "their_formats.py").write_text(code, encoding="utf-8")
    info = folder / "their_formats-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-formats\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pairwright.formats]\ntheirs = their_formats:FORMAT\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "their_formats", raising=False)


THEIRS = """
from pairwright.formats.canonical import Rated, two
from pairwright.formats.format import Format, Source
from pairwright.types import Message

def read(row, place):
    yield two((Message("user", row["frage"]),), Rated(row["gut"]), Rated(row["schlecht"]), 1, place=place)

FORMAT = Format("theirs", "their rows", Source(read, lambda row: "frage" in row, "them", "person"))
"""


def test_a_plugin_adds_a_format(tmp_path, monkeypatch):
    installed(tmp_path, monkeypatch, THEIRS)
    source = write(tmp_path / "in.jsonl", [{"frage": "Was?", "gut": "Ja", "schlecht": "Nein"}])
    result = convert(source, tmp_path / "out.jsonl", to="trl-dpo")
    assert (result.source, result.guessed, result.rows) == ("theirs", True, 1)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nothing_of_this_name", "format plugin theirs .* can't be loaded: ModuleNotFoundError"),
        ("FORMAT = 'text'", "format plugin theirs .* gives str"),
        (
            THEIRS.replace('"theirs"', '"nectar"'),
            'format plugin theirs gives "nectar", which there is already',
        ),
    ],
)
def test_a_plugin_that_fails_stops_the_command_with_its_name(tmp_path, monkeypatch, capsys, code, told):
    installed(tmp_path, monkeypatch, code)
    with pytest.raises(ConfigError, match=told):
        catalog.formats()
    source = write(tmp_path / "in.jsonl", paired(1))
    assert run(["convert", str(source), str(tmp_path / "out.jsonl"), "--to", "trl-dpo"]) == 1
    assert "format plugin theirs" in capsys.readouterr().err


# --- memory -------------------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Peak memory of a whole process over 2,000 and over 60,000 rows, caps, parts and KTO order included."""
    code = (
        "import resource, sys; from pairwright.cli.main import run; code = run(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    )

    def peak(n: int) -> int:
        source = tmp_path / f"in{n}.jsonl"
        with source.open("w") as file:
            for i in range(n):
                file.write(
                    json.dumps({"prompt": f"question {i}", "chosen": "yes " * 40, "rejected": "no " * 40})
                    + "\n"
                )
        arguments = [
            "convert",
            str(source),
            str(tmp_path / f"out{n}.jsonl"),
            "--to",
            "trl-kto",
            "--split-pairs",
        ]
        arguments += ["--split", "0.9,0.1", "--per-prompt", "3"]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
        )
        return int(done.stderr.split()[-1])

    assert peak(60_000) < peak(2_000) + 25_000  # KiB; the rows alone are 20 MB of text, more as objects


# --- the docs ------------------------------------------------------------------------------------------------------


def test_the_docs_table_is_the_list_of_formats():
    page = (Path(__file__).parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")
    told = {
        cells[1].strip().strip("`"): (cells[2].strip() == "in", cells[3].strip() == "out")
        for cells in (
            line.split("|") for line in page.splitlines() if line.startswith("| `") and line.count("|") == 7
        )
    }
    assert told == {
        name: (each.reads is not None, each.writes is not None) for name, each in catalog.formats().items()
    }
