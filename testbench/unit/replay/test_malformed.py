"""Recordings that are damaged: one clear error with the line's number, and what was checked so far is still reported."""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from irqpath.core.errors import TraceError
from irqpath.trace import cli
from irqpath.trace.findings import Findings
from irqpath.trace.reader import survey
from irqpath.trace.replay import Replay
from irqpath_testbench.cli import main
from unit.replay.conftest import TRACES, Lines

Run = Callable[[Lines], Findings]
_AT = 3000


def _with(lines: Lines, event: dict[str, Any] | str) -> Lines:
    """`lines` with one more line, at number `_AT`."""
    text = event if isinstance(event, str) else json.dumps(event)
    return [*lines[: _AT - 1], text, *lines[_AT - 1 :]]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("{broken", "no JSON"),
        ("[1, 2]", "an event is an object"),
        ({"e": "teleport", "c": 0}, "unknown event 'teleport'"),
        ({"e": "mr", "c": 0, "r": "gicd", "o": "0", "s": 4, "v": 0}, "event 'mr' needs an integer 'o'"),
        (
            {"e": "mr", "c": 0, "r": "gicr7", "o": 0, "s": 4, "v": 0},
            "access to region 'gicr7', which the header does not declare",
        ),
        ({"e": "mw", "c": 0, "r": "pci09.0.common", "o": 0, "s": 4, "v": 0}, "'pci09.0.common'"),
        ({"e": "mw", "c": 0, "r": "uart", "o": 0, "s": 4, "v": 0}, "'uart'"),
        ({"e": "mw", "c": 0, "o": 0, "s": 4, "v": 0}, "needs the name of a region in 'r'"),
        ({"e": "mr", "c": 0, "r": 7, "o": 0, "s": 4, "v": 0}, "needs the name of a region in 'r'"),
        ({"e": "mr", "c": 0, "r": "gicd", "o": 0, "s": 3, "v": 0}, "a size of 3 bytes"),
        ({"e": "snap", "r": "its.cmdq", "a": -1, "n": 2, "h": "0000"}, "outside the 52-bit physical address space"),
        ({"e": "sr", "c": 3, "g": "ICC_PMR_EL1", "x": 1, "v": 0}, "CPU 3 in a machine of 1"),
        ({"e": "sr", "c": 0, "g": "ICC_NOPE_EL1", "x": 1, "v": 0}, "'ICC_NOPE_EL1' is none of a GICv3 CPU interface"),
        ({"e": "spi", "i": 9999, "l": 1}, "INTID 9999, which is no SPI"),
        ({"e": "ppi", "c": 0, "i": 3, "l": 1}, "INTID 3, which is no PPI"),
        ({"e": "m", "r": "its.cmdq", "a": 64, "h": "00"}, "lies in no declared range of 'its.cmdq'"),
        ({"e": "m", "r": "its.cmdq", "a": 64, "h": "zz"}, "garbles"),
        ({"e": "range", "r": "kernel.text", "a": 64, "n": 4}, "unknown memory region 'kernel.text'"),
        ({"e": "ack", "k": "cpu", "c": 0, "i": 3}, "GICv2"),
    ],
)
def test_a_bad_line_stops_the_replay_and_is_named(event: dict[str, Any] | str, says: str, smp1: Lines, replay: Run) -> None:
    """The line's number, what is wrong; the events before it were compared."""
    findings = replay(_with(smp1, event))
    assert f"line {_AT}: " in findings.stopped
    assert says in findings.stopped
    assert "\n" not in findings.stopped
    assert findings.events == _AT - 2
    assert findings.reads > 100
    assert not findings.deviations
    assert not findings.ok


