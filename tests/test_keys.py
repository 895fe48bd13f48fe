"""Content keys: equal content, equal key; anything else, another key."""

from hypothesis import given
from hypothesis import strategies as st

from pairwright.keys import content_key, parse_public_id, public_id, seeded_fraction

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(alphabet=st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet=st.characters(codec="utf-8")), inner),
)


@given(values, values)
def test_different_values_have_different_keys(one, other):
    same = one == other and repr(one) == repr(other)
    if same:
        assert content_key("x", one) == content_key("x", other)
    elif repr(one) != repr(other) and one != other:
        assert content_key("x", one) != content_key("x", other)


def test_the_order_of_names_does_not_matter():
    assert content_key("x", {"a": 1, "b": 2}) == content_key("x", {"b": 2, "a": 1})


def test_parts_do_not_run_together():
    assert content_key("x", "ab", "c") != content_key("x", "a", "bc")


def test_a_public_id_is_read_back():
    key = content_key("pair", "something")
    assert parse_public_id(public_id("pair", key, full=True)) == ("pair", key.hex())
    assert parse_public_id(public_id("pair", key)) == ("pair", key.hex()[:12])


def test_other_text_is_no_public_id():
    for text in ("", "x-", "x-12", "x-zzzz", "q-123456", "prompt-1", "x-" + "0" * 33):
        assert parse_public_id(text) is None


def test_seeded_fractions_are_even_and_repeatable():
    drawn = [seeded_fraction("test", 0, i) for i in range(2000)]
    assert all(0 <= x < 1 for x in drawn)
    assert 0.47 < sum(drawn) / len(drawn) < 0.53
    assert seeded_fraction("test", 0, 5) == drawn[5]
    assert seeded_fraction("test", 1, 5) != drawn[5]
