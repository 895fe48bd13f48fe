"""calls: what waits for a batch or for files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairwright.amounts import counted, usd
from pairwright.cli.help import Command, a_group
from pairwright.cli.options import Json
from pairwright.cli.output import DONE, FINISHED_WITH_FAILURES, count_bar, emit, note, say
from pairwright.cli.waiting import print_batches

app = a_group(name="calls")


@app.callback(invoke_without_command=True)
def calls(context: typer.Context, json: Json = False) -> int:
    """Calls that wait for a provider's batch or your own machines: see, export, import, cancel.

    `--via batch` and `--via files` of generate, judge, check and run leave their calls here.
    """
    if context.invoked_subcommand is not None:
        return DONE
    from pairwright.stages.pay.waiting_calls import calls_of

    with context.obj.open() as project:
        found = calls_of(project)
    if json:
        emit(found.as_dict())
        return DONE
    for each in found.waiting:
        say(f": {each.in_words}", first=f"{each.stage} {each.model}")
    print_batches(found)
    if found.held_usd:
        say(f"Budgets hold back {usd(found.held_usd)} for them, their worst case.")
    if not found.waiting:
        say("No calls wait.")
    return DONE


@app.command("export", cls=Command)
def export_calls(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the files go.")],
    shards: Annotated[int, typer.Option(min=1, help="Files a model: as many as there are workers.")] = 1,
    json: Json = False,
) -> int:
    """Write the planned calls to files of JSON lines, as `vllm run-batch` and others read them."""
    from pairwright.stages.pay.call_files import export_calls as write

    with context.obj.open() as project:
        done = write(project, folder, shards)
    if json:
        emit(done.as_dict())
        return DONE
    for name in done.files:
        say(name)
    say(f"{counted(done.calls, 'call')} in {counted(len(done.files), 'file')}.")
    note("no run makes them any more, until `pairwright calls import` or `pairwright calls cancel`")
    return DONE


@app.command("make", cls=Command)
def make_calls(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Exported calls.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where the replies go; default: beside each file, as NAME.out.jsonl."
        ),
    ] = None,
    url: Annotated[
        str, typer.Option(metavar="URL", help="The endpoint, up to and including /v1.")
    ] = "http://localhost:8000/v1",
    api_key_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="The environment variable that holds its key.")
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, metavar="N", help="Calls in flight, of each worker.")
    ] = 64,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="ray|ray://HOST:PORT",
            help="Spread over a Ray cluster: one started here, or the one at an address.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="With --on: workers.")] = 2,
    json: Json = False,
) -> int:
    """Make exported calls against an endpoint, as a job of a cluster does. Needs no project.

    The same command goes on after a kill.
    """
    from pairwright.models.batch.make import MadeCalls
    from pairwright.models.batch.make import make_calls as make
    from pairwright.models.settings import EndpointSettings

    endpoint = EndpointSettings(url=url, api_key_env=api_key_env, concurrency=concurrency)
    done: list[MadeCalls] = []
    if on is not None:
        from pairwright.models.batch.on_ray import make_calls_on_ray

        address = None if on == "ray" else on
        folder = out or files[0].parent / "replies"
        done.append(make_calls_on_ray(files, folder, endpoint, address=address, workers=workers))
    for file in files if on is None else ():
        target = (out or file.parent) / f"{file.stem}.out.jsonl"
        target.parent.mkdir(parents=True, exist_ok=True)
        with count_bar(f"calling ({file.name})", quiet=json) as progress:
            done.append(make(file, target, endpoint, progress=progress))
    lines, known, made, lost = (
        sum(getattr(each, name) for each in done) for name in ("lines", "known", "made", "no_reply")
    )
    if json:
        emit({"lines": lines, "known": known, "made": made, "no_reply": lost})
    else:
        say(f"{counted(made, 'call')} made of {lines:,}, {known:,} had a reply before.")
        if lost:
            note(f"{counted(lost, 'call')} got no reply; the same command asks again")
    return FINISHED_WITH_FAILURES if lost else DONE


@app.command("import", cls=Command)
def import_calls(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of replies.")],
    json: Json = False,
) -> int:
    """Read replies from files, in any order, also of a part of the calls. Reading them twice adds nothing."""
    from pairwright.stages.pay.call_files import import_calls as read

    with context.obj.open() as project:
        done = read(project, files)
    left_out = done.unknown + done.not_made + done.unreadable
    if json:
        emit(done.as_dict())
        return FINISHED_WITH_FAILURES if left_out else DONE
    new = counted(done.replies, "new reply", "new replies")
    say(f"{new} in {counted(done.lines, 'line')}, {done.already:,} known before.")
    for n, what in (
        (done.unknown, "of calls that don't wait in this project"),
        (done.not_made, "of calls that were not made: they still wait"),
        (done.unreadable, "that are no replies"),
    ):
        if n:
            note(f"{counted(n, 'line')} {what}")
    for place in done.named:
        say(f"  {place}")
    if done.waiting:
        say(f"{counted(done.waiting, 'call')} in files have no reply yet.")
    say(" the command that planned them, with --via files, reads the answers", first="Next:")
    return FINISHED_WITH_FAILURES if left_out else DONE


@app.command("cancel", cls=Command)
def cancel_calls(context: typer.Context, json: Json = False) -> int:
    """Have providers make no more of the calls, and take back those in files. What was made is kept."""
    from pairwright.stages.pay.waiting_calls import cancel_calls as cancel

    with context.obj.open() as project:
        done = cancel(project)
    if json:
        emit(done.as_dict())
        return DONE
    say(
        f"{counted(done.cancelled, 'batch', 'batches')} cancelled, {counted(done.released, 'call')} taken "
        "back. What was made before is charged for: run with --via batch once more to read it."
    )
    return DONE
