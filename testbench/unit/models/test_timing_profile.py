"""Timing profiles as data: what is read is what was written, numbers are few, and what a profile does not have is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from irqpath.core.errors import ConfigError
from irqpath.sim.timing.profile import NUMBERS, Costs, Profile, load, loads, named, profiles
from irqpath.sim.timing.term import Term

_TEXT = """
name = "small"
[gicd.costs]
offer = 3
"sgi.ends" = 2
[gicd.each]
told = 1
[gicd.measured]
told = [0, 4]
"""


def test_every_profile_keeps_to_its_size() -> None:
    """At most 60 numbers a block, and text that reads as the same profile."""
    assert "irqpath" in profiles()
    for name in profiles():
        profile = named(name)
        assert profile.name == name
        assert all(0 < costs.numbers() <= NUMBERS for costs in profile.blocks.values())
        assert loads(profile.dumps(), "again") == profile


def test_a_term_is_a_cost_and_what_is_counted() -> None:
    """Of a table; what it does not have is named."""
    profile = loads(_TEXT, "text")
    assert profile.cycles("gicd", Term("offer")) == 3
    assert profile.cycles("gicd", Term("offer", (("told", 2),))) == 5
    for kind, term in (("gicd", Term("recall")), ("gicd", Term("offer", (("woken", 1),))), ("its", Term("offer"))):
        with pytest.raises(ConfigError, match="profile small has no"):
            profile.cycles(kind, term)


def test_what_was_not_measured_is_said() -> None:
    """Counts outside of what a profile was learned from."""
    profile = loads(_TEXT, "text")
    assert profile.outside("gicd", Term("offer", (("told", 4),))) == ()
    assert profile.outside("gicd", Term("offer", (("told", 5),))) == ("told",)


def test_a_number_can_be_another() -> None:
    """By its name, a cost or what each of something adds; the profile itself stays."""
    profile = loads(_TEXT, "text")
    other = profile.with_("gicd.offer=40", "gicd.told = 2", "gicd.sgi.ends=0")
    assert other.cycles("gicd", Term("offer", (("told", 2),))) == 44
    assert other.cycles("gicd", Term("sgi.ends")) == 0
    assert profile == loads(_TEXT, "text")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("gicd.ofer=4", "has no gicd.ofer; it has gicd.offer"),
        ("offer=4", "say as in mem.read=40"),
        ("gicd.offer", "say as in mem.read=40"),
        ("gicd.offer=-1", "a number from 0 up, not '-1'"),
        ("gicd.offer=many", "a number from 0 up, not 'many'"),
    ],
)
def test_a_wrong_change_is_refused(change: str, said: str) -> None:
    """In one line that says how it is written."""
    with pytest.raises(ConfigError) as error:
        loads(_TEXT, "text").with_(change)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name =", "is no profile"),
        ("[gicd.costs]\noffer = 1", "it has no name"),
        ('name = "x"\n[gicd.cost]\noffer = 1', "a table has costs, each and measured"),
        ('name = "x"\n[gicd.costs]\noffer = -1', "gicd.costs.offer: cycles are a number from 0 up"),
        ('name = "x"\n[gicd.costs]\noffer = 1.5', "gicd.costs.offer: cycles are a number from 0 up"),
        ('name = "x"\n[gicd.costs]\noffer = 1\n[gicd.each]\noffer = 1', "offer stands twice"),
        ('name = "x"\n[gicd.measured]\ntold = [4, 0]', "the least and the greatest count"),
        ('name = "x"\n[gicd.measured]\ntold = 4', "the least and the greatest count"),
        ('name = "x"\ngicd = 4', "a table has costs, each and measured"),
        ('name = "x"\n[gicd]\ncosts = 4', "gicd.costs: not a table"),
        ('name = "x"\n[gicd]\nmeasured = 4', "gicd.measured: not a table"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the place in it."""
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load(path)
    assert said in str(error.value) and str(path) in str(error.value)


def test_a_table_of_too_many_numbers_is_refused() -> None:
    """It would be a table of runs."""
    blocks = {"gicd": Costs({f"c{n}": n for n in range(NUMBERS + 1)})}
    with pytest.raises(ConfigError, match="61 numbers, at most 60"):
        loads(Profile("x", blocks).dumps(), "text")


def test_an_unknown_profile_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ConfigError, match=r"there is no profile none; there are .*irqpath"):
        named("none")
