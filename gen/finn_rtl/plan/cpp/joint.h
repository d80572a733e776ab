// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// A matrix with what takes its results, as one element: most results change nothing outside.
#pragma once

#include "layers.h"
#include "widths.h"

namespace schedule {

// Behind the matrix stands a Widen or a Pipe. As long as that takes results at once and gives nothing for them, when each
// of them comes is of no consequence: it is enough to count them.
template <typename Behind>
class Joint : public Plain {
 public:
  Joint(Reader &in, Reader &behind) : matrix_(in), behind_(behind) {}
  bool ready(int) const { return matrix_.ready(0); }
  bool valid(int) const { return behind_.valid(0); }
  Int steady(unsigned taken, unsigned given) const {
    const bool moves = matrix_.valid(0) && behind_.ready(0);
    const Int inside = least(matrix_.steady(taken, moves), behind_.steady(moves, given));
    if (given || inside == NEVER) return inside;
    const Int outside = least(matrix_.steady_input(taken), behind_.valid(0) ? NEVER : silent(taken));
    return outside > inside ? outside : inside;
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    while (cycles) {
      Int count = 0;
      if (!given && behind_.rests() && matrix_.flows())
        count = least(cycles, matrix_.until_leaves(behind_.absorbs() + 1, taken));
      if (count) {
        behind_.absorb(matrix_.flow(count, taken));
      } else {
        const bool moves = matrix_.valid(0) && behind_.ready(0);
        count = least(cycles, least(matrix_.steady(taken, moves), behind_.steady(moves, given)));
        matrix_.run(count, taken, moves);
        behind_.run(count, moves, given);
      }
      cycles -= count;
    }
  }
  void worked(Int *out) const {
    matrix_.worked(out);
    behind_.worked(out + 1);
  }
  void state(List<Int> &out) const {
    matrix_.state(out);
    behind_.state(out);
  }

 private:
  // Cycles for which what stands behind surely is not valid.
  Int silent(unsigned taken) const {
    const Int waits = matrix_.until_leaves(behind_.lacks(), taken);
    return least(behind_.steady_output(), waits == NEVER ? NEVER : waits + 1);
  }
  Replay matrix_;
  Behind behind_;
};

}  // namespace schedule
