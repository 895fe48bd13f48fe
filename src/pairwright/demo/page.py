"""What the demo leaves to look at: its result as a page and as a picture, without outside requests."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pairwright demo</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }}
pre {{ font: 0.9rem/1.35 ui-monospace, monospace; overflow-x: auto; }}
{stylesheet}
</style>
<h1>Pairwright demo</h1>
<pre>{code}</pre>
</html>
"""


def save_page(console: Console, path: Path) -> None:
    """What the console recorded, as one HTML file."""
    html = console.export_html(code_format=_PAGE, clear=False, theme=DEFAULT_TERMINAL_THEME)
    path.write_text(html, encoding="utf-8")


def save_picture(console: Console, path: Path) -> None:
    """What the console recorded, as one SVG with the fonts the viewer has."""
    svg = console.export_svg(title="make demo", clear=False)
    # rich names a font on another host; a picture must open without asking anybody.
    start, end = svg.index("@font-face"), svg.index(".terminal-")
    svg = svg[:start] + svg[svg.index("\n", svg.rindex("}", start, end)) + 1 :]
    path.write_text(svg, encoding="utf-8")
