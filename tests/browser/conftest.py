"""A real Chromium on the real page. Debian: apt-get install chromium. Elsewhere: PAIRWRIGHT_CHROMIUM=/path/to/it."""

import os
import re
import shutil
import threading
import time

import pytest

from pairwright.annotate.serve import bind, serve
from pairwright.stages.people import accounts

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser():
    path = os.environ.get("PAIRWRIGHT_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium, or name one in PAIRWRIGHT_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Running:
    """The page served on a port of this machine; can be stopped and started again there."""

    def __init__(self, project):
        self.project, self.port = project, 0
        self.start()

    def start(self):
        self.stopped, ready = threading.Event(), threading.Event()
        place = bind("127.0.0.1", self.port)
        self.port, self.url = place.port, place.url

        def told(link):
            self.link = link
            ready.set()

        run = {"ready": told, "stop": self.stopped}
        self.thread = threading.Thread(
            target=serve, args=(self.project, "lea", place), kwargs=run, daemon=True
        )
        self.thread.start()
        assert ready.wait(10)

    def stop(self):
        self.stopped.set()
        self.thread.join(15)
        assert not self.thread.is_alive()


class Seat:
    """One person at a browser. Errors of the page and requests to other hosts fail the test."""

    def __init__(self, browser, served, **options):
        self.served = served
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        self.errors, self.elsewhere = [], []
        self.page = self.tab()

    def tab(self):
        page = self.context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console", lambda said: self.errors.append(said.text) if "Content Security" in said.text else None
        )
        page.on("request", lambda asked: self._seen(asked.url))
        return page

    def _seen(self, url):
        if not re.match(r"(https?://(localhost|127\.0\.0\.1)[:/]|data:|about:|blob:)", url):
            self.elsewhere.append(url)

    def lead(self):
        """Signed in and at the lead's page: the page to choose on, where a lead alone starts, holds pairs."""
        self.page.request.get(self.served.link, max_redirects=0)
        self.page.goto(f"{self.served.url}/lead")
        return self

    def join(self, name):
        token = accounts.invite(self.served.project, "annotator")
        self.page.goto(f"{self.served.url}/join/{token}")
        self.page.get_by_label("Your name").fill(name)
        self.page.get_by_role("button", name="Join").click()
        self.page.get_by_role("button", name="Start").click()
        return self

    def shown(self, page=None):
        """Wait until a pair is on screen; gives its prompt."""
        page = page or self.page
        page.wait_for_selector("#pair:not([hidden])")
        return page.inner_text("#prompt").strip()

    def press(self, *keys, page=None):
        """Press keys one after another, each once the pair before it has been looked at."""
        page = page or self.page
        for key in keys:
            page.wait_for_timeout(270)
            page.keyboard.press(key)

    def until(self, script, arg=None, page=None, seconds=10):
        """Wait until a script gives something true. (Playwright's own way needs eval, which the page forbids.)"""
        page, until = page or self.page, time.monotonic() + seconds
        while not page.evaluate(script, arg):
            assert time.monotonic() < until, f"never came true: {script}"
            page.wait_for_timeout(50)

    def saved(self, page=None):
        """Wait until all that was answered has reached the server."""
        self.until(
            "() => Object.keys(localStorage).filter((key) => key.startsWith('pairwright:outbox'))"
            ".every((key) => localStorage[key] === '[]')",
            page=page,
        )


@pytest.fixture
def seat(browser):
    """Seats at one served page: seat(served) opens a browser of its own."""
    seats = []

    def sit(served, **options):
        seats.append(Seat(browser, served, **options))
        return seats[-1]

    yield sit
    for each in seats:
        each.context.close()
    assert [error for each in seats for error in each.errors] == []
    assert [url for each in seats for url in each.elsewhere] == []


@pytest.fixture
def serving():
    """Serve a project: serving(project)."""
    running = []

    def run(project):
        running.append(Running(project))
        return running[-1]

    yield run
    for each in running:
        if each.thread.is_alive():
            each.stop()
