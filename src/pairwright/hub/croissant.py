"""Croissant metadata: the dataset's files and records in the words of MLCommons, for loaders and search.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html. Every file is a
FileObject with its sha256; the shards of a split are also a FileSet of the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from pairwright.amounts import counted
from pairwright.hub.bundle import Sent
from pairwright.hub.card import Subject
from pairwright.hub.columns import Columns, Type
from pairwright.hub.exports import Export, ExportPart
from pairwright.hub.front_matter import DATA, UNKNOWN

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_ENCODINGS: dict[str, str | list[str]] = {
    ".jsonl": "application/jsonlines",
    ".jsonl.gz": ["application/gzip", "application/jsonlines"],
    ".jsonl.zst": ["application/zstd", "application/jsonlines"],
    ".json": "application/json",
    ".parquet": "application/x-parquet",
}
_TYPES = {"string": "sc:Text", "bool": "sc:Boolean", "int64": "sc:Integer", "float64": "sc:Float"}
# A repository has no one hash; this is where the standard's makers say what to put instead.
_NO_HASH = "https://github.com/mlcommons/croissant/issues/80"
_REPOSITORY = "repository"


def croissant(
    of: Subject, files: Sequence[Sent], *, published: str, endpoint: str, description: str
) -> bytes:
    """The metadata as JSON-LD. `published` is a day, `2026-03-01`; `files` are those under data/."""
    url = f"{endpoint}/datasets/{of.repo}"
    owner, _, name = of.repo.partition("/")
    hashed = {file.path: file for file in files}
    said: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": name,
        "description": description,
        "url": url,
        "license": of.license or UNKNOWN,
        "creator": {"@type": "sc:Organization", "name": owner, "url": f"{endpoint}/{owner}"},
        "keywords": ["preference data", "human feedback", "DPO", "KTO", "reward model", "pairwright"],
        "datePublished": published,
        "version": ".".join(str(int(part)) for part in published.split("-")),
        "citeAs": f"{owner}: {name}. Preference data made with Pairwright. {url}",
        "isLiveDataset": False,
        **({"inLanguage": list(of.languages)} if of.languages else {}),
        "distribution": [
            _repository(url),
            *(_file(file, f"{url}/resolve/{of.revision}") for file in hashed.values()),
            *(_shards(export, part) for export in of.exports for part in export.parts if len(part.files) > 1),
        ],
        "recordSet": [
            _records(export, part, columns)
            for export in of.exports
            if (columns := of.columns[export.name])
            for part in export.parts
        ],
    }
    return orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _repository(url: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _REPOSITORY,
        "name": _REPOSITORY,
        "description": "The dataset's git repository.",
        "contentUrl": url,
        "encodingFormat": "git+https",
        "sha256": _NO_HASH,
    }


def _file(file: Sent, base: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "contentUrl": f"{base}/{file.path}",
        "contentSize": f"{file.size} B",
        "encodingFormat": encoding_of(file.path),
        "sha256": file.sha256,
    }


def encoding_of(name: str) -> str | list[str]:
    ending = max((each for each in _ENCODINGS if name.endswith(each)), key=len, default="")
    return _ENCODINGS.get(ending, "application/octet-stream")


def _shards(export: Export, part: ExportPart) -> dict[str, Any]:
    pattern = re.sub(r"-\d{5}-of-", "-*-of-", part.files[0].name)
    return {
        "@type": "cr:FileSet",
        "@id": f"{_of(export, part)}/files",
        "name": f"{_of(export, part)}/files",
        "containedIn": {"@id": _REPOSITORY},
        "encodingFormat": encoding_of(part.files[0].name),
        "includes": f"{DATA}/{pattern}",
    }


def _of(export: Export, part: ExportPart) -> str:
    """`dpo`, or `dpo/test` where there are several parts."""
    return export.name if len(export.parts) == 1 else f"{export.name}/{part.name}"


def _records(export: Export, part: ExportPart, columns: Columns) -> dict[str, Any]:
    name = _of(export, part)
    if len(part.files) > 1:
        where = {"fileSet": {"@id": f"{name}/files"}}
    else:
        where = {"fileObject": {"@id": f"{DATA}/{part.files[0].name}"}}
    array = part.files[0].name.endswith(".json")
    fields = list(_fields(name, columns, where, array=array))
    left = [column for column in columns if column not in {field["name"] for field in fields}]
    also = f" Columns Croissant has no words for: {', '.join(left)}." if left else ""
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"{counted(part.rows, 'row')} of {export.form}, split {part.name}.{also}",
        "field": fields,
    }


def _fields(name: str, columns: Columns, where: dict[str, Any], *, array: bool) -> Iterator[dict[str, Any]]:
    """A field for each column of text, numbers, truth values, lists of these, or of objects of these."""
    for column, of in columns.items():
        each = of[0] if isinstance(of, list) else of
        field = {
            "@type": "cr:Field",
            "@id": f"{name}/{column}",
            "name": column,
            "description": _MEANING.get(column, f"Column {column}."),
            **({"repeated": True} if isinstance(of, list) else {}),
        }
        source = {**where, "extract": {"jsonPath": f"$[*].{column}"} if array else {"column": column}}
        if isinstance(each, str) and each in _TYPES and not (array and isinstance(of, list)):
            yield {**field, "dataType": _TYPES[each], "source": source}
        elif (
            isinstance(each, dict)
            and not array
            and all(inner in _TYPES for inner in map(_kind, each.values()))
        ):
            yield {
                **field,
                "subField": [_inner(name, column, key, inner, source) for key, inner in each.items()],
            }


def _kind(of: Type) -> str:
    return of if isinstance(of, str) else ""


def _inner(name: str, column: str, key: str, of: str, source: dict[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{name}/{column}/{key}",
        "name": key,
        "dataType": _TYPES[of],
        "source": {**source, "transform": {"jsonPath": key}},
    }


_MEANING = {
    "prompt": "What was asked: the messages, or one string.",
    "chosen": "The response that is better.",
    "rejected": "The response that is worse.",
    "completion": "A response.",
    "response": "A response.",
    "label": "Whether the response is good.",
}
