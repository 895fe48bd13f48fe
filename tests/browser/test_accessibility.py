"""Every page against WCAG 2.2, levels A and AA, by axe: light and dark, signed in and not."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from projects import a_project, add_rows

from pairwright.stages.people.gold import make_gold
from pairwright.stages.route.route import run_route

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
RICH = {
    "id": "code",
    "prompt": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "A **table**, code and maths?"},
    ],
    "response_a": "```python\ndef f(x: int) -> str:  # why\n    return str(x + 1)\n```\n$x^2$ and [a link](https://example.org)",
    "response_b": "| a | b |\n|--|--|\n| 1 | 2 |\n\n> quoted\n\n![a cat](x.png) `code`",
}
LEADS = [
    "lead",
    "lead/people",
    "lead/people/ann",
    "lead/hours",
    "lead/conflicts",
    "lead/conflicts/code",
    "lead/review",
    "lead/review/code",
    "lead/gold",
    "lead/guidelines",
    "lead/settings",
    "lead/erase?of=ann",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_passes(tmp_path, serving, seat, scheme):
    with a_project(
        tmp_path, settings='[annotate]\ncriteria = ["helpfulness"]\nreasons = ["accuracy"]\n'
    ) as project:
        rows = [
            {"id": f"p{i}", "prompt": f"Q{i}?", "response_a": "yes", "response_b": "no"} for i in range(4)
        ]
        add_rows(project, [RICH, *rows])
        run_route(project)
        make_gold(project, 5, "A", use="hidden", explanation="clear")
        served, problems = serving(project), []

        def check(visitor, name):
            found = Axe().run(visitor.page, options=RULES).response["violations"]
            problems.extend(f"{name}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found)

        ann = seat(served, color_scheme=scheme, bypass_csp=True).join("ann")
        ann.shown()
        check(ann, "work")
        for key in ("?", "s", "f", "n", "h", "m"):
            ann.press(key)
            ann.page.wait_for_timeout(200)
            check(ann, f"work, {key}")
            ann.press("Escape")
        for key in ("d", "q"):
            ann.press(key)
            ann.page.wait_for_timeout(200)
            check(ann, f"work, {key}")
        ann.press("f")
        ann.page.get_by_role("button", name="Unsafe content").click()
        ann.shown()
        ann.press("1")
        ann.saved()
        for path in ("me", "guidelines"):
            ann.page.goto(f"{served.url}/{path}")
            check(ann, path)
        lea = seat(served, color_scheme=scheme, bypass_csp=True)
        lea.page.goto(f"{served.url}/signin")
        check(lea, "signin")
        lea.lead()
        for path in LEADS:
            lea.page.goto(f"{served.url}/{path}")
            check(lea, path)
        lea.page.goto(f"{served.url}/lead/people/ann")
        lea.page.get_by_role("button", name="Make lead").click()
        check(lea, "asked before it is done")
        assert problems == []
