"""One value of `pairwright.toml` changed by a program: comments, order and all else stay as they are."""

from __future__ import annotations

import json
import re
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pairwright.errors import ConfigError, InputError
from pairwright.stages.project.settings import ProjectFile, read_settings
from pairwright.whole_file import whole_file

Value = str | int | float
WAIT_S = 10
# A key with its value, active or as the template's comment shows it, and what stands after it.
_LINE = r"(?P<indent>\s*)#?\s*{key}\s*=\s*(?P<value>\"[^\"\\]*\"|'[^']*'|[^\s#]+)(?P<rest>\s*(#.*)?)"
_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?$")


def set_value(path: Path, table: str, key: str, value: Value, *, seen: Value) -> ProjectFile:
    """Write `[table] key = value` into the project file, whole or not at all; gives the file as it is then.

    Raises InputError where the file has another value than `seen` by now, ConfigError where the
    new file would not be right or can't be written.
    """
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=WAIT_S):
            now = getattr(getattr(read_settings(path), table), key)
            if now != seen:
                raise InputError(
                    f"[{table}] {key} was changed meanwhile: it is {json.dumps(now)}, and was "
                    f"{json.dumps(seen)} when you looked. Look again."
                )
            text = path.read_bytes().decode("utf-8")
            with whole_file(path) as file:
                file.write(with_value(text, table, key, value).encode("utf-8"))
    except Timeout:
        raise ConfigError(f"{path} is being changed by somebody else. Try again in a moment.") from None
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}. Nothing was changed.") from None
    return read_settings(path)


def with_value(text: str, table: str, key: str, value: Value) -> str:
    """The text of a TOML file with this one value in it.

    What was written is read again and compared: a file written in a way that is not understood here is
    refused rather than spoiled.
    """
    wanted: dict[str, Any] = deepcopy(tomllib.loads(text))
    wanted.setdefault(table, {})[key] = value
    changed = _edited(text, table, key, json.dumps(value, ensure_ascii=False))
    try:
        right = tomllib.loads(changed) == wanted
    except tomllib.TOMLDecodeError:
        right = False
    if not right:
        raise ConfigError(
            f"[{table}] {key} stands in the project file in a way that can't be changed from here. "
            f"Write {key} = {json.dumps(value)} under [{table}] yourself. Nothing was changed."
        )
    return changed


def _edited(text: str, table: str, key: str, value: str) -> str:
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    inside = _inside(lines, table)
    if inside is None:
        gap = "" if not text or text.endswith("\n") else end
        return f"{text}{gap}{end}[{table}]{end}{key} = {value}{end}"
    line = re.compile(_LINE.format(key=re.escape(key)))
    found = [(at, hit) for at in inside if (hit := line.fullmatch(lines[at].rstrip("\r\n")))]
    active = [(at, hit) for at, hit in found if not lines[at].lstrip().startswith("#")]
    for at, hit in (active or found)[:1]:
        left = f"{hit['indent']}{key} = {value}"
        # What stands after the value keeps its column where there is room.
        room = len(hit[0]) - len(hit["rest"].lstrip()) - len(left)
        rest = " " * max(2, room) + hit["rest"].lstrip() if hit["rest"].strip() else ""
        lines[at] = left + rest + lines[at][len(lines[at].rstrip("\r\n")) :]
        return "".join(lines)
    header = inside.start - 1
    lines[header] = lines[header].rstrip("\r\n") + end
    lines.insert(inside.start, f"{key} = {value}{end}")
    return "".join(lines)


def _inside(lines: list[str], table: str) -> range | None:
    """The lines under the header of this table."""
    headers = [(at, hit[1].strip()) for at, line in enumerate(lines) if (hit := _TABLE.match(line.rstrip()))]
    starts = [at for at, name in headers if name == table]
    if not starts:
        return None
    after = [at for at, line in enumerate(lines) if at > starts[0] and line.lstrip().startswith("[")]
    return range(starts[0] + 1, after[0] if after else len(lines))
