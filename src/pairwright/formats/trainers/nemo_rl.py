"""NeMo-RL: a context and two ranked completions, rank 0 the better.

Source: NeMo-RL's docs/guides/dpo.md, examples/configs/dpo.yaml and rm.yaml, nemo_rl/data/processors.py. Its
preprocessor asserts exactly two completions, of different rank: a ranking is written as pairs, a tie never.
More than two are read, for others write them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from shlex import quote

from pairwright.formats.answers import answers_to
from pairwright.formats.canonical import Canonical, Pair, fractional
from pairwright.formats.format import Format, Found, Left, Row, Source, Target, Written
from pairwright.formats.messages import answer_dicts, dicts, messages_of, number_of
from pairwright.formats.reading import BadRow


def completions(pair: Pair) -> Row:
    sides = (pair.chosen, pair.rejected)
    return {
        "context": dicts(pair.prompt),
        "completions": [{"rank": n, "completion": answer_dicts(one)} for n, one in enumerate(sides)],
    }


def read(row: Row, place: str) -> Iterator[Found]:
    ranks, answers = [], []
    for number, item in enumerate(row["completions"], 1):
        where = f'"completions" number {number}'
        rank = number_of(item.get("rank")) if isinstance(item, dict) else None
        if rank is None:
            yield BadRow(place, f'{where} has no "rank" that is a number')
        elif not _says(item.get("completion")):
            yield Left(place, "empty_response", "response")
        else:
            ranks.append(rank)
            answers.append((item["completion"], where))
    if len(answers) < 2:
        yield Left(place, "single_response")
        return
    found = answers_to(messages_of(row["context"], '"context"'), answers, place)
    if isinstance(found, Left):
        yield found
        return
    asked, said = found
    rated = tuple(replace(one, rank=rank) for one, rank in zip(said, fractional(ranks), strict=True))
    yield Canonical(asked, rated, place=place)


def _says(completion: object) -> bool:
    """Whether there is a text in it, or something else, which is for others to refuse."""
    last = completion[-1] if isinstance(completion, list) and completion else completion
    text = (last.get("content") or last.get("tool_calls")) if isinstance(last, dict) else last
    return text is not None and text != [] and (not isinstance(text, str) or bool(text.strip()))


def _lines(written: Written) -> list[str]:
    """Its configs name HelpSteer3 for both and no data_path, which + adds; local files are "train"."""
    told = "; nothing is held out, so it validates on nothing: --split 0.95,0.05 would"
    validation = ["data.validation=null"]
    if written.evaluation:
        told, validation = "", _part("validation", written.evaluation[0])
    overrides = " ".join([*_part("train", written.train[0]), *validation])
    return [f"uv run examples/run_dpo.py {overrides}  # a reward model: run_rm.py{told}"]


def _part(name: str, file: str) -> list[str]:
    path = quote(f"+data.{name}.data_path={file}")
    return [f"data.{name}.dataset_name=PreferenceDataset", path, f"data.{name}.split=train"]


FORMATS = (
    Format(
        "nemo-rl",
        "NeMo-RL DPO and reward model: two ranked completions",
        Source(read, lambda row: "context" in row and "completions" in row, "dataset"),
        Target(
            "pairs",
            completions,
            {"context": "messages", "completions": [{"rank": "int", "completion": "messages"}]},
            _lines,
            endings=(".jsonl", ".json"),
            one_file=True,
        ),
        "PreferenceDataset",
    ),
)
