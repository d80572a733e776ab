// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// The two ends of a network.
#pragma once

#include "element.h"
#include "streams.h"

namespace schedule {

// The input stream: a beat in every cycle, or frames of `beats` beats, each evenly in `interval` >= `beats` cycles.
class Source : public Plain {
 public:
  explicit Source(Reader &in) : beats_(in.next()), interval_(in.next()) {}
  bool ready(int) const { return false; }
  bool valid(int) const { return next_ <= now_; }
  Int steady(unsigned, unsigned given) const {
    // Where a beat comes in every cycle, one that waits is followed by others.
    if (given) return interval_ && interval_ != beats_ ? 1 : NEVER;
    return next_ > now_ ? next_ - now_ : NEVER;
  }
  void run(Int cycles, unsigned, unsigned given) {
    now_ += cycles;
    if (!given) return;
    beat_ += cycles;
    if (beat_ >= beats_) {
      start_ += beat_ / beats_ * interval_;
      beat_ %= beats_;
    }
    next_ = interval_ ? start_ + (beat_ * interval_ + beats_ - 1) / beats_ : 0;
  }
  void state(List<Int> &out) const { out.add({interval_ ? next_ - now_ : 0, beat_}); }

 private:
  const Int beats_, interval_;  // 0: as fast as they are taken
  Int now_ = 0, beat_ = 0, start_ = 0, next_ = 0;
};

// The results, always taken; the last beat of each waits for its frame's flag.
class Sink : public Plain {
 public:
  Sink(Reader &in, const Guard *guard) : last_(in.next() - 1), guard_(guard) {}
  bool ready(int) const { return beat_ != last_ || guard_->flags() > 0; }
  bool valid(int) const { return false; }
  Int steady(unsigned taken, unsigned) const { return taken ? beat_ == last_ ? 1 : last_ - beat_ : NEVER; }
  void run(Int cycles, unsigned taken, unsigned) {
    if (!taken) return;
    complete_ = beat_ == last_;
    beat_ = complete_ ? 0 : beat_ + cycles;
  }
  // Whether a result has become complete since this was asked last.
  bool take_result() {
    const bool complete = complete_;
    complete_ = false;
    return complete;
  }
  void state(List<Int> &out) const { out.add(beat_); }

 private:
  const Int last_;
  const Guard *guard_;
  Int beat_ = 0;
  bool complete_ = false;
};

}  // namespace schedule
