"""What a regression shows while it runs: lines in a log, a screen on a terminal."""

from __future__ import annotations

import io
import re
import threading

import pytest
from rich.console import Console

from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.live import Live
from irqpath_testbench.tools.regress.record import Record, Signature, Verdict

_JOBS = [Job("sgi", seed=seed) for seed in range(200)]


class _Clock:
    """Time that a test makes pass."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _record(job: Job, check: str = "", reason: str = "") -> Record:
    if not check:
        return Record(job, Verdict.PASSED)
    return Record(job, Verdict.FAILED, reason=reason or f"{check} in cycle 7", signature=Signature(check))


def _log() -> tuple[io.StringIO, Console]:
    out = io.StringIO()
    return out, Console(file=out, width=80)


def test_a_log_has_a_line_a_minute() -> None:
    out, console = _log()
    clock = _Clock()
    live = Live(console, 100, 20, 3, clock)
    for job in _JOBS[:40]:
        live.started(job)
        clock.now += 6
        live.ended(_record(job))
    live.close()
    live.close()
    first, *middle, last = out.getvalue().splitlines()
    assert first == "20 of 100 jobs done, 20 before, 3 failed"
    assert middle[0] == "30 of 100 jobs done, 20 before, 3 failed, 600 an hour, 7 min 00 s left"
    assert len(middle) == 4
    assert last == "60 of 100 jobs done, 20 before, 3 failed, 600 an hour, 4 min 00 s left; ended after 4 min 00 s"


def test_a_log_has_a_line_when_nothing_ends() -> None:
    out, console = _log()
    clock = _Clock()
    live = Live(console, 2, clock=clock)
    live.started(_JOBS[0])
    for _ in range(130):
        clock.now += 1
        live.tick()
    assert out.getvalue().splitlines()[1:] == ["0 of 2 jobs done, 1 running, 0 failed"] * 2


def test_builds_come_first_and_do_not_count_as_jobs_time() -> None:
    """How many there are of how many; the rate is that of the jobs."""
    out, console = _log()
    clock = _Clock()
    live = Live(console, 100, clock=clock)
    for done in range(5):
        live.built(done, 4)
        clock.now += 60
    live.built(4, 4)
    clock.now += 6
    live.ended(_record(_JOBS[0]))
    live.close()
    lines = out.getvalue().splitlines()
    assert lines[1:4] == [f"0 of 100 jobs done, building: {done} of 4, 0 failed" for done in (1, 2, 3)]
    assert lines[-1].startswith("1 of 100 jobs done, 0 failed, 600 an hour, 9 min 54 s left")


def test_the_first_failure_of_each_kind_is_a_line() -> None:
    """At once, whole in one line, with the command that repeats it; others of the kind are counted."""
    out, console = _log()
    live = Live(console, 10, clock=_Clock())
    for job, check in zip(_JOBS, ["", "differs", "differs", "order", "differs"], strict=False):
        live.ended(_record(job, check))
    lines = [line for line in out.getvalue().splitlines() if line.startswith("failed")]
    assert lines == [
        f"failed: {job.name}: {check} in cycle 7; repeat it: {job.command()}"
        for job, check in ((_JOBS[1], "differs"), (_JOBS[3], "order"))
    ]
    live.close()
    assert "4 failed" in out.getvalue().splitlines()[-1]


def test_a_regression_in_which_everything_differs_does_not_flood_a_log() -> None:
    out, console = _log()
    live = Live(console, 200, clock=_Clock())
    for job in _JOBS:
        live.ended(_record(job, f"check {job.seed}"))
    live.close()
    assert len(out.getvalue().splitlines()) == 22


@pytest.mark.parametrize("asked", [{}, {"FORCE_COLOR": "1"}, {"FORCE_COLOR": "1", "GITHUB_ACTIONS": "true"}])
def test_a_log_has_no_control_codes(monkeypatch: pytest.MonkeyPatch, asked: dict[str, str]) -> None:
    """Whatever the environment asks for, and whatever a simulator printed."""
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    out, console = _log()
    live = Live(console, 3, clock=_Clock())
    live.started(_JOBS[0])
    live.ended(_record(_JOBS[0], "differs", "\x1b[31mred\x1b[0m [bold]x[/bold]\r\nnext\x07\x9b2J"))
    live.close()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", out.getvalue())
    assert "red [bold]x[/bold] next" in out.getvalue()


def _screen(live: Live, width: int) -> str:
    """As text, without colours."""
    out = io.StringIO()
    Console(file=out, width=width).print(live._picture())
    return out.getvalue()


def test_the_screen_shows_what_runs_and_what_failed() -> None:
    """The longest running first; the count of each kind of failure."""
    out, clock = _Terminal(), _Clock()
    console = Console(file=out, width=100, height=40, force_terminal=True)
    live = Live(console, 50, clock=clock)
    for job in _JOBS[:12]:
        live.started(job)
        clock.now += 1
    live.ended(_record(_JOBS[0]))
    live.ended(_record(_JOBS[1], "differs"))
    live.ended(_record(_JOBS[2], "differs"))
    lines = [line.rstrip() for line in _screen(live, console.width).splitlines()]
    assert lines[0] == "3 of 50 jobs done, 9 running, 2 failed, 900 an hour, 3 min 08 s left"
    assert lines[2].split() == ["9.0", "s", _JOBS[3].name]
    assert "and 1 more" in lines[10]
    assert lines[11].split()[:2] == ["2", _JOBS[1].name]
    live.close()
    assert "\x1b[" in out.getvalue(), "it moved"
    assert out.getvalue().rstrip().endswith("ended after 12 s")
    assert "of -" not in out.getvalue()


@pytest.mark.parametrize("width", [20, 40, 200])
def test_a_narrow_screen_is_not_left(width: int) -> None:
    console = Console(file=_Terminal(), width=width, height=12, force_terminal=True)
    with Live(console, 3, clock=_Clock()) as live:
        live.started(_JOBS[0])
        live.ended(_record(_JOBS[1], "differs", "x" * 500))
        lines = _screen(live, width).splitlines()
        assert all(len(line) <= width for line in lines)
        assert lines[-1].startswith("     1  sgi-"), "its number is not squeezed out"


def test_a_dumb_terminal_gets_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out = _Terminal()
    with Live(Console(file=out, width=80), 3, clock=_Clock()):
        pass
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().count("\n") == 2


def test_it_may_be_told_from_threads() -> None:
    out = _Terminal()
    with Live(Console(file=out, width=80, height=30, force_terminal=True), len(_JOBS)) as live:

        def run(jobs: list[Job]) -> None:
            for job in jobs:
                live.started(job)
                live.ended(_record(job, "differs" if job.seed % 3 == 0 else ""))

        threads = [threading.Thread(target=run, args=(_JOBS[i::4],)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert "200 of 200 jobs done, 67 failed" in out.getvalue()
