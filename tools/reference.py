"""The reference pages, made from the code itself: the command line, the settings, the Python names.

`make docs` puts them into the site; nothing of them is committed, so they can't be stale.
To read one without building: `python tools/reference.py cli|settings|api`.
"""

from __future__ import annotations

import enum
import inspect
import re
import sys
import typing
from collections.abc import Iterator
from typing import Any, Literal

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import pairwright
from pairwright.cli.help import in_words
from pairwright.cli.main import every_verb
from pairwright.stages.project.settings import ProjectFile

Commands = Iterator[tuple[str, Any]]


def commands() -> Commands:
    """Every command by what one types, those of a group after the group itself."""

    def walk(command: Any, name: str) -> Commands:
        yield name, command
        for child, each in getattr(command, "commands", {}).items():
            yield from walk(each, f"{name} {child}")

    yield from walk(every_verb(), "pairwright")


def cli_page() -> str:
    """The command line, a section a verb."""
    parts = [
        "# Command line",
        "One verb a stage, over one project folder. Every verb that prints a result has `--json`; progress "
        "and notes go to stderr. Exit code 0 is done, 1 an error (nothing half-done is kept), 2 finished "
        "with failures, 130 interrupted. This page is made from the program itself.",
    ]
    for name, command in commands():
        depth = "##" if name.count(" ") <= 1 else "###"
        parts.append(f"{depth} {name}\n\n{_prose(command.help)}")
        parts.append(f"```text\n{_usage(name, command)}\n```")
        if rows := [_parameter_row(each) for each in command.params if not each.hidden]:
            parts.append(_table(("option", "what it does", "takes", "default"), rows))
    return "\n\n".join(parts) + "\n"


def _usage(name: str, command: Any) -> str:
    words = [name, "[OPTIONS]"]
    if getattr(command, "commands", None):
        words.append("VERB ...")
    for each in command.params:
        if each.param_type_name == "argument":
            shown = _argument(each)
            words.append(shown if each.required else f"[{shown}]")
    return " ".join(words)


def _argument(parameter: Any) -> str:
    return in_words(parameter) + ("..." if parameter.nargs == -1 else "")


def _parameter_row(parameter: Any) -> tuple[str, str, str, str]:
    if parameter.param_type_name == "argument":
        names = f"`{_argument(parameter)}`"
    else:
        names = ", ".join(f"`{each}`" for each in [*parameter.opts, *parameter.secondary_opts])
    default = "required" if parameter.required else _default(parameter.default)
    flag = getattr(parameter, "is_flag", False)
    low = "" if parameter.min is None else f"{parameter.min} or more"
    high = "" if parameter.max is None else f"{parameter.max} at most"
    takes = "" if flag else _kind(parameter.type_descriptor.annotation, low, high)
    if flag and parameter.default in (False, None):
        default = ""
    return names, _prose(parameter.help), takes, default


