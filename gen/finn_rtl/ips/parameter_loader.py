"""parameter_loader, which loads sets of parameters into a network: the rules on its parameters."""

from __future__ import annotations

from finn_rtl.ips.rules import Rules, within

RULES: Rules = {
    "check_words": within("WORDS", 1), "check_banks": within("BANKS", 1, 2),
    "parameter_gate.check_beats": within("BEATS", 1), "parameter_gate.check_frames": within("FRAMES", 1)}
