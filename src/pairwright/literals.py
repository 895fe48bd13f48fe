"""Arguments that are one of a few words, checked: a word that is none must not fall through to a default."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from types import UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from pairwright.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, raising InputError where an argument is none of the words of its Literal."""
    known: list[tuple[int, str, tuple[Any, ...]]] | None = None

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        nonlocal known
        if known is None:
            known = words_of(function)
        for place, name, words in known:
            value = args[place] if place < len(args) else kwargs.get(name, words[0])
            if value not in words:
                wanted = ", ".join("None" if word is None else f'"{word}"' for word in words)
                raise InputError(f"{function.__name__}: {name} is {value!r}; it is one of {wanted}")
        return function(*args, **kwargs)

    return call


def words_of(function: Callable[..., Any]) -> list[tuple[int, str, tuple[Any, ...]]]:
    """(place, name, words) of every parameter whose annotation is a Literal, or that or None."""
    names = _Names({**vars(builtins), **vars(sys.modules[function.__module__])})
    annotations = get_type_hints(function, {}, names)
    found = []
    for place, (name, each) in enumerate(signature(function).parameters.items()):
        words = _words(annotations.get(name))
        if words:
            at = sys.maxsize if each.kind is Parameter.KEYWORD_ONLY else place
            found.append((at, name, words))
    return found


class _Other:
    """Whatever a name stands for that is imported for type checking alone: no words of ours."""

    def __class_getitem__(cls, _: Any) -> type[_Other]:
        return cls


class _Names(dict[str, Any]):
    """The names an annotation may use, known at run time or not."""

    def __missing__(self, name: str) -> type[_Other]:
        if name.startswith("__"):  # what tracebacks look for, and such
            raise KeyError(name)
        return _Other


def _words(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        parts = get_args(annotation)
        words = [word for part in parts for word in _words(part)]
        if words and all(part is type(None) or _words(part) for part in parts):
            return (*words, None) if type(None) in parts else tuple(words)
    return ()
