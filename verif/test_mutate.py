# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Planted faults: which are found in a text, which are chosen, what the table says, and one is planted for real."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from finn_rtl.common.errors import FinnError
from finn_verif.common.places import ROOT
from finn_verif.ips.catalog import IPS, PROOFS
from finn_verif.mutate import __main__ as command
from finn_verif.mutate import equivalents, results
from finn_verif.mutate.difference import difference
from finn_verif.mutate.finder import changed, mutants, possible
from finn_verif.mutate.mutants import choose
from finn_verif.mutate.results import BEGIN, END, SURVIVES, Outcome
from finn_verif.mutate.worker import Limits, Run, Worker, kill, verdict
from finn_verif.run import runner

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.steady

MODULE = """// a == b
module m #(
    parameter int N = 2,
    localparam int Last = N - 1
) (
    input wire [N-1:0] a  /* + */
);
  `FINN_CHECK(check_n, N >= 1, ("m: N=%0d must be at least 1", N))
  (* style = 1 *) logic [N-1:0] q;
`ifdef YOSYS
  localparam bit X = 1;
`else
  localparam X = "a < b";
`endif
  always_ff @(posedge aclk) begin
    if (a <= 8'(N)) q[0] <= 1'b0;
    else if (a && !b) {q, r} <= x <= y;
    if (!aresetn) q <= '0;
  end
endmodule
"""


def changes(text: str) -> list[str]:
    """What the faults of a text change, by line."""
    return [f"{mutant.line}: {mutant.change}" for mutant in mutants("m.sv", text)]


def only(statement: str) -> set[str]:
    """What the faults of a statement change."""
    return {mutant.change for mutant in mutants("m.sv", statement)}


def test_all_faults_of_a_module() -> None:
    assert sorted(changes(MODULE)) == sorted([
        "4: - -> +",
        "4: 1 -> 0",
        "4: - 1 dropped",
        "4: N - dropped",
        "16: if (a <= 8'(N)) -> if (!(a <= 8'(N)))",
        "16: if (a <= 8'(N)) -> if (1'b0)",
        "16: if (a <= 8'(N)) -> if (1'b1)",
        "16: <= -> <",
        "16: 0 -> 1",
        "16: q[0] <= 1'b0; removed",
        "16: 1'b0 -> 1'b1",
        "17: if (a && !b) -> if (!(a && !b))",
        "17: if (a && !b) -> if (1'b0)",
        "17: if (a && !b) -> if (1'b1)",
        "17: a -> !a",
        "17: && -> ||",
        "17: && !b dropped",
        "17: a && dropped",
        "16: if (!aresetn) before if (a <= 8'(N))",
        "17: !b -> b",
        "17: {q, r} <= x <= y; removed",
        "17: <= -> <",
        "18: if (!aresetn) -> if (!(!aresetn))",
        "18: if (!aresetn) -> if (1'b0)",
        "18: if (!aresetn) -> if (1'b1)",
        "18: q <= '0; removed",
        "18: q <= '0 -> q <= '1",
    ])


def test_a_fault_is_planted_where_it_says() -> None:
    for mutant in mutants("m.sv", MODULE):
        before, after = MODULE.splitlines(), mutant.plant(MODULE).splitlines()
        changed = [i + 1 for i in range(len(before)) if before[i] != after[i]]
        assert changed == [mutant.line] or (mutant.kind == "order" and changed[0] == mutant.line)
        assert mutant.text == before[mutant.line - 1].strip()
    removed = next(m for m in mutants("m.sv", MODULE) if m.change == "q[0] <= 1'b0; removed")
    assert "if (a <= 8'(N)) ;\n    else" in removed.plant(MODULE)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("assign a = -b;", set()),
        ("assign a = b[3-:2] ** c;", {"3 -> 4", "2 -> 3"}),
        ("assign a = ^b ^ &c;", {"^ -> ~^", "^ -> ~^ #2", "& -> |"}),
        ("assign a = b & c;", {"& -> |", "& c dropped", "b & dropped"}),
        ("assign a = b == c & 8'(d) ? e : f;", {"== -> !=", "& -> |", "& 8'(d) dropped", "b == c & dropped",
                                                "? e : f -> ? f : e"}),
        ("assign a = b << c >>> d;", {"<< -> >>"}),
        ("assign a = ~b;", {"~b -> b"}),
        ("assign a = {p{1'b0}};", {"1'b0 -> 1'b1"}),
        ("assign a = !f(x) || b.c[i];", {"!f(x) -> f(x)", "|| -> &&", "b.c[i] -> !b.c[i]", "|| b.c[i] dropped",
                                         "!f(x) || dropped"}),
        ("assign a = b ? c : d ? e : f;", {"? c : d ? e : f -> ? d ? e : f : c", "? e : f -> ? f : e"}),
        ("assign a = b ? c ? d : e : f;", {"? c ? d : e : f -> ? f : c ? d : e", "? d : e -> ? e : d"}),
        ("for (int i = 0; i < n; i++) a <= b;", {"0 -> 1", "< -> <=", "a <= b; removed", "n -> (n) - 1"}),
        ("for (genvar i = n; i >= f(x); i--) assign a = b;", {">= -> >", "f(x) -> (f(x)) + 1"}),
        ("if (a == b) c = d;", {"== -> !=", "if (a == b) -> if (1'b0)", "if (a == b) -> if (1'b1)"}),
        ("always @(*) a = b + c;", {"+ -> -"}),
        ("u #(.A(x <= y)) v (.b(c));", {"<= -> <"}),
    ],
)
def test_faults_of_a_statement(statement: str, expected: set[str]) -> None:
    assert only(statement) == expected


