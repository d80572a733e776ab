// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements that work on beats: those of matrices, pooling, comparisons and repetition.
#pragma once

#include <cstdint>
#include <vector>

#include "element.h"

namespace schedule {

// The end of a pipeline that stalls as a whole: `delay` registers, then a single output register or an axis_register.
class Tail {
 public:
  explicit Tail(Reader &in) : delay_(in.next()), is_skid_(in.next()), top_(std::uint64_t(1) << delay_) {}
  bool valid() const { return count_ > 0; }
  bool stall() const { return (pipe_ & top_) && count_ == (is_skid_ ? 2 : 1); }
  bool empty() const { return !pipe_; }
  // One cycle; `enters`: a result enters the pipeline (not while it stalls).
  void step(bool enters, bool given) {
    const bool stalls = stall();
    const bool leaves = (pipe_ & top_) && !stalls;
    if (!stalls) pipe_ = (pipe_ & (top_ - 1)) << 1 | std::uint64_t(enters);
    count_ += int(leaves) - int(given);
  }
  // Cycles until the first result stands in front of the output register, 0 where it does or there is none.
  Int distance() const { return pipe_ ? delay_ - (63 - __builtin_clzll(pipe_)) : 0; }
  // Cycles, at most `distance`, in which nothing enters but in the last one.
  void skip(Int cycles, bool enters) { pipe_ = pipe_ << cycles | std::uint64_t(enters); }
  void state(std::vector<Int> &out) const { out.insert(out.end(), {Int(pipe_), count_}); }

 private:
  const Int delay_;
  const bool is_skid_;
  const std::uint64_t top_;  // bit i: a result i registers behind the first; the top one stands before the output
  std::uint64_t pipe_ = 0;
  int count_ = 0;
};

// Beats that leave results: of a map row by row, those that complete a window of kernel_h x kernel_w pixels.
class Pipe : public Element {
 public:
  explicit Pipe(Reader &in)
      : tail_(in), groups_(in.next()), width_(in.next()), height_(in.next()), kernel_w_(in.next()),
        kernel_h_(in.next()) {}
  bool ready(int) const override { return !tail_.stall(); }
  bool valid(int) const override { return tail_.valid(); }
  void step(unsigned taken, unsigned given) override {
    worked_ += taken;
    tail_.step(taken && take(), given);
  }
  void advance(Int cycles) override {
    for (; cycles && wake() != NEVER;) {
      const Int distance = tail_.distance();
      if (distance) {
        const Int skipped = distance < cycles ? distance : cycles;
        tail_.skip(skipped, false);
        cycles -= skipped;
      } else {
        tail_.step(false, false);
        --cycles;
      }
    }
  }
  Int wake() const override { return tail_.empty() || tail_.stall() ? NEVER : tail_.distance() ? tail_.distance() : 1; }
  Int worked() const override { return worked_; }
  void state(std::vector<Int> &out) const override {
    tail_.state(out);
    out.insert(out.end(), {group_, x_, y_});
  }

 private:
  // Move on to the next beat; whether this one completes a window.
  bool take() {
    const bool done = (x_ + 1) % kernel_w_ == 0 && (y_ + 1) % kernel_h_ == 0;
    if (++group_ == groups_) {
      group_ = 0;
      if (++x_ == width_) {
        x_ = 0;
        if (++y_ == height_) y_ = 0;
      }
    }
    return done;
  }
  Tail tail_;
  const Int groups_, width_, height_, kernel_w_, kernel_h_;
  Int group_ = 0, x_ = 0, y_ = 0, worked_ = 0;
};

// replay_buffer and what stands behind it: each vector of `length` beats is used `repeats` times, for a result each.
class Replay : public Element {
 public:
  explicit Replay(Reader &in) : tail_(in), length_(in.next()), repeats_(in.next()) {}
  bool ready(int) const override { return level_ != 2 * length_; }
  bool valid(int) const override { return tail_.valid(); }
  void step(unsigned taken, unsigned given) override {
    const bool issues = has_beat() && !tail_.stall();
    const bool ends = issues && issue(1);
    tail_.step(ends, given);
    level_ += taken;
    fresh_ += taken;
  }
  void advance(Int cycles) override {
    while (cycles) {
      const Int most = run();
      if (most == NEVER) return;
      const Int count = most < cycles ? most : cycles;
      if (tail_.empty() || tail_.distance()) {
        tail_.skip(count, has_beat() && issue(count));
      } else {
        tail_.step(has_beat() && issue(1), false);
      }
      cycles -= count;
    }
  }
  Int wake() const override { return run(); }
  Int worked() const override { return worked_; }
  void state(std::vector<Int> &out) const override {
    tail_.state(out);
    out.insert(out.end(), {level_, fresh_, beat_, turn_});
  }

