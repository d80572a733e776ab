// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// The schedule of a network: control elements that exchange beats over links, run from change to change.
//
// Every element has registers from which its ready and valid follow; a beat moves over a link in a cycle in which its
// source is valid and its sink is ready. An element is asked two things only: for how many cycles its ready and valid
// surely stay what they are if the beats that move now go on moving (`steady`), and to go on over so many cycles
// (`run`). It is looked at when that time is over, and when what moves at one of its links changes. So cycles that are
// like the one before cost nothing, whether beats move in them or not, and a frame takes time by how often something
// begins or ceases to move in it. The elements are the controls of the RTL; what each IP is made of is said in the IP's
// own Python file.
#include "network.h"

using schedule::Int;
using schedule::Network;
using schedule::Outcome;

// Runs the network of `count` elements (kind, how many numbers, the numbers) and `link_count` links (element, output,
// element, input) for `frames` results, or until it repeats itself or is surely slower than `pace`. Writes the cycle in
// which each result left, what every element had worked by then, the most that each held; and of `counts` how many
// results there are, the earlier result at which the state was the last one's (-1: none), and how often an element was
// looked at. Returns a Status.
extern "C" int finn_schedule(const Int *elements, Int count, const Int *links, Int link_count, Int frames,
                             int until_steady, Int pace, Int *results, Int *worked, Int *most, Int *counts) {
  Network network;
  Outcome out{results, worked, 0, -1, 0};
  auto status = Network::MALFORMED;
  if (network.build(elements, count, links, link_count, true)) {
    status = network.run(frames, until_steady != 0, pace, out);
    network.most(most);
  }
  counts[0] = out.found;
  counts[1] = out.repeats_from;
  counts[2] = out.looks;
  return status;
}

// Runs the same network for `samples` times `every` cycles; see Network::trace. Returns a Status.
extern "C" int finn_trace(const Int *elements, Int count, const Int *links, Int link_count, Int every, Int samples,
                          Int *worked, Int *moved) {
  Network network;
  if (!network.build(elements, count, links, link_count, false)) return Network::MALFORMED;
  return network.trace(every, samples, link_count, worked, moved);
}
