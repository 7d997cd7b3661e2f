"""Random numbers of a scenario: one generator for what it does as a whole, and one for each PE, so that what one PE draws does
not depend on when another does."""

from __future__ import annotations

import random
from typing import Final

#: Generators whose first numbers are kept at most.
_KEPT: Final = 16
#: The first number, of 64 bits, that each of the first generators made since `forget` gives, by the generator's name.
_first: dict[str, int] = {}


def forget() -> None:
    """A scenario begins: the generators before are not its own."""
    _first.clear()


def first_draws() -> dict[str, str]:
    """What the first generators made since `forget` gave or will give first, 64 bits in hexadecimal, by their names."""
    return {name: f"{number:016x}" for name, number in _first.items()}


class Randoms(random.Random):
    """A generator named by its seed, such as "7:RandomSpis" (the run's seed and the scenario), with one for each PE."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        self._pes: dict[int, Randoms] = {}
        if len(_first) < _KEPT:
            state = self.getstate()
            _first[name] = self.getrandbits(64)
            self.setstate(state)

    def pe(self, index: int) -> Randoms:
        """The generator of PE `index`, "7:RandomSpis:PE2": always the same one, which goes on where it was."""
        if index not in self._pes:
            self._pes[index] = self.of(f"PE{index}")
        return self._pes[index]

    def of(self, name: str) -> Randoms:
        """A new generator for a part of the scenario that is told apart by `name`, "7:RandomSpis:<name>"."""
        return Randoms(f"{self.name}:{name}")