 private:
  bool has_beat() const { return turn_ != 0 || fresh_ != 0; }
  // Cycles without handshakes that can be done at once; NEVER where nothing moves.
  Int run() const {
    if (tail_.stall() || (tail_.empty() && !has_beat())) return NEVER;
    Int most = NEVER;
    if (!tail_.empty()) most = tail_.distance() ? tail_.distance() : 1;
    if (!has_beat()) return most;
    Int beats = length_ - beat_;
    if (turn_ == 0 && fresh_ < beats) beats = fresh_;
    if (turn_ == repeats_ - 1 && level_ == 2 * length_) beats = 1;
    return beats < most ? beats : most;
  }
  // Issue so many beats of one row; whether they end it.
  bool issue(Int count) {
    worked_ += count;
    if (turn_ == 0) fresh_ -= count;
    if (turn_ == repeats_ - 1) level_ -= count;
    beat_ += count;
    if (beat_ != length_) return false;
    beat_ = 0;
    if (++turn_ == repeats_) turn_ = 0;
    return true;
  }
  Tail tail_;
  const Int length_, repeats_;
  Int level_ = 0, fresh_ = 0, beat_ = 0, turn_ = 0, worked_ = 0;
};

// replay_buffer alone: each vector of `length` beats is given `repeats` times.
class Repeat : public Settling {
 public:
  explicit Repeat(Reader &in) : length_(in.next()), repeats_(in.next()), is_block_(in.next()) {}
  bool ready(int) const override { return level_ != 2 * length_; }
  bool valid(int) const override { return is_block_ ? valid_ : has_beat(); }
  void step(unsigned taken, unsigned given) override {
    const bool pop = is_block_ ? has_beat() && (given || !valid_) : given != 0;
    if (is_block_ && (given || !valid_)) valid_ = pop;
    if (pop) {
      if (turn_ == 0) --fresh_;
      if (turn_ == repeats_ - 1) --level_;
      if (++beat_ == length_) {
        beat_ = 0;
        if (++turn_ == repeats_) turn_ = 0;
      }
    }
    level_ += taken;
    fresh_ += taken;
  }
  void state(std::vector<Int> &out) const override {
    out.insert(out.end(), {level_, fresh_, beat_, turn_, valid_});
  }

 protected:
  bool idle() const override { return !is_block_ || valid_ || !has_beat(); }

 private:
  bool has_beat() const { return turn_ != 0 || fresh_ != 0; }
  const Int length_, repeats_;
  const bool is_block_;
  Int level_ = 0, fresh_ = 0, beat_ = 0, turn_ = 0;
  bool valid_ = false;
};

// label_select.
class Label : public Settling {
 public:
  explicit Label(Reader &in) : beats_(in.next()), rounds_(in.next()), last_(std::uint64_t(1) << rounds_ >> 1) {}
  bool ready(int) const override { return takes() || !(rounds_ == 0 || (pipe_ & last_)); }
  bool valid(int) const override { return valid_; }
  void step(unsigned taken, unsigned given) override {
    const bool comes = takes() && (rounds_ ? (pipe_ & last_) != 0 : taken != 0);
    if (rounds_ && ready(0)) pipe_ = (pipe_ << 1 | taken) & ((last_ << 1) - 1);
    if (given) valid_ = false;
    if (comes && ++beat_ == beats_) {
      beat_ = 0;
      valid_ = true;
    }
  }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), {Int(pipe_), beat_, valid_}); }

 protected:
  bool idle() const override { return !(pipe_ && ready(0)); }

 private:
  bool takes() const { return !(beat_ == beats_ - 1 && valid_); }
  const Int beats_, rounds_;
  const std::uint64_t last_;  // bit r: a beat waits behind round r of its comparisons
  std::uint64_t pipe_ = 0;
  Int beat_ = 0;
  bool valid_ = false;
};

}  // namespace schedule
