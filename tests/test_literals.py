"""A word that is none of those an argument may be is refused, in every public function."""

import importlib
import inspect
import pkgutil

import pytest

import pairwright
from pairwright.errors import InputError
from pairwright.literals import checked, words_of

# These check it themselves, with a message about the option (tests/test_pairing, tests/stages).
OWN = {
    "pairwright.stages.add.add.add_files",
    "pairwright.stages.export.export.export",
}
# Decorated where these files are next changed: others are at work on them.
LATER = {
    "pairwright.routing.decide.decide",
    "pairwright.store.route.calibrations.add_draws",
    "pairwright.store.route.calibrations.draws",
}


def public_functions():
    """(dotted name, function, its Literal parameters) of every function, method and constructor of ours."""
    for module in pkgutil.walk_packages(pairwright.__path__, "pairwright."):
        if "__main__" in module.name or ".migrations" in module.name:
            continue
        if module.name.startswith("pairwright.cli."):  # typer refuses other words
            continue
        loaded = importlib.import_module(module.name)
        for name, thing in vars(loaded).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.name:
                continue
            found = {name: thing} if inspect.isfunction(thing) else {}
            if inspect.isclass(thing):
                made = hasattr(thing, "__dataclass_fields__")
                found = {
                    f"{name}.{each}": function
                    for each, function in vars(thing).items()
                    if inspect.isfunction(function)
                    and (not each.startswith("_") or (each == "__init__" and not made))
                }
            for each, function in found.items():
                words = words_of(function)
                if words:
                    yield f"{module.name}.{each}", function, words


FUNCTIONS = {
    name: (function, words) for name, function, words in public_functions() if name not in LATER | OWN
}


def test_there_are_some():
    assert len(FUNCTIONS) > 30
    assert "pairwright.stats.agreement.krippendorff_alpha" in FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_literal_is_checked(name):
    function, words = FUNCTIONS[name]
    for _, wrong, _ in words:
        arguments = {
            parameter.name: None
            for parameter in inspect.signature(function).parameters.values()
            if parameter.default is parameter.empty and parameter.kind not in (2, 4)
        }
        arguments |= {other: allowed[0] for _, other, allowed in words}
        arguments[wrong] = "no such word"
        positional = [
            arguments.pop(each.name)
            for each in inspect.signature(function).parameters.values()
            if each.kind == each.POSITIONAL_ONLY and each.name in arguments
        ]
        with pytest.raises(InputError, match=f"{wrong} is 'no such word'; it is one of"):
            function(*positional, **arguments)


def test_the_words_themselves_pass_in_every_way_of_calling():
    @checked
    def pick(what: "pairwright.types.Verdict", *, other: "pairwright.types.Verdict | None" = None) -> str:
        return f"{what}{other}"

    assert (pick("A"), pick(what="B", other="TIE"), pick("A", other=None)) == ("ANone", "BTIE", "ANone")
    with pytest.raises(InputError, match='pick: other is \'C\'; it is one of "A", "B", "TIE", None'):
        pick("A", other="C")
