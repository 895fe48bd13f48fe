"""add: files or rows in memory into a project, with their labels where a format for these is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pairwright.errors import InputError
from pairwright.formats.canonical import Which
from pairwright.formats.reading import Given
from pairwright.formats.reading_options import AS_IT_STANDS, ReadingOptions
from pairwright.formats.rows import FieldNames
from pairwright.literals import checked
from pairwright.stages.add.add import AddResult, add_files
from pairwright.stages.add.labelled_set import AddDatasetResult, add_dataset
from pairwright.stages.project.project import Project
from pairwright.types import Maker, OnError

AUTO = "auto"  # the format is told by the rows' keys


@checked
def add(
    project: Project,
    given: Sequence[Given],
    *,
    labels: str | None = None,
    fields: FieldNames | None = None,
    options: ReadingOptions = AS_IT_STANDS,
    which: Which = "best",
    rater: str | None = None,
    labels_by: Maker | None = None,
    on_error: OnError = "stop",
    image_urls: bool = False,
    progress: Callable[[int], None] | None = None,
) -> AddResult | AddDatasetResult:
    """Add prompts, responses and pairs; with `labels`, a format or "auto", their labels too, as votes.

    `fields` are the names of columns where no labels are read, the mapping in `options` where they are.
    Images are kept in the project's `media/`; with `image_urls` those that are addresses stay addresses.
    Raises InputError for an option that needs labels where none are read.
    """
    if labels is not None:
        return add_dataset(
            project,
            given,
            source=None if labels == AUTO else labels,
            options=options,
            which=which,
            rater=rater,
            labels_by=labels_by,
            on_error=on_error,
            image_urls=image_urls,
            progress=progress,
        )
    if options.label is not None or options.label_values:
        option = "--label" if options.label is not None else "--label-values"
        raise InputError(f"{option} goes with --from: without it labels are not read. Pass --from auto")
    if options.mapping:
        raise InputError("--map goes with --from: pairwright add FILE --from table --map prompt=COLUMN,...")
    if rater is not None or labels_by is not None:
        option = "--rater" if labels_by is None else "--labels-by"
        raise InputError(f"{option} goes with --from: without it labels are not read. Pass --from auto")
    return add_files(
        project.store,
        given,
        fields=fields,
        file_format=options.file_format,
        on_error=on_error,
        without=options.without,
        media=project.media,
        image_urls=image_urls,
        progress=progress,
    )
