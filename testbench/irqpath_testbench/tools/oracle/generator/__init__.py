"""Random but meaningful sequences of operations, for whatever executes them: see `generator.Generator`."""

from irqpath_testbench.tools.oracle.generator.generator import Choices, Generator, Judging, knowledge_of
from irqpath_testbench.tools.oracle.generator.knowledge import TAGS, Knowledge
from irqpath_testbench.tools.oracle.generator.ops import Op, Step

__all__ = ["TAGS", "Choices", "Generator", "Judging", "Knowledge", "Op", "Step", "knowledge_of"]
