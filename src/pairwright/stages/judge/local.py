"""Judges that answer here and for free: recorded verdicts, the small doubles, plugins.

A plugin is an entry point in the group `pairwright.judges`: a callable that
takes the `[judges.NAME] extra` table as keywords and gives an object with
`compare(prompt, a, b)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pairwright.errors import ConfigError, VerdictError
from pairwright.formats.reading import BadRow, read_records
from pairwright.judging.adapters import FromScores
from pairwright.judging.doubles import AlwaysFirst, NotRecorded, PrefersShorter, Replay
from pairwright.judging.orders import read_answer
from pairwright.judging.parsing import Unreadable
from pairwright.judging.rubric import show_prompt
from pairwright.judging.votes import vote_of
from pairwright.keys import content_key
from pairwright.stages.judge.reward import reward_judge
from pairwright.stages.project.own_code import content_of, own_function, version_of
from pairwright.stages.project.project import Project
from pairwright.stages.project.settings import JudgeSettings, nearest
from pairwright.store import schema
from pairwright.store.judge.pending import JudgeWork, judge_work
from pairwright.store.people.tasks import further_ids
from pairwright.store.votes import failure_row, rater_id, raters_named, vote_row
from pairwright.types import Answer, Failure, Order, Rater

GROUP = "pairwright.judges"

Ask = Callable[[JudgeWork], Answer]


def judge_locally(
    project: Project,
    name: str,
    settings: JudgeSettings,
    orders: Sequence[Order],
    *,
    retry_failed: bool,
    left: bool,
    report: Callable[[int, int], None],
) -> tuple[int, int, Rater]:
    """Answer all pending work (with `left` what a cascade left); gives (votes, failures, who voted).

    A page is one transaction.
    """
    ask, spec = _open(project, name, settings)
    rater = Rater("judge", name, {**spec, "single_order": len(orders) == 1})
    with project.store.write() as connection:
        this = rater_id(connection, rater)
    votes = failures = 0
    for page in judge_work(project.store, name, orders, retry_failed=retry_failed, left=left):
        rows: dict[Any, list[dict[str, Any]]] = {schema.vote: [], schema.failure: []}
        for work in page:
            key = content_key("judge", work.pair_key, rater.key, work.order, work.round)
            table, row = _answer(ask, work, this, key)
            rows[table].append(row)
        with project.store.write() as connection:
            for table, values in rows.items():
                if values:
                    connection.execute(table.insert(), values)
        votes += len(rows[schema.vote])
        failures += len(rows[schema.failure])
        report(votes + failures, failures)
    return votes, failures, rater


def _answer(ask: Ask, work: JudgeWork, rater: int, key: bytes) -> tuple[Any, dict[str, Any]]:
    try:
        answer = ask(work)
    except NotRecorded as error:
        kind, message = "no_recording", str(error)
    except (Unreadable, VerdictError) as error:
        kind, message = "unreadable", str(error)
    else:
        return schema.vote, vote_row(vote_of(answer, work.pair_id, rater, work.order), key)
    failure = Failure("judge", kind, message, pair_id=work.pair_id, rater_id=rater, order=work.order)
    return schema.failure, failure_row(failure, key)


def _open(project: Project, name: str, settings: JudgeSettings) -> tuple[Ask, dict[str, Any]]:
    """How to ask this judge, and its rater's spec."""
    if settings.kind == "replay":
        assert settings.path is not None  # checked when the project file was read
        path = project.root / settings.path
        replay = Replay(_recorded_rows(path))
        return _replay(project, replay), {"recorded": path.name, **_recording(project, name, path, replay)}
    if settings.kind in ("light", "reward"):
        return reward_judge(project, name, settings)
    if settings.kind == "scorer":
        judge: Any = FromScores(
            own_function(project.root, f"[judges.{name}] score", settings.score), settings.tie
        )
        # A name says nothing of what a function does: its file does.
        code = content_of(project.root / str(settings.score).partition(":")[0])
        spec: dict[str, Any] = {"kind": "scorer", "score": settings.score, "tie": settings.tie, "file": code}
    else:
        judge, version = _plugin(name, settings)
        spec = {"kind": settings.kind, "extra": settings.extra, **version}

    def ask(work: JudgeWork) -> Answer:
        where = f"judge {name}, pair {work.pair_key.hex()[:12]}"
        try:
            value = judge.compare(show_prompt(work.prompt.messages), work.first, work.second)
        except VerdictError:
            raise  # this pair has no verdict: a recorded failure, and the others go on
        except Exception as error:
            raise ConfigError(f"{where}: its compare(prompt, a, b) raised {error!r}") from error
        return read_answer(value, where)

    return ask, spec


def _recording(project: Project, name: str, path: Path, replay: Replay) -> dict[str, Any]:
    """What tells a recording from another of its name: what it held when it was first read.

    One that only grew since says what it said before, of more pairs: it is the same judge.
    """
    size = path.stat().st_size
    with project.store.read() as connection:
        before = [spec for _, spec in raters_named(connection, "judge", name)]
    for spec in before if not replay.changed else ():
        n = spec.get("bytes")
        if spec.get("recorded") == path.name and n and n <= size and content_of(path, n) == spec["file"]:
            return {"file": spec["file"], "bytes": n}
    return {"file": content_of(path), "bytes": size}


def _replay(project: Project, replay: Replay) -> Ask:
    """Look a pair up by its own id, then by every other it came under; there a may have come as b."""
    with project.store.read() as connection:
        others = further_ids(connection)

    def ask(work: JudgeWork) -> Answer:
        names = [(work.external_id, False), *others.get(work.pair_id, ())]
        for name, swapped in names[:-1]:
            try:
                return replay.recorded(name, _TURNED[work.order] if swapped else work.order)
            except NotRecorded:
                continue
        name, swapped = names[-1]
        return replay.recorded(name, _TURNED[work.order] if swapped else work.order)

    return ask


_TURNED: dict[Order, Order] = {"AB": "BA", "BA": "AB"}


def _recorded_rows(path: Any) -> Any:
    for record in read_records(path):
        if isinstance(record, BadRow):
            raise ConfigError(f"{record.place}: {record.reason}")
        yield record.place, record.row


def _plugin(name: str, settings: JudgeSettings) -> tuple[Any, dict[str, Any]]:
    """The judge, and what tells its program from an earlier version of it."""
    built_in: dict[str, Callable[..., Any]] = {"shorter": PrefersShorter, "first": AlwaysFirst}
    found = {point.name: point for point in entry_points(group=GROUP)}
    version: dict[str, Any] = {}
    if settings.kind in built_in:
        make = built_in[settings.kind]
    elif settings.kind in found:
        try:
            make = found[settings.kind].load()
            version = version_of(found[settings.kind], make)
        except Exception as error:
            raise ConfigError(
                f"[judges.{name}]: the plugin {found[settings.kind].value} could not be imported: {error!r}"
            ) from error
    else:
        known = ["chat", "scores", "scorer", "light", "reward", "replay", *built_in, *found]
        raise ConfigError(
            f'[judges.{name}] kind "{settings.kind}" is not known{nearest(settings.kind, known)}'
        )
    return make(**settings.extra), version
