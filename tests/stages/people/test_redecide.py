"""After a change of the overlap pairs are decided again, also after a server that was stopped."""

import pytest
from projects import a_project, add_pairs, rows

from pairwright.stages.figures.status import status_of
from pairwright.stages.people import accounts, page_settings, redecide
from pairwright.stages.people.answers import Person
from pairwright.stages.people.redecide import Redeciding, unfinished
from pairwright.stages.project.live import LiveProject
from pairwright.stages.route.route import run_route


@pytest.fixture
def project(tmp_path):
    """Seven pairs, two of which ann has answered, at three in a transaction."""
    with a_project(tmp_path, settings="[annotate]\nqualify_pairs = 0\n") as project:
        add_pairs(project, 7)
        run_route(project)
        ann = Person.sign_in(project, "ann")
        for _ in range(2):
            ann.choose(ann.next_task(), "left", 9)
        yield project


@pytest.fixture(autouse=True)
def three_at_once(monkeypatch):
    monkeypatch.setattr(redecide, "AT_ONCE", 3)


def set_overlap(project, value, seen=1):
    lead = accounts.known_or_new(project, "lead", "lead")
    return page_settings.change(project, "overlap", value, lead, seen=seen)


def wanted(project):
    return status_of(project).open.answers


def is_finished(project):
    with project.store.read() as connection:
        return unfinished(connection) is None


def test_all_pairs_are_decided_by_the_setting_of_now_and_it_is_on_record(project):
    live = LiveProject(project)
    number = set_overlap(project, 3)
    assert (wanted(project), is_finished(project)) == (5, False)
    redeciding = Redeciding(live.now)
    redeciding.start()
    redeciding.wait()
    assert (wanted(project), is_finished(project)) == (7 * 3 - 2, True)
    (done,) = [row.detail for row in rows(project, "lead_action") if row.what == redecide.DECIDED]
    assert done == {"change": number, "pairs": 7}
    assert redeciding.progress is None
    assert run_route(live.now()).changed == 0, "routing has nothing to add"


def test_what_a_stopped_server_left_undone_the_next_one_does(project, monkeypatch):
    live = LiveProject(project)
    set_overlap(project, 2)
    first, renew = Redeciding(live.now), redecide.renew_beliefs

    def renew_and_stop(*given):
        renew(*given)
        first._stopping.set()

    monkeypatch.setattr(redecide, "renew_beliefs", renew_and_stop)
    first.start()
    first.wait()
    assert not is_finished(project)
    assert 5 < wanted(project) < 7 * 2 - 2, "some pairs are decided again, and some are not"
    monkeypatch.undo()
    second = Redeciding(live.now)
    second.start()
    second.wait()
    assert (wanted(project), is_finished(project)) == (7 * 2 - 2, True)


def test_a_change_while_pairs_are_being_decided_is_followed_too(project, monkeypatch):
    live = LiveProject(project)
    set_overlap(project, 2)
    redeciding = Redeciding(live.now)
    decide, changes = redeciding._decide, [4]

    def decide_while_the_lead_changes_it(change):
        if changes:
            set_overlap(project, changes.pop(), seen=2)
        decide(change)

    monkeypatch.setattr(redeciding, "_decide", decide_while_the_lead_changes_it)
    redeciding.start()
    redeciding.wait()
    assert (wanted(project), is_finished(project)) == (7 * 4 - 2, True)


def test_what_goes_wrong_is_told_and_can_be_tried_again(project, monkeypatch):
    live = LiveProject(project)
    set_overlap(project, 2)
    redeciding = Redeciding(live.now)

    def broken(*_given):
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(redecide, "renew_beliefs", broken)
        redeciding.start()
        redeciding.wait()
    assert (redeciding.problem, is_finished(project)) == ("the disk is full", False)
    redeciding.start()
    redeciding.wait()
    assert (redeciding.problem, wanted(project)) == (None, 7 * 2 - 2)


@pytest.mark.parametrize("unsure", ["", "overlap_unsure = 3\n"])
def test_what_was_told_of_a_change_is_what_comes_of_it(tmp_path, unsure):
    with a_project(tmp_path, settings=f"[annotate]\nqualify_pairs = 0\n{unsure}") as project:
        add_pairs(project, 9)
        run_route(project)
        ann, bob = (Person.sign_in(project, name) for name in ("ann", "bob"))
        for _ in range(4):
            ann.choose(ann.next_task(), "left", 9)
        ann.undo()
        bob.flag(bob.next_task(), "broken")
        (told, *_) = page_settings.consequences(project, "overlap", 2)
        live, before = LiveProject(project), wanted(project)
        set_overlap(project, 2)
        redeciding = Redeciding(live.now)
        redeciding.start()
        redeciding.wait()
        after = wanted(project)
        assert told == f"{after} answers are wanted, {after - before} more than now."
