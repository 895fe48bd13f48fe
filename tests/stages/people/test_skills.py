"""Which pairs somebody is given: by their skills, and by what is reserved for others."""

import pytest

from pairwright.stages.people.skills import takes_among
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
