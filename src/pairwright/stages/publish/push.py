"""Send a project's exports to the Hugging Face Hub as a dataset.

A push looks at what is there, sends what differs in one commit, and tags it. All
its states lead to the same end: a push that was killed, or whose answer was
lost, is simply looked at again.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.hub.bundle import INDEX, holds
from pairwright.hub.exports import Export
from pairwright.hub.hub_errors import TOKENS, Passing
from pairwright.hub.remote import Remote, Repository, quiet_bars, token_there
from pairwright.stages.check.check import run_check
from pairwright.stages.doctor.doctor import problems
from pairwright.stages.export.stale import stale
from pairwright.stages.project.project import Project
from pairwright.stages.publish.dataset import Dataset, WantedExports, check_wanted, dataset_of, find_exports
from pairwright.stages.result import Result, facts_of

TRIES = 4
LONGEST_WAIT = 60.0  # seconds; who asks for more is asked again by whoever runs this again
# Files the Hub makes by itself.
_THEIRS = (".gitattributes",)


@dataclass(frozen=True)
class How:
    """How to send. `overwrite` replaces what somebody changed on the Hub; `fail_on` over [check] fail_on.

    `examined`: whether what the rows rest on is looked at first, as `doctor --quick` does.
    """

    public: bool = False
    tag: str | None = None
    dry_run: bool = False
    stale_ok: bool = False
    overwrite: bool = False
    fail_on: str | None = None
    quiet: bool = True
    examined: bool = True


@dataclass(repr=False)
class PushResult(Result):
    """What was sent, or with `dry_run` would be. `refused` is why a real push would not go.

    `sent`, `deleted` and `unchanged` are files; `commit` is where the dataset stands now.
    """

    repo: str
    url: str
    private: bool
    dry_run: bool
    files: list[dict[str, Any]]
    exports: dict[str, dict[str, int]]
    card: str
    notes: list[str]
    refused: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    unchanged: int = 0
    commit: str | None = None
    tag: str | None = None
    published: bool = False

    @property
    def changed(self) -> bool:
        return bool(self.sent or self.deleted or self.tag or self.published)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "changed": self.changed}

    def facts(self) -> list[tuple[str, str]]:
        told = {"to": self.url, "private": self.private, "files": len(self.files), "sent": len(self.sent)}
        return facts_of({**told, "unchanged": self.unchanged, "deleted": self.deleted, "tag": self.tag})

    def sentences(self) -> list[str]:
        return [*self.notes, *(f"would be refused: {text}" for text in self.refused)]


@dataclass(frozen=True, repr=False)
class CardResult(Result):
    """The card of what is exported. `stale` is why a push would be refused."""

    card: str
    notes: list[str]
    stale: list[str]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return self.card


def card(project: Project, wanted: WantedExports) -> CardResult:
    """The card as a push would send it. No network."""
    found = push(project, wanted, How(dry_run=True, fail_on="off", examined=False))
    return CardResult(found.card, found.notes, found.refused)


def _seen(exports: Sequence[Export]) -> list[str]:
    """The exports whose images stand beside them. Files of images may say where they were taken."""
    return [
        f"{each.path.name} names {counted(each.manifest['media']['images'], 'image')} beside it, and push "
        "sends no images. Leave it out with --path, or upload its folder yourself"
        for each in exports
        if each.manifest.get("media")
    ]


def push(
    project: Project,
    wanted: WantedExports,
    how: How,
    *,
    token: str | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> PushResult:
    """Send the exports that are `wanted`, or with `how.dry_run` only say what would be sent, without network.

    `token` None is the user's own. Raises InputError where the checks, stale labels or damage forbid it, or
    there is no token; HubError where the Hub does.
    """
    check_wanted(wanted)
    exports, passed = find_exports(project, wanted.paths)
    stale_ones = [] if how.stale_ok else _stale(project, exports)
    damaged = problems(project, exports) if how.examined else []
    refused = [*_gate(project, how), *damaged, *stale_ones, *_seen(exports)]
    if refused and not how.dry_run:
        raise InputError("\n".join(refused))
    if not how.dry_run:
        token = token or _token()
    with tempfile.TemporaryDirectory(prefix="pairwright-push-") as folder:
        dataset = dataset_of(project, wanted, exports, Path(folder))
        result = _result(wanted, how, dataset, [*passed, *dataset.notes], refused)
        if how.dry_run:
            return result
        assert token is not None
        if name := holds(dataset.files, token):
            raise InputError(
                f"{name} holds your Hub token. Take it out, and revoke it at {TOKENS}: it was written down."
            )
        quiet_bars(quiet=how.quiet)
        repository = Repository(wanted.repo, token, wanted.endpoint)
        _patiently(lambda: _send(repository, dataset, wanted, how, result), sleep)
    return result


def _token() -> str:
    token = token_there()
    if not token:
        raise InputError(
            f"there is no token for the Hub. Make one that may write at {TOKENS} and set it: "
            "export HF_TOKEN=..., or run `hf auth login`. (--dry-run needs none.)"
        )
    return token


def _gate(project: Project, how: How) -> list[str]:
    """Why the checks forbid it, if they do."""
    level = how.fail_on or project.settings.check.fail_on
    if level == "off":
        return []
    failing = run_check(project).at_least(level)
    if not failing:
        return []
    return [
        f"{counted(failing, 'finding is', 'findings are')} {level} or worse, so nothing is "
        "pushed. `pairwright check list --severity "
        f"{level}` shows them; dismiss, send, drop or flip them and export again, or pass --fail-on off."
    ]


def _stale(project: Project, exports: Any) -> list[str]:
    return [
        f"{export.path} is older than the labels: {why}. Export again, or pass --stale-ok to push it so."
        for export in exports
        if (why := stale(project, export))
    ]


def _result(
    wanted: WantedExports, how: How, dataset: Dataset, notes: list[str], refused: list[str]
) -> PushResult:
    return PushResult(
        wanted.repo,
        f"{wanted.endpoint}/datasets/{wanted.repo}",
        not how.public,
        how.dry_run,
        [{"path": file.path, **file.as_dict()} for file in dataset.files],
        {export.name: {part.name: part.rows for part in export.parts} for export in dataset.exports},
        dataset.card,
        notes,
        refused,
        tag=how.tag if how.dry_run else None,
    )


def _patiently(attempt: Callable[[], None], sleep: Callable[[float], None]) -> None:
    """Try again where trouble may pass; every attempt begins by looking at what is there."""
    for number in range(1, TRIES + 1):
        try:
            return attempt()
        except Passing as trouble:
            wait = trouble.wait if trouble.wait is not None else 2.0 ** (number - 1)
            if number == TRIES or wait > LONGEST_WAIT:
                raise
            sleep(wait)


def _send(
    repository: Repository, dataset: Dataset, wanted: WantedExports, how: How, result: PushResult
) -> None:
    there = repository.look(wanted.revision)
    if there.exists and not there.private and not how.public:
        raise InputError(
            f"{wanted.repo} is public, and this push is meant to stay private. Pass --public to send it for "
            "everybody to see, make the repository private on the Hub, or push under another name."
        )
    _check_tag(repository, there, dataset, wanted, how)
    if not there.exists:
        repository.create()
        there = repository.look(wanted.revision)
    if there.head is None:
        repository.branch(wanted.revision)  # it begins as a copy of main
        there = repository.look(wanted.revision)
    ours = {file.path: file.as_dict() for file in dataset.files}
    changed = [file for file in dataset.files if not _same(there, file.path, ours[file.path])]
    gone = [path for path in there.files if path in there.index and path not in ours]
    _check_theirs(there, [file.path for file in changed] + gone, wanted, how)
    result.commit, result.unchanged = there.head, len(ours) - len(changed)
    if changed or gone:
        # Said before it is done: where the answer gets lost, the next look finds nothing left to send.
        result.sent, result.deleted = [file.path for file in changed], gone
        result.commit = repository.send(
            changed, gone, message=_message(dataset), branch=wanted.revision, parent=there.head
        )
    assert result.commit is not None
    if how.tag and how.tag not in there.tags:
        repository.tag(how.tag, result.commit)
        result.tag = how.tag
    if how.public and there.private:
        repository.publish()
        result.published = True
    result.private = not how.public


def _same(there: Remote, path: str, said: dict[str, Any]) -> bool:
    return path in there.files and there.files[path].is_(said)


def _check_tag(
    repository: Repository, there: Remote, dataset: Dataset, wanted: WantedExports, how: How
) -> None:
    """Raises InputError where the tag stands for something else: versions never change."""
    if how.tag is None or how.tag not in there.tags:
        return
    files = repository.files_at(there.tags[how.tag])
    tagged = Remote(True, files=files)
    if not all(_same(tagged, file.path, file.as_dict()) for file in dataset.files):
        raise InputError(
            f"{wanted.repo} has a version {how.tag}, and it is not what would be pushed now. A version never "
            "changes: choose another --tag."
        )


def _check_theirs(there: Remote, touched: list[str], wanted: WantedExports, how: How) -> None:
    """Raises InputError where a file would be replaced that is not as a push left it."""
    if how.overwrite:
        return
    strange = [
        path
        for path in touched
        if path in there.files
        and path not in (INDEX, *_THEIRS)
        and not (path in there.index and there.files[path].is_(there.index[path]))
    ]
    if strange:
        raise InputError(
            f"{', '.join(strange[:5])} in {wanted.repo} was put or changed there by somebody, not by a push "
            "from here. Take over what they wrote (card.md in the project goes into the card) and pass "
            "--overwrite, or push under another name."
        )


def _message(dataset: Dataset) -> str:
    rows = ", ".join(f"{export.rows:,} {export.name}" for export in dataset.exports)
    return f"Rows: {rows}"
