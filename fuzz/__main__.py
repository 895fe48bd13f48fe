"""Fuzzing guided by coverage: `python fuzz TARGET [SECONDS]`, which needs atheris (`pip install atheris`).

It begins from `tests/fuzz_corpus/TARGET`. An input that breaks the target is written to `fuzz/found/`: put
it into the corpus once it is mended, so that the tests replay it.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    wanted, seconds = (*sys.argv[1:], "60")[:2] if len(sys.argv) > 1 else ("", "")
    if wanted == "list":
        from targets import TARGETS

        print(*TARGETS)
        return
    try:
        import atheris
    except ImportError:
        sys.exit("fuzzing needs atheris, which is not installed: pip install atheris")
    with atheris.instrument_imports(include=["pairwright"]):
        from targets import TARGETS
    if wanted not in TARGETS:
        sys.exit(f'no target "{wanted}": there are {", ".join(TARGETS)}')
    grown, found, kept = HERE / "grown" / wanted, HERE / "found", HERE.parent / "tests/fuzz_corpus" / wanted
    for folder in (grown, found):
        folder.mkdir(parents=True, exist_ok=True)
    options = {
        "max_total_time": seconds,
        "artifact_prefix": f"{found}/{wanted}-",
        "dict": HERE / "words.dict",
        "max_len": 4096,
        "timeout": 20,
        "print_final_stats": 1,
    }
    given = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup([sys.argv[0], *given, str(grown), str(kept)], TARGETS[wanted])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
