"""Judges that speak against nobody: what they say of a person's answer is no better than a coin."""

from __future__ import annotations

from pairwright.stages.panel.asked import refused_judges
from pairwright.stages.project.project import Project
from pairwright.stages.route.calibrate import distrusted_judges
from pairwright.store.route.calibrations import newest_calibration


def unbelieved_judges(project: Project) -> dict[str, str]:
    """Judges whose word speaks against nobody, and why: by the last calibration, else by labels so far."""
    with project.store.read() as connection:
        calibrated = project.settings.route.accept == "guarantee" and newest_calibration(connection)
        if calibrated:
            return refused_judges(connection, project)
    return distrusted_judges(project)
