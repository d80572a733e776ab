// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// The schedule of a network: control elements that exchange beats over links, run from handshake to handshake.
//
// Every element has registers from which its ready and valid follow; a link fires in a cycle in which its source is
// valid and its sink is ready. An element is asked three things only: `advance` it over cycles in which none of its
// links fires, `step` it over one in which some do, and when its ready or valid may change next by itself (`wake`). So
// cycles in which nothing happens cost nothing, and a frame takes time in proportion to the beats that move in it.
// The elements are the controls of the RTL; what each IP is made of is said in the IP's own Python file.
#include <cstddef>

#include "network.h"

using schedule::Int;
using schedule::Network;

// Runs the network of `count` elements (kind, how many numbers, the numbers) and `link_count` links (element, output,
// element, input) for `frames` results, or until it repeats itself. Writes the cycle in which each result left, what
// every element had worked by then, the most that each held, how many results there are, and the earlier result at which
// the state was the last one's (-1: none). Returns a Status.
extern "C" int finn_schedule(const Int *elements, Int count, const Int *links, Int link_count, Int frames,
                             int until_steady, Int *results, Int *worked, Int *most, Int *found, Int *repeats_from) {
  Network network;
  *found = 0;
  *repeats_from = -1;
  if (!network.build(elements, count, links, link_count)) return Network::MALFORMED;
  const auto status = network.run(frames, until_steady != 0, results, worked, repeats_from);
  *found = network.count();
  for (Int i = 0; i < count; ++i) most[i] = network.most(static_cast<std::size_t>(i));
  return status;
}
