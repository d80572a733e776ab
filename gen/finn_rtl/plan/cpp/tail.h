// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// The end of a pipeline that stalls as a whole.
#pragma once

#include "element.h"

namespace schedule {

// How many bits are set: few.
inline Int ones(std::uint64_t bits) {
  Int count = 0;
  for (; bits; bits &= bits - 1) ++count;
  return count;
}

// What enters a pipeline next: for `cycles` cycles results or nothing; `flips`: after that surely the other.
struct Entering {
  bool results;
  Int cycles;
  bool flips;
};

// `delay` registers, then a single output register or an axis_register.
class Tail {
 public:
  explicit Tail(Reader &in)
      : delay_(in.next()), most_(in.next() ? 2 : 1), top_(std::uint64_t(1) << delay_), all_((top_ << 1) - 1) {}
  bool valid() const { return count_ > 0; }
  bool stall() const { return (pipe_ & top_) && count_ == most_; }
  // Cycles for which `valid` and `stall` surely stay what they are.
  Int steady(Entering next, unsigned given) const {
    if (stall()) return given ? 1 : NEVER;
    const bool leaves = pipe_ & top_;
    if (leaves != bool(given)) return 1;
    // The output register stays as full as it is until another thing stands in front of it than now.
    const std::uint64_t others = leaves ? ~pipe_ & all_ : pipe_;
    Int cycles = delay_ + 1;
    if (others) {
      cycles = delay_ - (63 - __builtin_clzll(others));
    } else if (next.results == leaves) {
      if (next.cycles == NEVER) return NEVER;
      cycles += next.cycles;
      if (!next.flips) return cycles;
    }
    // One cycle more until that leaves, or does not, unless it stalls at once.
    return cycles + (given || count_ < most_);
  }
  // So many cycles: `enters`: in each a result enters (not where it stalls).
  void run(Int cycles, bool enters, unsigned given) {
    const bool stalls = stall();
    count_ -= cycles * Int(given);
    if (stalls) return;
    if (cycles <= delay_) {
      count_ += ones(pipe_ >> (delay_ + 1 - cycles));
      pipe_ = (pipe_ << cycles & all_) | (enters ? (std::uint64_t(1) << cycles) - 1 : 0);
    } else {
      count_ += ones(pipe_) + (enters ? cycles - delay_ - 1 : 0);
      pipe_ = enters ? all_ : 0;
    }
  }
  // Results inside.
  Int inside() const { return count_ + ones(pipe_); }
  Int delay() const { return delay_; }
  // Whether it does not stall for the next result that enters, even if none leaves.
  bool has_room() const { return inside() <= most_ && !stall(); }
  // Cycles until one can leave, where some are inside.
  Int until_valid() const { return count_ ? 0 : delay_ + 1 - (63 - __builtin_clzll(pipe_)); }
  // Whether it never stalls if all leave at once; `is_dense`: results may enter in one cycle and the next.
  bool flows(bool is_dense) const { return !stall() && count_ < 2 && (most_ == 2 || !is_dense); }
  // So many cycles in which all leave at once. In `enters` of them a result enters, `distance` cycles apart, the last one
  // `ago` cycles before the end (0: in the last cycle). How many have left.
  Int flow(Int cycles, Int enters, Int distance, Int ago) {
    // All is a shift register then, with the output register as its last bit.
    const Int bits = delay_ + 2;
    std::uint64_t all = pipe_ | std::uint64_t(count_) << (delay_ + 1);
    Int left = cycles < bits ? ones(all >> (bits - cycles)) : ones(all);
    all = cycles < bits ? all << cycles : 0;
    for (; enters && ago < bits; --enters, ago += distance) all |= std::uint64_t(1) << ago;
    pipe_ = all & all_;
    count_ = Int(all >> (delay_ + 1) & 1);
    return left + enters;
  }
  void state(List<Int> &out) const { out.add({Int(pipe_), count_}); }

 private:
  const Int delay_, most_;
  const std::uint64_t top_, all_;  // bit i: a result i registers behind the first; the top one stands before the output
  std::uint64_t pipe_ = 0;
  Int count_ = 0;
};

}  // namespace schedule
