"""The pictures of the report and of the page of pairs: `python tools/docs_pictures.py [PROJECT]`.

Made from the project of tools/rich_project.py (in a folder of its own, unless one is named), with
Chromium. PAIRWRIGHT_DATA names the folder of recorded sets.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich_project import make

from pairwright.annotate.serve import bind
from pairwright.browse.serve import serve
from pairwright.stages.figures.report import numbers_of, page_of
from pairwright.stages.project.project import Project

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
SIZE = {"width": 1280, "height": 1180}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # what the pictures show as a source is then a relative path
        root = Path(sys.argv[1] if len(sys.argv) > 1 else "answers")
        if len(sys.argv) == 1:
            make(root)
        with Project.open(root) as project, sync_playwright() as playwright:
            path = os.environ.get("PAIRWRIGHT_CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.set_content(page_of(numbers_of(project)))
            page.screenshot(path=PICTURES / "report.png")
            with _served(project) as url:
                page.goto(f"{url}/?q=list&disagree=judges")
                page.wait_for_selector("#count:not(:empty)")
                page.screenshot(
                    path=PICTURES / "browse.png", clip={"x": 0, "y": 0, "width": 1280, "height": 860}
                )
                page.locator("#rows .open").nth(1).click()
                page.wait_for_selector(".one-pair")
                page.keyboard.press("d")
                page.wait_for_selector(".differs")
                page.screenshot(path=PICTURES / "browse_pair.png")
            browser.close()


@contextmanager
def _served(project: Project) -> Iterator[str]:
    ready, stop = threading.Event(), threading.Event()
    place = bind("127.0.0.1", 0)
    run = {"ready": lambda _link: ready.set(), "stop": stop}
    thread = threading.Thread(target=serve, args=(project, place), kwargs=run)
    thread.start()
    ready.wait()
    yield place.url
    stop.set()
    thread.join()


if __name__ == "__main__":
    main()
