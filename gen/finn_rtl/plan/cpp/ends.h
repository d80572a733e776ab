// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// The two ends of a network.
#pragma once

#include <vector>

#include "element.h"
#include "streams.h"

namespace schedule {

// The input stream: a beat in every cycle, or `frames` frames of `beats` beats, a frame evenly in `interval` cycles.
class Source : public Element {
 public:
  explicit Source(Reader &in) : beats_(in.next()), interval_(in.next()) {}
  bool ready(int) const override { return false; }
  bool valid(int) const override { return next_ <= time; }
  void step(unsigned, unsigned given) override {
    if (!given) return;
    if (++beat_ == beats_) {
      beat_ = 0;
      start_ += interval_;
    }
    next_ = start_ + (beat_ * interval_ + beats_ - 1) / beats_;
  }
  Int wake() const override { return next_ > time ? next_ - time : NEVER; }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), {interval_ ? next_ - time : 0, beat_}); }

 private:
  const Int beats_, interval_;  // 0: as fast as they are taken
  Int beat_ = 0, start_ = 0, next_ = 0;
};

// The results, always taken; the last beat of each waits for its frame's flag.
class Sink : public Element {
 public:
  Sink(Reader &in, const Guard *guard) : beats_(in.next()), guard_(guard) {}
  bool ready(int) const override { return beat_ != beats_ - 1 || guard_->flags() > 0; }
  bool valid(int) const override { return false; }
  void step(unsigned taken, unsigned) override {
    if (taken && ++beat_ == beats_) beat_ = 0;
  }
  bool complete() const { return beat_ == 0; }
  void state(std::vector<Int> &out) const override { out.push_back(beat_); }

 private:
  const Int beats_;
  const Guard *guard_;
  Int beat_ = 0;
};

}  // namespace schedule
