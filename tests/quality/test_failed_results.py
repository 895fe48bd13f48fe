"""Which results of tools say that the call failed."""

import pytest

from pairwright.quality.failed_results import has_failed


@pytest.mark.parametrize(
    "result",
    [
        "Error: no such city",
        "ValueError: city is empty",
        "TimeoutError: no answer after 30 s",
        "Traceback (most recent call last):\n  ...",
        "failed to connect",
        "HTTP 500 Internal Server Error",
        "404 Not Found",
        '{"error": "no such city"}',
        '{"success": false}',
        '{"status": "error", "message": "?"}',
        '{"status_code": 503}',
        '{"isError": true}',
        '"Error: quoted"',
    ],
)
def test_a_result_that_says_so_has_failed(result):
    assert has_failed(result)


@pytest.mark.parametrize(
    "result",
    [
        "21", "", "sunny", "No errors were found.", "The error rate is 3 %.", "500 visitors came", "404",
        '{"error": null, "temperature": 21}', '{"success": true}', '{"status": "ok"}', '{"code": 200}',
        "[1, 2]", "null", "true", "An erroneous belief", "Could be warm",
    ],
)  # fmt: skip
def test_any_other_result_has_not(result):
    assert not has_failed(result)
