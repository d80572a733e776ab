// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements that pass beats on, a beat out for a beat in.
#pragma once

#include "element.h"

namespace schedule {

// axis_register.
class Register : public Plain {
 public:
  bool ready(int) const { return count_ < 2; }
  bool valid(int) const { return count_ > 0; }
  Int steady(unsigned taken, unsigned given) const { return taken == given ? NEVER : 1; }
  void run(Int cycles, unsigned taken, unsigned given) { count_ += cycles * (Int(taken) - Int(given)); }
  void state(List<Int> &out) const { out.add(count_); }

 private:
  Int count_ = 0;
};

// axis_frame_guard on well-formed frames; `flags` frames are without a result.
class Guard : public Plain {
 public:
  explicit Guard(Reader &in) : last_(in.next() - 1), frames_(in.next()) {}
  bool ready(int) const { return count_ < 2 && (beat_ != last_ || flags_ < frames_); }
  bool valid(int) const { return count_ > 0; }
  Int steady(unsigned taken, unsigned given) const {
    if (taken != given || (taken && beat_ == last_)) return 1;
    return taken ? last_ - beat_ : NEVER;
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    count_ += cycles * (Int(taken) - Int(given));
    if (!taken) return;
    if (beat_ != last_) {
      beat_ += cycles;
    } else {
      beat_ = 0;
      if (++flags_ > most_) most_ = flags_;
    }
  }
  void frame_left() { --flags_; }
  Int flags() const { return flags_; }
  Int most() const { return most_; }
  void state(List<Int> &out) const { out.add({count_, beat_, flags_}); }

 private:
  const Int last_, frames_;
  Int count_ = 0, beat_ = 0, flags_ = 0, most_ = 0;
};

// axis_fifo.
class Fifo : public Plain {
 public:
  explicit Fifo(Reader &in) : depth_(in.next()), is_block_(in.next()) {}
  bool ready(int) const { return level_ < depth_; }
  bool valid(int) const { return is_block_ ? valid_ : level_ > 0; }
  Int steady(unsigned taken, unsigned given) const {
    if (is_block_ && !valid_) return level_ || taken ? 1 : NEVER;
    if (taken == given) return taken && !level_ ? 1 : NEVER;
    if (taken) return level_ ? depth_ - level_ : 1;
    return level_ == depth_ ? 1 : level_ + is_block_;
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    if (is_block_ && (given || !valid_)) {
      // Until the memory is empty every cycle fills the register; without a beat given, the first one alone.
      for (; cycles && (given || !valid_) && (level_ || taken || valid_); ) {
        valid_ = level_ > 0;
        const Int count = !valid_ || !given ? 1 : taken ? cycles : least(cycles, level_);
        level_ += count * (Int(taken) - valid_);
        cycles -= count;
        if (level_ > most_) most_ = level_;
      }
      if (given || !valid_) return;
    }
    level_ += cycles * (Int(taken) - (is_block_ ? 0 : Int(given)));
    if (level_ > most_) most_ = level_;
  }
  Int most() const { return most_; }
  void state(List<Int> &out) const { out.add({level_, valid_}); }

 private:
  const Int depth_;
  const bool is_block_;
  Int level_ = 0, most_ = 0;
  bool valid_ = false;
};

// axis_fork: two beats, each of which every output gives once.
class Fork : public Plain {
 public:
  explicit Fork(Reader &in) : all_((1u << in.next()) - 1) {
    for (unsigned outputs = all_; outputs; outputs >>= 1) waiting_.add(0);
  }
  bool ready(int) const {
    for (Int i = 0; i < waiting_.size(); ++i)
      if (waiting_[i] == 2) return false;
    return true;
  }
  bool valid(int output) const { return waiting_[output] > 0; }
  Int steady(unsigned taken, unsigned given) const { return given == (taken ? all_ : 0) ? NEVER : 1; }
  void run(Int cycles, unsigned taken, unsigned given) {
    for (Int i = 0; i < waiting_.size(); ++i) waiting_[i] += cycles * (Int(taken) - Int(given >> i & 1));
  }
  void state(List<Int> &out) const {
    for (Int i = 0; i < waiting_.size(); ++i) out.add(waiting_[i]);
  }

 private:
  const unsigned all_;
  List<Int> waiting_;
};

// Two inputs of two beats each, a register behind what is made of one of both.
class Join : public Plain {
 public:
  bool ready(int input) const { return count_[input] < 2; }
  bool valid(int) const { return valid_; }
  Int steady(unsigned taken, unsigned given) const {
    return flows(taken, given) ? NEVER : steady_by_steps(*this, taken, given);
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    if (!flows(taken, given)) run_by_steps(*this, cycles, taken, given);
  }
  void state(List<Int> &out) const { out.add({count_[0], count_[1], valid_}); }
  void step(unsigned taken, unsigned given) {
    const bool joins = count_[0] && count_[1] && (given || !valid_);
    count_[0] += Int(taken & 1) - joins;
    count_[1] += Int(taken >> 1) - joins;
    valid_ = joins || (valid_ && !given);
  }
  bool idle() const { return valid_ || !count_[0] || !count_[1]; }

 private:
  // Whether a beat comes in and goes out everywhere.
  bool flows(unsigned taken, unsigned given) const { return taken == 3 && given && count_[0] && count_[1]; }
  Int count_[2] = {0, 0};
  bool valid_ = false;
};

}  // namespace schedule
