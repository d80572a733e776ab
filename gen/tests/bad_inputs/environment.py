"""Environments: variables, a command line that cannot work in it, or must, and parts of the answer."""

from __future__ import annotations

# Refused.
BAD: list[tuple[dict[str, str], str, list[str]]] = [
    ({"FINN_DATA": "nowhere"}, "accuracy sfc", ["nowhere: no such folder"]),
    ({"FINN_DATA": "file.txt"}, "accuracy cnv", ["file.txt: no such folder"]),
    ({"FINN_DATA": "folder"}, "simulate sfc", ["folder: no t10k-images"]),
    ({"FINN_DATA": ""}, "accuracy sfc", ["--data DIR"]),
    ({"FINN_DATA": "a\x1bb"}, "accuracy sfc", [r"a\x1bb: no such folder"]),
    ({"CXX": "no-such-compiler"}, "simulate tiny.json --frames 2", ["no-such-compiler: not found"]),
    ({"CXX": "no-such-compiler -O1"}, "simulate tiny.json --frames 2", ["no-such-compiler: not found"]),
    ({"CXX": "'"}, "simulate tiny.json --frames 2", ["CXX", "no command"]),
    ({"PATH": ""}, "simulate tiny.json --frames 2", ["g++: not found", "apt install g++"]),
]

# Taken as they are.
GOOD: list[tuple[dict[str, str], str]] = [
    ({"FINN_DATA": "nowhere"}, "accuracy digits"),
    ({"FINN_DATA": "nowhere"}, "infer digits --frames 2"),
    ({"FINN_DATA": "nowhere"}, "estimate sfc"),
    ({"COLUMNS": "x"}, "estimate digits"),
    ({"COLUMNS": "0"}, "estimate digits"),
    ({"COLUMNS": "1"}, "estimate digits"),
    ({"TERM": "dumb", "NO_COLOR": "1"}, "estimate digits"),
    ({"XDG_CACHE_HOME": "file.txt"}, "estimate digits"),
    ({"HOME": ""}, "estimate digits"),
]
