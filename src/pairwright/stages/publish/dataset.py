"""A project's exports as a dataset for others: rows, side files, guidelines, card, Croissant, index."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairwright.amounts import counted
from pairwright.errors import InputError
from pairwright.hub import side_files
from pairwright.hub.bundle import CARD, CROISSANT, Sent, check_names, index_of, sent
from pairwright.hub.card import GUIDELINES, Subject, card, language_codes
from pairwright.hub.columns import columns_of
from pairwright.hub.croissant import croissant
from pairwright.hub.exports import Export, export_at, exports_in
from pairwright.hub.front_matter import DATA
from pairwright.hub.pseudonyms import Pseudonyms
from pairwright.stages.export.exported import elsewhere
from pairwright.stages.project.project import Project
from pairwright.stages.publish.card_facts import facts_of, pseudonyms_of

META = "meta"
HUB = "https://huggingface.co"
# As the Hub has it: letters, digits, and - _ . in between.
_REPO = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?/[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class WantedExports:
    """What of a project is to be sent, where, and what is said of it.

    Without `paths` all finished exports of the export folder. `with_ids` sends
    the user's own ids of prompts and pairs too. `endpoint` is the Hub's address.
    """

    repo: str
    paths: Sequence[Path] = ()
    license: str | None = None
    languages: Sequence[str] = ()
    revision: str = "main"
    with_ids: bool = False
    endpoint: str = HUB


@dataclass(frozen=True)
class Dataset:
    """The files as they will stand on the Hub, and what the sender should know. `card` is README.md."""

    files: tuple[Sent, ...]
    exports: tuple[Export, ...]
    card: str
    notes: tuple[str, ...]


def check_wanted(wanted: WantedExports) -> None:
    """Raises InputError for a name, licence or language the Hub would not take."""
    if not _REPO.fullmatch(wanted.repo) or ".." in wanted.repo or "--" in wanted.repo:
        raise InputError(
            f'"{wanted.repo}" is no name of a dataset. Write OWNER/NAME, of letters, digits, -, _ and . only.'
        )
    for code in wanted.languages:
        if not _LANGUAGE.fullmatch(code):
            raise InputError(f'--language "{code}" is no code of a language, such as en, de or zh-Hant.')
    if wanted.license is not None and not wanted.license.strip():
        raise InputError("--license is empty. Name one, such as cc-by-4.0, or leave it out.")


def find_exports(project: Project, paths: Sequence[Path]) -> tuple[list[Export], list[str]]:
    """Those to send, and why others there are not."""
    passed: list[str] = []
    if paths:
        found = [export_at(path) for path in paths]
    else:
        outside = [str(path) for path in elsewhere(project)]
        try:
            found, passed = exports_in(project.root / project.settings.export.folder)
        except InputError as error:
            there = f" Outside it stand {', '.join(outside)}: name one with --path." if outside else ""
            raise InputError(f"{error}{there}") from None
        passed += [f"{path} stands outside the export folder: left out; --path sends it" for path in outside]
    for export in found:
        for name in export.unknown_extras:
            passed.append(f"{name} beside {export.path.name} has no hash on record: left out; export again")
    return found, passed


def dataset_of(project: Project, wanted: WantedExports, exports: Sequence[Export], folder: Path) -> Dataset:
    """Everything that is sent. Side files are rewritten in `folder`, which has to live until then."""
    names, facts = pseudonyms_of(project), facts_of(project)
    rows = [
        *(sent(f"{DATA}/{file.name}", file) for export in exports for file in export.files),
        *_configuration(exports),
    ]
    meta, by_source = _sides(exports, names, folder, with_ids=wanted.with_ids)
    subject = Subject(
        wanted.repo,
        wanted.revision,
        exports,
        {export.name: columns_of(export.files) for export in exports},
        by_source,
        wanted.license,
        tuple(wanted.languages) or tuple(language_codes(facts)),
    )
    names_of = [export.name for export in exports]
    if twice := [export for export in exports if names_of.count(export.name) > 1]:
        where = " and ".join(str(export.path) for export in twice)
        raise InputError(f"{where} have the same name: name one with --path, or export it under another name")
    text = card(subject, facts)
    files: list[Sent] = [
        sent(CARD, text.encode()),
        sent(CROISSANT, _croissant(subject, rows, facts, wanted.endpoint)),
        *_guidelines(facts["guidelines"]),
        *rows,
        *meta,
    ]
    check_names(files)
    files = list({file.path: file for file in files}.values())
    return Dataset((*files, index_of(files, exports)), tuple(exports), text, tuple(_notes(wanted, facts)))


def _configuration(exports: Sequence[Export]) -> list[Sent]:
    """Files beside the rows; of one that tells of other datasets too, what it says of these."""
    whole: list[Sent] = []
    registries: dict[str, dict[str, Any]] = {}
    for export in exports:
        for path, entries in export.own_extras():
            if entries is None:
                whole.append(sent(f"{DATA}/{path.name}", path))
            else:
                registries.setdefault(path.name, {}).update(entries)
    written = {name: json.dumps(of, indent=2, ensure_ascii=False) + "\n" for name, of in registries.items()}
    return [*whole, *(sent(f"{DATA}/{name}", text.encode()) for name, text in written.items())]


def _sides(
    exports: Sequence[Export], names: Pseudonyms, folder: Path, *, with_ids: bool
) -> tuple[list[Sent], dict[str, dict[str, int]]]:
    files: list[Sent] = []
    by_source: dict[str, dict[str, int]] = {}
    for export in exports:
        found: dict[str, int] = {}
        for side in export.sides:
            out = folder / f"{len(files)}-{side.name}"
            for who, n in side_files.write_side(side, out, names, with_ids=with_ids).items():
                found[who] = found.get(who, 0) + n
            files.append(sent(f"{META}/{side.name}", out))
        by_source[export.name] = found
    return files, by_source


def _croissant(subject: Subject, rows: Sequence[Sent], facts: dict[str, Any], endpoint: str) -> bytes:
    # The day of the last answer, not today's: the same labels are to give the same bytes.
    published = facts["dates"]["last"] if facts["dates"] else facts["newest"]
    first = subject.exports[0]
    what = "preference pairs" if first.of_pairs else "responses, good or bad"
    return croissant(
        subject,
        [file for file in rows if not file.path.endswith((".yaml", ".yml", ".md"))],
        published=published,
        endpoint=endpoint,
        description=f"{first.rows:,} {what}, made with Pairwright. README.md tells how, and how far to trust "
        "them.",
    )


def _guidelines(of: dict[str, Any]) -> list[Sent]:
    """The text as it is now, and every earlier one people voted under."""
    found = []
    if of["now"].strip():
        found.append(sent(GUIDELINES, of["now"].encode()))
    for number, (text, _) in enumerate(of["earlier"], 1):
        found.append(sent(f"guidelines-{number}.md", text.encode()))
    return found


def _notes(wanted: WantedExports, facts: dict[str, Any]) -> list[str]:
    """What the sender should look at before anybody else does."""
    found = []
    if named := facts["guidelines"]["named"]:
        found.append(
            f"the guidelines name {len(named)} who annotate here; they are sent as {', '.join(named)}"
        )
    if wanted.license is None:
        found.append("no licence was named, so the card says unknown: pass --license, such as cc-by-4.0")
    if facts["checks"] is None:
        found.append("no checks were run, and the card says so: `pairwright check` looks for issues")
    else:
        for each in facts["checks"]["open"]:
            if each["check"] in ("personal_data", "secrets"):
                found.append(
                    f"{counted(each['n'], 'open finding')} of {each['check']}: see them with "
                    "`pairwright check list "
                    f"--check {each['check']}`"
                )
    if not facts["about"]:
        found.append(
            "nobody says what the dataset is for: write it to card.md in the project, and it goes on top"
        )
    return found
