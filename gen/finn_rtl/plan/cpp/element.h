// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// What a control element is, and how its description is read.
#pragma once

#include "list.h"

namespace schedule {

constexpr Int NEVER = INT64_MAX;

inline Int least(Int a, Int b) { return a < b ? a : b; }

// Reads the numbers that describe an element.
class Reader {
 public:
  Reader(const Int *at, Int count) : at_(at), end_(at + count) {}
  [[gnu::noinline]] Int next() { return at_ == end_ ? (bad_ = true, 0) : *at_++; }
  bool whole() const { return !bad_ && at_ == end_; }

 private:
  const Int *at_, *end_;
  bool bad_ = false;
};

struct Link;

// What the network knows of an element. A class of elements has, beside its registers:
//   bool ready(int input), bool valid(int output);
//   Int steady(unsigned taken, unsigned given): for how many cycles, at least 1, ready and valid surely stay what they
//     are if the same beats go on moving: bit i of `taken` for input i, bit i of `given` for output i;
//   void run(Int cycles, unsigned taken, unsigned given): so many cycles, at most those of `steady`, in which they do;
//   void state(List<Int> &out): all registers.
class Element {
 public:
  virtual ~Element() = default;
  // Go on over cycles; 0: see again what is ready and valid.
  virtual void go_on(Int cycles) = 0;
  virtual Int steady() const = 0;
  virtual void state(List<Int> &out) const = 0;
  // Most beats held, where that is of interest.
  virtual Int most() const = 0;
  // Cycles in which a layer worked; of each of its parts.
  virtual void worked(Int *out) const = 0;

  Int time = 0;                   // what is known is so in front of this cycle
  unsigned ready = 0, valid = 0;  // bit i: input, output i
  unsigned taken = 0, given = 0;  // what moves from `time` on
  Int looked_at = -1;             // the last cycle in which it was
  int index = 0;
  List<Link *> inputs, outputs;
};

template <typename T>
class Of final : public Element {
 public:
  template <typename... Numbers>
  explicit Of(Numbers &&...numbers) : it(numbers...) {}
  void go_on(Int cycles) override {
    if (cycles) it.run(cycles, taken, given);
    time += cycles;
    ready = valid = 0;
    for (int i = 0; i < inputs.size(); ++i) ready |= unsigned(it.ready(i)) << i;
    for (int i = 0; i < outputs.size(); ++i) valid |= unsigned(it.valid(i)) << i;
  }
  Int steady() const override { return it.steady(taken, given); }
  void state(List<Int> &out) const override { it.state(out); }
  Int most() const override { return it.most(); }
  void worked(Int *out) const override { it.worked(out); }

  T it;
};

// What classes of elements have if they say nothing else.
class Plain {
 public:
  Int most() const { return 0; }
  void worked(Int *out) const { *out = 0; }
};

// Runs an element that goes cycle by cycle while beats move, and settles when none do: it has `step` for a cycle and
// `idle`, whether one without beats changes nothing.
template <typename T>
Int steady_by_steps(const T &element, unsigned taken, unsigned given) {
  return !taken && !given && element.idle() ? NEVER : 1;
}
template <typename T>
void run_by_steps(T &element, Int cycles, unsigned taken, unsigned given) {
  for (; cycles && (taken || given || !element.idle()); --cycles) element.step(taken, given);
}

}  // namespace schedule
