"""The YAML at the head of a card: what makes a dataset be found and be loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from pairwright.hub.columns import Columns, features_of
from pairwright.hub.exports import Export

# Licences the Hub knows by these words; others are "other", by name.
_LICENSES = """
apache-2.0 mit openrail bigscience-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause
bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0
cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0
cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0
cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl
gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc lppl-1.3c ms-pl mpl-2.0 odc-by odbl ofl-1.1 osl-3.0
postgresql ncsa unlicense zlib pddl gemma llama2 llama3 llama3.1 llama3.2 llama3.3 llama4
"""
LICENSES = frozenset(_LICENSES.split())
UNKNOWN = "unknown"
_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
)
# What the path of a file in the dataset begins with.
DATA = "data"


def front_matter(
    name: str,
    exports: Sequence[Export],
    columns: Mapping[str, Columns | None],
    *,
    license: str | None,
    languages: Sequence[str],
    facts: Mapping[str, Any],
) -> str:
    """The block between `---` lines."""
    said: dict[str, Any] = {"pretty_name": name.rpartition("/")[2], **_license(license)}
    if languages:
        said["language"] = list(languages)
    said |= {
        "task_categories": ["text-generation", "reinforcement-learning"],
        "size_categories": [_size(max(export.rows for export in exports))],
        "tags": _tags(exports, facts),
        "configs": [_config(export, default=not i) for i, export in enumerate(exports)],
        "dataset_info": [
            _info(export, found) for export in exports if (found := columns[export.name]) is not None
        ],
    }
    text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{text}---\n"


def _license(license: str | None) -> dict[str, str]:
    if license is None:
        return {"license": UNKNOWN}
    known = license.lower()
    return {"license": known} if known in LICENSES else {"license": "other", "license_name": license}


def _size(rows: int) -> str:
    return next((name for most, name in _SIZES if rows < most), "10M<n<100M")


def _tags(exports: Sequence[Export], facts: Mapping[str, Any]) -> list[str]:
    forms = " ".join(export.form for export in exports)
    people = facts["people"]["answers"] > 0
    return [
        "preference",
        "preference-data",
        *(name for name in ("dpo", "orpo", "kto") if name in forms),
        *(["reward-model"] if any(export.of_pairs for export in exports) else []),
        "rlhf",
        *(["human-feedback"] if people else []),
        *(["rlaif", "llm-as-a-judge"] if facts["status"]["accepted_from_judges"] else []),
        *(["synthetic"] if any(each["drawn"] for each in facts["answering"]) else []),
        "trl",
        "croissant",
        "pairwright",
    ]


def _config(export: Export, *, default: bool) -> dict[str, Any]:
    files = [{"split": part.name, "path": paths_of(part.files)} for part in export.parts]
    return {"config_name": export.name, "data_files": files, **({"default": True} if default else {})}


def paths_of(files: Iterable[Any]) -> str | list[str]:
    paths = [f"{DATA}/{file.name}" for file in files]
    return paths[0] if len(paths) == 1 else paths


def _info(export: Export, columns: Columns) -> dict[str, Any]:
    return {
        "config_name": export.name,
        "features": features_of(columns),
        "splits": [
            {"name": part.name, "num_bytes": part.bytes, "num_examples": part.rows} for part in export.parts
        ],
        "download_size": sum(part.bytes for part in export.parts),
        "dataset_size": sum(part.bytes for part in export.parts),
    }