@pytest.mark.parametrize(
    ("constant", "expected"),
    [
        ("a + b", {"+ b": "a", "a +": "b"}),
        ("a - 8'(b) * c[1] + d", {"- 8'(b) * c[1]": "a + d", "a -": "-8'(b) * c[1] + d", "* c[1]": "a - 8'(b) + d",
                                  "8'(b) *": "a - c[1] + d", "+ d": "a - 8'(b) * c[1]"}),
        ("f(48 + s / 10 % 10)", {"+ s / 10 % 10": "f(48)", "48 +": "f(s / 10 % 10)", "/ 10": "f(48 + s % 10)",
                                 "% 10": "f(48 + s / 10)"}),
        ("p::max(0, -x)", {}),
    ],
)
def test_terms_of_a_constant(constant: str, expected: dict[str, str]) -> None:
    wanted = {change: new.replace(" ", "") for change, new in expected.items()}
    for begin, end in (("localparam int A=", ";"), ("u #(.A(", "))v();")):
        text = f"{begin}{constant}{end}"
        found = {m.change.removesuffix(" dropped"): m.plant(text).removeprefix(begin).removesuffix(end).replace(" ", "")
                 for m in mutants("m.sv", text) if m.kind == "term"}
        assert found == wanted
    assert not [m for m in mutants("m.sv", f"assign a = {constant};") if m.kind == "term"]


def test_set_and_clear_change_places() -> None:
    text = "a <= a & ~(b | c) | d[1] & e | f;"
    found = [m.plant(text) for m in mutants("m.sv", text) if m.kind == "order"]
    assert found == ["a <= (a | d[1] & e) & ~(b | c) | f;"]


def test_statements_change_places() -> None:
    text = """always_ff @(posedge c) begin : g
  if (x) a <= 1;
  if (y) b <= 1;
  else if (z) begin {a, d} <= 2; end
  unique case (s)
    X: begin if (q) b[2] <= 1; if (p) b <= 2; end
    default: e <= 1;
  endcase
  e <= 0;
  if (!aresetn) begin a <= 0; e <= 1; end
end
always_comb begin f = 0; if (v) f = 1; if (w) f = 2; end
"""
    found = {m.change: m.plant(text) for m in mutants("m.sv", text) if m.kind == "order"}
    assert set(found) == {
        "if (y) before if (x)", "case (s) before if (y)", "if (p) before if (q)", "e before case (s)",
        "if (!aresetn) before if (x)", "if (!aresetn) before if (y)", "if (!aresetn) before case (s)",
        "if (w) before if (v)"}
    reset = "if (!aresetn) begin a <= 0; e <= 1; end"
    assert f"begin : g\n  {reset}\nif (x) a <= 1;\n" in found["if (!aresetn) before if (x)"]
    assert "X: begin if (p) b <= 2;\nif (q) b[2] <= 1; end" in found["if (p) before if (q)"]
    assert "f = 0; if (w) f = 2;\nif (v) f = 1; end" in found["if (w) before if (v)"]


