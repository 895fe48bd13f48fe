"""What the site has beside docs/*.md: reference, changelog, notebook, and a nav of what is there."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import reference  # beside this file: MkDocs puts a hook's folder on the path while it loads it
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]

SHIM = "https://unpkg.com/iframe-worker/shim"
COMES_LATER = ("report.md", "browse.md", "hub.md")  # pages that come with their feature


def on_config(config: Any) -> Any:
    config.nav = [_there(entry, Path(config.docs_dir)) for entry in config.nav]
    return config


def _there(entry: Any, docs: Path) -> Any:
    """An entry of the nav, without pages that are not there yet and with folders spelt out."""
    if not isinstance(entry, dict):
        return entry
    ((title, pages),) = entry.items()
    kept: list[Any] = []
    for page in pages:
        if page in COMES_LATER and not (docs / page).exists():
            continue
        if page.endswith("/*"):
            folder = page[:-2]
            inside = sorted(path.name for path in (docs / folder).glob("*.md"))
            kept.append({folder.capitalize(): [f"{folder}/{name}" for name in inside]})
        else:
            kept.append(page)
    return {title: kept}


def on_files(files: Files, config: Any) -> Files:
    made = {
        "reference/cli.md": reference.cli_page(),
        "reference/settings.md": reference.settings_page(),
        "reference/python.md": reference.api_page(),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").replace("](docs/", "]("),
        "notebook.md": notebook_page(ROOT / "examples" / "from_pairs_to_dpo.ipynb"),
    }
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Notes to the tests are no part of a page; drawings stand in it, so that its colours reach them."""
    markdown = re.sub(r"^<!-- .*? -->\n", "", markdown, flags=re.MULTILINE)
    return re.sub(r"^!\[([^\]]*)\]\((?:\.\./)*pictures/(\w+)\.svg\)$", _drawing, markdown, flags=re.MULTILINE)


def _drawing(match: re.Match[str]) -> str:
    text = (ROOT / "docs" / "pictures" / f"{match[2]}.svg").read_text(encoding="utf-8")
    if "pw-picture" not in text:
        return match[0]
    return f'<div class="pw-figure">\n{text.strip()}\n</div>'


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """What the theme's offline plugin would load from another host comes with the site."""
    return output.replace(SHIM, "../" * page.url.count("/") + "pictures/worker.js")


def on_post_template(output_content: str, template_name: str, **_: Any) -> str:
    return output_content.replace(SHIM, "/pictures/worker.js")


def notebook_page(path: Path) -> str:
    """A notebook as Markdown: its text, its code, and what it printed."""
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        for output in cell["outputs"]:
            text = "".join(output.get("text") or output.get("data", {}).get("text/plain", ""))
            parts.append(f"```text\n{text.rstrip()}\n```")
    where = f"This page is `examples/{html.escape(path.name)}`; the tests run it."
    return "\n\n".join([parts[0], where, *parts[1:]]) + "\n"
