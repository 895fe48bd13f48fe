"""Axes: round places inside of what they hold, and values where they belong."""

import re

import pytest

from pairwright.report.axes import Axes, Axis, linear, logarithmic, percent, shares


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ((0, 1), ["0%", "20%", "40%", "60%", "80%", "100%"]),
        ((0.931, 0.949), ["93.5%", "94%", "94.5%"]),
        ((0.8,), ["76%", "78%", "80%", "82%", "84%"]),
    ],
)
def test_places_are_round_and_inside(values, places):
    axis = linear("x", values, percent)
    assert [word for _, word in axis.places] == places
    assert all(axis.low <= value <= axis.high for value, _ in axis.places)
    assert all(0 <= axis.share(value) <= 1 for value in values)


def test_no_share_over_all_or_under_none_is_named():
    over, under = shares("x", (1.0, 1.0)), shares("x", (0.0, 0.02))
    assert [word for _, word in over.places] == ["96%", "98%", "100%"]
    assert under.places[0] == (0, "0%")


@pytest.mark.parametrize(
    ("values", "places"), [((3, 1200), [10, 100, 1000]), ((20, 90), [20, 50, 100]), ((5, 5), [5])]
)
def test_a_logarithmic_axis_has_powers_of_ten_or_what_lies_between(values, places):
    axis = logarithmic("x", values, str)
    assert [place for place, _ in axis.places] == pytest.approx(places)


def test_equal_factors_are_equally_far_on_a_logarithmic_axis():
    axis = Axis("x", 1, 100, [], log=True)
    assert [axis.share(value) for value in (1, 10, 100)] == pytest.approx([0, 0.5, 1])


def test_a_point_and_its_interval_stand_at_its_value():
    axes = Axes(Axis("", 0, 1, []), Axis("", 0, 1, []), (200, 100))
    axes.points([0.5], [1.0], "accent", up=[(0.5, 1.0)])
    drawn = axes.svg("one point")
    x, y = re.search(r'<circle class="mark accent" cx="([\d.]+)" cy="([\d.]+)"', drawn).groups()
    assert f'<line class="line accent" x1="{x}" y1="' in drawn
    assert float(y) == 10, "the top of the picture"
    assert 'aria-label="one point"' in drawn


def test_names_are_no_markup():
    axes = Axes(Axis("<b>", 0, 1, [(0.5, "a&b")]), Axis("y", 0, 1, []), (200, 100))
    drawn = axes.svg('"quoted"')
    assert "&lt;b&gt;" in drawn
    assert "a&amp;b" in drawn
    assert 'aria-label="&#34;quoted&#34;"' in drawn
