"""Run the checks over a project and keep what they find.

A finding is on record once, however many runs make it. What a later run no longer
sees is gone; what somebody dismissed or repaired stays so. Plugins are entry
points in the group `pairwright.checks`: a callable that takes the
`[check.plugins.NAME]` table as keywords and gives a check (quality/example).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import entry_points
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from pairwright.amounts import counted
from pairwright.errors import ConfigError, InputError
from pairwright.formats.reading import BadRow, read_records
from pairwright.keys import content_key
from pairwright.quality.checks import CHECKS, Limits
from pairwright.quality.example import SEVERITIES, Check, Finding
from pairwright.quality.judge_health import JudgeHealth
from pairwright.quality.run import run_checks
from pairwright.stages.check.fact_check import FactCheckResult, known_facts
from pairwright.stages.pay import served
from pairwright.stages.project.project import Project
from pairwright.stages.result import Result, facts_of
from pairwright.stages.route.at_chance import unbelieved_judges
from pairwright.store.check import findings as sql
from pairwright.store.check.examples import Examples
from pairwright.store.judge.cut_prompts import REMEDY, cut_prompts
from pairwright.tokens.check import TokenLength, in_sentences

GROUP = "pairwright.checks"
REWARD_MODEL = "reward_model"  # what `verify` doubts, kept as findings of a check of this name
LEVELS = ("error", "warning", "info", "off")
SMALL = 3000  # pairs that one process is through with before others have started


@dataclass(frozen=True, slots=True, repr=False)
class CheckResult(Result):
    """What a run of the checks came to. `open` counts findings by severity and check, earlier ones too.

    `new` were never made before, `gone` are no longer seen, `settled` were dismissed
    or repaired earlier and are left so. `tokens` is how long rows are, where a tokenizer was named
    (`pairwright.tokens.report`).
    """

    pairs: int
    labelled: int
    checks: list[str]
    open: dict[str, dict[str, int]]
    new: int
    gone: int
    settled: int
    seconds: float
    tokens: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def at_least(self, severity: str) -> int:
        """How many open findings are so severe, or more."""
        severe = SEVERITIES[SEVERITIES.index(severity) :]
        return sum(sum(self.open.get(each, {}).values()) for each in severe)


def run_check(
    project: Project,
    *,
    only: Collection[str] = (),
    skip: Collection[str] = (),
    workers: int | None = None,
    tokens: TokenLength | None = None,
    progress: Callable[[int], None] | None = None,
) -> CheckResult:
    """Look at every pair and record issues.

    `only` and `skip` name checks; `tokens` also measures rows in tokens. What a model found in an earlier
    fact-check is read off its answers. Raises InputError for an unknown name, CheckError where a check
    fails, ConfigError where one can't be made.
    """
    begun = time.monotonic()
    checks = _checks(project, only, skip, tokens)
    examples = Examples(project.store, unbelieved_judges(project))
    with project.store.exclusively("check"):
        found = run_checks(examples, checks, workers=_workers(project, workers), progress=progress)
        facts = known_facts(project) if any(check.name == "chosen_has_errors" for check in checks) else ()
        calls = _of_calls(project) if any(check.name == JudgeHealth.name for check in checks) else ()
        made = list(as_rated(project, chain(found, facts, calls)))
        names = [check.name for check in checks]
        measured = None if tokens is None else tokens.report()
        done = record(project, names, made, examples.numbers, tokens=measured)
        with project.store.read() as connection:
            open_ = sql.open_counts(connection)
    return CheckResult(
        len(examples.numbers),
        examples.labelled,
        names,
        open_,
        done.new,
        done.gone,
        done.settled,
        round(time.monotonic() - begun, 2),
        measured,
    )


def _checks(
    project: Project, only: Collection[str], skip: Collection[str], tokens: TokenLength | None
) -> list[Check]:
    """The project's checks, and that of lengths in tokens, which needs a tokenizer to be named."""
    if TokenLength.name in (*only, *skip) and tokens is None:
        raise InputError(f"{TokenLength.name} runs where a tokenizer is named: pass --tokenizer")
    others = [name for name in only if name != TokenLength.name]
    skipped = [name for name in skip if name != TokenLength.name]
    checks = checks_of(project, others, skipped) if others or not only else []
    return checks if tokens is None or TokenLength.name in skip else [*checks, tokens]


