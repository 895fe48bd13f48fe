"""Texts that are hard to lay out, and long courses of calls: what the pages have to show without a fault."""

import json

LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3
WIDE_TABLE = "\n".join(
    "| " + " | ".join(cells) + " |"
    for cells in (
        [f"column number {n}" for n in range(12)],
        ["---"] * 12,
        [f"internationalization {n}" for n in range(12)],
    )
)
DEEP_LIST = "\n".join("  " * n + f"- level {n}" for n in range(30))
DEEP_QUOTE = "\n".join("> " * n + f"quote {n}" + "\n" + "> " * n for n in range(1, 30))

TEXTS = {
    "arabic": "مرحبا بالعالم، هذا نص طويل باللغة العربية.\n\n- البند الأول\n- البند الثاني\n\n> اقتباس قصير\n\n| الاسم | السعر |\n|--|--|\n| تفاح | 5 |",
    "hebrew": "שלום עולם! זה טקסט בעברית.\n\n1. ראשון\n2. שני\n\nThe word שלום means peace.\n\nהמילה hello היא אנגלית.",
    "persian": "سلام دنیا. می‌خواهم یک جمله بنویسم.\n\n```python\nprint('سلام')  # چاپ\n```",
    "urdu": "یہ اردو میں ایک جملہ ہے۔ قیمت 1,234.50 روپے (تقریباً) ہے۔",
    "mixed": "English first, then עברית in the middle.\n\nעברית first, then English in the middle.\n\n- one\n- שתיים\n- three",
    "mixed table": "| term | מונח | مصطلح |\n|--|--|--|\n| peace | שלום | سلام |\n| 42% | 42% | ٤٢٪ |",
    "cjk": "这是一个没有空格的很长的中文句子。" * 12 + "\n\n日本語の文章は、単語の間に空白を置かない。" * 6,
    "korean and thai": "한국어 문장은 띄어쓰기를 한다. " * 10 + "\n\n" + "ภาษาไทยไม่มีการเว้นวรรคระหว่างคำ" * 8,
    "indic": "यह हिन्दी में एक वाक्य है। क्ष त्र ज्ञ।\n\nதமிழ் ஒரு செம்மொழி. বাংলা ভাষা।",
    "emoji": "👩‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 👍🏽 1️⃣ ✅\n\n| 👍 | 👎 |\n|--|--|\n| 🎉🎉 | 💥 |",
    "combining": "Zalgo: Z̷̛̬a̶͓͝l̴̫̈g̸̱̀o̵̢͌ and é vs é.",
    "long word": LONG_WORD + "\n\n`" + "x" * 300 + "`\n\nhttps://example.org/" + "path/" * 60,
    "wide table": WIDE_TABLE,
    "table of long words": f"| a | b |\n|--|--|\n| {LONG_WORD[:90]} | {'word ' * 40} |",
    "code": "```python\n"
    + "value = "
    + " + ".join(f"number_{n}" for n in range(40))
    + "\n```\n\n```\n\tplain\ttabs\n```",
    "maths": "Let $x^2 + \\sqrt{y}$ be.\n\n$$\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}$$\n\n"
    "$$\\begin{aligned} a &= b + c \\\\ d &= e \\end{aligned}$$\n\n$$\\begin{gathered} a \\\\ b \\end{gathered}$$\n\n$$\\boxed{42}$$",
    "maths as written": "Water is $\\ce{H2O}$, $\\frac{\\cancel{x}y}{\\cancel{x}}$ is $y$, and $$\\require{physics}\\qty(a)$$",
    "wide maths": "$$" + " + ".join(f"x_{{{n}}}^{{{n}}}" for n in range(60)) + "$$",
    "matrix": "$$\\begin{pmatrix} 1 & 0 \\\\ 0 & 1 \\end{pmatrix}\\begin{bmatrix} a \\\\ b \\end{bmatrix}$$",
    "deep list": DEEP_LIST,
    "deep quote": DEEP_QUOTE,
    "list 15 deep": "\n".join("  " * n + f"- level {n}" for n in range(15)),
    "nothing but marks": "\u202e\u2066\u200b\u200f",
    "lines": "one\ntwo\n\n\n\nthree\n\n***\n\n# Title\n## Sub\n" + "word " * 200,
    "hostile": "</div></section><style>*{display:none}</style><table><tr><td>x" + "<div>" * 50,
}


def rows():
    """Some of these texts to a row, as its prompt and as its response; those that are told apart alone."""
    alone = ("deep list", "deep quote", "nothing but marks", "hostile")
    names = [name for name in TEXTS if name not in alone]
    groups = [names[at : at + 4] for at in range(0, len(names), 4)] + [[name] for name in alone]
    for group in groups:
        text = "\n\n".join(TEXTS[name] for name in group)
        yield {"id": group[0], "prompt": text, "response_a": text, "response_b": f"{text}\n\nEnd."}


def trajectory(steps, parts_at=None, thoughts=True):
    """So many calls with their results; from `parts_at` on it asks for something else."""
    turns = []
    for n in range(steps):
        other = parts_at is not None and n >= parts_at
        arguments = {"query": f"{'other' if other else 'same'} question {n}", "limit": 10}
        if n % 5 == 4:
            arguments = {"code": f"for row in rows[:{n}]:\n    print(row)\n    # next", "timeout": 30}
        call = {"name": "run" if n % 5 == 4 else "search_documents", "arguments": json.dumps(arguments)}
        turn = {
            "role": "assistant",
            "tool_calls": [{"id": f"toolu_{n}", "type": "function", "function": call}],
        }
        if thoughts:
            turn["reasoning_content"] = f"Thought {n}: the user wants **rows**, so I look for them."
        found = "\n".join(f"{n}.{k} A document about something with a long title." for k in range(n % 7 + 1))
        turns += [turn, {"role": "tool", "tool_call_id": f"toolu_{n}", "content": found}]
    return [*turns, {"role": "assistant", "content": f"After **{steps}** steps: this is the answer."}]


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"{name} does something.",
            "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
        },
    }
    for name in ("search_documents", "run")
]


def long_courses(steps=30, parts_at=12):
    """Two courses of calls that share their beginning."""
    return {
        "id": "long",
        "prompt": [{"role": "user", "content": "Find the rows."}],
        "tools": TOOLS,
        "chat_template_kwargs": {"enable_thinking": True},
        "response_a": trajectory(steps),
        "response_b": trajectory(steps + 4, parts_at),
    }
