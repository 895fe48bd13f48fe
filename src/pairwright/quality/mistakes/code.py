"""Code that does not parse, by the languages' own parsers: Python, JSON, JavaScript, TOML, YAML."""

from __future__ import annotations

import ast
import json
import re
import tomllib
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from textwrap import dedent
from typing import Any

from pairwright.quality.example import Problem
from pairwright.quality.mistakes.fences import Block, blocks_of

# What stands for something left out: such a block is a sketch, not code to run.
_SKETCH = re.compile(
    r"\.\.\.|…|<[A-Za-z][\w -]*>|\[(?:your|insert)[^\[\]]*\]|\{\{|# *\.\.|// *\.\.", re.IGNORECASE
)
_OTHER_PYTHON = re.compile(r"^[^\S\n]*(?:[%!$]|>>>|In \[|print\s+[^(=\s]|exec\s+[^(=\s])", re.MULTILINE)
_MIXED = re.compile(r"^[^\S\n]*(?:pip3? install|npm |python3? |\$ |# Output|Output:)", re.MULTILINE)
_CODE = re.compile(r"[=()\[\]{}:]")  # without any of these it is a printed line, not Python
# Languages that are shown under Python's name for want of a better one.
_NAMED_WRONG = re.compile(
    r"gdscript|\\(?:documentclass|usepackage)|pseudo-?code|\bsage(?:math)?\b|cython", re.IGNORECASE
)
_TYPESCRIPT = re.compile(
    r":\s*(?:string|number|boolean|any|void|unknown)\b|\binterface \w+|<\w+>\(|\benum \w|\btype \w+ ="
)


def broken_code(text: str, asked: str = "") -> Iterator[Problem]:
    """Each closed fenced block that names a language and is not valid in it."""
    blocks = blocks_of(text)
    if blocks and _NAMED_WRONG.search(f"{asked}\n{text}"):
        return
    for block in blocks:
        if not block.closed or not block.text.strip() or _MIXED.search(block.text):
            continue  # one that is cut off is another matter (endings)
        parse = _PARSERS.get(block.language)
        if parse is not None and (why := parse(block)):
            name = _NAMES.get(block.language, block.language)
            yield Problem("code", f"{name} that does not parse: {why}", block.language)


def _python(block: Block) -> str | None:
    code = dedent(block.text.expandtabs(4))
    if _OTHER_PYTHON.search(code) or not _CODE.search(code):
        return None
    if code.rstrip().endswith(":") and code.strip().count("\n") == 0:
        return None  # the head of a loop, shown alone
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except IndentationError as error:
        if "unexpected indent" in str(error) or "unindent" in str(error):
            return None  # a piece of something longer
        if "#" in "".join(code.rstrip().splitlines()[-1:]):
            return None  # a body left to the reader: `# your code here`
        return _at(code, error.lineno, error.msg)
    except SyntaxError as error:
        if _SKETCH.search(code) and "..." not in code:
            return None
        return _at(code, error.lineno, error.msg)
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _json(block: Block) -> str | None:
    if _SKETCH.search(block.text) or re.search(
        r"^[^\S\n]*(?://|#|/\*)|[,{\[]\s*//", block.text, re.MULTILINE
    ):
        return None
    try:
        json.loads(block.text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" or not block.text.lstrip().startswith(("{", "[")):
            return None  # several values one after the other, or a part of one
        return _at(block.text, error.lineno, error.msg)
    except (ValueError, RecursionError):  # a number of too many digits, or too deep
        return None
    return None


def _javascript(block: Block) -> str | None:
    if _SKETCH.search(re.sub(r"\.\.\.(?=[\w\[{(])", "", block.text)) or _TYPESCRIPT.search(block.text):
        return None
    root = _javascript_parser().parse(block.text.encode()).root_node
    if not root.has_error:
        return None
    worst = _first_error(root)
    line = worst.start_point[0] + 1
    return _at(block.text, line, "missing " + worst.type if worst.is_missing else "unexpected text")


@cache
def _javascript_parser() -> Any:
    import tree_sitter_javascript
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_javascript.language()))


def _first_error(node: Any) -> Any:
    """The first place the parser stumbled at, walked without recursion: hostile text nests deep."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if here.is_missing or here.type == "ERROR":
            return here
        waiting += [child for child in reversed(here.children) if child.has_error or child.is_missing]
    return node


def _toml(block: Block) -> str | None:
    if _SKETCH.search(block.text):
        return None
    try:
        tomllib.loads(block.text)
    except tomllib.TOMLDecodeError as error:
        return str(error)
    except (ValueError, RecursionError):
        return None
    return None


def _yaml(block: Block) -> str | None:
    import yaml

    if _SKETCH.search(block.text) or "%" in block.text or "\t" in block.text:
        return None
    try:
        for _ in yaml.parse(
            block.text, yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
        ):
            pass
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return _at(block.text, mark.line + 1 if mark else None, getattr(error, "problem", None) or str(error))
    except RecursionError:
        return None
    return None


def _at(code: str, line: int | None, message: str) -> str:
    lines = code.splitlines()
    if line is None or not 1 <= line <= len(lines):
        return message
    return f"{message}, line {line}: {lines[line - 1].strip()[:80]}"


_PARSERS: dict[str, Callable[[Block], str | None]] = {
    **dict.fromkeys(("python", "python3", "py"), _python),
    "json": _json,
    **dict.fromkeys(("javascript", "js", "jsx"), _javascript),
    "toml": _toml,
    **dict.fromkeys(("yaml", "yml"), _yaml),
}
_NAMES = {"py": "Python", "python": "Python", "python3": "Python", "json": "JSON", "toml": "TOML"}
_NAMES |= {"javascript": "JavaScript", "js": "JavaScript", "jsx": "JavaScript", "yaml": "YAML", "yml": "YAML"}
