"""The one exception that users see: a single line that says what is wrong, where, and what to do."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib

# What numpy raises for files that are no arrays, or claim absurd ones.
LOAD_ERRORS = (ValueError, EOFError, KeyError, AttributeError, RuntimeError, MemoryError, OverflowError, SyntaxError,
               TypeError, IndexError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
               lzma.LZMAError)


class FinnError(Exception):
    """Bad input or an environment that lacks something. The command line prints it and exits with 2.

    The message is one line: file or place, the offending value, the rule that it breaks, what to do.
    """