@dataclass(frozen=True, repr=False)
class CheckedResult(Result):
    """What the checks found, held against the severity that may not be open; and a fact-check, if asked for.

    `failing` counts findings that are `fail_on` or worse.
    """

    found: CheckResult
    fail_on: str
    failing: int
    fact_check: FactCheckResult | None = None

    def as_dict(self) -> dict[str, Any]:
        asked = None if self.fact_check is None else self.fact_check.as_dict()
        return {**self.found.as_dict(), "fail_on": self.fail_on, "failing": self.failing, "fact_check": asked}

    def facts(self) -> list[tuple[str, str]]:
        told = self.found.facts() + facts_of({"failing": self.failing})
        return told + (facts_of({"fact check": self.fact_check.as_dict()}) if self.fact_check else [])

    def sentences(self) -> list[str]:
        return [] if self.found.tokens is None else in_sentences(self.found.tokens)


def held_against(
    project: Project, found: CheckResult, level: str | None, fact_check: FactCheckResult | None = None
) -> CheckedResult:
    """The findings held against `level`, over [check] fail_on."""
    level = level_of(level) or project.settings.check.fail_on
    return CheckedResult(found, level, 0 if level == "off" else found.at_least(level), fact_check)


def level_of(named: str | None) -> str | None:
    """A severity the user named. Raises InputError for another word."""
    if named is not None and named not in LEVELS:
        raise InputError(f'--fail-on is one of {", ".join(LEVELS)}; got "{named}"')
    return named


def _of_calls(project: Project) -> Iterator[Finding]:
    """For each model: whose server did not read its prompts whole, or answered as another or as several."""
    name = JudgeHealth.name
    with project.store.read() as connection:
        for cut in cut_prompts(connection):
            part = f"cut_prompts: {cut.model} ({cut.stage})"
            yield Finding(name, "warning", str(cut), REMEDY, None, part, cut.tokens)
        for other in served.answered_as(connection, project):
            part = f"answered_as: {other.model} ({other.stage}) {other.served} {other.server or ''}".strip()
            yield Finding(name, "warning", str(other), served.REMEDY, None, part, other.calls)
        for model, setups in served.fingerprints(connection):
            said = f"{model} answered from {setups} set-ups (system_fingerprint): votes may differ by them"
            part, remedy = f"fingerprints: {model}", "a model with a date in its name changes less"
            yield Finding(name, "info", said, remedy, None, part, setups)


def open_gate(project: Project, level: str | None = None) -> CheckResult | None:
    """Run the checks before something leaves the house; None where the gate is off.

    `level` over [check] fail_on. Raises InputError where anything so severe is open.
    """
    level = level_of(level) or project.settings.check.fail_on
    if level == "off":
        return None
    result = run_check(project)
    if failing := result.at_least(level):
        raise InputError(
            f"{counted(failing, 'finding is', 'findings are')} {level} or worse, so nothing was "
            "exported. `pairwright check list "
            f"--severity {level}` shows them; dismiss, send, drop or flip them, or pass --fail-on off."
        )
    return result


