"""verify: a reward model says how far it believes each label."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from pairwright.amounts import counted
from pairwright.cli.options import Json
from pairwright.cli.output import DONE, emit, note, percent, say, steps_bar


def verify(
    context: typer.Context,
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="light, or a name from [rewards.NAME]: a transformer, a judge's scores."
        ),
    ] = "light",
    threshold: Annotated[
        float,
        typer.Option(
            min=-1,
            max=1,
            metavar="MARGIN",
            help="Flag labels whose margin, P(chosen) - P(rejected), is under this.",
        ),
    ] = 0.1,
    review: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Share of pairs that may become findings, the surest wrong first.",
        ),
    ] = 0.1,
    send: Annotated[
        int,
        typer.Option(
            min=0, help="Send so many doubted pairs to people, half of them by chance, among as many others."
        ),
    ] = 0,
    curve: Annotated[bool, typer.Option("--curve", help="Also say how much more data is worth.")] = False,
    folds: Annotated[int, typer.Option(min=2, help="Parts the prompts are split into.")] = 5,
    repeats: Annotated[int, typer.Option(min=1, help="Times it is done over, by other splits.")] = 2,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who sends; default: your user name.")
    ] = None,
    json: Json = False,
) -> int:
    """Ask a reward model about every label, and keep what it doubts.

    One that is trained here is asked only about what it never saw. What it
    doubts are findings: `pairwright check list --check reward_model`.
    """
    from pairwright.stages.verify.sizing import in_words
    from pairwright.stages.verify.verify import run_verify

    with context.obj.open() as project, steps_bar("verifying", quiet=json) as progress:
        result = run_verify(
            project,
            model=model,
            threshold=threshold,
            review=review,
            send=send,
            by=by or getpass.getuser(),
            curve=curve,
            folds=folds,
            repeats=repeats,
            progress=progress,
        ).as_dict()
    if json:
        emit(result)
        return DONE
    _print(result)
    if curve:
        say(in_words(result["curve"], result["pairs"]) or "")
    return DONE


def _print(result: dict[str, Any]) -> None:
    from pairwright.report.about_reward import FIGURES
    from pairwright.stages.verify.verified import by_whom

    of = result["figures"]
    say(f"{counted(result['pairs'], 'label')}, each by {by_whom(result)}:")
    for name, told in FIGURES.items():
        if of[name] is not None:
            value, low, high = (percent(of[name][part]) for part in ("value", "low", "high"))
            say(f"  {value:>6} [{low}, {high}]  {told}")
    if result["unscored"]:
        note(
            f"{counted(result['unscored'], 'more label has no score', 'more labels have no score')} by "
            f"{result['model']}: left out."
        )
    if of["ties"]:
        note(
            f"{counted(of['ties'], 'label is a tie', 'labels are ties')}: neither side was chosen, so none "
            "of them is doubted."
        )
    if of["undecided"]:
        note(f"On {of['undecided']:.0%} of labels it takes no side, which counts as half right.")
    if result["own"]:
        note(
            f"{counted(result['own'], 'more label rests', 'more labels rest')} on judge {result['judge']}"
            "'s own votes: left out, for it can't verify itself."
        )
    if of["refused"]:
        note(f"Nothing is flagged: {of['refused']}.")
        return
    say(
        f"{counted(result['flagged'], 'has a margin', 'have a margin')} under {result['threshold']:g}; the "
        f"{result['findings']:,} "
        f"surest wrong are findings ({result['new']:,} new): `pairwright check list --check reward_model`."
    )
    if result["sent"]:
        say(
            f"{counted(result['sent'], 'pair was sent to people', 'pairs were sent to people')}, doubted "
            "ones and others mixed: they wait for "
            "somebody who has not answered them (`pairwright annotate`)."
        )
    margin, control = result["precision"]["margin"], result["precision"]["control"]
    if margin and control:
        say(
            f"Asked anew, people said otherwise than the label in {margin['value']:.0%} of {margin['n']:,} "
            f"doubted pairs, the surest wrong among them, and {control['value']:.0%} of {control['n']:,} "
            "others."
        )
    if flagged := result["precision"]["flagged"]:
        say(
            f"Of all {flagged['of']:,} that were flagged then {flagged['value']:.0%} "
            f"[{flagged['low']:.0%}, {flagged['high']:.0%}] are labelled otherwise, by "
            f"{flagged['n']:,} drawn from them by chance."
        )
