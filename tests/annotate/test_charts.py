"""Drawings of the lead's pages: with named axes, and the same in words."""

import re
import time

from pairwright.annotate.charts import course_chart, days_chart
from pairwright.stages.figures.forecast import Day
from pairwright.stats.intervals import wilson

DAY = 86400.0


def days(*answers):
    noon = time.mktime((2026, 3, 20, 12, 0, 0, 0, 0, -1))
    return [Day(noon - (len(answers) - 1 - i) * DAY, n) for i, n in enumerate(answers)]


def test_every_day_has_a_bar_and_its_number_in_words():
    drawn = days_chart(days(3, 0, 12))
    assert "18 Mar: 3 answers; 19 Mar: 0 answers; 20 Mar: 12 answers" in drawn
    heights = [float(each) for each in re.findall(r'<rect class="mark accent"[^>]* height="([\d.]+)"', drawn)]
    assert heights[0] * 4 - heights[2] < 1
    assert heights[1] == 0


def test_axes_are_named_and_begin_at_zero():
    drawn = days_chart(days(40, 50))
    words = re.findall(r">([^<>]+)</text>", drawn)
    assert {"day", "answers", "today", "0", "50"} <= set(words)
    assert not any(word.startswith("-") for word in words)


def test_days_under_the_axis_do_not_run_into_each_other():
    words = re.findall(r">([^<>]+)</text>", days_chart(days(*range(29))))
    assert sum("Mar" in word or "Feb" in word or word == "today" for word in words) <= 6


def test_no_answers_yet_are_drawn_too():
    assert "20 Mar: 0 answers" in days_chart(days(0))


def test_a_course_has_its_intervals_and_ends():
    drawn = course_chart("right", [wilson(15, 20), wilson(18, 20)])
    assert "75% [53%, 89%], 90% [70%, 97%]" in drawn
    assert {"right", "20", "40", "50%", "100%"} <= set(re.findall(r">([^<>]+)</text>", drawn))
