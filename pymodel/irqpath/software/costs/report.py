"""What `irqpath evolution predict` prints and writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console

from irqpath.cli.table import Figures, Words
from irqpath.software.costs.data import PREDICTED, Times, hops
from irqpath.software.costs.prediction import MACHINES, WIDEST, Estimate, Known, Prediction, known


def print_prediction(console: Console, given: Times, found: Mapping[str, Prediction]) -> None:
    """The predictions, what nobody has published, and how far known machines are predicted."""
    _say(console, f"given: {', '.join(f'{row} {time:,g} ns' for row, time in given.items())}")
    console.print()
    _predictions(console, found)
    _remarks(console, found)
    console.print()
    _unvalidated(console)
    console.print()
    _known(console)


def as_json(given: Times, found: Mapping[str, Prediction]) -> dict[str, Any]:
    """The same as data; times in ns, errors as shares."""
    return {
        "given": dict(given),
        "predicted": {row: _prediction(prediction) for row, prediction in found.items()},
        "unvalidated": {
            entry.name: {
                "ns": None,
                "low": None,
                "high": None,
                "unvalidated": True,
                "says": entry.says,
                "known": list(entry.known),
            }
            for entry in hops().unvalidated
        },
        "known": [_known_row(row) for row in known()],
    }


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _predictions(console: Console, found: Mapping[str, Prediction]) -> None:
    columns = (
        "ns",
        "low",
        "high",
        "range",
        "machines",
        "taken",
        "composition",
        "its error",
        "best ratio to",
        "ratio",
        "ratio's error",
    )
    table = Figures("Predicted times", ("row",), columns, SIMPLE_HEAD)
    for row, prediction in found.items():
        composed, ratio = prediction.composed, prediction.ratio
        table.add(
            row,
            _ns(prediction.time),
            _ns(prediction.low),
            _ns(prediction.high),
            _range(prediction),
            str(len(prediction.taken.errors)),
            "composition" if prediction.by_composition else "ratio",
            _ns(composed.time) if composed else "-",
            _error(composed),
            ratio.of,
            _ns(ratio.time),
            _error(ratio),
        )
    table.print(console)


def _ns(time: float) -> str:
    return f"{time:,.0f}" if time >= 100 else f"{time:.3g}"


def _range(prediction: Prediction) -> str:
    return "90 % interval" if prediction.interval else "spread, cut" if prediction.capped else "spread"


def _error(estimate: Estimate | None) -> str:
    return f"{100 * estimate.error:.0f} %" if estimate else "-"


def _remarks(console: Console, found: Mapping[str, Prediction]) -> None:
    if any(not prediction.interval for prediction in found.values()):
        reason = f"no interval: fewer than {MACHINES} machines stand behind it, or it is cut"
        _say(console, f"spread: what leaving one machine out says, and {reason}")
    if any(prediction.capped for prediction in found.values()):
        _say(console, f"cut: at {100 * WIDEST:.0f} % either way; what leaving one machine out says is wider")
    better = [row for row, prediction in found.items() if prediction.by_composition]
    said = f"better for {', '.join(better)} only" if better else "not better than the best ratio for any row"
    if all(prediction.composed is None for prediction in found.values()):
        said = "not there, for it needs two rows that are exits"
    _say(console, f"errors are typical ones of machines that were left out; the composition is {said}")


def _unvalidated(console: Console) -> None:
    table = Words("Unvalidated: nobody has published them, so no time is given", ("row", "what", "published parts"))
    for entry in hops().unvalidated:
        figures = (hops().figures[name] for name in entry.known)
        known_parts = "; ".join(f"{f.name}: {f.value:,}{f' to {f.to:,}' if f.to else ''} {f.unit} ({f.source})" for f in figures)
        table.add(entry.name, entry.says, known_parts or "none")
    table.print(console)


def _known(console: Console) -> None:
    title = "Error of every published row, predicted from the other times of its run, its machine left out"
    table = Figures(title, ("machine", "run", "use"), PREDICTED, SIMPLE_HEAD)
    cells: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in known():
        use = "calibrates" if row.machine.calibrates else "predicted only"
        mark = "?" if row.row in row.run.from_memory else ""
        cells.setdefault((row.machine.name, row.run.name, use), {})[row.row] = f"{100 * row.error:+.0f} %{mark}"
    for names, errors in cells.items():
        table.add(*names, *(errors.get(row, "-") for row in PREDICTED))
    table.print(console)
    if any("?" in cell for errors in cells.values() for cell in errors.values()):
        _say(console, "?: the published time is from memory, and was not read")


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "ns": _rounded(prediction.time),
        "low": _rounded(prediction.low),
        "high": _rounded(prediction.high),
        "interval": prediction.interval,
        "capped": prediction.capped,
        "machines": len(prediction.taken.errors),
        "by": "composition" if prediction.by_composition else "ratio",
        "error": _rounded(prediction.taken.error),
        "composition": _estimate(prediction.composed) if prediction.composed else None,
        "ratio": {"of": prediction.ratio.of, **_estimate(prediction.ratio)},
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {"ns": _rounded(estimate.time), "error": _rounded(estimate.error)}


def _known_row(row: Known) -> dict[str, Any]:
    return {
        "machine": row.machine.name,
        "run": row.run.name,
        "calibrates": row.machine.calibrates,
        "from_memory": row.row in row.run.from_memory,
        "source": row.run.source,
        "row": row.row,
        "unit": row.run.unit,
        "known": row.run.times[row.row],
        "predicted": _rounded(row.predicted),
        "error": _rounded(row.error),
    }


def _rounded(value: float) -> float:
    """To four digits: more would be none that anything stands behind."""
    return float(f"{value:.4g}")
