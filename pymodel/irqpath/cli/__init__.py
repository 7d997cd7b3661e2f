"""What every command shares: parser, errors told in one line, signals, tables, terminal, writing of files.

Importing this package loads nothing else: set-up uses it before any third-party package is there.

It imports core.
"""
