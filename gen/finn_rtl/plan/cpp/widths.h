// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements that change the width of beats: axis_dwc.
#pragma once

#include "element.h"

namespace schedule {

// axis_dwc_widen.
class Widen : public Plain {
 public:
  explicit Widen(Reader &in) : last_(in.next() - 1) {}
  bool ready(int) const { return !(count_ == last_ && valid_); }
  bool valid(int) const { return valid_; }
  Int steady(unsigned taken, unsigned given) const {
    if (given) return 1;
    return taken ? last_ - count_ + !valid_ : NEVER;
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    if (given) valid_ = false;
    if (!taken) return;
    count_ += cycles;
    if (count_ > last_) {
      count_ = 0;
      valid_ = true;
    }
  }
  void state(List<Int> &out) const { out.add({count_, valid_}); }
  // For Joint: whether it takes beats and does nothing by itself; beats that it then takes at any times without being seen
  // outside, taking them, and beats until it is valid.
  bool rests() const { return ready(0); }
  Int absorbs() const { return last_ - count_; }
  void absorb(Int beats) { count_ += beats; }
  Int lacks() const { return last_ - count_ + 1; }
  // Cycles until it is valid for what it has taken already.
  Int steady_output() const { return NEVER; }

 private:
  const Int last_;
  Int count_ = 0;
  bool valid_ = false;
};

// axis_dwc_narrow.
class Narrow : public Plain {
 public:
  explicit Narrow(Reader &in) : ratio_(in.next()) {}
  bool ready(int) const { return count_ == 0; }
  bool valid(int) const { return valid_; }
  Int steady(unsigned taken, unsigned given) const {
    if (taken) return 1;
    if (given) return count_ ? count_ : 1;
    return valid_ || !count_ ? NEVER : 1;
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    if (taken) {
      count_ = given || !valid_ ? ratio_ - 1 : ratio_;
      valid_ = true;
    } else if (given) {
      if (count_) {
        count_ -= cycles;
      } else {
        valid_ = false;
      }
    } else if (!valid_ && count_) {
      valid_ = true;
      --count_;
    }
  }
  void state(List<Int> &out) const { out.add({count_, valid_}); }

 private:
  const Int ratio_;
  Int count_ = 0;
  bool valid_ = false;
};

// axis_dwc_gearbox; levels are counted in the greatest unit that both widths and the frame are multiples of.
class Gearbox : public Plain {
 public:
  explicit Gearbox(Reader &in)
      : s_units_(in.next()), m_units_(in.next()), beats_in_(in.next()), beats_out_(in.next()), last_in_(in.next()),
        last_out_(in.next()), limit_(in.next()) {}
  bool ready(int) const { return level_ <= limit_; }
  bool valid(int) const { return level_ >= give(); }
  Int steady(unsigned taken, unsigned given) const { return steady_by_steps(*this, taken, given); }
  void run(Int cycles, unsigned taken, unsigned given) { run_by_steps(*this, cycles, taken, given); }
  void state(List<Int> &out) const { out.add({level_, in_beat_, out_beat_}); }
  void step(unsigned taken, unsigned given) {
    if (given) {
      level_ -= give();
      if (++out_beat_ == beats_out_) out_beat_ = 0;
    }
    if (taken) {
      level_ += in_beat_ == beats_in_ - 1 ? last_in_ : s_units_;
      if (++in_beat_ == beats_in_) in_beat_ = 0;
    }
  }
  bool idle() const { return true; }

 private:
  Int give() const { return out_beat_ == beats_out_ - 1 ? last_out_ : m_units_; }
  const Int s_units_, m_units_, beats_in_, beats_out_, last_in_, last_out_, limit_;
  Int level_ = 0, in_beat_ = 0, out_beat_ = 0;
};

}  // namespace schedule
