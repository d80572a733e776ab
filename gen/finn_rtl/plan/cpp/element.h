// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// What a control element is, and how its description is read.
#pragma once

#include <cstdint>
#include <vector>

namespace schedule {

using Int = std::int64_t;
constexpr Int NEVER = INT64_MAX;

// Reads the numbers that describe an element.
class Reader {
 public:
  Reader(const Int *at, Int count) : at_(at), end_(at + count) {}
  Int next() { return at_ == end_ ? (bad_ = true, 0) : *at_++; }
  bool whole() const { return !bad_ && at_ == end_; }

 private:
  const Int *at_, *end_;
  bool bad_ = false;
};

class Element {
 public:
  virtual ~Element() = default;
  virtual bool ready(int input) const = 0;
  virtual bool valid(int output) const = 0;
  // One cycle; bit i of `taken` is input i, of `given` output i.
  virtual void step(unsigned taken, unsigned given) = 0;
  // `cycles` cycles without a handshake.
  virtual void advance(Int cycles) { (void)cycles; }
  // Cycles, at least 1, until something may change without a handshake.
  virtual Int wake() const { return NEVER; }
  virtual void state(std::vector<Int> &out) const = 0;
  // Most beats held, where that is of interest.
  virtual Int most() const { return 0; }
  // Cycles in which a layer worked.
  virtual Int worked() const { return 0; }

  Int time = 0;  // the state is the one in front of this cycle
  unsigned taken = 0, given = 0;
  std::vector<int> links;
  Int due = NEVER;  // cycle for which it stands in the queue
};

// An element whose step without a handshake may change something, once.
class Settling : public Element {
 public:
  void advance(Int cycles) override {
    for (; cycles && !idle(); --cycles) step(0, 0);
  }
  Int wake() const override { return idle() ? NEVER : 1; }

 protected:
  virtual bool idle() const = 0;
};

}  // namespace schedule
