"""What a model costs. An unknown price is None, never zero."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from pairwright.errors import ConfigError
from pairwright.models.settings import ModelSettings

# gpt-4o-mini-2024-07-18, claude-3-5-haiku-20241022, mistral-large-2411, gemini-2.0-flash-001
_DATED = re.compile(r"[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{4}|\d{3}|latest)$")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens, and where the figures come from.

    `per_million_cached` is for prompt tokens that the endpoint read from its cache; None: as all others.
    """

    per_million_in: float
    per_million_out: float
    source: str
    per_million_cached: float | None = None

    def cost(self, prompt_tokens: float, completion_tokens: float, cached_tokens: float = 0) -> float:
        """USD for that many tokens; `cached_tokens` are of the prompt's."""
        cached = self.per_million_in if self.per_million_cached is None else self.per_million_cached
        read = (prompt_tokens - cached_tokens) * self.per_million_in + cached_tokens * cached
        return (read + completion_tokens * self.per_million_out) / 1e6


def price_of(
    model: str, settings: ModelSettings | None = None, overrides: Mapping[str, Price] | None = None
) -> Price | None:
    """The price of `model`: from its settings, else the project's own file, else the packaged one.

    A name is looked up as it is, then without a provider's prefix
    (`openai/gpt-4o-mini`), then without a date (`gpt-4o-mini-2024-07-18`).
    Nothing is guessed beyond that: None means the price is not known.
    Raises ConfigError when only one of price_in and price_out is set.
    """
    if settings is not None and (settings.price_in is not None or settings.price_out is not None):
        if settings.price_in is None or settings.price_out is None:
            raise ConfigError(
                f'model "{model}" has only one of price_in and price_out: set both (0 is a price)'
            )
        return Price(settings.price_in, settings.price_out, "project file", settings.price_cached)
    for table in (overrides or {}, _packaged()):
        for name in names_of(model):
            if name in table:
                return table[name]
    return None


def names_of(model: str) -> list[str]:
    """A model's name as it is, without a provider's prefix, and without a date."""
    names = [model, model.rsplit("/", 1)[-1]]
    return list(dict.fromkeys([*names, *(_DATED.sub("", name) for name in names)]))


def load_prices(path: Path) -> dict[str, Price]:
    """Read a price file: `[models."NAME"]` tables with `in`, `out`, perhaps `cached`, USD per million tokens.

    Raises ConfigError naming file and key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing: [project] prices names it") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8: {error}") from None
    return _parse(text, str(path))


@cache
def _packaged() -> dict[str, Price]:
    text = files("pairwright.models").joinpath("prices.toml").read_text(encoding="utf-8")
    return _parse(text, "built-in prices")


def _parse(text: str, where: str) -> dict[str, Price]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: is not valid TOML: {error}") from None
    unknown = sorted(set(tables) - {"models", "as_of", "source"})
    if unknown:
        raise ConfigError(f'{where}: unknown key "{unknown[0]}"; prices stand in [models."NAME"] tables')
    models = tables.get("models", {})
    if not isinstance(models, dict):
        raise ConfigError(f'{where}: "models" is {models!r}; prices stand in [models."NAME"] tables')
    as_of = f" of {tables['as_of']}" if "as_of" in tables else ""
    return {name: _price(name, row, where, where + as_of) for name, row in models.items()}


def _price(name: str, row: object, where: str, source: str) -> Price:
    if not isinstance(row, dict) or not {"in", "out"} <= set(row) <= {"in", "out", "cached"}:
        raise ConfigError(
            f'{where}: [models."{name}"] needs "in" and "out", USD per million tokens, and may have "cached" '
            f"besides; got {row}"
        )
    for key, value in row.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or value < 0:
            raise ConfigError(
                f'{where}: [models."{name}"] {key} is {value!r}; it is USD per million tokens, 0 or more'
            )
    cached = float(row["cached"]) if "cached" in row else None
    return Price(float(row["in"]), float(row["out"]), source, cached)
