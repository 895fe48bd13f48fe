"""The pictures of docs/pictures: `python tools/pictures.py` writes all of them anew; a test holds them fresh.

Each is a plain SVG in the colours of the page it stands on: by the reader's own preference where it is
opened alone, by the site's switch where the site puts it into the page (tools/docs_hooks.py). No fonts,
no scripts, nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
STYLE = (
    "<style>.pw-picture{--ink:#1c2430;--soft:#5b6674;--line:#8592a3;--paper:#fff;--blue:#dbe7fb;--blue-line:#3f6fc4;"
    "--green:#d9f0df;--green-line:#2f8a4e;--amber:#fdeccb;--amber-line:#b57a10;--red:#fbdedb;--red-line:#c0473c;"
    "--grey:#eceff3;--grey-line:#8592a3}@media(prefers-color-scheme:dark){.pw-picture{--ink:#e8ecf2;--soft:#a9b4c2;"
    "--line:#7f8c9d;--paper:#1b2029;--blue:#22365a;--blue-line:#7ba4ee;--green:#1c402a;--green-line:#62bd83;"
    "--amber:#4a3a14;--amber-line:#e0ab4a;--red:#4d2522;--red-line:#ea8a80;--grey:#2a313c;--grey-line:#7f8c9d}}</style>"
)
FONT = "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"
LINE = 18


class Picture:
    """A drawing built from boxes, arrows and words."""

    def __init__(self, width: int, height: int, says: str) -> None:
        self.width, self.height, self.says = width, height, says
        self.parts: list[str] = []

    def box(
        self, x: int, y: int, w: int, h: int, text: str, colour: str = "grey", *, bold: bool = True
    ) -> None:
        """A box with its text in the middle; the first line is its name."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="8" fill="var(--{colour})" '
            f'stroke="var(--{colour}-line)" stroke-width="1.5"/>'
        )
        lines = text.split("\n")
        top = y + h / 2 - (len(lines) - 1) * LINE / 2 + 5
        for i, line in enumerate(lines):
            name = bold and i == 0
            self.text(
                x + w // 2,
                round(top + i * LINE),
                line,
                bold=name,
                soft=not name and len(lines) > 1,
                size=13 if name else 12,
            )

    def text(
        self,
        x: int,
        y: int,
        text: str,
        *,
        bold: bool = False,
        soft: bool = False,
        at: str = "middle",
        size: int = 12,
    ) -> None:
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(
            f'<text x="{x}" y="{y}" text-anchor="{at}" font-size="{size}"{weight} '
            f'fill="var(--{"soft" if soft else "ink"})">{escape(text)}</text>'
        )

    def arrow(self, *points: tuple[int, int], label: str = "", dashed: bool = False) -> None:
        """A line through the points that ends in a head; the label stands over its first stretch."""
        path = "M" + " L".join(f"{x} {y}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(f'<path d="{path}" fill="none" stroke="var(--line)" stroke-width="1.6"{dash}/>')
        (x0, y0), (x, y) = points[-2:]
        dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
        back = (x - 8 * dx, y - 8 * dy)
        side = (4 * dy, 4 * dx)
        self.parts.append(
            f'<path d="M{x} {y} L{back[0] + side[0]} {back[1] + side[1]} L{back[0] - side[0]} {back[1] - side[1]} Z" '
            'fill="var(--line)"/>'
        )
        if label:
            (ax, ay), (bx, by) = points[:2]
            self.text((ax + bx) // 2, (ay + by) // 2 - 6, label, soft=True, size=12)

    def line(self, points: Sequence[tuple[float, float]], colour: str, dash: str = "") -> None:
        path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        more = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<path d="{path}" fill="none" stroke="var(--{colour})" stroke-width="2.5"{more}/>')

    def svg(self) -> str:
        return (
            f'<svg class="pw-picture" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img" aria-label="{escape(self.says)}" '
            f'font-family="{FONT}">\n{STYLE}\n<rect width="{self.width}" height="{self.height}" fill="var(--paper)"/>\n'
            + "\n".join(self.parts)
            + "\n</svg>\n"
        )


def idea() -> Picture:
    p = Picture(
        760,
        300,
        "Person, judge, reward model and rule vote on a pair; votes make a belief, which is accepted, asked on, or dropped",
    )
    p.box(20, 118, 110, 64, "pair\na, b", "blue")
    for y, text in ((20, "person"), (88, "judge"), (156, "reward model"), (224, "rule")):
        p.box(190, y, 130, 48, text)
        p.arrow((130, 150), (160, 150), (160, y + 24), (190, y + 24))
        p.arrow((320, y + 24), (350, y + 24), (350, 150), (372, 150))
    p.text(351, 292, "one vote each: A, B or TIE", soft=True, size=12)
    p.box(372, 108, 140, 84, "belief\nP(A), P(B), P(TIE)\nand why", "amber")
    for y, text, colour in (
        (40, "accept\na label", "green"),
        (120, "ask\na better judge, a person", "grey"),
        (200, "drop\nthe pair", "red"),
    ):
        p.box(560, y, 180, 60, text, colour)
        p.arrow((512, 150), (536, 150), (536, y + 30), (560, y + 30))
    return p


def judging() -> Picture:
    p = Picture(
        760,
        300,
        "A judge is asked twice, with the responses in both orders; only a winner that stays the same is a verdict on the responses",
    )
    p.box(20, 108, 120, 84, "pair\nresponse a\nresponse b", "blue")
    p.box(200, 30, 190, 76, "order AB\nfirst: a, second: b")
    p.box(200, 194, 190, 76, "order BA\nfirst: b, second: a")
    p.arrow((140, 150), (170, 150), (170, 68), (200, 68))
    p.arrow((140, 150), (170, 150), (170, 232), (200, 232))
    p.box(440, 30, 90, 76, "judge\nsays a", "amber")
    p.box(440, 194, 90, 76, "judge\nsays ...", "amber")
    p.arrow((390, 68), (440, 68))
    p.arrow((390, 232), (440, 232))
    for y, text, colour in (
        (16, "a again\nthe same winner: it counts", "green"),
        (112, "b\nit chose the first twice", "red"),
        (208, "TIE, LOW, or unreadable\ntie, doubt, or a failure", "grey"),
    ):
        p.box(580, y, 164, 74, text, colour)
        p.arrow((530, 232), (556, 232), (556, y + 37), (580, y + 37))
    return p


def confidence() -> Picture:
    """Figures of docs/routing.md, LLMBar, printed by `make bench-routing`."""
    p = Picture(
        760,
        360,
        "Share right among the surest pairs: the calibrated belief stays above stated confidence and order consistency",
    )
    share = [100, 90, 80, 70, 60, 50]
    lines = (
        ("Pairwright, 65 judges", "green-line", "", [0.916, 0.962, 0.967, 0.980, 0.989, 0.999]),
        ("Pairwright, two judges", "blue-line", "", [0.900, 0.934, 0.950, 0.967, 0.977, 0.980]),
        ("stated confidence", "amber-line", "7 4", [0.810, 0.900, 0.933, 0.947, 0.954, 0.955]),
        ("order consistency", "red-line", "2 4", [0.862, 0.907, 0.907, 0.909, 0.909, 0.908]),
    )

    def at(covered: float, right: float) -> tuple[float, float]:
        return 70 + (100 - covered) / 50 * 440, 300 - (right - 0.8) / 0.2 * 260

    for right in (0.80, 0.85, 0.90, 0.95, 1.0):
        _, y = at(100, right)
        p.line([(70, y), (510, y)], "grey")
        p.text(60, round(y) + 5, f"{right:.0%}", soft=True, at="end", size=12)
    for covered in share:
        x, _ = at(covered, 0.8)
        p.text(round(x), 322, f"{covered} %", soft=True, size=12)
    p.text(290, 346, "of the pairs are believed: the surest", soft=True, size=12)
    p.text(70, 26, "right among them", soft=True, at="start", size=12)
    for i, (name, colour, dash, right) in enumerate(lines):
        p.line([at(c, r) for c, r in zip(share, right, strict=True)], colour, dash)
        y = 60 + 34 * i
        p.line([(548, y), (584, y)], colour, dash)
        p.text(594, y + 5, name, at="start", size=12)
    return p


def routing() -> Picture:
    p = Picture(
        760,
        330,
        "People answer a random draw; the judges are weighed on it; a threshold is tested; above it pairs are accepted, below it people are asked; accepted pairs are audited",
    )
    p.box(20, 60, 120, 70, "judged pairs\nall of them", "blue")
    p.box(200, 20, 150, 70, "random draw\nto people", "amber")
    p.arrow((140, 80), (170, 80), (170, 55), (200, 55))
    p.box(400, 20, 160, 70, "weigh the judges\none probability a pair")
    p.arrow((350, 55), (400, 55))
    p.box(400, 130, 160, 70, "test a threshold\n90 % agree, surely?")
    p.arrow((480, 90), (480, 130))
    p.arrow((80, 130), (80, 165), (400, 165))
    p.text(235, 158, "the others wait until then", soft=True, size=12)
    p.box(610, 60, 130, 70, "accept\nno person needed", "green")
    p.box(610, 200, 130, 70, "ask people\nleast certain first", "amber")
    p.arrow((560, 150), (585, 150), (585, 95), (610, 95), label="")
    p.arrow((560, 180), (585, 180), (585, 235), (610, 235))
    p.text(588, 142, "above", soft=True, at="start", size=12)
    p.text(592, 192, "below", soft=True, at="start", size=12)
    p.box(400, 245, 160, 62, "audit\n2 % of what is accepted", "grey")
    p.arrow((675, 60), (675, 8), (378, 8), (378, 276), (400, 276), dashed=True)
    p.text(240, 272, "more errors than promised:", soft=True, size=12)
    p.text(240, 290, "nothing more is accepted", soft=True, size=12)
    return p


def people() -> Picture:
    p = Picture(
        760,
        250,
        "A person practises on gold pairs, works with hidden gold among the pairs, several people answer where it matters, and a lead decides conflicts",
    )
    steps = (
        ("practise\non gold, with\nfeedback", "amber"),
        ("work\nblind, sides shuffled,\nhidden gold mixed in", "blue"),
        ("overlap\nfurther people\nwhile they differ", "grey"),
        ("label\neach counts as\nmuch as it is worth", "green"),
    )
    for i, (text, colour) in enumerate(steps):
        x = 20 + 187 * i
        p.box(x, 30, 158, 92, text, colour)
        if i:
            p.arrow((x - 29, 76), (x, 76))
    p.box(394, 170, 158, 60, "conflict\na lead decides", "red")
    p.arrow((473, 122), (473, 170))
    p.arrow((552, 200), (660, 200), (660, 122))
    p.box(207, 170, 158, 60, "each person\naccuracy, bias, drift", "grey")
    p.arrow((286, 122), (286, 170), dashed=True)
    return p


def combining() -> Picture:
    p = Picture(
        760,
        300,
        "All judges together are one forecast; people are raters on top of it, each with a record of its own",
    )
    for i, text in enumerate(("judge 1", "judge 2", "judge 3", "...")):
        p.box(20, 20 + 48 * i, 110, 38, text, bold=False)
        p.arrow((130, 39 + 48 * i), (155, 39 + 48 * i), (155, 111), (180, 111))
    p.box(180, 70, 170, 82, "one forecast\nthey err together, so they\nspeak with one voice", "amber")
    p.box(440, 70, 130, 82, "belief\nP(A), P(B), P(TIE)", "green")
    p.arrow((350, 111), (440, 111))
    for i, text in enumerate(("Ann, mostly right", "Bob, less often")):
        p.box(180, 190 + 50 * i, 170, 40, text, "blue", bold=False)
        p.arrow((350, 210 + 50 * i), (505, 210 + 50 * i), (505, 152))
    p.text(90, 240, "people, each as", soft=True, size=12)
    p.text(90, 258, "reliable as it proved", soft=True, size=12)
    p.box(620, 70, 120, 82, "label\nor one more\nperson", "green")
    p.arrow((570, 111), (620, 111))
    return p


def quality() -> Picture:
    p = Picture(
        760,
        280,
        "Checks look at pairs, the set, people and judges; a finding is kept until it is sent, dropped, flipped, softened or dismissed",
    )
    for i, text in enumerate(
        (
            "a pair\nwrong sums, empty, injection",
            "the set\nduplicates, shortcuts",
            "people\ntoo fast, contested",
            "judges\nfail, contradict themselves",
        )
    ):
        p.box(20, 16 + 64 * i, 210, 54, text, "blue")
        p.arrow((230, 43 + 64 * i), (262, 43 + 64 * i), (262, 139), (294, 139))
    p.box(294, 92, 170, 94, "finding\nwhat was seen, where,\nhow severe, what to do", "amber")
    for i, (text, colour) in enumerate(
        (
            ("send, ask-again", "grey"),
            ("drop, flip, soften", "grey"),
            ("dismiss, with a reason", "grey"),
            ("nobody settles an error", "red"),
        )
    ):
        p.box(530, 16 + 64 * i, 210, 54, text if i < 3 else "unsettled\nan error keeps its pair out", colour)
        p.arrow((464, 139), (497, 139), (497, 43 + 64 * i), (530, 43 + 64 * i))
    return p


def reward() -> Picture:
    p = Picture(
        760,
        250,
        "The prompts are cut into folds; a model is trained without one fold and asked only about that one",
    )
    for row in range(3):
        y = 30 + 66 * row
        for fold in range(5):
            asked = fold == row
            p.box(
                20 + 78 * fold,
                y,
                70,
                44,
                "asked" if asked else "train",
                "amber" if asked else "blue",
                bold=asked,
            )
        p.arrow((408, y + 22), (450, y + 22))
        p.box(450, y, 110, 44, f"model {row + 1}", bold=False)
        p.arrow((560, y + 22), (590, y + 22), (590, 118), (616, 118))
    p.text(212, 240, "each fold a part of the prompts; ... and so on for the rest", soft=True, size=12)
    p.box(616, 76, 130, 84, "margin\nof every label, by\na model that never\nsaw its prompt", "green")
    return p


def formats() -> Picture:
    p = Picture(
        760,
        260,
        "64 formats are read into one row, prompt, responses and what is said of each, and 32 are written from it",
    )
    for i, text in enumerate(
        (
            "HH-RLHF, SHP, Nectar",
            "UltraFeedback, HelpSteer",
            "Argilla, Label Studio, Potato",
            "tables of your own",
        )
    ):
        p.box(20, 16 + 58 * i, 210, 46, text, "blue", bold=False)
        p.arrow((230, 39 + 58 * i), (260, 39 + 58 * i), (260, 126), (290, 126))
    p.box(290, 66, 180, 120, "one row\nprompt\nresponses: rank, rating,\ngood or bad\nwho said so", "amber")
    for i, text in enumerate(
        (
            "TRL: DPO, ORPO, KTO, reward",
            "LLaMA-Factory, axolotl",
            "OpenRLHF, verl, NeMo-RL",
            "ms-swift, OpenAI, ...",
        )
    ):
        p.box(530, 16 + 58 * i, 210, 46, text, "green", bold=False)
        p.arrow((470, 126), (500, 126), (500, 39 + 58 * i), (530, 39 + 58 * i))
    return p


def custody() -> Picture:
    p = Picture(
        760,
        290,
        "From a row of the dataset back to its belief, its votes, their calls, prompts and guidelines",
    )
    p.box(20, 30, 140, 70, "dpo.jsonl:17\na row", "green")
    p.box(200, 30, 150, 70, "its .meta.jsonl line\npair, belief, votes")
    p.box(390, 30, 150, 70, "belief\nand every one before", "amber")
    p.box(580, 30, 160, 70, "votes\nand those retracted", "blue")
    for x in (160, 350, 540):
        p.arrow((x, 65), (x + 40, 65))
    p.box(580, 160, 160, 92, "a judge's call\nmodel, text, tokens,\ncost, seconds")
    p.box(390, 160, 150, 92, "a person's answer\norder shown, seconds,\nguidelines' version")
    p.box(200, 160, 150, 92, "responses\nmodel, call,\nsource file:line")
    p.box(20, 160, 140, 92, "prompt\nid, source file:line")
    p.arrow((660, 100), (660, 160))
    p.arrow((620, 100), (620, 130), (465, 130), (465, 160))
    p.arrow((465, 100), (465, 115), (275, 115), (275, 160))
    p.arrow((200, 206), (160, 206))
    return p


PICTURES: dict[str, Callable[[], Picture]] = {
    each.__name__: each
    for each in (idea, judging, confidence, routing, people, combining, quality, reward, formats, custody)
}


def main() -> None:
    for name, draw in PICTURES.items():
        (FOLDER / f"{name}.svg").write_text(draw().svg(), encoding="utf-8")


if __name__ == "__main__":
    main()
