"""The files of a dataset on the Hub that hold one split, fetched into the Hub client's own cache.

`hf://OWNER/NAME[/CONFIG][@REVISION][#SPLIT]`. Which files hold which split is what the dataset's card says
(`configs` in its front matter), else their names (train, validation, test), as the Hub itself goes by.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from pairwright.errors import InputError
from pairwright.extras import needed
from pairwright.hub.hub_errors import of_network

_ADDRESS = re.compile(
    r"hf:/{1,2}(?:datasets/)?(?P<repo>[\w.-]+/[\w.-]+)(?:/(?P<config>[^@#]+))?(?:@(?P<revision>[^#]+))?"
    r"(?:#(?P<split>.+))?"
)
_DATA = re.compile(r"\.(jsonl|ndjson|json|csv|tsv|parquet|pq)(\.gz|\.zst)?$", re.IGNORECASE)
_NO_DATA = ("dataset_infos.json", "dataset_dict.json", "state.json", "croissant.json", "pairwright.json")
_SPLITS = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation",
    "val": "validation", "dev": "validation", "test": "test", "testing": "test", "eval": "test",
    "evaluation": "test",
}  # fmt: skip
_KIND = "dataset"


@dataclass(frozen=True, slots=True)
class Address:
    """Which split of which dataset. What is None is the dataset's own choice."""

    repo: str
    config: str | None = None
    revision: str | None = None
    split: str | None = None

    def __str__(self) -> str:
        config = f"/{self.config}" if self.config else ""
        revision = f"@{self.revision}" if self.revision else ""
        return f"hf://{self.repo}{config}{revision}" + (f"#{self.split}" if self.split else "")


@dataclass(frozen=True, slots=True)
class Fetched:
    """Files on this machine by their name in the repository, at one commit."""

    address: Address
    commit: str
    split: str
    files: Mapping[str, Path]


def is_address(text: str) -> bool:
    return text.startswith("hf:/")


def address_of(text: str) -> Address:
    """Raises InputError for what is no address."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise InputError(
            f"{text} is no address of a dataset: hf://OWNER/NAME, if you like with /CONFIG, @REVISION and "
            "#SPLIT, in this order"
        )
    return Address(found["repo"], found["config"], found["revision"], found["split"])


def fetch(address: Address) -> Fetched:
    """The files of the split, at the commit that the revision is now. Raises InputError, MissingExtra."""
    with needed("hub", f"reading {address}"):
        import huggingface_hub
        from huggingface_hub import errors

    api = huggingface_hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="pairwright")
    try:
        info = api.repo_info(address.repo, repo_type=_KIND, revision=address.revision)
        names = api.list_repo_files(address.repo, repo_type=_KIND, revision=info.sha)

        def download(name: str) -> Path:
            return Path(api.hf_hub_download(address.repo, name, repo_type=_KIND, revision=info.sha))

        card = download("README.md").read_text("utf-8", "replace") if "README.md" in names else ""
        split, chosen = _chosen(address, _of_config(address, names, _configs(card)))
        return Fetched(address, str(info.sha), split, {name: download(name) for name in chosen})
    except errors.GatedRepoError:
        raise InputError(
            f"{address}: its owner asks you to agree to terms first: open the dataset's page on the Hub, "
            "agree, and set HF_TOKEN to a token of the same account"
        ) from None
    except errors.RepositoryNotFoundError:
        raise InputError(
            f"{address}: the Hub has no dataset {address.repo}, or shows it only to those who may see it "
            "(set HF_TOKEN to a token that may)"
        ) from None
    except errors.RevisionNotFoundError:
        raise InputError(f"{address}: {address.repo} has no revision {address.revision}") from None
    except Exception as error:
        if not (isinstance(error, OSError | errors.HfHubHTTPError) or of_network(error)):
            raise
        # The token never stands in these words, but the address of a signed download may.
        told = str(error).splitlines()[0].partition("?")[0] or type(error).__name__
        raise InputError(f"{address} could not be fetched from the Hub ({told}). Try again") from None


# --- which files ----------------------------------------------------------------------------------

Splits = dict[str, list[str]]


def _configs(card: str) -> list[dict[str, Any]]:
    """The `configs` of a card's front matter."""
    parts = card.split("---\n", 2)
    try:
        said = yaml.safe_load(parts[1]) if card.startswith("---\n") and len(parts) == 3 else None
    except yaml.YAMLError:
        return []
    configs = said.get("configs") if isinstance(said, dict) else None
    return [each for each in configs or () if isinstance(each, dict) and each.get("data_files")]


def _of_config(address: Address, names: Sequence[str], configs: Sequence[dict[str, Any]]) -> Splits:
    """The files of each split. Raises InputError where the config has to be named."""
    if not configs:
        data = [name for name in names if _is_data(name)]
        if address.config is not None:
            data = [name for name in data if name.startswith(f"{address.config}/")]
        return _by_name(data)
    known = {str(each.get("config_name", "default")): each for each in configs}
    usual = next((name for name, each in known.items() if each.get("default")), None)
    wanted = address.config or usual or (next(iter(known)) if len(known) == 1 else "default")
    if wanted not in known:
        there = ", ".join(known)
        raise InputError(f"{address}: choose one of its configs ({there}): hf://{address.repo}/CONFIG")
    return _told_files(known[wanted]["data_files"], names)


def _told_files(said: Any, names: Sequence[str]) -> Splits:
    """`data_files` are patterns, or splits with patterns."""
    given = said if isinstance(said, list) else [said]
    if all(isinstance(each, str) for each in given):
        return _by_name([name for name in names for pattern in given if fnmatchcase(name, pattern)])
    found: Splits = {}
    for each in given:
        if not isinstance(each, dict):
            continue
        patterns = each.get("path")
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            matching = [name for name in names if fnmatchcase(name, str(pattern)) and _is_data(name)]
            found.setdefault(str(each.get("split", "train")), []).extend(matching)
    return {split: files for split, files in found.items() if files}


def _by_name(names: Sequence[str]) -> Splits:
    found: Splits = {}
    for name in names:
        found.setdefault(_split_in(name), []).append(name)
    return found


def _split_in(name: str) -> str:
    """The split that a file's name, or else a folder's, says; train where none does."""
    for part in reversed(_DATA.sub("", name).split("/")):
        for word in re.split(r"[^a-z]+", part.lower()):
            if word in _SPLITS:
                return _SPLITS[word]
    return "train"


def _is_data(name: str) -> bool:
    base = name.rpartition("/")[2]
    return bool(_DATA.search(base)) and base not in _NO_DATA and not base.endswith(".meta.jsonl")


def _chosen(address: Address, splits: Splits) -> tuple[str, list[str]]:
    """The split asked for; else train, else the only one."""
    if not splits:
        raise InputError(f"{address} holds no JSONL, JSON, CSV, TSV or Parquet files that say their split")
    wanted = address.split or ("train" if "train" in splits or len(splits) > 1 else next(iter(splits)))
    if wanted not in splits:
        there = ", ".join(splits)
        raise InputError(
            f'{address} has no split "{wanted}"; choose one of {there}: hf://{address.repo}#SPLIT'
        )
    return wanted, splits[wanted]
