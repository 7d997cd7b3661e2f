"""The register tables: complete, consistent and fresh; finding what an access hits; header, exports, command line.

What the architecture says of well-known registers is in test_regs_architecture.py.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from irqpath.regs import (
    BLOCKS,
    GICD,
    GICR,
    GITS,
    ICC,
    Access,
    Frame,
    Register,
    RegisterError,
    cli,
    generate,
    sysreg_encoding,
    sysreg_text,
)

ROOT = Path(__file__).resolve().parents[3]
HEADER = ROOT / "hdl" / "generated" / "irqpath_regs.vh"
FRAMES = (GICD, GICR, GITS)
ALL = [pytest.param(r, id=r.name) for block in BLOCKS.values() for r in block.registers]

# --- the whole tables -------------------------------------------------------------------------------------------------


def test_generated_files_are_fresh() -> None:
    assert list(generate.stale()) == []


def test_generation_is_deterministic() -> None:
    assert generate.outputs() == generate.outputs()


def test_names_are_unique() -> None:
    names = [r.name for block in BLOCKS.values() for r in block.registers]
    assert len(names) == len(set(names)) > 100


@pytest.mark.parametrize("register", ALL)
def test_register_is_complete(register: Register) -> None:
    assert register.description
    assert register.source.startswith(("DDI 0601, ", "IHI 0069, ", "IHI 0048, ", "SBSA, ", "GIC-600 TRM, "))
    assert register.sizes == tuple(sorted(set(register.sizes)))
    assert register.sizes[-1] == register.width_bytes
    assert set(register.sizes) <= {1, 2, 4, 8}
    assert all(f.description for f in register.fields)
    if register.same_state:
        block = next(b for b in BLOCKS.values() if register in b.registers)
        partner = block.register(register.same_state)
        assert partner.same_state == register.name
        assert {f.access for f in (*partner.fields, *register.fields)} in ({"w1s", "w1c"}, {"raz"})


@pytest.mark.parametrize("register", ALL)
def test_fields_fit_and_do_not_overlap(register: Register) -> None:
    taken = 0
    for f in register.fields:
        assert f.width > 0
        assert f.lsb + f.width <= register.width_bits
        assert not taken & f.mask, f.name
        assert 0 <= f.reset < 1 << f.width
        if f.access == "rao":
            assert f.reset == (1 << f.width) - 1
        if f.access == "raz":
            assert f.reset == 0
        taken |= f.mask
    assert register.reset == sum(f.reset << f.lsb for f in register.fields)
    assert register.configured == any(f.reset_from == "instance" for f in register.fields)
    assert len({f.name for f in register.fields}) == len(register.fields)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: f.name)
def test_registers_do_not_overlap(frame: Frame) -> None:
    taken: set[int] = set()
    for r in frame.registers:
        assert r.stride >= r.width_bytes
        for index in range(r.first, r.first + r.count):
            own = set(range(r.element_offset(index), r.element_offset(index) + r.width_bytes))
            assert not own & taken, r.element_name(index)
            assert max(own) < frame.size_bytes
            taken |= own


def test_encodings_are_unique() -> None:
    assert len({r.offset for r in ICC.registers}) == len(ICC.registers)


# --- finding what an access hits --------------------------------------------------------------------------------------


def _hit(frame: Frame, offset: int, size: int) -> tuple[str, int] | None:
    access = frame.lookup(offset, size)
    if access is None:
        return None
    return frame.registers[access.register].element_name(access.index), access.shift


@pytest.mark.parametrize(
    ("frame", "offset", "size", "hit"),
    [
        (GICD, 0x0000, 4, ("GICD_CTLR", 0)),
        (GICD, 0x0000, 2, None),
        (GICD, 0x0000, 8, None),
        (GICD, 0x0040, 2, ("GICD_SETSPI_NSR", 0)),
        (GICD, 0x0042, 2, None),
        (GICD, 0x010C, 4, ("GICD_ISENABLER3", 0)),
        (GICD, 0x010C, 1, None),
        (GICD, 0x0423, 1, ("GICD_IPRIORITYR8", 24)),
        (GICD, 0x0420, 4, ("GICD_IPRIORITYR8", 0)),
        (GICD, 0x0422, 2, None),
        (GICD, 0x07FB, 1, ("GICD_IPRIORITYR254", 24)),
        (GICD, 0x07FC, 1, None),
        (GICD, 0x0F12, 1, ("GICD_CPENDSGIR0", 16)),
        (GICD, 0x6000, 8, None),
        (GICD, 0x6100, 8, ("GICD_IROUTER32", 0)),
        (GICD, 0x6104, 4, ("GICD_IROUTER32", 32)),
        (GICD, 0x6104, 8, None),
        (GICD, 0x7FD8, 8, ("GICD_IROUTER1019", 0)),
        (GICD, 0x7FDC, 4, ("GICD_IROUTER1019", 32)),
        (GICD, 0x7FE0, 8, None),
        (GICD, 0x0000, 17, None),
        (GICD, -4, 4, None),
        (GICD, 0x1_0000, 4, None),
        (GICR, 0x000C, 4, ("GICR_TYPER", 32)),
        (GICR, 0x0040, 4, ("GICR_SETLPIR", 0)),
        (GICR, 0x0044, 4, None),
        (GICR, 0x1_041F, 1, ("GICR_IPRIORITYR7", 24)),
        (GICR, 0x1_0C04, 4, ("GICR_ICFGR1", 0)),
        (GITS, 0x0138, 8, ("GITS_BASER7", 0)),
        (GITS, 0x013C, 4, ("GITS_BASER7", 32)),
        (GITS, 0x1_0040, 2, ("GITS_TRANSLATER", 0)),
        (GITS, 0x1_0042, 2, None),
    ],
)
def test_lookup(frame: Frame, offset: int, size: int, hit: tuple[str, int] | None) -> None:
    assert _hit(frame, offset, size) == hit


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: f.name)
def test_every_access_agrees_with_its_explanation(frame: Frame) -> None:
    for offset in [*range(0x800), *range(0xBF8, 0xF40), *range(0x60F0, 0x6120), *range(0x7FD0, 0x7FF0)]:
        for size in (1, 2, 4, 8):
            permitted = frame.lookup(offset, size) is not None
            assert ("is permitted" in frame.explain(offset, size)) == permitted or "only, not at" in frame.explain(offset, size)
            assert not (permitted and frame.reserved(offset, size))


@pytest.mark.parametrize(
    ("frame", "offset", "size", "text"),
    [
        (GICD, 0x0000, 4, "GICD_CTLR: an access of 4 bytes is permitted"),
        (GICD, 0x0000, 2, "GICD_CTLR: accesses of 4 bytes are permitted, not of 2"),
        (GICD, 0x0002, 4, "GICD_CTLR+2: an access of 4 bytes is not aligned"),
        (GICD, 0x0F04, 4, "GICD+0x0F04 (reserved): no register is here"),
        (GICD, 0x0044, 8, "GICD+0x0044 (reserved): an access of 8 bytes is not aligned"),
        (GICD, 0x0060, 8, "GICD+0x0060 (reserved): no register is here"),
        (GICD, 0x0400, 2, "GICD_IPRIORITYR0: accesses of 1 or 4 bytes are permitted, not of 2"),
        (GICD, 0x0000, 3, "GICD+0x0000: 3 bytes is no size of an access; 1, 2, 4 and 8 are"),
        (GICD, 0x1_0000, 4, "GICD+0x10000: outside the frame of 64 KB"),
        (GICD, -4, 4, "GICD-0x0004: outside the frame of 64 KB"),
        (
            GICR,
            0x0044,
            4,
            "GICR_SETLPIR: an access of 4 bytes is permitted at GICR+0x00040 only, not at GICR_SETLPIR+4",
        ),
        (GICR, 0x0018, 4, "GICR+0x00018 (reserved): no register is here"),
        (GICR, 0x0010, 8, "GICR_STATUSR: accesses of 4 bytes are permitted, not of 8"),
    ],
)
def test_explain(frame: Frame, offset: int, size: int, text: str) -> None:
    assert frame.explain(offset, size) == text


def test_explain_half_reserved() -> None:
    # 0x7FE0 to 0x7FFF are reserved; 0xFFC8 holds nothing and 0xFFD0 begins the identification registers
    assert GICD.reserved(0xFFC8, 8)
    assert not GICD.reserved(0xFFD0, 8)
    assert not GICD.reserved(0x0F06, 4)


def test_name_at() -> None:
    assert GICD.name_at(0x010C) == "GICD_ISENABLER3"
    assert GICD.name_at(0x6104) == "GICD_IROUTER32+4"
    assert GICD.name_at(0x0F04) == "GICD+0x0F04 (reserved)"
    assert GITS.name_at(0x1_0040) == "GITS_TRANSLATER"
    assert ICC.name_at(0xC665) == "ICC_SRE_EL1"
    assert ICC.name_at(sysreg_encoding(3, 0, 12, 12, 0) + 0x80) == "S3_0_C13_C12_0"


def test_sysreg_access() -> None:
    iar, eoir, sre = (ICC.by_name(f"ICC_{n}_EL1").offset for n in ("IAR1", "EOIR1", "SRE"))
    assert ICC.explain(iar, write=False) == "ICC_IAR1_EL1: the access is permitted"
    assert ICC.explain(iar, write=True) == "ICC_IAR1_EL1 is read-only"
    assert ICC.explain(eoir, write=False) == "ICC_EOIR1_EL1 is write-only"
    assert ICC.explain(sre, write=True) == "ICC_SRE_EL1: the access is permitted"
    assert ICC.by_encoding(0) is None
    assert ICC.explain(0, write=True) == "S0_0_C0_C0_0: not a register of ICC"
    assert sysreg_text(sysreg_encoding(3, 7, 15, 15, 7)) == "S3_7_C15_C15_7"
    with pytest.raises(RegisterError, match="CRn"):
        sysreg_encoding(3, 0, 16, 0, 0)


def test_elements_by_name() -> None:
    assert GICD.element("GICD_IROUTER1019").offset == 0x7FD8
    assert GICR.element("GICR_ICFGR1").offset == 0x1_0C04
    assert GICD.register("GICD_ISENABLER3").name == "GICD_ISENABLER"
    for name, text in (
        ("GICD_IROUTER31", "elements 32 to 1019"),
        ("GICD_IROUTER", "is an array"),
        ("GICD_CTLR0", "no register"),
        ("GICD_NOSUCH", "no register"),
    ):
        with pytest.raises(RegisterError, match=text):
            GICD.element(name)
    with pytest.raises(RegisterError, match="it has EnableGrp0"):
        GICD.register("GICD_CTLR").field("EnableGrp2")


def test_fields_text() -> None:
    assert GICD.fields_text("GICD_CTLR", 0x52) == "EnableGrp1=1 ARE=1 DS=1"
    assert GICD.fields_text("GICD_ISENABLER3", 0x5) == "Set_enable_bit=0x5"
    assert GICD.fields_text("GICD_CTLR", 0x4) == "RES0=0x4"
    assert GICD.fields_text("GICD_CTLR", 0) == "0"
    assert ICC.fields_text("ICC_IAR1_EL1", 8192) == "INTID=8192"
    # what QEMU's virt machine shows with 256 SPIs and an ITS
    assert GICD.fields_text("GICD_TYPER", 0x37A_0008) == "ITLinesNumber=8 LPIS=1 IDbits=15 A3V=1 No1N=1"
    text = GITS.fields_text("GITS_TYPER", 0x1F_0001_EFB1)
    assert text == "Physical=1 ITT_entry_size=11 ID_bits=15 Devbits=15 CIDbits=15 CIL=1"
    with pytest.raises(RegisterError, match="32 bits"):
        GICD.fields_text("GICD_CTLR", 1 << 32)


def test_tables_are_built_quickly_and_once() -> None:
    fresh = Frame("GICD", GICD.size_bytes, GICD.registers)
    begin = time.process_time()
    assert fresh.lookup(0, 4) == Access(0, 0, 0)
    # 30 ms is the aim; the bound leaves room for a loaded machine
    assert time.process_time() - begin < 0.3
    assert fresh.lookup(0, 4) is fresh.lookup(0, 4)


# --- header, exports, command line ------------------------------------------------------------------------------------


def test_header_compiles_in_icarus(tmp_path: Path) -> None:
    iverilog = shutil.which("iverilog")
    assert iverilog is not None, "iverilog is not on PATH: install Icarus Verilog (Debian: apt-get install iverilog)"
    source = tmp_path / "use_header.v"
    source.write_text(
        """`include "irqpath_regs.vh"
`include "irqpath_regs.vh"
module use_header;
  initial begin
    if (`IRQPATH_GICD_IROUTER + (1019 - `IRQPATH_GICD_IROUTER_FIRST) * `IRQPATH_GICD_IROUTER_STRIDE != 16'h7FD8)
      $display("bad");
    if (`IRQPATH_GITS_TRANSLATER != 17'h10040 || `IRQPATH_ICC_IAR1_EL1 != 16'hC660) $display("bad");
    if (`IRQPATH_GICD_TYPER_IDbits_MSB != 23 || `IRQPATH_GICD_TYPER_IDbits_LSB != 19) $display("bad");
    $display("good");
  end
