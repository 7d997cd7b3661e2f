"""Random numbers of a scenario: one generator for what it does as a whole, and one for each PE, so that what one PE draws does
not depend on when another does."""

from __future__ import annotations

import random


class Randoms(random.Random):
    """A generator named by its seed, such as "7:RandomSpis" (the run's seed and the scenario), with one for each PE."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        self._pes: dict[int, Randoms] = {}

    def pe(self, index: int) -> Randoms:
        """The generator of PE `index`, "7:RandomSpis:PE2": always the same one, which goes on where it was."""
        if index not in self._pes:
            self._pes[index] = self.of(f"PE{index}")
        return self._pes[index]

    def of(self, name: str) -> Randoms:
        """A new generator for a part of the scenario that is told apart by `name`, "7:RandomSpis:<name>"."""
        return Randoms(f"{self.name}:{name}")
