// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements of a matrix whose weights come over a stream, each word for a block of vectors.
#pragma once

#include "layers.h"

namespace schedule {

// mvtu_stream up to its sums: vectors and words are kept by replay buffers, from block RAM a beat is read into a register
// first. A word comes `period` cycles behind the one before, as soon as there is room.
class Streamed : public Plain {
 public:
  explicit Streamed(Reader &in)
      : delay_(in.next()), top_(std::uint64_t(1) << delay_), vectors_(in), words_(in),
        period_(in.next()), row_(in.next()) {}
  bool ready(int) const { return !vectors_.full(); }
  bool valid(int) const { return pipe_ & top_; }
  Int steady(unsigned taken, unsigned given) const {
    const bool blocked = valid(0) && !given;
    return least(vectors_.steady(taken, !blocked), blocked ? NEVER : steady_output(taken));
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    while (cycles) {
      const Int count = least(cycles, alike(taken));
      if (count > 1) {
        skip(count, taken);
      } else if (!step(taken, given)) {
        return;
      }
      cycles -= count > 1 ? count : 1;
    }
  }
  void worked(Int *out) const { *out = worked_; }
  void state(List<Int> &out) const {
    vectors_.state(out);
    words_.state(out);
    out.add({Int(pipe_), used_, wait_});
  }

 private:
  // A replay_buffer with the register of its block RAM.
  class Kept {
   public:
    explicit Kept(Reader &in) : vectors_(in), is_block_(in.next()) {}
    bool full() const { return vectors_.full(); }
    bool has_beat() const { return is_block_ ? is_read_ : vectors_.has_beat(); }
    bool rests() const { return !vectors_.has_beat() && !is_read_; }
    Int steady(unsigned taken, bool uses) const {
      return vectors_.steady(taken, !taken && (uses || (is_block_ && !is_read_)));
    }
    // Whether a beat is used and another one read in this cycle, if it can be used.
    bool flows() const { return vectors_.has_beat() && (is_read_ || !is_block_); }
    Int at_hand(unsigned taken) const { return vectors_.at_hand(taken); }
    // So many cycles, at most `at_hand`, in each of which a beat is used.
    void skip(Int cycles, unsigned taken) {
      vectors_.use(cycles);
      if (taken) vectors_.take(cycles);
    }
    // A cycle; whether anything changes.
    bool step(bool taken, bool used) {
      const bool wants = used || (is_block_ && !is_read_), reads = wants && vectors_.has_beat();
      if (is_block_ && wants) is_read_ = reads;
      if (reads) vectors_.use(1);
      if (taken) vectors_.take(1);
      return used || reads || taken;
    }
    void state(List<Int> &out) const {
      vectors_.state(out);
      out.add(is_read_);
    }

   private:
    Vectors vectors_;
    const bool is_block_;
    bool is_read_ = false;
  };

  // Cycles for which `valid` surely stays what it is, where the pipeline moves.
  Int steady_output(unsigned taken) const {
    if (valid(0)) return 1;
    if (pipe_) return delay_ - (63 - __builtin_clzll(pipe_));
    return vectors_.rests() && !taken ? NEVER : row_ - used_ + delay_;
  }
  // For how many cycles a beat and a word are used in each, and nothing else happens: no word comes, no row ends.
  Int alike(unsigned taken) const {
    if (valid(0) || !vectors_.flows() || !words_.flows()) return 0;
    const Int words = words_.full() ? words_.steady(0, true) : wait_;
    return least(least(row_ - 1 - used_, words), least(vectors_.at_hand(taken), words_.at_hand(0)));
  }
  void skip(Int cycles, unsigned taken) {
    vectors_.skip(cycles, taken);
    words_.skip(cycles, 0);
    wait_ = wait_ > cycles ? wait_ - cycles : 0;
    pipe_ = cycles < 64 ? pipe_ << cycles & (2 * top_ - 1) : 0;
    used_ += cycles;
    worked_ += cycles;
  }
  // A cycle; whether anything changes.
  bool step(unsigned taken, unsigned given) {
    const bool moves = given || !valid(0), issues = moves && vectors_.has_beat() && words_.has_beat();
    const bool comes = !wait_ && !words_.full(), ends = issues && used_ == row_ - 1;
    bool changes = wait_ || (moves && (pipe_ || issues));
    changes |= vectors_.step(taken, issues);
    changes |= words_.step(comes, issues);
    wait_ = comes ? period_ - 1 : wait_ - (wait_ > 0);
    if (moves) pipe_ = (pipe_ << 1 | ends) & (2 * top_ - 1);
    if (issues) {
      used_ = ends ? 0 : used_ + 1;
      ++worked_;
    }
    return changes;
  }
  const Int delay_;
  // Bit i: the end of a row i registers behind the operand's; the top one stands where it can leave.
  const std::uint64_t top_;
  Kept vectors_, words_;
  const Int period_, row_;  // row_: beats of a result
  std::uint64_t pipe_ = 0;
  Int used_ = 0, wait_ = 0, worked_ = 0;
};

// mvtu_reorder: blocks of `beats` beats, two of them.
class Reorder : public Plain {
 public:
  explicit Reorder(Reader &in) : beats_(in.next()) {}
  bool ready(int) const { return !full_[write_half_]; }
  bool valid(int) const { return valid_; }
  Int steady(unsigned taken, unsigned given) const {
    const Int writes = taken ? beats_ - written_ : NEVER;
    if (valid_ && !given) return writes;
    return least(writes, !full_[read_half_] ? valid_ ? 1 : NEVER : valid_ ? beats_ - read_ : 1);
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    for (; cycles && (taken || given || (!valid_ && full_[read_half_])); --cycles) step(taken, given);
  }
  void state(List<Int> &out) const {
    out.add({written_, read_, write_half_, read_half_, full_[0], full_[1], valid_});
  }

 private:
  void step(unsigned taken, unsigned given) {
    const bool can_read = given || !valid_, reads = can_read && full_[read_half_];
    if (can_read) valid_ = reads;
    if (reads && ++read_ == beats_) {
      read_ = 0;
      full_[read_half_] = false;
      read_half_ = !read_half_;
    }
    if (taken && ++written_ == beats_) {
      written_ = 0;
      full_[write_half_] = true;
      write_half_ = !write_half_;
    }
  }
  const Int beats_;
  Int written_ = 0, read_ = 0;
  bool full_[2] = {false, false}, write_half_ = false, read_half_ = false, valid_ = false;
};

}  // namespace schedule