def test_a_truncated_gzip_is_named_with_its_line(tmp_path: Path) -> None:
    """Cut in the middle: everything before the cut is checked."""
    data = (TRACES / "v3-its-smp1.jsonl.gz").read_bytes()
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(data[: len(data) // 2])
    findings = Replay(path).run()
    assert "the gzip stream ends early" in findings.stopped
    assert f"line {findings.events + 2}:" in findings.stopped
    assert findings.reads > 300
    assert not findings.deviations


def test_a_damaged_gzip_is_named_with_its_line(tmp_path: Path) -> None:
    """A flipped byte."""
    data = bytearray((TRACES / "v3-its-smp1.jsonl.gz").read_bytes())
    data[len(data) // 2] ^= 0xFF
    path = tmp_path / "flipped.jsonl.gz"
    path.write_bytes(bytes(data))
    findings = Replay(path).run()
    assert "line " in findings.stopped
    assert findings.events > 100


@pytest.mark.parametrize(
    ("first", "says"),
    [
        ("", "line 1"),
        ('{"e":"cpurst","c":0}', "line 1: no LabTrace header"),
        ('{"e":"hdr","format":"labtrace","version":2,"name":"x","gic":"3","kernel":"k","events":1}', "version 2"),
        ('{"e":"hdr","format":"labtrace","version":1,"gic":"3","kernel":"k","events":1}', "lacks or garbles 'name'"),
    ],
)
def test_a_bad_header_is_named(first: str, says: str, replay: Run) -> None:
    """Nothing can be checked then."""
    findings = replay([first, '{"e":"cpurst","c":0}'])
    assert says in findings.stopped
    assert not findings.ok


FOREIGN: dict[str, tuple[bytes, str]] = {
    "picture.png": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "it is a PNG picture"),
    "empty.jsonl": (b"", "it is empty"),
    "empty.jsonl.gz": (gzip.compress(b""), "it is empty"),
    "waves.vcd": (b"$date today $end\n$version x $end\n", "it is a VCD file"),
    "waves.fst": (b"\0" * 400, "line 1: no JSON"),
    "page.html": (b"<!doctype html>\n", "it is an HTML or XML file"),
    "recording.zip": (b"PK\x03\x04 and so on", "it is a zip archive"),
    "recording.jsonl.xz": (b"\xfd7zXZ\0 and so on", "it is an xz file; unpack it first"),
    "text.gz": (gzip.compress(b"Dear reader,\n" * 5000), "line 1: no JSON"),
    "tar.gz": (gzip.compress(b"folder/file\0" + bytes(1 << 20)), "line 1: no JSON"),
    "endless.jsonl": (b"1" * (1 << 20), "line 1: no JSON"),
    "other.json": (b'{"name": "irqpath"}\n', "line 1: no LabTrace header"),
    "pretty.json": (b'{\n  "name": "irqpath"\n}\n', "line 1: no JSON"),
    "list.json": (b"[1, 2, 3]\n", "line 1: no LabTrace header"),
    "null.json": (b"null", "line 1: no JSON"),
    "transactions.jsonl": (b'{"link":"gicd.reset","offer":1,"accept":1,"kind":"Reset"}\n', "line 1: no LabTrace header"),
    "latin1.txt": ("Grüße\n".encode("latin-1"), "line 1: no JSON"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_recording_is_called_so(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line."""
    path = tmp_path / name
    content, says = FOREIGN[name]
    path.write_bytes(content)
    assert main(["replay", str(path)]) == 2
    said = capsys.readouterr()
    (line,) = said.out.splitlines()
    assert line.startswith(f"nothing replayed: {path} is no recording: {says}; irqpath replays")
    assert said.err == "" and "damaged" not in line
    with pytest.raises(TraceError, match="is no recording"):
        survey(path)


def test_recordings_beside_what_is_none_are_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What they showed is not lost."""
    path = tmp_path / "notes.txt"
    path.write_text("Dear reader,\n")
    assert main(["replay", str(path), str(TRACES / "v3-its-smp1.jsonl.gz")]) == 2
    out = capsys.readouterr().out
    assert f"nothing replayed: {path} is no recording" in out
    assert "11,890" in out and "deviation " not in out


@pytest.mark.parametrize(
    ("path", "says"), [("", "Is a directory, which is no recording"), ("/dev/zero", "is no recording: it is no file")]
)
def test_what_is_no_file_is_no_recording(path: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not even opened."""
    assert main(["replay", path or str(tmp_path)]) == 2
    assert says in capsys.readouterr().err


def test_a_machine_that_is_not_modelled_is_named(smp1: Lines, replay: Run) -> None:
    """The header says which GIC it is; what another one does ends the replay."""
    header = json.loads(smp1[0]) | {"gic": "9"}
    assert "a GICv9; the models cover GICv2" in replay([json.dumps(header), *smp1[1:]]).stopped
    header = json.loads(smp1[0]) | {"gic": "2"}
    assert "belongs to a GICv3, and the recording is of a GICv2" in replay([json.dumps(header), *smp1[1:]]).stopped


def test_an_empty_recording_is_not_ok(replay: Run, smp1: Lines) -> None:
    """Nothing compared is no success."""
    findings = replay(smp1[:1])
    assert not findings.stopped
    assert not findings.ok


# --- the command --------------------------------------------------------------------------------------------------------


def _irqpath_replay(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.run(parser.parse_args(arguments))


def test_exit_status_and_json(tmp_path: Path, smp1: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    """0 only without a deviation; the JSON file has the same for machines."""
    good = TRACES / "v3-its-smp1.jsonl.gz"
    out = tmp_path / "deep" / "findings.json"
    assert _irqpath_replay(str(good), "--json", str(out)) == 0
    found = json.loads(out.read_text())
    assert found["events"] == len(smp1) - 1
    assert found["deviations"] == []
    assert found["tolerated"] == {}
    assert found["compared"]["system register read"] + found["compared"]["register read"] == 1187
    assert found["compared"]["virtio ring load"] > 1000
    bad = tmp_path / "bad.jsonl.gz"
    with gzip.open(bad, "wt") as file:
        file.write("\n".join(line for line in smp1 if '"msi"' not in line) + "\n")
    capsys.readouterr()
    assert _irqpath_replay(str(bad), "--json", str(out)) == 1
    assert json.loads(out.read_text())["deviations"]
    printed = capsys.readouterr().out
    assert "deviation v3-its-smp1, event" in printed
    assert "the last events about" in printed


def test_a_stopped_replay_still_reports(tmp_path: Path, smp1: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, the error, and the table of what was compared before it."""
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(_with(smp1, "{broken")) + "\n")
    assert _irqpath_replay(str(path)) == 2
    printed = capsys.readouterr().out
    assert f"line {_AT}: no JSON" in printed
    assert "system register read" in printed
