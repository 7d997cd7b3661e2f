"""Random but meaningful sequences of operations, for whatever executes them: see `generator.Generator`.

Imports run one way: `ops` and `layout`, what software knows (`*knowledge`), `scene`, `common`, the actions (one file a part of
the machine), `generator`.

It imports irqpath and sequences.
"""

from irqpath_testbench.tools.oracle.generator.generator import Choices, Generator, Judging, knowledge_of
from irqpath_testbench.tools.oracle.generator.knowledge import TAGS, Knowledge
from irqpath_testbench.tools.oracle.generator.ops import Op, Step

__all__ = ["TAGS", "Choices", "Generator", "Judging", "Knowledge", "Op", "Step", "knowledge_of"]
