"""A reward model behind an endpoint, for programs that are not async."""

import pytest
from judging.test_scores import by_length

import pairwright as pw
from pairwright.models.chat import CallFailed
from pairwright.models.loopback import LoopbackServer


@pytest.mark.parametrize("api", ["pooling", "classify", "predict"])
def test_it_scores_and_verifies(api):
    with LoopbackServer(reply=by_length) as server:
        rm = pw.RemoteModel(f"http://127.0.0.1:{server.port}", "reward", api=api)
        assert rm.score("Q?", "four") < rm.score([{"role": "user", "content": "Q?"}], "longer")
        rows = [
            {"prompt": "Q?", "chosen": "a long one", "rejected": "short"},
            {"prompt": "Q?", "chosen": "short", "rejected": "a long one"},
        ]
        assert pw.verify_with_reward_model(rm, rows) == ([rows[0]], [rows[1]])


def test_a_score_that_could_not_be_had_is_a_failure_never_a_zero():
    with LoopbackServer(reply=lambda body, _n: "nan") as server:
        rm = pw.RemoteModel(f"http://127.0.0.1:{server.port}", "reward")
        with pytest.raises(CallFailed, match="score that is no number"):
            rm.score("Q?", "an answer")
