"""The annotator's page in a real browser, as people use it."""

import pytest
from projects import a_project, add_pairs, add_rows, change, current_votes, rows

from pairwright.stages.judge.judge import run_judge
from pairwright.stages.people import accounts
from pairwright.stages.people.adjudicate import decide
from pairwright.stages.people.gold import make_gold
from pairwright.stages.route.route import run_route


@pytest.fixture
def project(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 24)
        run_route(project)
        yield project


def test_twenty_pairs_with_keys_only(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    seen = set()
    for i in range(20):
        seen.add(ann.shown())
        ann.press("12tgx"[i % 5])
    ann.saved()
    votes = current_votes(project)
    assert len(votes) == len(seen) == 20
    assert [vote.both for vote in votes[3:5]] == ["good", "bad"]
    assert all(0 < vote.seconds < 60 for vote in votes)
    times = ann.page.evaluate("performance.getEntriesByName('key-to-next-pair').map(each => each.duration)")
    assert len(times) >= 18


def test_strength_notes_and_ratings_go_with_the_answer(tmp_path, serving, seat):
    with a_project(tmp_path, settings='[annotate]\ncriteria = ["helpfulness"]\n') as project:
        add_pairs(project, 4)
        run_route(project)
        ann = seat(serving(project)).join("ann")
        ann.shown()
        ann.press("n")
        ann.page.locator("#note").fill("sources are made up")
        ann.page.keyboard.press("Control+Enter")
        ann.page.locator('[data-side="left"] label').nth(4).click()
        ann.press("Shift+Digit1")
        ann.shown()
        ann.press("-", "2")
        ann.saved()
        first, second = current_votes(project)
        assert (abs(first.strength), first.reason) == (3, "sources are made up")
        assert first.ratings[("a", "b")[first.order == "BA"]] == {"helpfulness": 5}
        assert (abs(second.strength), second.reason) == (1, None)


def test_undo_brings_the_pair_back_with_what_was_said(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    first = ann.shown()
    ann.press("1")
    ann.saved()
    assert ann.shown() != first
    ann.press("u")
    assert ann.shown() == first
    assert "You had answered: left is better" in ann.page.inner_text("#notices")
    ann.press("2")
    ann.saved()
    (vote,) = current_votes(project)
    assert vote.verdict == ("B" if vote.order == "AB" else "A")


def test_undo_works_after_the_page_was_loaded_anew(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    first = ann.shown()
    ann.press("1")
    ann.saved()
    ann.page.reload()
    ann.shown()
    ann.press("u")
    ann.until("(text) => document.getElementById('prompt').innerText.trim() === text", first)
    assert current_votes(project) == []


def test_answers_given_offline_arrive_once_the_net_is_back(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.page.wait_for_timeout(500)  # the pairs after it are loaded
    ann.context.set_offline(True)
    ann.press("1", "2", "t")
    ann.page.wait_for_selector("#notice-connection")
    assert "answers are kept here" in ann.page.inner_text("#notice-connection")
    assert current_votes(project) == []
    ann.context.set_offline(False)
    ann.saved()
    ann.page.wait_for_selector("#notice-connection", state="detached")
    assert len(current_votes(project)) == 3


def test_answers_survive_a_dead_server_and_a_reload(project, serving, seat):
    served = serving(project)
    ann = seat(served).join("ann")
    ann.shown()
    ann.page.wait_for_timeout(500)
    served.stop()
    ann.press("1", "2")
    ann.page.wait_for_selector("#notice-connection")
    served.start()
    ann.page.reload()
    ann.saved()
    ann.shown()
    assert len(current_votes(project)) == 2
    ann.press("1")
    ann.saved()
    assert len({vote.pair_id for vote in current_votes(project)}) == 3


def test_a_double_click_is_one_answer(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.page.wait_for_timeout(300)
    ann.page.locator('[data-choice="left"]').dblclick()
    ann.page.wait_for_timeout(300)
    ann.saved()
    assert len(current_votes(project)) == 1


def test_two_tabs_never_answer_the_same_pair_twice(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    second = ann.tab()
    second.goto(f"{ann.served.url}/work")
    ann.shown(second)
    ann.page.wait_for_selector("text=You are working in another tab")
    ann.page.keyboard.press("1")  # means nothing here now
    ann.press("1", "2", page=second)
    ann.saved(second)
    ann.page.get_by_role("button", name="Work here instead").click()
    ann.shown()
    second.wait_for_selector("text=You are working in another tab")
    ann.press("1")
    ann.saved()
    votes = current_votes(project)
    assert len(votes) == len({vote.pair_id for vote in votes}) == 3


def test_the_back_button_leads_back_to_work(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("1")
    ann.saved()
    ann.page.goto(f"{ann.served.url}/me")
    ann.page.go_back()
    ann.shown()
    ann.press("2")
    ann.saved()
    votes = current_votes(project)
    assert len(votes) == len({vote.pair_id for vote in votes}) == 2


def test_an_expired_sign_in_costs_no_answer(project, serving, seat):
    served = serving(project)
    ann = seat(served).join("ann")
    ann.shown()
    ann.page.wait_for_timeout(500)
    account = accounts.known_or_new(project, "ann", "annotator")
    accounts.set_password(project, account, "a long enough password")  # signs out everywhere
    ann.press("1", "2")
    ann.page.wait_for_selector("text=You are signed out")
    assert current_votes(project) == []
    second = ann.tab()
    second.goto(f"{served.url}/signin")
    second.get_by_label("Name").fill("ann")
    second.get_by_label("Password").fill("a long enough password")
    second.get_by_role("button", name="Sign in").click()
    second.wait_for_url("**/work")
    ann.saved(second)  # the new page sends what the old one kept
    assert len(current_votes(project)) == 2


def test_skip_and_flag_from_the_keyboard(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("s", "2")
    ann.shown()
    ann.press("f")
    ann.page.get_by_label("Note (optional)").fill("a phone number")
    flagged = ann.shown()
    ann.page.get_by_role("button", name="Personal data").click()
    ann.until("(text) => document.getElementById('prompt').innerText.trim() !== text", flagged)
    ann.saved()
    assert [row.message for row in rows(project, "failure")] == ["I don't know the language"]
    assert "a phone number" in rows(project, "flag")[0].reason
    ann.press("u", "u")
    ann.saved()
    assert len(rows(project, "withdrawal")) == 2


def test_raw_text_difference_guidelines_and_keys_open_and_close(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("d")
    ann.page.wait_for_selector("#left del")
    ann.press("d", "w")
    assert ann.page.locator("#left pre.raw").count() == 1
    ann.press("w", "r")
    ann.page.wait_for_selector("#left pre.json")
    ann.press("r", "?")
    assert ann.page.locator("#dialog-keys").is_visible()
    ann.press("1")  # not an answer while a dialog is open
    ann.press("Escape", "h")
    ann.page.wait_for_selector("#guidelines-text h1")
    ann.press("Escape")
    assert current_votes(project) == []


def test_practice_gives_feedback_beside_the_pair_before_real_work(project, serving, seat):
    for pair_id in (1, 2):
        make_gold(project, pair_id, "A", explanation="Since **yes** is true.", use="qualify")
    ann = seat(serving(project)).join("ann")
    for n in (1, 2):
        asked = ann.shown()
        good, bad = ("left", "right") if "yes" in ann.page.inner_text("#left") else ("right", "left")
        chosen = good if n == 2 else bad
        ann.press("1" if chosen == "left" else "2")
        ann.page.wait_for_selector("#feedback:not([hidden])")
        word = "Right" if n == 2 else "Not this time"
        assert ann.page.inner_text("#feedback-title") == f"{word}: {good} is better"
        assert ann.page.inner_text("#feedback-said") == f"You said: {chosen} is better"
        assert "yes is true" in ann.page.inner_text("#feedback-text")
        assert f"A is {good}, B is {bad}" in ann.page.inner_text("#feedback-more")
        assert ("Real work starts now" in ann.page.inner_text("#feedback-more")) == (n == 2)
        # The pair stays, with both texts, and can still be read in every way.
        assert ann.page.inner_text("#prompt").strip() == asked
        assert "right answer" in ann.page.inner_text(f"#side-{good}").lower()
        assert "your answer" in ann.page.inner_text(f"#side-{chosen}").lower()
        ann.press("d")
        ann.page.wait_for_selector("#left del")
        ann.press("d", "1", "u", "m")  # neither an answer nor a way back
        assert ann.page.locator("#feedback").is_visible()
        ann.page.locator("#prompt").click()  # wherever the focus is
        ann.page.keyboard.press("Enter")
        ann.page.wait_for_selector("#feedback", state="hidden")
    ann.page.wait_for_selector("#notice-qualify", state="detached")
    # The practice pair is on screen until the first of real work has come: an answer in between is none.
    ann.until("() => document.getElementById('heading').textContent === 'Which response is better?'")
    assert "answer" not in ann.page.inner_text("#left-title")
    ann.press("1")
    ann.saved()
    assert len([vote for vote in current_votes(project) if vote.purpose is None]) == 1


def test_changed_guidelines_are_announced(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    path = project.root / "guidelines.md"
    path.write_text(path.read_text() + "\nBe kind.\n")
    ann.press("1")
    ann.page.wait_for_selector("text=The guidelines have changed")
    ann.page.get_by_role("button", name="See what changed").click()
    ann.page.wait_for_selector("#guidelines-changes ins")
    ann.page.get_by_role("button", name="Got it").click()
    ann.page.wait_for_selector("#notice-guidelines", state="detached")


HOSTILE = """<script>window.pwned = 1</script><img src="http://evil.example/x.png" onerror="window.pwned = 1">
![call](http://evil.example/p.png) [click](javascript:window.pwned=1) <svg onload="window.pwned = 1">
<style>footer { display: none }</style> <b class="choices" style="position:fixed;inset:0">x</b> a\u202ecod.exe"""


def test_hostile_text_is_shown_and_does_nothing(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        add_rows(
            project, [{"id": "h", "prompt": HOSTILE, "response_a": HOSTILE, "response_b": "x" * 2_000_000}]
        )
        run_route(project)
        ann = seat(serving(project)).join("ann")
        ann.shown()
        assert ann.page.evaluate("window.pwned") is None
        assert "<script>window.pwned = 1</script>" in ann.page.inner_text("#prompt")
        assert "[U+202E]" in ann.page.inner_text("#prompt")
        assert ann.page.locator("footer").is_visible()
        assert ann.page.locator("#prompt :is(script, img, svg, style, b)").count() == 0
        ann.press("1")
        ann.saved()
        assert len(current_votes(project)) == 1


def test_time_away_and_hidden_does_not_count(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    counted = ann.page.evaluate(
        """async () => {
            const { Timer } = await import("/static/timer.js");
            let now = 0;
            const timer = new Timer(() => now);
            timer.start(10);
            now = 5000; timer.touch();
            const first = timer.seconds;
            now = 5000 + 600000; timer.touch();        // ten minutes without a sign of life
            const idle = timer.seconds;
            Object.defineProperty(document, "hidden", { value: true, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
            now += 60000;
            const hidden = timer.seconds;
            delete document.hidden;
            document.dispatchEvent(new Event("visibilitychange"));
            now += 2000;
            return [first, idle, hidden, timer.seconds];
        }"""
    )
    assert counted == [5, 35, 35, 37]


def test_a_phone_gets_a_page_that_fits(project, serving, seat):
    ann = seat(serving(project), is_mobile=True, has_touch=True)
    ann.page.set_viewport_size({"width": 390, "height": 844})
    ann.join("ann")
    ann.shown()
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= 390
    left, right = (ann.page.locator(f"#side-{side}").bounding_box() for side in ("left", "right"))
    assert right["y"] >= left["y"] + left["height"]
    ann.page.wait_for_timeout(300)
    ann.page.locator('[data-choice="right"]').tap()
    ann.saved()
    assert len(current_votes(project)) == 1


def test_after_fifty_minutes_of_work_a_break_is_suggested(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    ann.shown()
    ann.press("1")
    assert ann.page.locator("#notice-break").count() == 0
    ann.page.evaluate("sessionStorage.setItem('pairwright:active', String(50 * 60))")
    ann.press("1")
    ann.page.wait_for_selector("text=A short break keeps your eye sharp")
    ann.press("1")
    ann.saved()
    assert len(current_votes(project)) == 3


def test_what_a_closed_page_held_goes_to_others_at_once(project, serving, seat):
    served = serving(project)
    ann = seat(served).join("ann")
    first = ann.shown()
    ann.page.goto("about:blank")
    bob = seat(served).join("bob")
    assert bob.shown() == first


def test_what_the_judge_said_is_told_after_the_choice(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 2)
        said = '{{"id": "pair-{i}", "order": "{order}", "verdict": "B", "confidence": "LOW", "reason": "it is true"}}\n'
        verdicts = "".join(said.format(i=i, order=order) for i in range(2) for order in ("AB", "BA"))
        (project.root / "v.jsonl").write_text(verdicts)
        project = change(project, '\n[judges.gpt]\nkind = "replay"\npath = "v.jsonl"\n')
        run_judge(project, "gpt")
        run_route(project)
        ann = seat(serving(project)).join("ann")
        ann.shown()
        assert "judge" not in ann.page.inner_text("main").lower()
        ann.press("1")
        ann.page.wait_for_selector("#notice-judge")
        assert "it is true (A is left, B is right)" in ann.page.inner_text("#notice-judge")


def test_who_comes_back_to_a_pair_that_was_decided_meanwhile_gets_the_next(project, serving, seat):
    ann = seat(serving(project)).join("ann")
    first = ann.shown()
    (number,) = [row.id for row in rows(project, "pair") if f"Question {row.external_id[5:]}?" == first]
    lead = accounts.known_or_new(project, "lea", "lead")
    decide(project, number, "A", lead)
    ann.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    ann.page.wait_for_selector("text=was decided meanwhile")
    assert ann.shown() != first


def test_long_responses_scroll_together_or_apart(tmp_path, serving, seat):
    with a_project(tmp_path, settings="") as project:
        long = "\n\n".join(f"Paragraph {i} of many." for i in range(150))
        add_rows(project, [{"prompt": "Long?", "response_a": long, "response_b": long + "\n\nand more" * 40}])
        run_route(project)
        ann = seat(serving(project)).join("ann")
        ann.shown()

        def tops():
            ann.page.wait_for_timeout(250)
            return [
                ann.page.evaluate(f"document.getElementById('{side}').scrollTop")
                for side in ("left", "right")
            ]

        ann.press("j")
        left, right = tops()
        assert left > 100
        assert right > 100
        ann.press("l")
        ann.page.evaluate("document.getElementById('left').scrollTop = 0")
        left, still = tops()
        assert (left, still) == (0, right)


def test_a_judge_shown_first_is_on_screen_before_the_choice(tmp_path, serving, seat):
    with a_project(tmp_path, settings='[annotate]\nassist = "before"\n') as project:
        add_pairs(project, 1)
        row = '{{"id": "pair-0", "order": "{order}", "verdict": "A", "confidence": "LOW"}}\n'
        (project.root / "v.jsonl").write_text("".join(row.format(order=order) for order in ("AB", "BA")))
        project = change(project, '\n[judges.gpt]\nkind = "replay"\npath = "v.jsonl"\n')
        run_judge(project, "gpt")
        run_route(project)
        ann = seat(serving(project)).join("ann")
        ann.shown()
        side = "left" if "yes" in ann.page.inner_text("#left") else "right"
        assert f"{side} is better (LOW)" in ann.page.inner_text("#judges")
        ann.press("1")
        ann.saved()
        assert current_votes(project)[-1].assist == "before"


def test_gold_mixed_in_looks_like_any_other_pair(tmp_path, serving, seat):
    with a_project(tmp_path, settings="[annotate]\ngold_rate = 0.5\n") as project:
        add_pairs(project, 20)
        run_route(project)
        for pair_id in range(1, 9):
            make_gold(project, pair_id, "A", use="hidden")
        ann = seat(serving(project)).join("ann")
        looks = set()
        for _ in range(12):
            ann.shown()
            looks.add((ann.page.inner_text("#heading"), ann.page.locator(".notice").count()))
            ann.press("1")
        ann.saved()
        assert looks == {("Which response is better?", 0)}
        gold = {row.pair_id for row in rows(project, "gold")}
        assert 1 <= len([v for v in current_votes(project) if v.purpose is None and v.pair_id in gold]) < 12
