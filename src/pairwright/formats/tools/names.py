"""The tools there are, by the name one types."""

from __future__ import annotations

from pairwright.formats.tools import argilla, crowd, label_studio, potato
from pairwright.formats.tools.shapes import Tool

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (label_studio.TOOL, argilla.TOOL, potato.TOOL, crowd.MTURK, crowd.PROLIFIC, crowd.CSV)
}