def test_a_reset_of_several_registers() -> None:
    text = "if (start || !aresetn) begin a_q <= IDLE; if (x) b_q <= 2'd3; end"
    resets = {m.change for m in mutants("m.sv", text) if m.kind == "reset"}
    assert resets == {"a_q <= IDLE; removed", "a_q <= IDLE -> a_q <= ~(IDLE)",
                      "b_q <= 2'd3; removed", "b_q <= 2'd3 -> b_q <= 2'd0"}


@pytest.mark.parametrize(
    ("number", "expected"),
    [("0", "1"), ("1", "0"), ("2", "3"), ("'0", "'1"), ("'1", "'0"), ("1'b1", "1'b0"), ("8'hff", "8'h0"),
     ("4'd9", "4'd10"), ("12'h0_f", "12'h10"), ("'h1f", "'h20"), ("4'b10x0", ""), ("'x", "")],
)
def test_another_number(number: str, expected: str) -> None:
    assert changed(number) == expected


def test_every_ip_has_faults_and_each_its_own_name() -> None:
    for name, ip in IPS.items():
        found = possible(ip)
        assert len(found) >= 15, name
        assert len({mutant.name for mutant in found}) == len(found), name
        for mutant in found:
            text = (ROOT / mutant.path).read_text()
            assert mutant.plant(text) != text, mutant.name


def test_what_checks_an_ip_is_there() -> None:
    for name, ip in IPS.items():
        assert ip.tests, name
        assert all((ROOT / "verif" / f"test_{test}.py").is_file() for test in ip.tests), name
        assert all(any(p.is_of(proof) and p.is_fast for p in PROOFS) for proof in ip.proven_by), name


def test_the_choice_is_even_and_repeats() -> None:
    found = possible(IPS["axis_fifo"])
    kinds = Counter(mutant.kind for mutant in found)
    chosen = choose(found, 2 * len(kinds), 1, "axis_fifo")
    assert Counter(mutant.kind for mutant in chosen) == dict.fromkeys(kinds, 2)
    assert chosen == choose(found, 2 * len(kinds), 1, "axis_fifo")
    assert chosen != choose(found, 2 * len(kinds), 2, "axis_fifo")
    assert chosen == sorted(chosen, key=found.index)
    assert choose(found, 10_000, 1, "axis_fifo") == found
    assert len(choose(found, 3, 1, "axis_fifo")) == 3


def test_every_equivalent_is_a_fault_of_the_sources() -> None:
    places = {(m.path, m.text, m.change) for ip in IPS.values() for m in possible(ip)}
    assert [key for key in equivalents.equivalents() if key not in places] == []


def test_equivalents_of_a_wrong_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equivalents, "EQUIVALENT", tmp_path / "equivalent.toml")
    equivalents.EQUIVALENT.write_text('[[equivalent]]\nfile = "a.sv"\n')
    equivalents.equivalents.cache_clear()
    with pytest.raises(FinnError, match="not entries of file, line, change and reason"):
        equivalents.equivalents()
    equivalents.equivalents.cache_clear()


@pytest.mark.parametrize(
    ("what", "status", "output", "expected"),
    [
        ("lint m", 1, "%Error", "build"),
        ("test m", 1, "tb_m on icarus: iverilog ended with status 2", "build"),
        ("test m", 1, "3 of 9 cocotb tests failed", "simulation"),
        ("proof m", 1, "axis_fifo_proof.sv:9 fails in cycle 3", "proof"),
        ("proof m", 1, "ABC: nothing found in 600 s", "time out"),
        ("proof m", 1, "never reached: axis_fifo_proof.sv:9", "time out"),
    ],
)
def test_verdicts(what: str, status: int, output: str, expected: str) -> None:
    assert verdict(what, Run(status, output, 1.0)) == expected


def test_a_test_that_cannot_run_is_no_verdict() -> None:
    with pytest.raises(FinnError, match="m: pytest ended with status 4: no such file"):
        verdict("test m", Run(4, "no such file\n\n", 1.0))


def example() -> Outcome:
    """Six faults: four killed, one survived, one equivalent."""
    verdicts = {"a": ("build", "%Error"), "b": ("simulation", ""), "c": ("simulation", ""), "d": ("proof", ""),
                "e": (SURVIVES, "no difference")}
    return results.outcome(7, 60, verdicts, {"f": "no matter"})