def record(
    project: Project,
    names: Collection[str],
    made: Iterable[Finding],
    numbers: dict[str, int],
    *,
    by_reason: bool = True,
    tokens: Mapping[str, Any] | None = None,
) -> RecordedFindings:
    """Keep what checks of these names found; of theirs, what is no longer seen is gone.

    `numbers` are the pairs' row numbers by the id in the findings. Without `by_reason`
    a finding is the same as before although its figures are others. `tokens` are the lengths of rows.
    """
    with project.store.write() as connection:
        known = sql.known_findings(connection)
        ran = {"checks": list(names), "pairs": len(numbers)}
        run = sql.add_run(connection, ran if tokens is None else {**ran, "tokens": tokens})
        done = _add(connection, run, made, known, numbers, by_reason)
        unseen = [
            each
            for key, each in known.items()
            if each.check in names
            and key not in done.seen
            and (each.action is None or each.action in sql.OPEN)
        ]
        sql.settle(connection, [each.id for each in unseen], "gone")
        back = [known[key].id for key in done.seen & known.keys() if known[key].action == "gone"]
        sql.settle(connection, back, "back")
    done.gone = sum(each.pair_id is not None or (each.check, each.part) not in done.of_set for each in unseen)
    return done


@dataclass(slots=True)
class RecordedFindings:
    """`seen` are the keys of all that was found, `of_set` what was found about the whole set."""

    new: int = 0
    settled: int = 0
    gone: int = 0
    seen: set[bytes] = field(default_factory=set)
    of_set: set[tuple[str, str | None]] = field(default_factory=set)


def _add(
    connection: Connection,
    run: int,
    made: Iterable[Finding],
    known: dict[bytes, sql.Known],
    numbers: dict[str, int],
    by_reason: bool,
) -> RecordedFindings:
    """Add what was not found before.

    A finding on the whole set says other figures in every run: it is the same one,
    and what was said about it goes on.
    """
    before = {
        (each.check, each.part, each.pair_id): each
        for each in known.values()
        if each.pair_id is None or not by_reason
    }
    done = RecordedFindings()
    rows, dismissed = [], []
    for finding in made:
        pair_id = None if finding.example is None else numbers[finding.example]
        key = content_key("finding", finding.check, finding.part, pair_id, finding.reason)
        if key in done.seen:
            continue
        done.seen.add(key)
        earlier = known.get(key)
        if pair_id is None:
            done.of_set.add((finding.check, finding.part))
        if pair_id is None or not by_reason:
            earlier = before.get((finding.check, finding.part, pair_id))
        if earlier is not None and earlier.action not in (None, "gone", *sql.OPEN):
            done.settled += 1
            if pair_id is not None:
                continue
            if key not in known:
                dismissed.append((key, earlier.because))
        done.new += earlier is None
        if key not in known:
            rows.append({**_row(finding), "key": key, "check_run_id": run, "pair_id": pair_id})
    sql.add_findings(connection, rows)
    for key, because in dismissed:
        sql.settle(connection, [sql.number_of(connection, key)], "dismissed", because=because)
    return done


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "part": finding.part,
        "severity": finding.severity,
        "reason": finding.reason,
        "value": None if finding.value is None else {"seen": finding.value},
        "remedy": finding.remedy,
    }


def checks_of(project: Project, only: Collection[str] = (), skip: Collection[str] = ()) -> list[Check]:
    """The checks this project runs, with its thresholds."""
    settings, plugins = project.settings.check, _plugins()
    for name in (*only, *skip, *settings.skip):
        if name not in CHECKS and name not in plugins:
            raise InputError(
                f'there is no check "{name}". There are {", ".join([*CHECKS, *sorted(plugins)])}.'
            )
    limits = Limits(
        settings.similar,
        settings.seconds if settings.seconds is not None else project.settings.annotate.too_fast_seconds,
        settings.words_per_second,
        settings.near,
        settings.longer,
        settings.markup,
        settings.wins,
        settings.judge_fails,
        settings.judge_contradicts,
        settings.judge_drifts,
        tuple(_benchmark(project)),
        project.media.names(),
        project.settings.pair.reasoning_counts,
    )
    left_out = {*skip, *(name for name in settings.skip if name not in only)}
    wanted = [
        name for name in [*CHECKS, *sorted(plugins)] if (not only or name in only) and name not in left_out
    ]
    return [
        CHECKS[name](limits) if name in CHECKS else _plugin(project, name, plugins[name]) for name in wanted
    ]


