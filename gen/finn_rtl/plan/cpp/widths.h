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

// axis_dwc_gearbox; bits are counted in the greatest unit that both widths and the frame are multiples of.
class Gearbox : public Plain {
 public:
  explicit Gearbox(Reader &in)
      : s_units_(in.next()), m_units_(in.next()), frame_(in.next()), has_two_steps_(in.next()) {}
  bool ready(int) const { return !spare_; }
  bool valid(int) const { return beats_; }
  Int steady(unsigned taken, unsigned given) const { return steady_by_steps(*this, taken, given); }
  void run(Int cycles, unsigned taken, unsigned given) { run_by_steps(*this, cycles, taken, given); }
  void state(List<Int> &out) const { out.add({spare_, turned_, turned_beats_, placed_, placed_beats_, beats_, at_}); }
  void step(unsigned taken, unsigned given) {
    const Int left = beats_ - Int(given);
    // Behind the second output beat that the last input beat of a frame completes, the next frame begins.
    const bool behind = given && left == 1 && s_units_ < m_units_;
    const bool load = placed_ && (!left || behind);
    beats_ = load && !left ? placed_beats_ : left;
    const bool room = load || !placed_, has_beat = spare_ || taken;
    const bool begins = has_beat && (room || (has_two_steps_ && !turned_));
    const bool move = room && (has_two_steps_ ? turned_ : begins);
    Int beats = 0;
    if (begins) {
      const Int end = least(at_ + s_units_, frame_);
      beats = (end == frame_ ? end + m_units_ - 1 : end) / m_units_ - at_ / m_units_;
      at_ = end == frame_ ? 0 : end;
    }
    if (room) placed_beats_ = move ? has_two_steps_ ? turned_beats_ : beats : 0;
    placed_ = move || !room;
    if (has_two_steps_ && (begins || move)) {
      turned_ = begins;
      turned_beats_ = beats;
    }
    spare_ = has_beat && !begins;
  }
  // What is in place stops all that comes behind it: the spare register is used only where the first step is, too.
  bool idle() const { return placed_ ? beats_ > 0 : !spare_ && !turned_; }

 private:
  const Int s_units_, m_units_, frame_, has_two_steps_;
  bool spare_ = false, turned_ = false, placed_ = false;
  // Output beats that are complete with what is half way, in place, merged. Units of the frame that were taken on.
  Int turned_beats_ = 0, placed_beats_ = 0, beats_ = 0, at_ = 0;
};

}  // namespace schedule
