// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements that change the width of beats: axis_dwc.
#pragma once

#include <vector>

#include "element.h"

namespace schedule {

// axis_dwc_widen.
class Widen : public Element {
 public:
  explicit Widen(Reader &in) : last_(in.next() - 1) {}
  bool ready(int) const override { return !(count_ == last_ && valid_); }
  bool valid(int) const override { return valid_; }
  void step(unsigned taken, unsigned given) override {
    if (given) valid_ = false;
    if (!taken) return;
    if (count_ == last_) {
      count_ = 0;
      valid_ = true;
    } else {
      ++count_;
    }
  }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), {count_, valid_}); }

 private:
  const Int last_;
  Int count_ = 0;
  bool valid_ = false;
};

// axis_dwc_narrow.
class Narrow : public Element {
 public:
  explicit Narrow(Reader &in) : ratio_(in.next()) {}
  bool ready(int) const override { return count_ == 0; }
  bool valid(int) const override { return valid_; }
  void step(unsigned taken, unsigned given) override {
    if (given || !valid_) {
      valid_ = taken || count_ > 0;
      if (taken) {
        count_ = ratio_ - 1;
      } else if (count_) {
        --count_;
      }
    } else if (taken) {
      count_ = ratio_;
    }
  }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), {count_, valid_}); }

 private:
  const Int ratio_;
  Int count_ = 0;
  bool valid_ = false;
};

// axis_dwc_gearbox; levels are counted in the greatest unit that both widths and the frame are multiples of.
class Gearbox : public Element {
 public:
  explicit Gearbox(Reader &in)
      : s_units_(in.next()), m_units_(in.next()), beats_in_(in.next()), beats_out_(in.next()), last_in_(in.next()),
        last_out_(in.next()), limit_(in.next()) {}
  bool ready(int) const override { return level_ <= limit_; }
  bool valid(int) const override { return level_ >= give(); }
  void step(unsigned taken, unsigned given) override {
    if (given) {
      level_ -= give();
      if (++out_beat_ == beats_out_) out_beat_ = 0;
    }
    if (taken) {
      level_ += in_beat_ == beats_in_ - 1 ? last_in_ : s_units_;
      if (++in_beat_ == beats_in_) in_beat_ = 0;
    }
  }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), {level_, in_beat_, out_beat_}); }

 private:
  Int give() const { return out_beat_ == beats_out_ - 1 ? last_out_ : m_units_; }
  const Int s_units_, m_units_, beats_in_, beats_out_, last_in_, last_out_, limit_;
  Int level_ = 0, in_beat_ = 0, out_beat_ = 0;
};

}  // namespace schedule
