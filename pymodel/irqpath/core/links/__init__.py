"""The links, described once: names, ends, what they carry, in which bits, and their numbers in records.

From the description come the codec of Python (`encode`, `decode`), the headers of the Verilog, the layout of records and a page
of the documentation. `layout`: fields in a word; `messages`: messages between blocks; `ports`: other transfers, and the record;
`families`: the links; `codec`; `verilog`, `document`: what is generated.

It imports core.
"""

from irqpath.core.links.codec import channel_of, check_layouts, decode, encode
from irqpath.core.links.document import links_page
from irqpath.core.links.families import FAMILIES, Family, LinkKind, check_families, numbered
from irqpath.core.links.layout import Field, Layout, unpacker
from irqpath.core.links.messages import BEAT_BITS, CHANNELS, KIND_BITS, Channel, Message
from irqpath.core.links.verilog import message_name, records_header, verilog_header

__all__ = [
    "BEAT_BITS",
    "CHANNELS",
    "FAMILIES",
    "KIND_BITS",
    "Channel",
    "Family",
    "Field",
    "Layout",
    "LinkKind",
    "Message",
    "channel_of",
    "check_families",
    "check_layouts",
    "decode",
    "encode",
    "links_page",
    "message_name",
    "numbered",
    "records_header",
    "unpacker",
    "verilog_header",
]
