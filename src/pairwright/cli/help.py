"""How help reads: plain text in 100 columns, and what an option takes in words.

Plain, because drawing boxes would take as long to import as everything else a usage error needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
WORDS = {str: "TEXT", int: "N", float: "NUMBER", Path: "FILE"}


class Command(TyperCommand):
    """One verb."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return ["[OPTIONS]", *arguments(self, ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write_options(self, ctx, formatter)


class Group(TyperGroup):
    """A verb that has verbs of its own."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)


def a_group(**settings: Any) -> typer.Typer:
    """An app whose help is plain."""
    return typer.Typer(
        **{"cls": Group, "add_completion": False, **settings},
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
    )


def a_command(function: Callable[..., Any]) -> Any:
    """A function as a command of its own."""
    app = a_group()
    app.command(cls=Command)(function)
    return typer.main.get_command(app)


def arguments(command: Any, context: Any) -> Iterator[str]:
    """The arguments as usage shows them: OUT, [IN], FILE..."""
    for each in command.get_params(context):
        if each.param_type_name == "argument":
            name = in_words(each) + ("..." if each.nargs == -1 else "")
            yield name if each.required else f"[{name}]"


def write_options(command: Any, context: Any, formatter: Any) -> None:
    """The sections `Arguments` and `Options`."""
    shown = [each for each in command.get_params(context) if not each.hidden]
    for title, kind, row in (("Arguments", "argument", argument_row), ("Options", "option", option_row)):
        rows = [row(each) for each in shown if each.param_type_name == kind]
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


def argument_row(argument: Any) -> tuple[str, str]:
    return in_words(argument), argument.help or ""


def option_row(option: Any) -> tuple[str, str]:
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        names += f" / {option.secondary_opts[0]}"
    takes = "" if option.is_flag else f" {in_words(option)}"
    return names + takes, (option.help or "") + default(option)


def default(option: Any) -> str:
    """What holds when the option is left out, unless the help says so itself."""
    value = option.default
    if value is None or value is False or callable(value):
        return ""
    if value is True:
        value = option.opts[0]
    return f" [default: {value}]"


def in_words(parameter: Any) -> str:
    """What it takes: the word it was given, or one for its type."""
    if parameter.metavar is not None:
        return str(parameter.metavar)
    kind = parameter.type_descriptor.annotation
    if get_origin(kind) is list:
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        return "|".join(get_args(kind))
    return WORDS[kind]
