"""`--help`: every verb once, by phase, in plain words."""

import re

import pytest

from pairwright.cli.main import every_verb, imported, run
from pairwright.cli.verbs import LINES, PHASES


def printed(capsys, *arguments):
    assert run([*arguments, "--help"]) == 0
    return capsys.readouterr().out


def walk(command, *names):
    yield names, command
    for name, each in getattr(command, "commands", {}).items():
        yield from walk(each, *names, name)


COMMANDS = dict(walk(every_verb()))


def test_help_lists_every_verb_under_its_phase(capsys):
    said = printed(capsys)
    at = [said.index(f"\n{phase}:\n") for phase in PHASES]
    assert at == sorted(at)
    for verb in LINES:
        assert len(re.findall(rf"^  {verb} ", said, re.MULTILINE)) == 1


@pytest.mark.parametrize("verb", LINES)
def test_a_verbs_line_is_the_first_of_its_help(verb):
    assert imported(verb).help.split("\n\n")[0].replace("\n", " ") == LINES[verb]


def test_without_a_verb_help_is_shown(capsys):
    assert run([]) == 0
    assert "Set up:" in capsys.readouterr().out


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_what_an_option_takes_is_said_in_words(names, capsys):
    said = printed(capsys, *names)
    assert said.startswith(f"Usage: {' '.join(['pairwright', *names])} ")
    assert not re.search(r"<\w+>|list\[|\bbool\b|\bstr\b|TEXT", said)


def test_files_and_defaults_are_shown(capsys):
    said = " ".join(printed(capsys, "add").split())
    assert "Usage: pairwright add [OPTIONS] FILE... Add prompts" in said
    assert "--prompt-field COLUMN Column that holds the prompt. [default: prompt]" in said
    said = " ".join(printed(capsys, "browse").split())
    assert "--browser / --no-browser Open the page in your browser. [default: --browser]" in said


def test_a_usage_error_names_the_help_of_its_verb(capsys):
    assert run(["judge", "--nope"]) == 1
    assert "see `pairwright judge --help`" in capsys.readouterr().err