def test_the_table() -> None:
    found = example()
    assert results.rows({"x": found}) == [("x", "7", "60", "5", "1", "1", "2", "0", "1", "1", "80%")]
    two = results.rows({"x": found, "y": found})
    assert two[-1] == ("all", "", "120", "10", "2", "2", "4", "0", "2", "2", "80%")
    assert results.text({"x": found}).endswith("Surviving:\ne: no difference")
    none = results.outcome(7, 60, {}, {})
    assert results.rows({"x": none})[0][-1] == "-"
    assert "### Surviving\n\nNone.\n" in results.markdown({"x": none})


def test_results_are_merged(tmp_path: Path) -> None:
    file, page = tmp_path / "mutation" / "results.json", tmp_path / "page.md"
    page.write_text(f"head\n{BEGIN}old\n{END}\ntail\n")
    order = ("x", "y", "z")
    results.update(file, page, {"y": example()}, lambda _: {}, order)
    results.update(file, page, {"x": example()}, lambda ip: {"e": "why"} if ip == "y" else {}, order)
    kept = results.load(file)
    assert list(kept) == ["x", "y"]
    assert (kept["x"].survivors, kept["y"].survivors) == ({"e": "no difference"}, {})
    assert kept["y"].equivalent == {"f": "no matter", "e": "why"}
    text = page.read_text()
    assert text.startswith(f"head\n{BEGIN}| IP |")
    assert text.endswith(f"{END}\ntail\n")
    assert "- `e`: no difference\n" in text
    assert "- `e`: why\n" in text
    assert "old" not in text


def test_survivors_are_planted_again() -> None:
    found = example()
    assert found.retried({"e": (SURVIVES, "as before")}).survivors == {"e": "as before"}
    killed = found.retried({"e": ("proof", "")})
    assert (killed.survivors, killed.killed["proof"]) == ({}, found.killed["proof"] + 1)
    assert killed.counts[0] == found.counts[0]
    assert found.retried({}) == found


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    with pytest.raises(FinnError, match="must have <!-- mutation:begin --> and"):
        results.write_page(page, {})
    page.write_text('{"x": {"seeds": 1}}')
    with pytest.raises(FinnError, match="no results of planted faults"):
        results.load(page)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rtl/axis_fifo/axis_fifo.sv:1: == -> !=", "no such fault; --list --ip axis_fifo shows"),
        ("rtl/axis_fofi/axis_fifo.sv:1: == -> !=", "must begin with a file that gets faults"),
    ],
)
def test_a_wrong_name_is_one_line(
    name: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mutate", "--only", name])
    monkeypatch.setattr(command, "find_tool", lambda tool: tool)
    monkeypatch.setattr(command, "sources", lambda core: None)
    assert command.main() == 2
    said = capsys.readouterr()
    assert expected in said.err
    assert said.err.count("\n") == 1
    assert not said.out


def test_what_hangs_is_ended(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "worker")
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    assert worker.run([sys.executable, "-c", child], 1.0).status is None
    assert worker.run([sys.executable, "-c", "print('done')"], 60.0)[:2] == (0, "done\n")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # Both are what a simulation sees only.
        ("> -> >=", "no difference at the parameters of 9 proofs"),
        ("high_water <= held; removed", "no difference at the parameters of 9 proofs"),
        ("if (push != pop) -> if (1'b0)", "a difference with axis_fifo WIDTH 2, DEPTH 1, STYLE distributed"),
    ],
)
def test_the_difference_that_a_fault_makes(change: str, expected: str, tmp_path: Path) -> None:
    mutant = next(m for m in possible(IPS["axis_fifo"]) if m.change == change)
    assert difference(mutant, ("axis_fifo",), ROOT, tmp_path) == expected
    assert difference(mutant, (), ROOT, tmp_path) == ""


def test_a_fault_in_axis_register_is_killed(tmp_path: Path) -> None:
    runner.require("icarus")
    worker, ip = Worker(tmp_path / "worker"), IPS["axis_register"]
    place = worker.folder / "rtl/axis_register/axis_register.sv"
    sound = place.read_text()
    faults = {mutant.change: mutant for mutant in mutants("rtl/axis_register/axis_register.sv", sound)}
    limits = Limits()
    for change, expected in (
        ("spare_free_q <= 1'b1; removed", "simulation"),
        ("m_axis_tready || dropped", "build"),
    ):
        assert kill(worker, ip, faults[change], limits)[0] == expected
        assert place.read_text() == sound
