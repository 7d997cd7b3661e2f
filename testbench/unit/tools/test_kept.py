"""What is kept is complete or not there, whenever whoever made it was killed; and one makes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from irqpath.cli.writing import write_text
from irqpath_testbench.tools.toolchain import kept
from irqpath_testbench.tools.toolchain.kept import Busy, ensure, ensure_version, is_complete, locked

#: Makes a thing of two files in steps, and is killed by its own hand before step N.
MAKER = """
import os, signal, sys
from pathlib import Path
from irqpath_testbench.tools.toolchain import kept
folder, moment = Path(sys.argv[1]), sys.argv[2]

def at(name):
    if name == moment:
        os.kill(os.getpid(), signal.SIGKILL)

def make(new):
    at("begin")
    (new / "program").write_text("half")
    at("half")
    (new / "program").write_text("whole program")
    (new / "part").mkdir()
    (new / "part" / "data").write_text("data")
    at("unmarked")

mark, rename = kept._mark, Path.rename
def marked(new, key):
    mark(new, key)
    at("marked")
def renamed(self, target):
    at("rename " + target.suffix)
    result = rename(self, target)
    at("renamed " + target.suffix)
    return result
kept._mark, Path.rename = marked, renamed
kept.ensure(folder, "key", make, "the thing")
"""
MOMENTS = ("begin", "half", "unmarked", "marked", "rename .old", "renamed .old", "rename ", "renamed ")


def _make(new: Path) -> None:
    (new / "program").write_text("whole program")
    (new / "part").mkdir()
    (new / "part" / "data").write_text("data")


def _whole(folder: Path) -> bool:
    return (folder / "program").read_text() == "whole program" and (folder / "part" / "data").read_text() == "data"


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("before", [False, True], ids=["first", "again"])
def test_killed_at_any_moment_it_is_complete_or_not_there(moment: str, before: bool, tmp_path: Path) -> None:
    """By SIGKILL; `again`: where an older version stands in its place. The next one makes it and leaves nothing else."""
    folder = tmp_path / "thing"
    if before:
        ensure(folder, "older key", _make, "the thing")
    done = subprocess.run([sys.executable, "-c", MAKER, str(folder), moment], check=False)
    assert done.returncode == (0 if moment.endswith(".old") and not before else -signal.SIGKILL)
    if is_complete(folder, "key"):
        assert _whole(folder)
    assert _whole(ensure(folder, "key", _make, "the thing"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".thing.lock", "thing"]


@pytest.mark.parametrize("damage", ["cut", "gone", "longer", "no marker", "half a marker"])
def test_what_was_damaged_is_made_anew(damage: str, tmp_path: Path) -> None:
    """A file whose length is not what it was, a marker that cannot be read."""
    folder = ensure(tmp_path / "thing", "key", _make, "the thing")
    match damage:
        case "cut":
            os.truncate(folder / "part" / "data", 1)
        case "gone":
            (folder / "program").unlink()
        case "longer":
            (folder / "program").write_text("whole program and more")
        case "no marker":
            (folder / kept.MARKER).unlink()
        case _:
            os.truncate(folder / kept.MARKER, 20)
    assert not is_complete(folder, "key")
    assert _whole(ensure(folder, "key", _make, "the thing"))


def test_made_once_and_anew_for_another_key(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(new: Path) -> None:
        made.append(new)
        _make(new)

    for key in ("a", "a", "b", "b", "a"):
        assert _whole(ensure(tmp_path / "thing", key, make, "the thing"))
    assert len(made) == 3


def test_what_fails_leaves_the_older_one_and_nothing_half(tmp_path: Path) -> None:
    folder = ensure(tmp_path / "thing", "a", _make, "the thing")

    def fail(new: Path) -> None:
        (new / "program").write_text("half")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        ensure(folder, "b", fail, "the thing")
    assert is_complete(folder, "a") and _whole(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".thing.lock", "thing"]


def test_versions_stand_beside_each_other_while_they_are_used(tmp_path: Path) -> None:
    """One that nobody used for an hour goes when another is made."""
    first, second = (ensure_version(tmp_path, key * 64, _make, "the thing") for key in "ab")
    assert first != second and _whole(first) and _whole(second)
    os.utime(first / kept.MARKER, (time.time() - 2 * kept.UNUSED,) * 2)
    assert ensure_version(tmp_path, "b" * 64, _make, "the thing") == second and first.exists()
    assert _whole(ensure_version(tmp_path, "c" * 64, _make, "the thing"))
    assert not first.exists() and second.exists()


def test_one_makes_and_another_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The waiting one says for whom, and finds it made."""
    slow = "import sys, time; from pathlib import Path; from irqpath_testbench.tools.toolchain.kept import ensure\n"
    slow += "def make(new):\n (new / 'by').write_text('other'); print('makes', flush=True); time.sleep(1)\n"
    slow += "ensure(Path(sys.argv[1]), 'key', make, 'the thing')"
    with subprocess.Popen([sys.executable, "-c", slow, str(tmp_path / "thing")], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "makes\n"
        folder = ensure(tmp_path / "thing", "key", lambda _: pytest.fail("made twice"), "the thing")
        assert (folder / "by").read_text() == "other"
        assert capsys.readouterr().err == f"irqpath: waiting for process {other.pid}, which is busy with the thing\n"


def test_waiting_has_an_end(tmp_path: Path) -> None:
    """The error names the process; a process that died holds nothing."""
    lock = tmp_path / "lock"
    hold = "import sys, time; from pathlib import Path; from irqpath_testbench.tools.toolchain.kept import locked\n"
    hold += "with locked(Path(sys.argv[1]), 'it'): print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold, str(lock)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(Busy, match=f"it is in use by process {other.pid} for more than 0"), locked(lock, "it", patience=0.2):
            pass
        other.kill()
        other.wait()
        with locked(lock, "it", patience=0.0):
            pass


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The lock is the first that is written; here no file may have a byte."""
    script = "import sys; from pathlib import Path; from irqpath_testbench.tools.toolchain.kept import ensure\n"
    script += "try: ensure(Path(sys.argv[1]), 'key', lambda _: None, 'it')\n"
    script += "except OSError as error: print(error.strerror, error.filename)"
    command = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", sys.executable, "-B", "-c", script, str(tmp_path / "thing")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"File too large {tmp_path / '.thing.lock'}\n"


def test_a_lock_that_is_removed_is_a_lock_all_the_same(tmp_path: Path) -> None:
    """Many processes take turns; never two at once, and nothing is left."""
    code = """
import sys
from pathlib import Path
from irqpath_testbench.tools.toolchain.kept import locked
here = Path(sys.argv[1])
for _ in range(30):
    with locked(here / "lock", "it", temporary=True):
        (here / "inside").mkdir()  # fails where another is in
        (here / "inside").rmdir()
"""
    others = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [other.wait() for other in others] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_whole_whatever_happens(tmp_path: Path) -> None:
    """A limit on the size of files, as a full disk: the old content stays, and nothing lies beside it."""
    file = tmp_path / "results.json"
    write_text(file, "old")
    code = "import resource, sys; from pathlib import Path; from irqpath.cli.writing import write_text\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)); write_text(Path(sys.argv[1]), 'x' * 5000)"
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and f"File too large: '{file}'" in done.stderr
    assert file.read_text() == "old" and list(tmp_path.iterdir()) == [file]