def _plugins() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _plugin(project: Project, name: str, point: Any) -> Check:
    try:
        check = point.load()(**project.settings.check.plugins.get(name, {}))
    except Exception as error:
        raise ConfigError(
            f"check plugin {name} ({point.value}) can't be made: {type(error).__name__}: {error}"
        ) from error
    if not (
        hasattr(check, "look") or (hasattr(check, "note") and hasattr(check, "see") and hasattr(check, "end"))
    ):
        raise ConfigError(
            f"check plugin {name} gives {type(check).__name__}: a check has look, or note, see and end"
        )
    if getattr(check, "name", None) != name:
        raise ConfigError(
            f'check plugin {name} calls itself "{getattr(check, "name", None)}": give both one name'
        )
    return check


def _benchmark(project: Project) -> Iterator[str]:
    """The texts of the lists in [check] contamination."""
    for name in project.settings.check.contamination:
        for record in read_records(project.root / name):
            if isinstance(record, BadRow):
                raise ConfigError(f"[check] contamination: {record.place}: {record.reason}")
            texts = [told for key, value in record.row.items() if key in _TEXT for told in _asked(value)]
            if not texts:
                raise ConfigError(f"{record.place}: a benchmark's row has one of {', '.join(_TEXT)}")
            yield from texts


def _asked(value: Any) -> list[str]:
    """A text, or what the user says in messages, as in a trainer's file that is held out."""
    if isinstance(value, str):
        return [value]
    messages = value if isinstance(value, list) else []
    said = [each for each in messages if isinstance(each, dict) and each.get("role") == "user"]
    return [each["content"] for each in said if isinstance(each.get("content"), str)]


_TEXT = ("text", "prompt", "question", "problem", "input", "instruction", "goal", "sentence")


def as_rated(project: Project, findings: Iterable[Finding]) -> Iterator[Finding]:
    """As the project file rates them: by check, or by check.part; "off" leaves them out."""
    rated = project.settings.check.severity
    for finding in findings:
        part = (finding.part or "").partition(":")[0]
        severity = rated.get(f"{finding.check}.{part}", rated.get(finding.check))
        if severity == "off":
            continue
        yield finding if severity is None else replace(finding, severity=severity)


def _workers(project: Project, wanted: int | None) -> int:
    if wanted is not None:
        return wanted
    with project.store.read() as connection:
        few = sql.count_pairs(connection) <= SMALL
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 1 if few else min(8, cores)


def summary(project: Project) -> dict[str, Any] | None:
    """What is open, for the report and the command line; None before the first run."""
    with project.store.read() as connection:
        run = sql.newest_run(connection)
        if run is None:
            return None
        tokens = sql.newest_lengths(connection)
        if run["checks"] == [REWARD_MODEL]:  # which `verify` ran: no check has looked at anything
            run = {**run, "checks": []}
        by_part: Counter[tuple[str, str, str]] = Counter()
        examples: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        done: Counter[str] = Counter()
        settled: dict[str, list[dict[str, Any]]] = {}
        for kept in sql.findings(connection, settled=True):
            if not kept.open:
                done[str(kept.action)] += 1
                if done[str(kept.action)] <= 3:
                    settled.setdefault(str(kept.action), []).append(kept.as_dict())
                continue
            part = (kept.part or "").partition(":")[0]
            by_part[kept.severity, kept.check, part] += 1
            shown = examples.setdefault((kept.severity, kept.check, part), [])
            if len(shown) < 5:
                shown.append(kept.as_dict())
    return {
        "pairs": run["pairs"],
        "checks": run["checks"],
        "tokens": tokens,
        "open": [
            {
                "severity": severity,
                "check": check,
                "part": part or None,
                "n": n,
                "examples": examples[severity, check, part],
            }
            for (severity, check, part), n in by_part.items()
        ],
        "settled": dict(done),
        "settled_examples": settled,
    }
