"""The site builds strictly, loads nothing from elsewhere in a real browser, and the notebook runs.

Needs the group `docs` (`make setup-docs`), and the notebook the extra `train`; without them these tests
are skipped and say so.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))


def missing(*names: str) -> list[str]:
    return [name for name in names if not importlib.util.find_spec(name)]


SITE = missing("mkdocs", "material", "mkdocstrings")
RUN = missing("nbclient", "nbformat", "ipykernel", "torch", "trl")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
needs_site = pytest.mark.skipif(
    bool(SITE), reason=f"THE DOCS SITE IS NOT TESTED: {', '.join(SITE)} not installed"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean", "--site-dir", str(folder)]
    told = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert told.returncode == 0, told.stderr
    return folder


@needs_site
def test_the_site_builds_strictly_and_has_the_reference(site):
    assert 'id="pairwright-check-undo"' in (site / "reference" / "cli.html").read_text()
    assert "calibration_pairs" in (site / "reference" / "settings.html").read_text()
    python = (site / "reference" / "python.html").read_text()
    assert 'id="pairwright.face.create_dpo_dataset"' in python
    assert "Input order is kept" in python
    assert "<!-- not run" not in (site / "routing.html").read_text()


@needs_site
@pytest.mark.skipif(shutil.which("chromium") is None, reason="CHROMIUM IS NOT INSTALLED")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_open_from_a_folder_ask_no_other_host_and_fit_a_telephone(site, scheme):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
        asked, complaints = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for path in sorted(site.rglob("*.html")):
            if path.name != "404.html":
                page.goto(path.as_uri())
                wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert page.evaluate(wide) <= 0, f"{path.name} is wider than the screen"
        page.goto((site / "index.html").as_uri())
        page.locator("label[for=__search]").first.click()
        page.locator(".md-search__input").press_sequentially("krippendorff")
        page.locator(".md-search-result__link").first.wait_for(timeout=10_000)
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert complaints == []


@pytest.mark.skipif(bool(RUN), reason=f"THE NOTEBOOK IS NOT TESTED: {', '.join(RUN)} not installed")
@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs_as_a_notebook_and_learns(path):
    from notebook import executed

    done = executed(path.read_text(encoding="utf-8"))
    printed = "".join("".join(o["text"]) for cell in done["cells"] for o in cell.get("outputs", []))
    assert "trl-dpo  120 rows" in printed
    right = int(printed.split("held-out pairs: ")[1].split("%")[0])
    assert right >= 80
