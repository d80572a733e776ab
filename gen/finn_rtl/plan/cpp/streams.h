// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements that pass beats on, a beat out for a beat in.
#pragma once

#include <cstddef>
#include <vector>

#include "element.h"

namespace schedule {

// axis_register.
class Register : public Element {
 public:
  bool ready(int) const override { return count_ < 2; }
  bool valid(int) const override { return count_ > 0; }
  void step(unsigned taken, unsigned given) override { count_ += static_cast<int>(taken) - static_cast<int>(given); }
  void state(std::vector<Int> &out) const override { out.push_back(count_); }

 private:
  int count_ = 0;
};

// axis_frame_guard on well-formed frames; `flags` frames are without a result.
class Guard : public Element {
 public:
  explicit Guard(Reader &in) : beats_(in.next()), frames_(in.next()) {}
  bool ready(int) const override { return count_ < 2 && (beat_ != beats_ - 1 || flags_ < frames_); }
  bool valid(int) const override { return count_ > 0; }
  void step(unsigned taken, unsigned given) override {
    count_ += static_cast<int>(taken) - static_cast<int>(given);
    if (taken && ++beat_ == beats_) {
      beat_ = 0;
      if (++flags_ > most_) most_ = flags_;
    }
  }
  void frame_left() { --flags_; }
  Int flags() const { return flags_; }
  Int most() const override { return most_; }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), {count_, beat_, flags_}); }

 private:
  const Int beats_, frames_;
  Int beat_ = 0, flags_ = 0, most_ = 0;
  int count_ = 0;
};

// axis_fifo.
class Fifo : public Settling {
 public:
  explicit Fifo(Reader &in) : depth_(in.next()), is_block_(in.next()) {}
  bool ready(int) const override { return level_ < depth_; }
  bool valid(int) const override { return is_block_ ? valid_ : level_ > 0; }
  void step(unsigned taken, unsigned given) override {
    if (is_block_) {
      const bool pop = level_ > 0 && (given || !valid_);
      if (given || !valid_) valid_ = pop;
      level_ += Int(taken) - pop;
    } else {
      level_ += Int(taken) - Int(given);
    }
    if (level_ > most_) most_ = level_;
  }
  Int most() const override { return most_; }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), {level_, valid_}); }

 protected:
  bool idle() const override { return !is_block_ || valid_ || !level_; }

 private:
  const Int depth_;
  const bool is_block_;
  Int level_ = 0, most_ = 0;
  bool valid_ = false;
};

// axis_fork: two beats, each of which every output gives once.
class Fork : public Element {
 public:
  explicit Fork(Reader &in) : waiting_(static_cast<std::size_t>(in.next())) {}
  bool ready(int) const override {
    for (const int count : waiting_)
      if (count == 2) return false;
    return true;
  }
  bool valid(int output) const override { return waiting_[static_cast<std::size_t>(output)] > 0; }
  void step(unsigned taken, unsigned given) override {
    for (std::size_t i = 0; i < waiting_.size(); ++i) waiting_[i] += int(taken) - int(given >> i & 1);
  }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), waiting_.begin(), waiting_.end()); }

 private:
  std::vector<int> waiting_;
};

// Two inputs of two beats each, a register behind what is made of one of both.
class Join : public Settling {
 public:
  bool ready(int input) const override { return count_[input] < 2; }
  bool valid(int) const override { return valid_; }
  void step(unsigned taken, unsigned given) override {
    const bool joins = count_[0] && count_[1] && (given || !valid_);
    count_[0] += int(taken & 1) - int(joins);
    count_[1] += int(taken >> 1) - int(joins);
    valid_ = joins || (valid_ && !given);
  }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), {count_[0], count_[1], valid_}); }

 protected:
  bool idle() const override { return valid_ || !count_[0] || !count_[1]; }

 private:
  int count_[2] = {0, 0};
  bool valid_ = false;
};

}  // namespace schedule
