"""What a model costs: names as endpoints spell them, three sources, and files that can't be used."""

import math

import pytest

from pairwright.errors import ConfigError
from pairwright.models import prices
from pairwright.models.prices import Price, load_prices, price_of
from pairwright.models.settings import ModelSettings


def dollars(price):
    return price.per_million_in, price.per_million_out


def settings(**values):
    return ModelSettings(endpoint="main", model="small", **values)


# --- which price ---


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-mini",
        "openai/gpt-4o-mini",
        "openrouter/openai/gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
        "gpt-4o-mini-20240718",
        "gpt-4o-mini@20240718",
        "gpt-4o-mini-latest",
        "openai/gpt-4o-mini-2024-07-18",
    ],
)
def test_a_model_is_found_by_its_name_with_prefix_or_date(name):
    assert dollars(price_of(name)) == (0.15, 0.6)


@pytest.mark.parametrize("name", ["", "no-such-model", "gpt-4o-mini-tuned", "gpt", "ft:gpt-4o-mini", "2024"])
def test_an_unknown_price_is_none_rather_than_zero_or_a_guess(name):
    assert price_of(name) is None


def test_a_dated_name_with_its_own_price_has_that():
    assert dollars(price_of("gpt-4o-2024-05-13")) == (5, 15)
    assert dollars(price_of("gpt-4o-2024-08-06")) == dollars(price_of("gpt-4o")) == (2.5, 10)


def test_the_settings_of_a_model_win_over_every_file():
    own = {"gpt-4o-mini": Price(1, 2, "own file")}
    price = price_of("gpt-4o-mini", settings(price_in=0, price_out=3), own)
    assert dollars(price) == (0, 3)
    assert price.source == "project file"


@pytest.mark.parametrize("half", [{"price_in": 1.0}, {"price_out": 1.0}, {"price_in": 0}])
def test_half_a_price_is_refused_rather_than_filled_up(half):
    with pytest.raises(ConfigError, match='"gpt-4o-mini" has only one of price_in and price_out'):
        price_of("gpt-4o-mini", settings(**half))


@pytest.mark.parametrize("value", [-1, math.inf, math.nan])
def test_a_price_is_a_finite_amount(value):
    with pytest.raises(ValueError, match="price_in"):
        settings(price_in=value)


def test_the_projects_own_file_wins_over_the_packaged_one(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('as_of = "today"\n[models."gpt-4o-mini"]\nin = 1\nout = 2.5\n')
    own = load_prices(path)
    for name in ("gpt-4o-mini", "openai/gpt-4o-mini-2024-07-18"):
        assert price_of(name, settings(), own) == Price(1, 2.5, f"{path} of today")
    assert dollars(price_of("gpt-4o", settings(), own)) == (2.5, 10)


def test_every_price_says_where_it_is_from():
    assert price_of("gpt-4o").source.startswith("built-in prices of 20")


# --- what it comes to ---


def test_a_cost_is_tokens_times_dollars_per_million():
    price = Price(2.5, 10, "")
    assert price.cost(1_000_000, 0) == 2.5
    assert price.cost(0, 1_000_000) == 10
    assert price.cost(800, 200) == pytest.approx(0.004)
    assert Price(0, 0, "").cost(1e9, 1e9) == 0


# --- files ---


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[models", "is not valid TOML"),
        ('["gpt-4o"]\nin = 1\nout = 2', 'unknown key "gpt-4o"'),
        ("models = 3", '"models" is 3'),
        ("models = [{in = 1, out = 2}]", '"models" is'),
        ("[models]\nm = 3", r'\[models."m"\] needs "in" and "out".*got 3'),
        ('[models."m"]\nin = 1', 'needs "in" and "out"'),
        ('[models."m"]\nin = 1\nout = 2\ncache = 3', 'may have "cached"'),
        ('[models."m"]\nin = 1\nout = 2\ncached = -3', "cached is -3"),
        ('[models."m"]\nin = 1\nout = -2', "out is -2"),
        ('[models."m"]\nin = 1\nout = inf', "out is inf"),
        ('[models."m"]\nin = nan\nout = 1', "in is nan"),
        ('[models."m"]\nin = true\nout = 1', "in is True"),
        ('[models."m"]\nin = "1"\nout = 1', "in is '1'"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_fault(tmp_path, text, said):
    path = tmp_path / "my prices.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=f"my prices.toml: .*{said}"):
        load_prices(path)


def test_a_missing_file_a_folder_and_bytes_that_are_no_text_are_named(tmp_path):
    with pytest.raises(ConfigError, match="none.toml is missing"):
        load_prices(tmp_path / "none.toml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="folder: cannot be read"):
        load_prices(tmp_path / "folder")
    (tmp_path / "latin.toml").write_bytes(b"# f\xfcnf\n")
    with pytest.raises(ConfigError, match="latin.toml: is not UTF-8"):
        load_prices(tmp_path / "latin.toml")


def test_a_file_without_models_is_an_empty_list(tmp_path):
    (tmp_path / "prices.toml").write_text("")
    assert load_prices(tmp_path / "prices.toml") == {}


def test_the_packaged_prices_are_of_a_likely_size():
    packaged = prices._packaged()
    assert len(packaged) > 50
    for name, price in packaged.items():
        assert name == name.strip().lower()
        assert 0 < price.per_million_in <= price.per_million_out < 1000, name


def test_tokens_from_a_cache_have_a_price_of_their_own_where_one_is_known(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('[models."m"]\nin = 2\nout = 8\ncached = 0.5\n[models."n"]\nin = 2\nout = 8\n')
    known = load_prices(path)
    assert known["m"].cost(1e6, 1e6, 400_000) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 8)
    assert known["n"].cost(1e6, 1e6, 400_000) == pytest.approx(2 + 8)
    assert price_of("gpt-4.1").per_million_cached == 0.5
    assert price_of("m", settings(price_in=1, price_out=2, price_cached=0.1)).per_million_cached == 0.1
