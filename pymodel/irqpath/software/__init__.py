"""Host and guest software, and what it costs: folders of their own, each with its head.

This one holds nothing else.
"""