endmodule
"""
    )
    image = tmp_path / "image"
    command = [iverilog, "-g2005", "-Wall", "-I", str(HEADER.parent), "-o", str(image), str(source)]
    build = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (build.returncode, build.stderr) == (0, "")
    shown = subprocess.run([str(image)], capture_output=True, text=True, check=True).stdout
    assert shown.split() == ["good"]


def _run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    return cli.run(parser.parse_args(words))


def test_html_export(tmp_path: Path) -> None:
    assert _run("html", str(tmp_path)) == 0
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "cdn." not in index, "the pages must not load anything from the network"
    assert len(list((tmp_path / "content").iterdir())) > 100


def test_ral_export(tmp_path: Path) -> None:
    assert _run("ral", str(tmp_path / "new")) == 0
    for block in generate.BLOCKS:
        text = (tmp_path / "new" / f"irqpath_{block}_ral_pkg.sv").read_text(encoding="utf-8")
        assert "uvm_reg_block" in text


@pytest.mark.parametrize(("command", "package"), [("html", "peakrdl-html"), ("ral", "peakrdl-uvm")])
def test_missing_exporter(
    command: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, package.replace("-", "_"), None)
    assert _run(command, str(tmp_path)) == 2
    assert capsys.readouterr().err == f"irqpath regs {command}: {package} is not installed: run `pip install {package}`\n"


def _checkout(tmp_path: Path) -> None:
    """A checkout in `tmp_path` with all generated files."""
    (tmp_path / "hdl").mkdir()
    for path in generate.generate(tmp_path):
        assert path.is_relative_to(tmp_path)


def test_stale_file_is_found_and_mended(tmp_path: Path) -> None:
    _checkout(tmp_path)
    assert not generate.stale(tmp_path)
    victim = tmp_path / "pymodel" / "irqpath" / "regs" / "generated" / "gicr.py"
    victim.write_text("edited by hand", encoding="utf-8")
    assert list(generate.stale(tmp_path)) == [victim]
    assert generate.generate(tmp_path) == [victim]
    assert not generate.stale(tmp_path)


def test_check_names_the_stale_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check") == 0
    capsys.readouterr()
    fresh = generate.python_text
    monkeypatch.setattr(generate, "python_text", lambda block, regs: "other text" if block == "gicd" else fresh(block, regs))
    assert _run("check") == 1
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "gicd.py" in out


def test_generation_needs_a_checkout(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="no checkout"):
        generate.outputs(tmp_path)


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("show", "GICD_CTLR", "0x52") == 0
    out = capsys.readouterr().out
    assert "DDI 0601, GICD_CTLR" in out
    assert "GICD_CTLR = 0x52: EnableGrp1=1 ARE=1 DS=1" in out
    assert _run("show", "GICD_IROUTER40") == 0
    assert "offset 0x06140" in capsys.readouterr().out
    assert _run("show", "ICC_CTLR_EL1") == 0
    assert "S3_0_C12_C12_4 (encoding 0xc664)" in capsys.readouterr().out
    assert _run("show", "GICD_CTRL") == 2
    assert "did you mean GICD_CTLR?" in capsys.readouterr().err


def test_html_says_how_to_view_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Browsers refuse what a page that was opened as a file wants to load; the command that is printed serves it."""
    assert _run("html", str(tmp_path / "my pages")) == 0
    said = capsys.readouterr().out
    command = re.search(r"run: (python3 -m http\.server .*)$", said, re.MULTILINE)
    assert command is not None
    words = shlex.split(command[1])
    assert (Path(words[words.index("--directory") + 1]) / "index.html").is_file()
    assert f"open http://127.0.0.1:{words[-1]}/" in said
