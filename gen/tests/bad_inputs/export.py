"""Wrong parameters of an exported IP: its name, options, and parts of the answer.

The folder has file.txt, file.mem (text that no memory has) and folder/.
"""

from __future__ import annotations

CASES: list[tuple[str, str, list[str]]] = [
    # Refused before any tool runs.
    ("axis_fifo", "-p DEPTH", ["-p DEPTH", "must look like WIDTH=16"]),
    ("axis_fifo", "-p =5", ["-p =5", "must look like"]),
    ("axis_fifo", "-p 5=5", ["-p 5=5", "must look like"]),
    ("axis_fifo", "-p \x1b[31m=5", [r"\x1b[31m=5", "must look like"]),
    ("axis_fifo", "-p DEPTH=4 -p DEPTH=8", ["-p DEPTH", "given twice"]),
    # Refused by the type of the parameter.
    ("axis_fifo", "-p COLOUR=5", ["axis_fifo", "no parameter 'COLOUR'", "WIDTH"]),
    ("axis_fifo", "-p depth=5", ["axis_fifo", "no parameter 'depth'"]),
    ("axis_fifo", "-p DEPTH=", ["axis_fifo", "DEPTH= must be a whole number"]),
    ("axis_fifo", "-p DEPTH=deep", ["axis_fifo", "DEPTH=deep must be a whole number"]),
    ("axis_fifo", "-p DEPTH=1e3", ["axis_fifo", "DEPTH=1e3 must be a whole number"]),
    ("axis_fifo", "-p DEPTH=16.0", ["axis_fifo", "DEPTH=16.0 must be a whole number"]),
    ("axis_fifo", "-p DEPTH=8'd16", ["axis_fifo", "DEPTH=8'd16 must be a whole number"]),
    ("axis_fifo", "-p DEPTH=4;x", ["axis_fifo", "DEPTH=4;x must be a whole number"]),
    ("axis_fifo", "-p DEPTH=nan", ["axis_fifo", "DEPTH=nan must be a whole number"]),
    ("axis_fifo", "-p DEPTH=2147483648", ["axis_fifo", "DEPTH=2147483648 does not fit"]),
    ("axis_fifo", "-p DEPTH=" + "9" * 5000, ["axis_fifo", "DEPTH=999", "must be a whole number"]),
    ("axis_fifo", "-p STYLE=a\"b", ["axis_fifo", "STYLE", "must be a word"]),
    ("axis_fifo", "-p STYLE=a$b", ["axis_fifo", "STYLE", "must be a word"]),
    ("axis_frame_guard", "-p USE_TLAST=2", ["axis_frame_guard", "USE_TLAST=2 does not fit"]),
    ("axis_frame_guard", "-p USE_TLAST=true", ["axis_frame_guard", "USE_TLAST=true must be a whole number"]),
    # Refused by the checks of the module.
    ("axis_fifo", "-p DEPTH=0", ["axis_fifo: DEPTH=0 must be at least 1"]),
    ("axis_fifo", "-p DEPTH=-1", ["axis_fifo: DEPTH=-1 must be at least 1"]),
    ("axis_fifo", "-p WIDTH=0", ["axis_fifo: WIDTH=0 must be at least 1"]),
    ("axis_fifo", "-p STYLE=", ["axis_fifo: STYLE= must be"]),
    ("axis_fifo", "-p WIDTH=2147483647", ["axis_fifo with WIDTH=2147483647", "too large"]),
    ("axis_fifo", "-p DEPTH=2147483647", ["axis_fifo with DEPTH=2147483647"]),
    ("axis_dwc", "-p S_WIDTH=2147483647", ["S_WIDTH=2147483647"]),
    ("axis_dwc", "-p S_WIDTH=1048577 -p M_WIDTH=1", ["axis_dwc: S_WIDTH=1048577", "at most 2**20"]),
    ("axis_dwc", "-p FRAME_BITS=2147483647", ["axis_dwc: FRAME_BITS=2147483647 must be at most 2**30"]),
    ("swu", "-p IFM_H=1000000 -p IFM_W=1000000", ["swu: IFM_H=1000000 and IFM_W=1000000", "at most 2**28 beats"]),
    ("swu", "-p IFM_H=16384 -p IFM_W=8192 -p KERNEL_H=7 -p KERNEL_W=7", ["swu: 16378 x 8186 windows", "2**28 beats"]),
    ("swu", "-p IFM_H=2147483647", ["swu: IFM_H=2147483647", "at most 2**28 beats"]),
    ("swu_parallel", "-p IFM_H=1000000 -p IFM_W=1000000", ["swu_parallel: IFM_H=1000000", "at most 2**28 beats"]),
    ("mvtu", "-p MW=65536 -p MH=65536 -p SIMD=1 -p PE=1", ["mvtu: MW=65536 times MH=65536", "at most 2**30"]),
    ("mvtu", "-p SIMD=5", ["mvtu: SIMD=5", "divide MW=64"]),
    ("mvtu", "-p INPUT_W=17", ["mvtu: INPUT_W=17 must be 1 to 16"]),
    # Refused by what the file is.
    ("mvtu", "-p WEIGHT_FILE=nowhere.mem", ["mvtu", "WEIGHT_FILE=nowhere.mem cannot be read (No such file"]),
    ("mvtu", "-p WEIGHT_FILE=file.txt", ["mvtu", "WEIGHT_FILE=file.txt must end in .mem"]),
    ("mvtu", "-p WEIGHT_FILE=folder", ["mvtu", "WEIGHT_FILE=folder must end in .mem"]),
    # The wrapper's name.
    ("axis_fifo", "--name 5x", ["name '5x'", "begin with a letter"]),
    ("axis_fifo", "--name a-b", ["name 'a-b'", "letters, digits and _"]),
    ("axis_fifo", "--name \u00e9t\u00e9", ["must begin with a letter"]),
    ("axis_fifo", "--name axis_fifo", ["name 'axis_fifo'", "one of the files already"]),
]
