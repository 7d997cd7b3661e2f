"""The register arrays of GICD and GICR in a GIC with two Security states (DS = 0), with extended SPIs and PPIs, or with
superpriority, as the access's Security state sees them (IHI 0069 4.6, 4.8, 12; R2 to R6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from irqpath.gic.common import security
from irqpath.gic.common.bank import Bank
from irqpath.gic.common.frame import Read, Write

WORD: Final = 0xFFFF_FFFF

#: (word, level of NSACR) -> interrupts of the word that the access may touch.
Allowed: TypeAlias = Callable[[int, int], int]
Changed: TypeAlias = Callable[[int], None]
#: `FrameBlock.configure`: (bank, element of ICFGR, value, mask) -> the interrupts that changed.
Configure: TypeAlias = Callable[[Bank, int, int, int], int]


class SecureArrays:
    """The arrays over one bank. `first`: word of the array's element 0; `suffix`: "E" for extended ranges."""

    def __init__(
        self, prefix: str, suffix: str, first: int, bank: Bank, allowed: Allowed, changed: Changed, configure: Configure
    ) -> None:
        self._configure = configure
        self._prefix, self._suffix, self._first = prefix, suffix, first
        self._bank, self._allowed, self._changed = bank, allowed, changed
        self.reads: dict[str, Read] = {}
        self.writes: dict[str, Write] = {}

    def _name(self, name: str) -> str:
        return f"{self._prefix}_{name}{self._suffix}"

    def state(self, names: tuple[str, ...], state: str, level: int = 0) -> None:
        """Registers that show one bit an interrupt; `level` of NSACR that lets Non-secure software see hidden ones."""

        def read(n: int) -> int:
            word = self._first + n
            return self._bank.word(getattr(self._bank, state), word) & self._allowed(word, level)

        for name in names:
            self.reads[self._name(name)] = read

    def change(self, name: str, method: str, level: int = 0, then: Changed | None = None) -> None:
        """A register that sets or clears bits."""

        def write(n: int, value: int, mask: int) -> None:
            word = self._first + n
            bits = getattr(self._bank, method)(word, value & mask & self._allowed(word, level))
            if bits:
                (then or self._changed)(bits)

        self.writes[self._name(name)] = write

    def secure_only(self, name: str, state: str) -> None:
        """IGROUPR and IGRPMODR: Secure software's."""

        def read(n: int) -> int:
            word = self._first + n
            return self._bank.word(getattr(self._bank, state), word) if self._allowed(word, -1) else 0

        def write(n: int, value: int, mask: int) -> None:
            word = self._first + n
            if self._allowed(word, -1):
                self._changed(self._bank.write_bits(state, word, value, mask))

        self.reads[self._name(name)], self.writes[self._name(name)] = read, write

    def superpriority(self, name: str) -> None:
        """INMIR: as other state, hidden interrupts RAZ/WI; those of Group 0 are RES0."""
        self.state((name,), "superior")

        def write(n: int, value: int, mask: int) -> None:
            word = self._first + n
            bank = self._bank
            group1 = bank.word(bank.group | bank.grpmod, word)
            self._changed(bank.write_bits("nmi", word, value, mask & self._allowed(word, 0) & group1))

        self.writes[self._name(name)] = write

    def priorities(self) -> None:
        """IPRIORITYR (R2)."""

        def read(n: int) -> int:
            at = 8 * self._first + n
            if self._allowed(at // 8, -1):
                return self._bank.read_priority(at)
            return security.read_priorities(self._bank, at)

        def write(n: int, value: int, mask: int) -> None:
            at = 8 * self._first + n
            if self._allowed(at // 8, -1):
                self._changed(self._bank.write_priority(at, value, mask))
            else:
                self._changed(security.write_priorities(self._bank, at, value, mask))

        self.reads[self._name("IPRIORITYR")], self.writes[self._name("IPRIORITYR")] = read, write

    def triggers(self, names: tuple[str, ...] = ("ICFGR",), first: int = 0, *, whole: bool = False) -> None:
        """ICFGR, two bits an interrupt. `whole`: registers of one element each, from word `first` on."""

        def mask_of(at: int) -> int:
            allowed = self._allowed(at // 2, 0) >> 16 * (at % 2)
            return WORD if allowed & 0xFFFF == 0xFFFF else sum(3 << 2 * k for k in range(16) if allowed >> k & 1)

        for offset, name in enumerate(names):
            base = 2 * self._first + (first + offset if whole else 0)

            def read(n: int, base: int = base) -> int:
                return self._bank.read_config(base + n) & mask_of(base + n)

            def write(n: int, value: int, mask: int, base: int = base) -> None:
                self._changed(self._configure(self._bank, base + n, value, mask & mask_of(base + n)))

            self.reads[self._name(name)], self.writes[self._name(name)] = read, write

    def all(self, disabled: Changed, suffix: str = "") -> None:
        """Every array with one bit an interrupt; `disabled` is told what ICENABLER disabled; `suffix`: "0" in a Redistributor."""
        e = suffix
        self.state((f"ISENABLER{e}", f"ICENABLER{e}"), "enable")
        self.change(f"ISENABLER{e}", "enable_bits")
        self.change(f"ICENABLER{e}", "disable_bits", then=disabled)
        self.state((f"ISPENDR{e}",), "pending", security.SET_PENDING)
        self.state((f"ICPENDR{e}",), "pending", security.CLEAR_PENDING)
        self.change(f"ISPENDR{e}", "pend_bits", security.SET_PENDING)
        self.change(f"ICPENDR{e}", "unpend_bits", security.CLEAR_PENDING)
        self.state((f"ISACTIVER{e}", f"ICACTIVER{e}"), "active", security.CLEAR_PENDING)
        self.change(f"ISACTIVER{e}", "activate_bits")
        self.change(f"ICACTIVER{e}", "deactivate_bits")
        self.secure_only(f"IGROUPR{e}", "group")
