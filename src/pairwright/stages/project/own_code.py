"""The user's own functions and plugins, and what tells one version of their code from another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.metadata import EntryPoint
from importlib.util import module_from_spec, spec_from_file_location
from inspect import getsourcefile
from pathlib import Path
from typing import Any

from pairwright.errors import ConfigError

BLOCK = 1 << 20  # bytes read at once


def own_function(root: Path, where: str, named: str | None) -> Callable[..., Any]:
    """The function a setting names as "file.py:function", beside the project file. Raises ConfigError."""
    file, _, function = str(named).partition(":")
    path = root / file
    if not path.is_file():
        raise ConfigError(f"{where}: there is no file {path}")
    spec = spec_from_file_location(f"pairwright_own_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(f"{where}: {path} could not be imported: {error!r}") from error
    found = getattr(module, function, None)
    if not callable(found):
        raise ConfigError(f'{where}: {path} has no function "{function}"')
    return found  # type: ignore[no-any-return]


def content_of(path: Path, first: int | None = None) -> str:
    """One name for what a file or its `first` bytes hold, wherever it stands and whenever it was written."""
    found = hashlib.blake2b()
    with path.open("rb") as file:
        while chunk := file.read(BLOCK if first is None else min(BLOCK, first)):
            found.update(chunk)
            first = None if first is None else first - len(chunk)
    return found.hexdigest()[:32]


def version_of(point: EntryPoint, loaded: Any) -> dict[str, Any]:
    """A plugin's package and version, and what its file holds: a version is not raised with every change."""
    try:
        file = getsourcefile(loaded)
    except TypeError:  # a callable object
        file = getsourcefile(type(loaded))
    package = {} if point.dist is None else {"package": point.dist.name, "version": point.dist.version}
    return {**package, "file": content_of(Path(file)) if file else ""}
