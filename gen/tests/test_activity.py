"""How busy IPs are over time: what a schedule says cycle by cycle, and the picture of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from finn_rtl.cli import program as cli
from finn_rtl.description.networks import find_topology
from finn_rtl.ips.base import Cost
from finn_rtl.ips.matrix import Matrix
from finn_rtl.plan.activity import MOST_BINS, activity, planned_activity, time_bins
from finn_rtl.plan.costs import ENDS, costs_by_layer, layer_of, modules_of
from finn_rtl.plan.plan import Plan, make_plan

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]


@pytest.fixture(scope="module", params=["digits max", "digits fit", "digits_resnet max"])
def plan(request: pytest.FixtureRequest) -> Plan:
    net, scenario = request.param.split()
    return make_plan(find_topology(net)[0], scenario)


def test_a_steady_frame(plan: Plan) -> None:
    """Between two results layers work as often as they are busy, and every other IP moves its beats."""
    results = plan.schedule.results
    first, last = results[-2] + 1, results[-1] + 1
    assert last - first == plan.cycles_per_frame
    found = activity(plan.pipeline, 1, last)
    assert found.worked.shape == (last, len(plan.pipeline.ips)) and set(found.worked.ravel()) <= {0, 1}
    for column, ip in enumerate(plan.pipeline.ips):
        cycles = int(found.worked[first:, column].sum())
        if isinstance(ip, Matrix):
            assert cycles == round(plan.schedule.busy[ip.name] * plan.cycles_per_frame) == ip.frame_cycles
        else:
            assert cycles == max(stream.beats for stream in (*ip.inputs, *ip.outputs)), ip.name
    guard = found.worked[:, 0]
    assert guard[0] == 1 and not found.worked[0, 1:].all()


@pytest.mark.parametrize("every", [3, 7, 64])
def test_bins_are_sums_of_cycles(plan: Plan, every: int) -> None:
    bins = 20
    fine, coarse = activity(plan.pipeline, 1, every * bins), activity(plan.pipeline, every, bins)
    assert (fine.worked.reshape(bins, every, -1).sum(axis=1) == coarse.worked).all()
    assert coarse.shares.max() <= 1


def test_time_that_is_told(plan: Plan) -> None:
    """The fourth result is in the last bin."""
    every, bins = time_bins(plan)
    assert bins <= MOST_BINS and (bins - 1) * every <= plan.schedule.results[3] < bins * every
    assert planned_activity(plan).worked.shape[0] == bins


def test_resources_by_layer(plan: Plan) -> None:
    """All of a design, each IP once."""
    layers = [layer.name for layer in plan.topology.layers]
    costs = costs_by_layer(plan.pipeline.ips, layers)
    total = sum((cost for own in costs.values() for cost in own.values()), Cost(0.0))
    assert total.lut == pytest.approx(plan.cost.lut) and (total.bram36, total.dsp) == (plan.cost.bram36, plan.cost.dsp)
    assert set(costs) <= {*layers, ENDS} and {"axis_frame_guard", "label_select"} <= set(costs[ENDS])
    modules = modules_of(costs)
    assert sorted(modules) == sorted({ip.module for ip in plan.pipeline.ips}) and modules[0].startswith("mvtu")
    assert [layer_of(name, ["a", "a_b"]) for name in ("a", "a_b_dwc", "a_c", "ab", "guard")] == [
        "a", "a_b", "a", ENDS, ENDS]


@pytest.mark.parametrize("name", ["new/busy.png", "busy.svg"])
def test_picture(name: str) -> None:
    done = CliRunner().invoke(cli.cli, ["estimate", "digits", "--picture", name, "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["net"] == "digits"
    content = Path(name).read_bytes()
    assert content[:4] == b"\x89PNG" or b"<svg" in content
    assert [path.name for path in Path(name).parent.iterdir()] == [Path(name).name]
