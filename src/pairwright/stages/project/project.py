"""A project: one folder with `pairwright.toml`, `guidelines.md` and the store."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Self

from pairwright.errors import ConfigError, InputError
from pairwright.judging.rubric import DEFAULT_GUIDELINES
from pairwright.models.prices import Price, load_prices, price_of
from pairwright.stages.project.media import Media
from pairwright.stages.project.settings import ProjectFile, read_settings
from pairwright.store.address import check_file
from pairwright.store.store import Store

FILE_NAME = "pairwright.toml"


@dataclass(frozen=True)
class Project:
    """An open project. Use as a context manager, or call `close()`."""

    root: Path
    settings: ProjectFile
    store: Store

    @classmethod
    def init(cls, root: Path) -> Path:
        """Make a project folder: settings, guidelines, an empty store. Never overwrites.

        Where the project file is there and the store it names is not, makes that.
        """
        path = root / FILE_NAME
        store = str(root / "pairwright.db")
        if path.exists():
            named = read_settings(path).project.store
            store = named if "://" in named else os.fspath(root / named)
            if "://" in store or Path(store).exists():
                raise InputError(
                    f"{path} exists: this is a project already. Go on in it (`pairwright status` says with "
                    "what), or make another: pairwright init ANOTHER"
                )
        elif "://" not in store and Path(store).exists():  # a store without settings gets them
            check_file(Path(store), create=False)
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{root} cannot be made: {error.strerror}. Choose another folder.") from None
        Store.open(store, create=True).close()
        guidelines = root / "guidelines.md"
        if not guidelines.exists():
            guidelines.write_text(DEFAULT_GUIDELINES, encoding="utf-8")
        if not path.exists():  # last: what has this file is a project
            template = (
                files("pairwright.stages.project").joinpath("template.toml").read_text(encoding="utf-8")
            )
            path.write_text(template, encoding="utf-8")
        return path

    @classmethod
    def open(cls, folder: Path | None = None) -> Self:
        """Open the project in `folder`, or the nearest one at or above the working directory."""
        root = project_folder(folder)
        settings = read_settings(root / FILE_NAME)
        url = settings.project.store
        if "://" not in url:
            url = os.fspath(root / url)
        return cls(root, settings, Store.open(url))

    @cached_property
    def guidelines(self) -> str:
        """What judges and people are told to look for."""
        path = self.root / self.settings.project.guidelines
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ConfigError(
                f"{path} is missing: [project] guidelines names it. Write it, or run `pairwright init` "
                "elsewhere and copy its guidelines.md."
            ) from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start})") from None
        if not text.strip():
            raise ConfigError(f"{path} is empty: a judge without guidelines judges by taste. Write some.")
        return text

    @cached_property
    def _own_prices(self) -> Mapping[str, Price] | None:
        name = self.settings.project.prices
        return load_prices(self.root / name) if name else None

    @property
    def media(self) -> Media:
        """Its images."""
        return Media(self.root)

    def price(self, model_name: str) -> Price | None:
        """The price of a model of the project file; None if nobody has said it."""
        settings = self.settings.models[model_name]
        return price_of(settings.model, settings, self._own_prices)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()


def project_folder(folder: Path | None) -> Path:
    """The folder that is named, or the nearest project at or above the working directory."""
    if folder is not None:
        if not (folder / FILE_NAME).is_file():
            raise InputError(
                f"{folder} holds no {FILE_NAME}. Run `pairwright init {folder}` to make a project."
            )
        return folder
    here = Path.cwd()
    for place in (here, *here.parents):
        if (place / FILE_NAME).is_file():
            return place
    raise InputError(
        f"no {FILE_NAME} in {here} or above it. Run `pairwright init DIR`, or say which project with -C DIR."
    )
