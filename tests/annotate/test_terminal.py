"""The terminal: one key a choice, nothing a response says reaches the terminal as a command."""

import io

import pytest
from projects import a_project, add_rows, rows
from rich.console import Console

from pairwright.annotate.terminal import annotate
from pairwright.stages.people.answers import Person
from pairwright.stages.route.route import run_route


def sit(project, *keys, width=120, name="ann"):
    """Press the keys one after another; gives (session, what was shown)."""
    pressed, ticks = iter([*keys, "q"]), iter(range(0, 10_000, 3))
    screen = io.StringIO()
    console = Console(file=screen, width=width, force_terminal=True)
    session = annotate(
        Person.sign_in(project, name),
        console,
        read_key=lambda: next(pressed),
        clock=lambda: float(next(ticks)),
    )
    return session, screen.getvalue()


@pytest.fixture
def project(tmp_path):
    project = a_project(tmp_path, settings="")
    add_rows(
        project,
        (
            {"prompt": f"Question {i}?", "response_a": f"first {i}", "response_b": f"second {i}"}
            for i in range(4)
        ),
    )
    run_route(project)
    return project


def test_a_key_answers_and_moves_on(project):
    session, shown = sit(project, "1", "2", "t", "x")
    assert session.answered == 4
    votes = rows(project, "vote")
    assert [vote.pair_id for vote in votes] == [1, 2, 3, 4]
    assert [vote.both for vote in votes] == [None, None, None, "bad"]
    assert "Question 0?" in shown
    assert "first 3" in shown


def test_arrow_keys_choose_sides(project):
    sit(project, "\x1b[D", "\x1b[C")
    for vote in rows(project, "vote"):
        left = "A" if vote.order == "AB" else "B"
        assert (vote.verdict == left) == (vote.pair_id == 1)


def test_seconds_run_from_showing_to_choosing(project):
    sit(project, "1")
    assert rows(project, "vote")[0].seconds == 3.0


def test_undo_shows_the_last_pair_again(project):
    session, _ = sit(project, "1", "u", "2", "1")
    assert (session.answered, session.undone) == (3, 1)
    assert [vote.pair_id for vote in rows(project, "vote")] == [1, 1, 2]


def test_skip_and_flag_move_on_without_a_vote(project):
    session, _ = sit(project, "s", "f", "1", "1")
    assert (session.skipped, session.flagged, session.answered) == (1, 1, 1)
    assert rows(project, "flag")[0].check == "unsafe"
    assert rows(project, "vote")[0].pair_id == 3


def test_another_key_after_f_flags_nothing(project):
    session, _ = sit(project, "f", "n", "1")
    assert session.flagged == 0
    assert rows(project, "vote")[0].pair_id == 1


def test_the_guidelines_are_a_key_away(project):
    _, shown = sit(project, "?", " ", "1")
    assert "Correctness" in shown


def test_other_keys_do_nothing(project):
    session, _ = sit(project, "z", "9", "\t")
    assert session.answered == 0


def test_quitting_keeps_what_was_answered(project):
    sit(project, "1")
    session, shown = sit(project, "1")
    assert session.answered == 1
    assert "Question 1?" in shown


def test_hostile_text_is_shown_not_obeyed(tmp_path):
    project = a_project(tmp_path, settings="")
    hostile = "\x1b[2J\x1b]0;owned\x07[red]not markup[/red] \u202egnp.exe \x9b31m"
    add_rows(project, [{"prompt": "q", "response_a": hostile, "response_b": "plain"}])
    run_route(project)
    _, shown = sit(project, width=200)
    assert "\x1b]0;" not in shown
    assert "\u202e" not in shown
    assert "\x9b" not in shown
    assert "[red]not markup[/red]" in shown


def test_a_narrow_terminal_stacks_the_responses(project):
    _, wide = sit(project, width=120)
    _, narrow = sit(project, width=60)
    assert any("First" in line and "Second" in line for line in wide.splitlines())
    assert not any("First" in line and "Second" in line for line in narrow.splitlines())


def test_a_key_that_does_nothing_does_not_start_the_time_anew(project):
    sit(project, "z", "z", "1", "q")
    assert rows(project, "vote")[0].seconds == 3.0  # shown once, answered one tick of the clock later


def test_reading_the_guidelines_is_no_time_spent_on_the_pair(project):
    sit(project, "?", "y", "1", "q")
    # Four looks at the clock make 9 s; the 3 s between opening the guidelines and going on are left out.
    assert rows(project, "vote")[0].seconds == 6.0
