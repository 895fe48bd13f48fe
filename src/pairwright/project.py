"""A project from Python: each verb of the command line is a method, with the same words.

    with pw.Project.init("mine") as project:
        project.add(rows)
        project.judge()
        print(project.route())

A method opens the project anew, as a command does: what was changed in `pairwright.toml`
since, or by another process, counts. Nothing is held open in between.
"""

from __future__ import annotations

import getpass
import os
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pairwright.errors import InputError
from pairwright.literals import checked
from pairwright.progress import count_bar, paid_bar, steps_bar
from pairwright.run_async import awaitable, beside_a_loop

if TYPE_CHECKING:
    from pairwright.formats.canonical import Which
    from pairwright.formats.trl import Shape, Style
    from pairwright.stages.add.add import AddResult
    from pairwright.stages.add.labelled_set import AddDatasetResult
    from pairwright.stages.backup.backup import BackupResult, RestoreResult
    from pairwright.stages.check.act_on_findings import SettledFindings, Step
    from pairwright.stages.check.check import CheckedResult
    from pairwright.stages.check.fact_check import FactEstimate
    from pairwright.stages.check.listed import FindingsResult
    from pairwright.stages.doctor.doctor import DoctorResult
    from pairwright.stages.export.convert import ConvertResult
    from pairwright.stages.figures.estimate import ProjectEstimate
    from pairwright.stages.figures.report import ReportResult
    from pairwright.stages.figures.show import ChainResult
    from pairwright.stages.figures.status import Status
    from pairwright.stages.generate.generate import GenerateResult
    from pairwright.stages.generate.pair import PairResult
    from pairwright.stages.judge.judges import JudgesResult
    from pairwright.stages.pay.call_files import ExportCallsResult, ImportCallsResult
    from pairwright.stages.pay.dispatch import Via
    from pairwright.stages.pay.waiting_calls import CallsResult, CancelResult
    from pairwright.stages.people.annotators import PeopleResult
    from pairwright.stages.people.erase import EraseResult, Votes
    from pairwright.stages.people.gold import GoldResult, Use
    from pairwright.stages.people.import_labels import ImportResult
    from pairwright.stages.people.other_tools import SendResult
    from pairwright.stages.people.page_settings import ChangesResult
    from pairwright.stages.people.work_of import WorkResult
    from pairwright.stages.project.project import Project as OpenProject
    from pairwright.stages.publish.push import CardResult, PushResult
    from pairwright.stages.route.audit import WithdrawnResult
    from pairwright.stages.route.label import LabelResult
    from pairwright.stages.route.route import RouteResult
    from pairwright.stages.run import RunResult
    from pairwright.stages.verify.verify import VerifyResult
    from pairwright.stats.combine import Method
    from pairwright.types import Maker, OnError, RatedBy, Source

Names = str | Collection[str] | None  # "tools,images" or a list


