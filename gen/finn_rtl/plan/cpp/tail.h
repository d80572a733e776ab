// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// The end of a pipeline that stalls as a whole.
#pragma once

#include "element.h"

namespace schedule {

// What enters a pipeline next: for `cycles` cycles results or nothing; `flips`: after that surely the other.
struct Entering {
  bool results;
  Int cycles;
  bool flips;
};

// `delay` registers that stall as a whole, then `late` more that do so by themselves (a `threshold` behind an mvtu; 0
// where there is none), then a single output register or an axis_register.
class Tail {
 public:
  explicit Tail(Reader &in)
      : delay_(in.next()), most_(in.next() ? 2 : 1), late_(in.next()), middle_(std::uint64_t(1) << delay_),
        top_(middle_ << late_), all_((top_ << 1) - 1) {}
  bool valid() const { return count_ > 0; }
  bool stall() const { return is_blocked() && (pipe_ & middle_); }
  // Cycles for which `valid` and `stall` surely stay what they are.
  Int steady(Entering next, unsigned given) const {
    if (is_blocked()) {
      if (given) return 1;
      if (stall()) return NEVER;
      // What is in front goes on until its first result stands before the late registers.
      if (front()) return delay_ - highest(front());
      return next.results ? delay_ + 1 : next.cycles == NEVER ? NEVER : next.cycles + delay_ + 1;
    }
    const bool leaves = pipe_ & top_;
    if (leaves != bool(given)) return 1;
    // The output register stays as full as it is until another thing stands in front of it than now.
    const std::uint64_t others = leaves ? ~pipe_ & all_ : pipe_;
    Int cycles = length();
    if (others) {
      cycles -= highest(others) + 1;
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
    const bool blocked = is_blocked(), stalls = stall();
    count_ -= cycles * Int(given);
    if (stalls) return;
    const std::uint64_t fresh = enters ? ones(cycles) : 0;
    if (blocked) {
      // A gap in front of what stands still closes.
      const std::uint64_t ahead = 2 * middle_ - 1;
      pipe_ = (pipe_ & ~ahead) | ((cycles < 64 ? front() << cycles : 0) & ahead) | (fresh & ahead);
    } else if (cycles < length()) {
      count_ += count(pipe_ >> (length() - cycles));
      pipe_ = (pipe_ << cycles & all_) | fresh;
    } else {
      count_ += count(pipe_) + (enters ? cycles - length() : 0);
      pipe_ = fresh & all_;
    }
  }
  // Results inside.
  Int inside() const { return count_ + count(pipe_); }
  // Cycles from when a result enters until it can leave.
  Int delay() const { return length() + 1; }
  // Whether it does not stall before so many results and one more have entered, even if none leaves.
  bool has_room(Int results) const { return inside() + results <= most_; }
  // Cycles until one can leave, where some are inside.
  Int until_valid() const { return count_ ? 0 : length() - highest(pipe_); }
  // Whether it never stalls if all leave at once; `is_dense`: results may enter in one cycle and the next.
  bool flows(bool is_dense) const { return !is_blocked() && count_ < 2 && (most_ == 2 || !is_dense); }
  // So many cycles in which all leave at once. In `enters` of them a result enters, `distance` cycles apart, the last one
  // `ago` cycles before the end (0: in the last cycle). How many have left.
  Int flow(Int cycles, Int enters, Int distance, Int ago) {
    // All is a shift register then, with the output register as its last bit.
    const Int bits = length() + 1;
    std::uint64_t shift = pipe_ | std::uint64_t(count_) << length();
    const Int left = count(cycles < bits ? shift >> (bits - cycles) : shift);
    shift = cycles < bits ? shift << cycles : 0;
    for (; enters && ago < bits; --enters, ago += distance) shift |= std::uint64_t(1) << ago;
    pipe_ = shift & all_;
    count_ = Int(shift >> length() & 1);
    return left + enters;
  }
  void state(List<Int> &out) const { out.add({Int(pipe_), count_}); }

 private:
  static Int highest(std::uint64_t bits) { return 63 - __builtin_clzll(bits); }
  static std::uint64_t ones(Int count) { return count < 64 ? (std::uint64_t(1) << count) - 1 : ~std::uint64_t(0); }
  // How many bits are set: few.
  static Int count(std::uint64_t bits) {
    Int found = 0;
    for (; bits; bits &= bits - 1) ++found;
    return found;
  }
  bool is_blocked() const { return (pipe_ & top_) && count_ == most_; }
  std::uint64_t front() const { return pipe_ & (2 * middle_ - 1); }
  Int length() const { return delay_ + late_ + 1; }
  const Int delay_, most_, late_;
  // Bit i: a result i registers behind the first; the middle one stands before the late ones, the top one before the
  // output.
  const std::uint64_t middle_, top_, all_;
  std::uint64_t pipe_ = 0;
  Int count_ = 0;
};

}  // namespace schedule
