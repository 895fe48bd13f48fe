"""Which pairs somebody is given: by their skills, and by what is reserved for others."""

import pytest
from projects import a_project, add_rows
from sites import TheSite

from pairwright.stages.figures.overview import overview_of
from pairwright.stages.people import accounts
from pairwright.stages.people.answers import Person
from pairwright.stages.people.skills import takes_among, takes_of
from pairwright.stages.route.route import run_route
from pairwright.store.people.accounts import Account
from pairwright.store.people.tasks import EVERYTHING


def somebody(number, tags=(), reserved=(), state="active"):
    return Account(
        number, f"p{number}", number, "annotator", state, tags, None, None, 0.0, False, reserved=reserved
    )


@pytest.mark.parametrize(
    ("team", "given", "not_given"),
    [
        ([somebody(1)], ["law", "code", None], []),
        ([somebody(1, tags=("law",))], ["law", None], ["code"]),
        ([somebody(1), somebody(2, reserved=("law",))], ["code", None], ["law"]),
        ([somebody(1, reserved=("law",)), somebody(2, reserved=("law",))], ["law", "code"], []),
        ([somebody(1), somebody(2, reserved=("law",), state="paused")], ["law", "code"], []),
        ([somebody(1, tags=("code",), reserved=("law",))], ["law", "code", None], ["chat"]),
        ([somebody(1, tags=("law",)), somebody(2, reserved=("law",))], [None], ["law", "code"]),
    ],
)
def test_the_first_of_them_is_given(team, given, not_given):
    takes = takes_among(team, 1)
    assert [each for each in (*given, *not_given) if takes.takes(each)] == given


def test_who_has_no_account_is_given_all_that_is_not_reserved():
    assert takes_among([], 7) == EVERYTHING
    assert not takes_among([somebody(1, reserved=("law",))], 7).takes("law")


@pytest.mark.parametrize(
    ("me", "given", "not_given"),
    [
        (somebody(1), [None], ["law", "code"]),
        (somebody(1, tags=("law",)), ["law", None], ["code"]),
        (somebody(1, reserved=("code",)), ["code", None], ["law"]),
    ],
)
def test_where_skills_are_required_who_has_none_gets_no_pair_that_takes_one(me, given, not_given):
    takes = takes_among([me], 1, required=True)
    assert [each for each in (*given, *not_given) if takes.takes(each)] == given


def test_a_pair_waits_for_somebody_who_has_its_skill_and_the_lead_is_told(tmp_path):
    with a_project(tmp_path, settings="[annotate]\nskills_required = true\n") as project:
        add_rows(project, (
            {"id": f"pair-{i}", "prompt": f"Question {i}?", "response_a": "yes", "response_b": "no",
             "domain": ("law", "code")[i % 2]} for i in range(6)
        ))  # fmt: skip
        run_route(project)
        site = TheSite(project)
        ann, bob = site.annotator("ann"), site.annotator("bob", tags=["code"])
        assert ann.work(5)["state"] == "done"
        assert len(bob.work(5)["tasks"]) == 3
        steps = {step.what: step.why for step in overview_of(project).steps}
        assert (
            steps["Find somebody with the skill law"]
            == "3 open pairs take it, and nobody who may work has it"
        )
        assert "Find somebody with the skill code" not in steps
        assert Person.sign_in(project, "somebody at the terminal").next_task() is None


def test_what_one_reserves_nobody_else_is_given_until_they_pause(tmp_path):
    with a_project(tmp_path, settings="[annotate]\noverlap = 1\n") as project:
        ann, bob = (accounts.known_or_new(project, name, "annotator") for name in ("ann", "bob"))
        lead = accounts.known_or_new(project, "lead", "lead")

        def given(account):
            with project.store.read() as connection:
                return takes_of(project, connection, account.rater_id)

        assert given(ann) == given(bob) == EVERYTHING
        accounts.change(project, ann, lead, reserved=["law"])
        assert (given(ann).takes("law"), given(bob).takes("law")) == (True, False)
        accounts.change(project, ann, lead, state="paused")
        assert given(bob).takes("law")
        accounts.change(project, ann, lead, state="active", reserved=[])
        assert given(ann) == given(bob) == EVERYTHING
