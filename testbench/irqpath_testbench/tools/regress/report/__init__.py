"""What a regression says when it ends, from what it was asked (plan.json) and its jobs' records, and from nothing else.

`report` writes into the regression's folder jobs.jsonl (a line a job), junit.xml, regress.json (all that is counted, as one
object), summary.md (for a pull request) and index.html (one page that needs no network), and one row into trend.sqlite beside
the folder.

It imports cli, core, dut, tools.regress and tools.sim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from irqpath_testbench.tools.regress.asked import Asked
from irqpath_testbench.tools.regress.code_coverage import Source
from irqpath_testbench.tools.regress.record import RECORDS
from irqpath_testbench.tools.regress.report.files import write_files
from irqpath_testbench.tools.regress.report.page import write_page
from irqpath_testbench.tools.regress.report.regression import read_regression
from irqpath_testbench.tools.regress.report.summary import write_summary
from irqpath_testbench.tools.regress.report.trend import TREND, put, trend

__all__ = ["report"]


def report(
    folder: Path, quarantined: Mapping[str, str] | None = None, wrong: Sequence[str] = (), code: Sequence[Source] = ()
) -> bool:
    """Write all files of the regression in `folder`, whatever of it has run; whether every job of its plan has a record and
    passed.

    `quarantined`: failures that do not count, by the names of the jobs, with the reason. `wrong`: lines about what is wrong with
    all of it together, such as two jobs with the same random values: it fails then. `code`: coverage of the Verilog's source, if
    it was asked for.

    Raises `CheckError` where plan.json is none or records are of different versions, `OSError`.
    """
    regression = replace(read_regression(Asked.load(folder), folder / RECORDS, quarantined, wrong), code=tuple(code))
    write_files(folder, regression)
    write_summary(folder, regression)
    # last, for it reads what other regressions wrote too
    database = folder.parent / TREND
    put(database, regression)
    write_page(folder, regression, trend(database, regression.asked))
    return regression.ok
