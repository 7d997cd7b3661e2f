"""Tables that stay tables in a narrow terminal: no figure is ever cut, no row is wrapped in the middle of one.

A table of figures (`Figures`) that is too wide is printed as several, one below the other, each of which begins with what names
a row. A table of words (`Words`) wraps in its cells; where that would leave columns too narrow to read, each row becomes a
paragraph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.box import HEAVY_HEAD, Box
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

#: Wide enough to measure what a table takes by itself.
_ENDLESS = 100_000
#: Columns of a `Words` table that are narrower than this are not worth a table, in characters.
_READABLE = 14


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures. Columns next to each other with the same `group` stay together where they can."""

    heading: str
    group: str = ""


@dataclass(slots=True)
class Figures:
    """Rows of figures: `keys` are the headings of the columns that name a row, `columns` those of its figures.

    A cell may hold markup of rich. `compact`: this box, without lines between columns. `fold`: where one table is not enough,
    what the first column of names says stands once, in a row of its own above those it belongs to.
    """

    title: str
    keys: Sequence[str]
    columns: Sequence[Column | str]
    compact: Box | None = None
    fold: bool = False
    rows: list[tuple[str, ...]] = field(default_factory=list)
    #: rows before which a line is drawn
    sections: set[int] = field(default_factory=set)

    def add(self, *cells: str) -> None:
        """One more row: its names, then its figures. Raises `ValueError` where the number of cells is another."""
        if len(cells) != len(self.keys) + len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.keys) + len(self.columns)} columns of {self.title!r}")
        self.rows.append(cells)

    def add_section(self) -> None:
        """A line before the next row."""
        self.sections.add(len(self.rows))

    def print(self, console: Console) -> None:
        """As one table if it fits, else as several."""
        console.print(Text(self.title, style="table.title"))
        everything = list(range(len(self.columns)))
        whole = self._width(console, everything, fold=False) <= console.width
        fold = self.fold and not whole
        for part in [everything] if whole else self._parts(console, fold):
            table = self._table(part, fold)
            # a terminal that is too narrow for one column of figures wraps the line: nothing is cut even there
            table.width = self._width(console, part, fold)
            console.print(table, crop=False, no_wrap=True, overflow="ignore")

    def _parts(self, console: Console, fold: bool) -> list[list[int]]:
        """The numbers of the columns of each table: as many groups as fit, a group that is too wide by itself cut evenly."""

        def fits(columns: list[int]) -> bool:
            return self._width(console, columns, fold) <= console.width

        parts: list[list[int]] = []
        for group in self._groups():
            if parts and fits([*parts[-1], *group]):
                parts[-1] += group
            else:
                parts += _pieces(group, fits)
        return parts

    def _groups(self) -> list[list[int]]:
        groups: list[list[int]] = []
        last = ""
        for number, column in enumerate(self.columns):
            name = column.group if isinstance(column, Column) else ""
            if not name or name != last:
                groups.append([])
            groups[-1].append(number)
            last = name
        return groups

    def _width(self, console: Console, columns: Sequence[int], fold: bool) -> int:
        options = console.options.update(max_width=_ENDLESS, width=_ENDLESS)
        return Measurement.get(console, options, self._table(columns, fold)).maximum

    def _table(self, columns: Sequence[int], fold: bool) -> Table:
        table = Table(box=self.compact, padding=(0, 0), pad_edge=False) if self.compact else Table(box=HEAVY_HEAD)
        for heading in self.keys[int(fold) :]:
            table.add_column(heading, no_wrap=True)
        for number in columns:
            column = self.columns[number]
            table.add_column(column.heading if isinstance(column, Column) else column, justify="right", no_wrap=True)
        keys = len(self.keys)
        above = ""
        for number, row in enumerate(self.rows):
            if number in self.sections:
                table.add_section()
            if fold and row[0] != above:
                above = row[0]
                table.add_row(f"[bold]{above}[/bold]")
            names = [f"  {row[1]}", *row[2:keys]] if fold else row[:keys]
            table.add_row(*names, *(row[keys + column] for column in columns))
        return table


def _pieces(group: list[int], fits: Callable[[list[int]], bool]) -> list[list[int]]:
    """As few equal pieces as fit; a column by itself need not."""
    for count in range(1, len(group)):
        size = -(-len(group) // count)
        pieces = [group[at : at + size] for at in range(0, len(group), size)]
        if all(fits(piece) for piece in pieces):
            return pieces
    return [[number] for number in group]


@dataclass(slots=True)
class Words:
    """Rows of words: the first `names` columns name a row. Cells are plain text."""

    title: str
    headings: Sequence[str]
    names: int = 1
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """One more row. Raises `ValueError` where the number of cells is another."""
        if len(cells) != len(self.headings):
            raise ValueError(f"{len(cells)} cells for {len(self.headings)} columns of {self.title!r}")
        self.rows.append(cells)

    def print(self, console: Console) -> None:
        """As a table if its columns are wide enough to read, else a paragraph a row."""
        console.print(Text(self.title, style="table.title"))
        if self._readable(console):
            console.print(self._table())
            return
        for row in self.rows:
            console.print(Text(" ".join(cell.replace("\n", " ") for cell in row[: self.names]), style="bold"))
            for heading, cell in zip(self.headings[self.names :], row[self.names :], strict=True):
                if cell:
                    text = Text(f"{heading}: {cell}", overflow="fold")
                    console.print(Padding(text, (0, 0, 0, 2)))

    def _readable(self, console: Console) -> bool:
        """Every column can have what it needs, or at least `_READABLE`; a line and a space stand beside each."""
        needed = 1
        for heading, *cells in zip(self.headings, *self.rows, strict=True):
            longest = max(len(line) for cell in (heading, *cells) for line in cell.split("\n"))
            needed += min(longest, _READABLE) + 3
        return needed <= console.width

    def _table(self) -> Table:
        table = Table(box=HEAVY_HEAD)
        for heading, *cells in zip(self.headings, *self.rows, strict=True):
            figures = all(cell.replace(",", "").isdecimal() for cell in cells)
            table.add_column(heading, overflow="fold", no_wrap=figures)
        for row in self.rows:
            table.add_row(*(Text(cell) for cell in row))
        return table