def settings_sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every table of `pairwright.toml` with its model: ("project", ...), ("endpoints.NAME", ...), ..."""
    for name, field in ProjectFile.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield name, kind
        else:
            yield f"{name}.NAME", typing.get_args(kind)[1]


def settings_page() -> str:
    """Every key of `pairwright.toml`."""
    parts = [
        "# Settings",
        "Every key of `pairwright.toml`. `pairwright init` writes the file with all of them explained in "
        "place; what you leave out has the default. A misspelt key stops the command and is named with "
        "its line. This page is made from the models that read the file.",
        "Keys to endpoints stand in the environment only: `api_key_env` names the variable. Changing a "
        "setting never asks a model again by itself: old votes are kept, you are told, and `--rejudge` asks "
        "anew.",
    ]
    for name, model in settings_sections():
        rows = []
        for key, field in model.model_fields.items():
            if field.exclude:
                continue  # set by the program, never in the file
            low, high = _bounds(field)
            takes = _kind(field.annotation, low, high)
            rows.append((f"`{key}`", _prose(field.description), takes, _field_default(field)))
        parts.append(f"## [{name}]\n\n{_prose(inspect.getdoc(model))}")
        parts.append(_table(("key", "what it says", "takes", "default"), rows))
    return "\n\n".join(parts) + "\n"


def api_page() -> str:
    """The public names of the package, for mkdocstrings to fill in."""
    names = list(pairwright.__all__)
    errors = [name for name in names if name.endswith("Error") or name == "BudgetReached"]
    named = {name for group in API.values() for name in group}
    models = [name for name in names if name not in named and name not in errors]
    parts = [
        "# Python",
        "Everything here is imported as `import pairwright as pw`; [From Python](../python.md) shows how to "
        "use it. Functions need no project, no store and no key. This page is made from the docstrings.",
    ]
    groups = {**API, "Reward models and adapters": models, "Errors": errors}
    order = ("Project", "Functions", "Reward models and adapters", "Judges for tests", "Errors")
    for title in order:
        parts.append(f"## {title}")
        parts += [f"::: {where(name)}" for name in groups[title]]
    parts.append("## Results\n\nWhat the methods of a project give back.")
    parts += [f"::: {path}" for path in RESULTS]
    return "\n\n".join(parts) + "\n"


API = {
    "Project": ["Project"],
    "Functions": [
        "create_dpo_dataset", "create_kto_dataset", "ai_assisted_labeling", "generate_response_pairs",
        "detect_low_quality", "verify_with_reward_model",
    ],
    "Judges for tests": ["AlwaysFirst", "Noisy", "PrefersShorter", "Replay"],
}  # fmt: skip
RESULTS = [
    "pairwright.stages.result.Result",
    "pairwright.stages.add.add.AddResult",
    "pairwright.stages.add.labelled_set.AddDatasetResult",
    "pairwright.stages.generate.generate.GenerateResult",
    "pairwright.stages.generate.pair.PairResult",
    "pairwright.stages.judge.judges.JudgesResult",
    "pairwright.stages.judge.result.JudgeResult",
    "pairwright.stages.pay.waiting_calls.CallsResult",
    "pairwright.stages.pay.call_files.ExportCallsResult",
    "pairwright.stages.pay.call_files.ImportCallsResult",
    "pairwright.stages.pay.waiting_calls.CancelResult",
    "pairwright.stages.route.route.RouteResult",
    "pairwright.stages.people.import_labels.ImportResult",
    "pairwright.stages.route.label.LabelResult",
    "pairwright.stages.check.check.CheckedResult",
    "pairwright.stages.check.check.CheckResult",
    "pairwright.stages.check.listed.FindingsResult",
    "pairwright.stages.verify.verify.VerifyResult",
    "pairwright.stages.export.convert.ConvertResult",
    "pairwright.stages.figures.report.ReportResult",
    "pairwright.stages.run.RunResult",
    "pairwright.stages.figures.status.Status",
    "pairwright.stages.figures.estimate.ProjectEstimate",
]


def where(name: str) -> str:
    """The full name of a public one, without importing what it needs."""
    module = pairwright._LATER.get(name) or getattr(pairwright, name).__module__
    return f"{module}.{name}"


def _kind(kind: Any, low: str = "", high: str = "") -> str:
    """A type in words."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if kind is None or kind is inspect.Parameter.empty:
        return ""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return ", ".join(f"`{each.value}`" for each in kind)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inside)
    if origin in (list, set):
        return f"list of {_kind(inside[0])}"
    if origin is tuple:
        return f"list of {_kind(inside[0])}" if Ellipsis in inside else f"[{', '.join(map(_kind, inside))}]"
    if origin is dict:
        return f"table of {_kind(inside[1])}"
    if inside:  # a union: None only says that it may be left out
        return " or ".join(_kind(each, low, high) for each in inside if each is not type(None))
    words = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
        "Any": "anything",
        "Path": "path",
    }
    name = words.get(getattr(kind, "__name__", str(kind)), getattr(kind, "__name__", str(kind)))
    return ", ".join([name, *(each for each in (low, high) if each)])


def _bounds(field: FieldInfo) -> tuple[str, str]:
    """From and to, in words."""
    low = high = ""
    for each in field.metadata:
        if isinstance(each, annotated_types.Ge):
            low = f"{each.ge} or more"
        elif isinstance(each, annotated_types.Gt):
            low = f"over {each.gt}"
        elif isinstance(each, annotated_types.Le):
            high = f"{each.le} at most"
        elif isinstance(each, annotated_types.Lt):
            high = f"under {each.lt}"
    return low, high


def _field_default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    return "" if value is PydanticUndefined else _default(value)


def _default(value: Any) -> str:
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or value in ([], {}, ()):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list | tuple):
        return "`[" + ", ".join(f'"{each}"' for each in value) + "]`"
    return "`" + str(value).replace("\n", "\\n") + "`"


def _prose(text: str | None) -> str:
    """Help as Markdown, with a table of settings as code."""
    return re.sub(r"(?<!`)(\[[a-zA-Z_.]+\])(?!`)", r"`\1`", (text or "").strip())


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(str(each).replace("|", "\\|").replace("\n", " ") for each in row) + " |"
        for row in lines
    )


PAGES = {"cli": cli_page, "settings": settings_page, "api": api_page}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PAGES:
        sys.exit(f"usage: python tools/reference.py {'|'.join(PAGES)}")
    print(PAGES[sys.argv[1]]())