class Project:
    """A folder with settings, guidelines and a store. Make one with `init`, or `open` one that is there.

    Every method gives back a result that prints as a table and has `as_dict()`, which is what
    the command of that name prints with `--json`. `progress=False` shows no bar. Methods that wait for
    models have a twin to be awaited: `agenerate`, `ajudge`, `acheck`, `arun`.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @classmethod
    def init(cls, folder: str | Path = ".") -> Self:
        """Make a project: `pairwright.toml` (all settings, commented), guidelines and an empty store.

        Raises InputError where there is one already.
        """
        from pairwright.stages.project.project import Project as OpenProject

        return cls(OpenProject.init(Path(folder)).parent)

    @classmethod
    def open(cls, folder: str | Path | None = None) -> Self:
        """The project in `folder`, or the nearest one at or above the working directory.

        Raises InputError where there is none, ConfigError for settings that can't be read.
        """
        from pairwright.stages.project.project import Project as OpenProject

        with OpenProject.open(None if folder is None else Path(folder)) as project:
            return cls(project.root)

    @property
    def settings_file(self) -> Path:
        """The file of settings, to be written as you like: the next method reads it."""
        return self.folder / "pairwright.toml"

    # --- content ------------------------------------------------------------------------------

    def add(
        self,
        data: Any,
        *,
        from_: str | None = None,
        map: Mapping[str, str] | str | None = None,
        pairs: Which = "best",
        rater: str | None = None,
        labels_by: Maker | None = None,
        prompt_field: str = "prompt",
        id_field: str = "id",
        response_field: str = "response",
        responses_field: str = "responses",
        response_a_field: str = "response_a",
        response_b_field: str = "response_b",
        format: str | None = None,
        on_error: OnError = "stop",
        without: Names = None,
        label: str | None = None,
        label_values: Mapping[str, str] | str | None = None,
        image_urls: bool = False,
        split: str | None = None,
        progress: bool = True,
    ) -> AddResult | AddDatasetResult:
        """Add prompts, responses, pairs and, with `from_`, labels. Adding twice adds nothing.

        `data` is a file or a list of files; rows: mappings, triples (prompt, response_a, response_b) or bare
        prompts, in a list, a DataFrame, an Arrow table or a `datasets.Dataset`; or the id OWNER/NAME of a
        dataset on the Hugging Face Hub, of which `split` is read ("train" unless told). `from_` is the
        format of a labelled dataset, or "auto". Raises InputError naming the bad rows, and adds
        nothing; with `on_error="skip"` the good rows are added.
        """
        from pairwright.formats.mapping import parse_label_values, parse_mapping
        from pairwright.formats.reading_options import ReadingOptions
        from pairwright.formats.rows import FieldNames
        from pairwright.stages.add.into_project import add
        from pairwright.stages.add.sources import sources

        fields = FieldNames(
            prompt=prompt_field,
            id=id_field,
            response=response_field,
            responses=responses_field,
            response_a=response_a_field,
            response_b=response_b_field,
        )
        options = ReadingOptions(
            parse_mapping(map) if isinstance(map, str) else map or {},
            format,
            _names(without),
            label,
            parse_label_values(label_values) if isinstance(label_values, str) else label_values or {},
        )
        with self._opened() as project, count_bar("adding rows", quiet=not progress) as tell:
            result = add(
                project,
                sources(data, split=split),
                labels=from_,
                fields=fields,
                options=options,
                which=pairs,
                rater=rater,
                labels_by=labels_by,
                on_error=on_error,
                image_urls=image_urls,
                progress=tell,
            )
        if not result.committed:
            _refuse(result.rows, result.bad_rows, [f"{row.place}: {row.reason}" for row in result.bad])
        return result

    @beside_a_loop
    def generate(
        self,
        *,
        budget: float | None = None,
        retry_failed: bool = False,
        limit: int | None = None,
        via: Via = "live",
        wait: bool = False,
        dry_run: bool = False,
        progress: bool = True,
    ) -> GenerateResult | ProjectEstimate:
        """Draw the responses that prompts lack, from the models under [generate].

        `budget` is a hard stop, in USD, on all that the project has spent. With `limit` only so many prompts
        are drawn for. `via` is who makes the calls: this process, a provider's "batch", or your own machines
        from "files"; with `wait` it returns when no call is waited for. `dry_run` only estimates.
        """
        from pairwright.stages.figures.estimate import estimate
        from pairwright.stages.generate.generate import run_generate

        with self._opened() as project:
            if dry_run:
                return estimate(project, stages=("generate",), retry_failed=retry_failed, via=via)
            with paid_bar("generating", quiet=not progress) as tell:
                return run_generate(
                    project,
                    budget_usd=budget,
                    retry_failed=retry_failed,
                    limit=limit,
                    via=via,
                    wait=wait,
                    progress=tell,
                )

    agenerate = awaitable(generate)
    """`generate`, to be awaited. Cancelling lets calls in flight finish, and keeps them."""

    @checked
    def pair(
        self,
        *,
        policy: Literal["all", "random", "reference"] | None = None,
        k: int | None = None,
        reference: str | None = None,
        progress: bool = True,
    ) -> PairResult:
        """Build pairs of each prompt's responses. Free; pairs that are there are not made again."""
        from pairwright.stages.generate.pair import pair

        with self._opened() as project, count_bar("pairing prompts", quiet=not progress) as tell:
            return pair(project, policy=policy, k=k, reference=reference, progress=tell)

    # --- votes and labels ---------------------------------------------------------------------

    @beside_a_loop
    def judge(
        self,
        judge: str | None = None,
        *,
        budget: float | None = None,
        single_order: bool = False,
        retry_failed: bool = False,
        rejudge: bool = False,
        limit: int | None = None,
        via: Via = "live",
        wait: bool = False,
        dry_run: bool = False,
        progress: bool = True,
    ) -> JudgesResult | ProjectEstimate:
        """Let the judges, or only the one named, answer every pair they have not answered, in both orders.

        `rejudge` retracts their votes and asks again. With `limit` they answer only so many pairs. `via` is
        who makes the calls: this process, a provider's "batch", or your own machines from "files"; with
        `wait` it returns when no call is waited for. `dry_run` only estimates.
        """
        from pairwright.stages.figures.estimate import estimate
        from pairwright.stages.judge.judges import judges_named, run_judges

        with self._opened() as project:
            if dry_run:
                return estimate(
                    project,
                    stages=("judge",),
                    judges=judges_named(project, judge),
                    single_order=single_order,
                    retry_failed=retry_failed,
                    rejudge=rejudge,
                    via=via,
                )
            return run_judges(
                project,
                judge,
                budget_usd=budget,
                single_order=single_order,
                retry_failed=retry_failed,
                rejudge=rejudge,
                limit=limit,
                via=via,
                wait=wait,
                watch=lambda name: paid_bar(f"judging ({name})", quiet=not progress),
            )

    ajudge = awaitable(judge)
    """`judge`, to be awaited. Cancelling lets calls in flight finish, and keeps them."""

    def calls(self) -> CallsResult:
        """Calls that wait for a provider's batch or your own machines, and who has them."""
        from pairwright.stages.pay.waiting_calls import calls_of

        with self._opened() as project:
            return calls_of(project)

    def export_calls(self, folder: str | Path, *, shards: int = 1) -> ExportCallsResult:
        """Write planned calls to files of JSON lines, `shards` a model, as `vllm run-batch` reads them.

        No run makes them from then on, until `import_calls` or `cancel_calls`.
        """
        from pairwright.stages.pay.call_files import export_calls

        with self._opened() as project:
            return export_calls(project, Path(folder), shards)

    def import_calls(self, files: str | Path | Sequence[str | Path]) -> ImportCallsResult:
        """Read replies to calls from files, in any order, also of a part. Reading twice adds nothing."""
        from pairwright.stages.pay.call_files import import_calls

        with self._opened() as project:
            return import_calls(project, _paths(files))

    def cancel_calls(self) -> CancelResult:
        """Have providers make no more of the calls, and take back those in files. What was made is kept."""
        from pairwright.stages.pay.waiting_calls import cancel_calls

        with self._opened() as project:
            return cancel_calls(project)

    def route(
        self,
        *,
        more: int = 0,
        recalibrate: bool = False,
        restore: str | None = None,
        withdrawn: bool = False,
    ) -> RouteResult | WithdrawnResult:
        """Decide what needs no person, and what people are asked. Free, repeatable.

        `more` draws that many further pairs for people, to calibrate judges on. An alarm is
        settled by `recalibrate`, or `restore` with the reason; `withdrawn` only lists what it took back.
        """
        from pairwright.stages.route.audit import withdrawn as list_withdrawn
        from pairwright.stages.route.route import run_route

        with self._opened() as project:
            if withdrawn:
                return list_withdrawn(project)
            return run_route(project, more=more, recalibrate=recalibrate, restore=restore)

    def annotate(self, import_: Any, *, rater: str | None = None, on_error: OnError = "stop") -> ImportResult:
        """Take people's labels from a file or from rows of id, label, annotator, seconds.

        `rater` is who made labels that don't say. The page on which people choose is `pairwright annotate`.
        """
        from pairwright.stages.add.sources import sources
        from pairwright.stages.people.import_labels import import_labels

        with self._opened() as project:
            result = import_labels(project, sources(import_), default_rater=rater, on_error=on_error)
        return _added(result)

    def label(self, method: Method | None = None) -> LabelResult:
        """Combine people's answers into labels, each counting as much as it is worth."""
        from pairwright.stages.route.label import run_label

        with self._opened() as project:
            return run_label(project, method)

    def gold(self, data: Any, *, use: Use = "both") -> GoldResult:
        """Say what the right answer to pairs is, by a file or rows of id, label and explanation."""
        from pairwright.stages.add.sources import sources
        from pairwright.stages.people.gold import import_gold

        with self._opened() as project:
            result = import_gold(project, sources(data), use=use)
        if result.bad_rows:
            _refuse(result.rows, result.bad_rows, result.problems, skip=False)
        return result

    def people(self) -> PeopleResult:
        """How each person's votes look: gold, agreement, bias to a side or to length, pace, drift."""
        from pairwright.stages.people.annotators import PeopleResult, people_of

        with self._opened() as project:
            return PeopleResult(people_of(project))

    def changes(self) -> ChangesResult:
        """What leads changed on the annotation page: settings and guidelines; who, when, from, to."""
        from pairwright.stages.people.page_settings import changes_of

        with self._opened() as project:
            return changes_of(project)

    def work(self, name: str, *, out: str | Path | None = None) -> WorkResult:
        """All that one person gave: answers, skips, flags, hours; written to `out` (.csv, .json)."""
        from pairwright.stages.people.work_of import work_of

        with self._opened() as project:
            return work_of(project, name, None if out is None else Path(out))

    def erase(
        self,
        name: str,
        *,
        votes: Votes,
        confirm: str | None = None,
        dry_run: bool = False,
        by: str | None = None,
    ) -> EraseResult:
        """Erase a person's name, sign-in, notes and comments. No way back: `confirm` is the name again.

        With `votes="keep"` their votes count on, under a pseudonym; with "retract" they count no longer.
        """
        from pairwright.stages.people.erase import erase

        with self._opened() as project:
            by = by or getpass.getuser()
            return erase(project, name, votes=votes, confirm=confirm, dry_run=dry_run, by=by)

    def send(
        self,
        tool: str,
        folder: str | Path,
        *,
        n: int = 1_000_000,
        people: int = 1,
        days: float = 14,
        dry_run: bool = False,
    ) -> SendResult:
        """Send open pairs to another annotation tool, blind and shuffled."""
        from pairwright.stages.people.other_tools import send

        with self._opened() as project:
            return send(project, tool, Path(folder), n=n, people=people, days=days, dry_run=dry_run)

    def take(
        self, tool: str, files: str | Path | Sequence[str | Path], *, on_error: OnError = "stop"
    ) -> ImportResult:
        """Take answers back from another annotation tool, as votes of people."""
        from pairwright.stages.people.other_tools import take

        with self._opened() as project:
            return _added(take(project, tool, _paths(files), on_error=on_error))

    # --- quality ------------------------------------------------------------------------------

    @beside_a_loop
    def check(
        self,
        *,
        only: Names = None,
        skip: Names = None,
        fail_on: str | None = None,
        workers: int | None = None,
        tokenizer: str | None = None,
        trainer: Names = None,
        max_length: int | None = None,
        fact_check: bool = False,
        budget: float | None = None,
        via: Via = "live",
        wait: bool = False,
        dry_run: bool = False,
        progress: bool = True,
    ) -> CheckedResult | FactEstimate:
        """Find issues with pairs, labels, people and judges; `findings` shows it, `settle` acts on it.

        `failing` of the result counts what is `fail_on` or worse. With a `tokenizer` (a folder, or a model
        of the Hub) `found.tokens` says how long rows are and what trainers would cut: by their defaults or
        at `max_length`, all or those that `trainer` names. `fact_check` first lets a model look for false
        facts, which costs: `via` and `wait` as for `judge`, `dry_run` estimates it.
        """
        from pairwright.stages.check.check import held_against, level_of, run_check
        from pairwright.stages.check.fact_check import estimate_fact_check, run_fact_check
        from pairwright.stages.check.lengths_of_rows import token_check

        level_of(fail_on)
        tokens = token_check(tokenizer, _names(trainer), max_length)
        with self._opened() as project:
            if dry_run:
                return estimate_fact_check(project)
            asked = None
            if fact_check:
                with paid_bar("checking facts", quiet=not progress) as paid:
                    asked = run_fact_check(project, budget_usd=budget, via=via, wait=wait, progress=paid)
            with count_bar("checking pairs", quiet=not progress) as tell:
                found = run_check(
                    project,
                    only=_names(only),
                    skip=_names(skip),
                    workers=workers,
                    tokens=tokens,
                    progress=tell,
                )
            return held_against(project, found, fail_on, asked)

    acheck = awaitable(check)
    """`check`, to be awaited."""

    def findings(
        self,
        check: str | None = None,
        *,
        severity: str | None = None,
        all: bool = False,
        limit: int = 100,
    ) -> FindingsResult:
        """What the checks found: number, pair, what was seen, what to do. `all`: also what was settled.

        `check` is the name of a check, or check.part.
        """
        from pairwright.stages.check.listed import list_findings

        with self._opened() as project:
            return list_findings(project, check=check, severity=severity, settled=all, limit=limit)

    def settle(
        self,
        step: Step,
        ids: Sequence[int] = (),
        *,
        check: str | None = None,
        because: str | None = None,
        by: str | None = None,
    ) -> SettledFindings:
        """Act on findings by their numbers, or on all of a check: dismiss, send, drop, flip, soften, undo.

        Each step is kept with who did it and why; "ask again" lets judges judge the pair anew.
        """
        from pairwright.stages.check.act_on_findings import settle
        from pairwright.stages.check.listed import to_settle

        with self._opened() as project:
            wanted = to_settle(project, step, ids, check)
            return settle(project, step, wanted, by=by or getpass.getuser(), because=because)

    def verify(
        self,
        *,
        model: str = "light",
        threshold: float = 0.1,
        review: float = 0.1,
        send: int = 0,
        curve: bool = False,
        folds: int = 5,
        repeats: int = 2,
        by: str | None = None,
        progress: bool = True,
    ) -> VerifyResult:
        """Ask a reward model that never saw a label about it, and keep what it doubts as findings."""
        from pairwright.stages.verify.verify import run_verify

        with self._opened() as project, steps_bar("verifying", quiet=not progress) as tell:
            return run_verify(
                project,
                model=model,
                threshold=threshold,
                review=review,
                send=send,
                by=by or getpass.getuser(),
                curve=curve,
                folds=folds,
                repeats=repeats,
                progress=tell,
            )

    # --- what comes out -----------------------------------------------------------------------

    @checked
    def export(
        self,
        out: str | Path | None = None,
        *,
        to: str | None = None,
        shape: Shape | None = None,
        style: Style | None = None,
        source: Source | None = None,
        min_probability: float | None = None,
        threshold: float | None = None,
        ratings: RatedBy | None = None,
        margin: Literal["probability", "ratings"] | None = None,
        split_pairs: bool = False,
        per_prompt: int | None = None,
        reasoning: Literal["keep", "drop"] = "keep",
        split: str | Sequence[float] | None = None,
        stratify: bool = False,
        shard: int | None = None,
        include_flagged: bool = False,
        fail_on: str | None = None,
    ) -> ConvertResult:
        """Write labels as trainers read them, with a manifest and a side file that leads back to every vote.

        The result has the rows in memory, too: `to_list()`, `to_pandas()`, `to_dataset()`. Warns of options
        that do nothing for the format. Raises InputError where there is nothing to export, or the
        checks find something as severe as `fail_on`.
        """
        from pairwright.stages.export.from_project import export_project

        unused: list[str] = []
        try:
            with self._opened() as project:
                return export_project(
                    project,
                    None if out is None else Path(out),
                    to=to,
                    shape=shape,
                    style=style,
                    source=source,
                    min_probability=min_probability,
                    threshold=threshold,
                    ratings=ratings,
                    margin=margin,
                    split_pairs=split_pairs,
                    per_prompt=per_prompt,
                    reasoning=reasoning,
                    split=split if split is None or isinstance(split, str) else ",".join(map(str, split)),
                    stratify=stratify,
                    shard=shard,
                    include_flagged=include_flagged,
                    fail_on=fail_on,
                    note=unused.append,
                )
        finally:
            for text in unused:
                warnings.warn(text, stacklevel=3)  # past what checks the words, to the caller

    def push(
        self,
        repo: str,
        *,
        path: str | Path | Sequence[str | Path] = (),
        public: bool = False,
        license: str | None = None,
        language: Names = None,
        tag: str | None = None,
        revision: str = "main",
        ids: bool = False,
        stale_ok: bool = False,
        overwrite: bool = False,
        fail_on: str | None = None,
        dry_run: bool = False,
    ) -> PushResult:
        """Send exports to the Hugging Face Hub with card, metadata and hashes; private unless told."""
        from pairwright.stages.check.check import level_of
        from pairwright.stages.publish.dataset import HUB, WantedExports
        from pairwright.stages.publish.push import How, push

        endpoint = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
        wanted = WantedExports(repo, _paths(path), license, _names(language), revision, ids, endpoint)
        how = How(public, tag, dry_run, stale_ok, overwrite, level_of(fail_on))
        with self._opened() as project:
            return push(project, wanted, how)

    def card(
        self,
        *,
        repo: str = "owner/dataset",
        path: str | Path | Sequence[str | Path] = (),
        license: str | None = None,
        language: Names = None,
        out: str | Path | None = None,
    ) -> CardResult:
        """The card of what is exported: how it was made, how far to trust it, how to load it."""
        from pairwright.stages.publish.dataset import WantedExports
        from pairwright.stages.publish.push import card

        with self._opened() as project:
            result = card(project, WantedExports(repo, _paths(path), license, _names(language)))
        if out is not None:
            Path(out).write_text(result.card, encoding="utf-8")
        return result

    # --- all at once, and how it stands -------------------------------------------------------

    @beside_a_loop
    def run(
        self,
        *,
        budget: float | None = None,
        retry_failed: bool = False,
        export_partial: bool = False,
        limit: int | None = None,
        via: Via = "live",
        wait: bool = False,
        dry_run: bool = False,
        progress: bool = True,
    ) -> RunResult | ProjectEstimate:
        """Everything in order: generate, pair, judge, route, check, export. Stops where people are needed.

        `waits_for` of the result says for what. `limit`, `via` and `wait` as for `generate` and `judge`.
        `dry_run` only estimates.
        """
        from pairwright.stages.figures.estimate import estimate
        from pairwright.stages.run import run_all

        with self._opened() as project, ExitStack() as bars:
            if dry_run:
                return estimate(project, retry_failed=retry_failed, via=via)
            return run_all(
                project,
                budget_usd=budget,
                retry_failed=retry_failed,
                export_partial=export_partial,
                limit=limit,
                via=via,
                wait=wait,
                watch=lambda stage: bars.enter_context(paid_bar(stage, quiet=not progress)),
            )

    arun = awaitable(run)
    """`run`, to be awaited. Cancelling lets calls in flight finish, and keeps them."""

    def status(self) -> Status:
        """What is done, pending, failed and spent, and what to do next."""
        from pairwright.stages.figures.status import status_of

        with self._opened() as project:
            return status_of(project)

    def estimate(self) -> ProjectEstimate:
        """Calls, tokens, money and hours of what is left, before anything runs."""
        from pairwright.stages.figures.estimate import estimate

        with self._opened() as project:
            return estimate(project)

    def report(self, output: str | Path | None = None) -> ReportResult:
        """Write what was measured as one page that opens anywhere: judges, confidence, costs, people."""
        from pairwright.stages.figures.report import write_report

        with self._opened() as project:
            return write_report(project, None if output is None else Path(output))

    def show(self, id: str) -> ChainResult:
        """The whole chain behind a prompt, response, pair, vote or exported row (FILE:LINE)."""
        from pairwright.stages.figures.show import ChainResult, chain_of

        with self._opened() as project:
            return ChainResult(chain_of(project, id))

    # --- keeping it ---------------------------------------------------------------------------

    def doctor(
        self,
        *,
        quick: bool = False,
        repair: bool = False,
        accept: str | None = None,
        by: str | None = None,
        progress: bool = True,
    ) -> DoctorResult:
        """Find what is damaged or was changed by hand; `repair` mends what can be made again.

        `quick` looks only at what exported rows rest on, as `push` does. `accept` is the reason why rows
        that were changed count as they are; it is kept, with who said so.
        """
        from pairwright.stages.doctor.doctor import doctor

        with steps_bar("examining", quiet=not progress) as tell:
            return doctor(
                self.folder,
                quick=quick,
                repair=repair,
                accept=accept,
                by=by or getpass.getuser(),
                progress=tell,
            )

    def backup(self, out: str | Path | None = None, *, progress: bool = True) -> BackupResult:
        """Write the store, settings and guidelines to one file, examined, while work goes on."""
        from pairwright.stages.backup.backup import backup

        with self._opened() as project, steps_bar("copying", quiet=not progress) as tell:
            return backup(project, None if out is None else Path(out), progress=tell)

    def restore(self, file: str | Path, *, progress: bool = True) -> RestoreResult:
        """Make the project what a backup holds, or make it anew; what is there now is kept aside."""
        from pairwright.stages.backup.backup import restore

        with steps_bar("copying", quiet=not progress) as tell:
            return restore(Path(file), self.folder, progress=tell)

    @contextmanager
    def _opened(self) -> Iterator[OpenProject]:
        from pairwright.stages.project.project import Project as OpenProject

        with OpenProject.open(self.folder) as project:
            yield project

    def close(self) -> None:
        """Nothing is held open between calls; for those who close what they opened."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Project({str(self.folder)!r})"


def _added(result: ImportResult) -> ImportResult:
    if not result.added:
        _refuse(result.rows, result.bad_rows, result.problems)
    return result


def _refuse(rows: int, bad_rows: int, problems: Sequence[str], *, skip: bool = True) -> None:
    told = "".join(f"\n  {problem}" for problem in problems)
    more = f"\n  ... and {bad_rows - len(problems):,} more" if bad_rows > len(problems) else ""
    remedy = 'Fix them, or pass on_error="skip" to add the others' if skip else "Fix them"
    raise InputError(f"{bad_rows:,} of {rows:,} rows are bad, so nothing was added. {remedy}:{told}{more}")


def _names(names: Names) -> tuple[str, ...]:
    """The names in `tools,images`, or in a list of them."""
    found = names.split(",") if isinstance(names, str) else names or ()
    return tuple(name.strip() for name in found if name.strip())


def _paths(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    return [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
