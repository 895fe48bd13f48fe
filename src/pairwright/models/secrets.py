"""What may be a key: no message repeats it, for messages end up in logs, issues and screenshots."""

from __future__ import annotations

import json
import os
import re
from typing import Any

from pairwright.errors import ConfigError

_KNOWN = re.compile(
    r"(?:sk|rk|pk|gsk|hf|xai|nvapi|ghp|gho|github_pat|glpat|r8|key|tgp|fw|pplx|dapi|csk)[-_]\w[\w-]{5}", re.I
)
_OTHERS = re.compile(r"AIza[\w-]{10}|AKIA[A-Z0-9]{8}|eyJ[\w-]{8}|Bearer\s+\S{8}")
_TOKEN = re.compile(r"[\w.~+/=-]{20,}")
_WORDS = re.compile(r"[A-Za-z\d.]{1,14}(?:[-_./~]+[A-Za-z\d.]{1,14})*")  # meta-llama/Llama-3.1-8B-Instruct
_RUN = re.compile(r"[^\s\"'{}\[\],:;@?&]{8,}")
_PASSWORD = re.compile(r"(?<=://)[^/\s@]+@")
# Under these names everything is a secret.
_NAMES = re.compile(r"key(?!_env)|token(?!s)|secret|passw|authori[sz]ation|credential|cookie", re.I)
HIDDEN = "***"
_SHORTEST = 12  # characters of a key; "EMPTY" and its like are words that answers may hold


def looks_like_key(text: str) -> bool:
    """Whether somebody put a key where its name belongs: by how keys begin, or long and without words."""
    if _KNOWN.match(text) or _OTHERS.match(text):
        return True
    mixed = any(each.isdigit() for each in text) and any(each.islower() for each in text)
    return bool(_TOKEN.fullmatch(text)) and mixed and not _WORDS.fullmatch(text)


def hidden(value: Any, name: str = "") -> str:
    """The value as a message shows it, without what may be a key; `name` is the setting's."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {hidden(each, str(key))}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(hidden(each, name) for each in value) + "]"
    if isinstance(value, str) and _NAMES.search(name):
        return HIDDEN
    # In the quotes of our messages, whichever Python would choose.
    told = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
    shown = _PASSWORD.sub(f"{HIDDEN}@", told)
    return _RUN.sub(lambda run: HIDDEN if looks_like_key(run[0]) else run[0], shown)


def without_key(data: bytes, key: str) -> bytes:
    """What an endpoint answered, without the key where it repeats it: answers are kept."""
    return data.replace(key.encode(), b"[key]") if len(key) >= _SHORTEST else data


def no_keys_in(value: Any, name: str = "extra") -> Any:
    """Fields of a request as they are. Raises ValueError where one is a key: they are kept with each vote."""
    if isinstance(value, dict):
        for each, inner in value.items():
            no_keys_in(inner, f"{name}.{each}")
    elif isinstance(value, list | tuple):
        for inner in value:
            no_keys_in(inner, name)
    elif isinstance(value, str):
        bare = value.removeprefix("Bearer ")
        known = _KNOWN.match(bare) or _OTHERS.match(value)
        if known or (_NAMES.search(name.rpartition(".")[2]) and looks_like_key(bare)):
            raise ValueError(
                f"{name} holds a key, and what is sent is kept with each vote: take it out of the file, "
                "change it where it was issued, and name its environment variable in api_key_env"
            )
    return value


def key_of(endpoint: str, variable: str | None) -> str:
    """The key of an endpoint, from the environment variable that holds it; empty where it wants none.

    Raises ConfigError where the variable is not set, or holds more than a key.
    """
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise ConfigError(
            f"endpoint {endpoint} needs its key in the environment variable {variable}, which is not set: "
            f"export {variable}=..."
        )
    if not key.isprintable():
        raise ConfigError(
            f"the key of endpoint {endpoint}, in {variable}, has a line break or a control character in it. "
            "Set the variable to the key alone."
        )
    return key
