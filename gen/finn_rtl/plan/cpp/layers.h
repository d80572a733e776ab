// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements that work on beats: those of matrices, pooling, comparisons and repetition.
#pragma once

#include "tail.h"

namespace schedule {

// Beats that leave results: of a map row by row, those that complete a window of kernel_h x kernel_w pixels.
class Pipe : public Plain {
 public:
  explicit Pipe(Reader &in)
      : tail_(in), groups_(in.next()), row_(in.next() * groups_), height_(in.next()), kernel_w_(in.next()),
        kernel_h_(in.next()) {}
  bool ready(int) const { return !tail_.stall(); }
  bool valid(int) const { return tail_.valid(); }
  Int steady(unsigned taken, unsigned given) const { return tail_.steady(entering(taken), given); }
  void run(Int cycles, unsigned taken, unsigned given) {
    if (taken) worked_ += cycles;
    while (cycles) {
      const Entering next = entering(taken);
      const Int count = least(cycles, next.cycles);
      tail_.run(count, next.results, given);
      if (taken) move(count);
      cycles -= count;
    }
  }
  void worked(Int *out) const { *out = worked_; }
  void state(List<Int> &out) const {
    tail_.state(out);
    out.add({beat_, y_});
  }
  // For Joint, as of Widen.
  bool rests() const { return !tail_.inside(); }
  Int absorbs() const {
    const Entering next = entering(1);
    return next.results ? 0 : next.cycles;
  }
  void absorb(Int beats) {
    worked_ += beats;
    if (beats) move(beats);
  }
  Int lacks() const {
    const Entering next = entering(1);
    return next.results ? 1 : next.cycles + 1;
  }
  Int steady_output() const { return tail_.steady({false, NEVER, false}, 0); }

 private:
  Entering entering(unsigned taken) const {
    if (!taken || (kernel_w_ == 1 && kernel_h_ == 1)) return {taken != 0, NEVER, false};
    if (y_in_ != kernel_h_ - 1) return {false, row_ - beat_, false};
    if (kernel_w_ == 1) return {true, row_ - beat_, false};
    if (x_in_ == kernel_w_ - 1) return {true, groups_ - group_, true};
    const Int until = (kernel_w_ - 1 - x_in_) * groups_ - group_, end = row_ - beat_;
    return until < end ? Entering{false, until, true} : Entering{false, end, false};
  }
  // So many beats on, within a row. Where every beat leaves a result the place is of no consequence.
  void move(Int beats) {
    if (kernel_w_ == 1 && kernel_h_ == 1) return;
    beat_ += beats;
    if (beat_ == row_) {
      beat_ = group_ = x_in_ = 0;
      if (++y_in_ == kernel_h_) y_in_ = 0;
      if (++y_ == height_) y_ = y_in_ = 0;
      return;
    }
    group_ += beats;
    if (group_ < groups_) return;
    x_in_ += groups_ == 1 ? group_ : group_ / groups_;
    group_ = groups_ == 1 ? 0 : group_ % groups_;
    if (x_in_ >= kernel_w_) x_in_ %= kernel_w_;
  }
  Tail tail_;
  const Int groups_, row_, height_, kernel_w_, kernel_h_;  // row_: beats of a row
  Int beat_ = 0, y_ = 0;                                   // in its row, and the row
  Int group_ = 0, x_in_ = 0, y_in_ = 0;                    // in the pixel, and of the pixel in its window
  Int worked_ = 0;
};

// What a replay_buffer holds: vectors of `length` beats, each of which is used `repeats` times.
class Vectors {
 public:
  explicit Vectors(Reader &in) : length_(in.next()), repeats_(in.next()) {}
  bool full() const { return level_ == 2 * length_; }
  bool has_beat() const { return turn_ != 0 || fresh_ != 0; }
  bool is_last() const { return turn_ == repeats_ - 1; }
  Int length() const { return length_; }
  // Beats of this use of the vector that are still to be used.
  Int left() const { return length_ - beat_; }
  // Of these, those that can be used without a pause if one comes in every cycle or none.
  Int at_hand(unsigned taken) const { return turn_ == 0 && !taken ? least(left(), fresh_) : left(); }
  // Beats until the vector is used up.
  Int in_all() const { return left() + (repeats_ - 1 - turn_) * length_; }
  // Cycles for which `full` surely stays what it is; `uses`: a beat is used in every cycle, as far as there are some.
  Int steady(unsigned taken, bool uses) const {
    if (taken) return 2 * length_ - level_ + (uses && is_last() && has_beat() ? left() : 0);
    if (!full() || !uses) return NEVER;
    return is_last() ? 1 : in_all() - length_ + 1;
  }
  // Use so many beats, at most `in_all`.
  void use(Int count) {
    if (turn_ == 0) fresh_ -= least(count, left());
    const Int others = is_last() ? 0 : in_all() - length_;
    if (count > others) level_ -= count - others;
    beat_ += count;
    if (beat_ < length_) return;
    const Int ends = beat_ == length_ ? 1 : beat_ / length_;
    beat_ -= ends * length_;
    turn_ += ends;
    if (turn_ == repeats_) turn_ = 0;
  }
  void take(Int count) {
    level_ += count;
    fresh_ += count;
  }
  void state(List<Int> &out) const { out.add({level_, fresh_, beat_, turn_}); }

 private:
  const Int length_, repeats_;
  Int level_ = 0, fresh_ = 0, beat_ = 0, turn_ = 0;
};

// replay_buffer and what stands behind it: each vector is used `repeats` times, `uses` of these for a result. From block
// RAM a beat is read into a register first.
class Replay : public Plain {
 public:
  explicit Replay(Reader &in) : tail_(in), vectors_(in), is_block_(in.next()), row_(vectors_.length() * in.next()) {}
  bool ready(int) const { return !vectors_.full(); }
  bool valid(int) const { return tail_.valid(); }
  Int steady(unsigned taken, unsigned given) const {
    const bool reads = !tail_.stall() || (!taken && is_block_ && !is_read_);
    return least(vectors_.steady(taken, reads), tail_.steady(entering(taken), given));
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    while (cycles) {
      const bool stalls = tail_.stall(), has_beat = vectors_.has_beat();
      const bool uses = (is_block_ ? is_read_ : has_beat) && !stalls;
      const bool reads = has_beat && (uses || (is_block_ && !is_read_));
      // As long as all goes on like this.
      Int count = cycles;
      if (uses && reads) {
        count = least(cycles, least(vectors_.at_hand(taken), rest()));
      } else if (uses || reads || (taken && !has_beat && !(is_block_ ? is_read_ : stalls))) {
        count = 1;
      }
      if (reads) vectors_.use(count);
      if (is_block_ && (uses || !is_read_)) is_read_ = reads;
      const bool ends = uses && use(count);
      if (count > ends) tail_.run(count - ends, false, given);
      if (ends) tail_.run(1, true, given);
      if (taken) vectors_.take(count);
      cycles -= count;
    }
  }
  void worked(Int *out) const { *out = worked_; }
  void state(List<Int> &out) const {
    tail_.state(out);
    vectors_.state(out);
    out.add({used_, is_read_});
  }
  // For Joint: cycles for which `ready` surely stays what it is, whatever leaves.
  Int steady_input(unsigned taken) const {
    // While a use of a vector is read, a result may enter at its end; from the register that of the use before may, too.
    return vectors_.steady(taken, !taken || tail_.has_room(is_read_ && rest() == 1));
  }
  // Cycles for which fewer than so many results surely leave.
  Int until_leaves(Int results, unsigned taken) const {
    const Int inside = tail_.inside();
    if (results <= inside) return tail_.until_valid();
    if (starves(taken)) return NEVER;
    return rest() - 1 + tail_.delay() + (results - inside - 1) * row_;
  }
  bool flows() const { return tail_.flows(row_ == 1); }
  // At most so many cycles in which all results leave at once, as many as can be done together; how many have left.
  Int flow(Int &cycles, unsigned taken) {
    const bool has_beat = vectors_.has_beat(), uses = is_block_ ? is_read_ : has_beat;
    if (has_beat && uses) {
      const Int at_hand = vectors_.at_hand(taken);
      cycles = least(cycles, at_hand < vectors_.left() ? at_hand : vectors_.in_all());
      vectors_.use(cycles);
    } else if (uses || has_beat || taken) {
      cycles = 1;
      if (has_beat) vectors_.use(1);
      is_read_ = is_block_ && has_beat;
    }
    if (taken) vectors_.take(cycles);
    Int ends = 0;
    if (uses) {
      worked_ += cycles;
      used_ += cycles;
      if (used_ >= row_) {
        ends = used_ / row_;
        used_ -= ends * row_;
      }
    }
    return tail_.flow(cycles, ends, row_, used_);
  }

 private:
  // Beats until a result enters.
  Int rest() const { return row_ - used_; }
  // Whether these do not come without others in front of them.
  bool starves(unsigned taken) const { return rest() - is_read_ && vectors_.at_hand(taken) < vectors_.left(); }
  // Use so many beats, at most `rest`; whether a result enters.
  bool use(Int count) {
    worked_ += count;
    used_ += count;
    if (used_ != row_) return false;
    used_ = 0;
    return true;
  }
  Entering entering(unsigned taken) const {
    const Int left = rest();
    if (is_block_ && is_read_ && left == 1) return {true, 1, row_ > 1};
    if (!vectors_.has_beat()) return {false, taken ? 1 : NEVER, false};
    if (starves(taken)) return {false, NEVER, false};
    if (is_block_ && !is_read_) return {false, 1, false};
    return left == 1 ? Entering{true, 1, row_ > 1} : Entering{false, left - 1, true};
  }
  Tail tail_;
  Vectors vectors_;
  const bool is_block_;
  const Int row_;  // beats of a result
  bool is_read_ = false;
  Int used_ = 0, worked_ = 0;
};

// replay_buffer alone: each vector is given `repeats` times.
class Repeat : public Plain {
 public:
  explicit Repeat(Reader &in) : vectors_(in), is_block_(in.next()) {}
  bool ready(int) const { return !vectors_.full(); }
  bool valid(int) const { return is_block_ ? valid_ : vectors_.has_beat(); }
  Int steady(unsigned taken, unsigned given) const {
    const bool uses = is_block_ ? given || !valid_ : given;
    if (!uses) return vectors_.has_beat() || is_block_ ? vectors_.steady(taken, false) : taken ? 1 : NEVER;
    if (!given || !vectors_.has_beat()) return vectors_.has_beat() || taken || given ? 1 : NEVER;
    return least(vectors_.steady(taken, true), vectors_.at_hand(taken));
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    while (cycles) {
      const bool wants = is_block_ ? given || !valid_ : given;
      Int count = cycles;
      if (wants) {
        valid_ = vectors_.has_beat();
        count = valid_ && given ? least(cycles, vectors_.at_hand(taken)) : 1;
        if (valid_) {
          vectors_.use(count);
        } else if (!taken) {
          return;
        }
      }
      if (taken) vectors_.take(count);
      cycles -= count;
    }
  }
  void state(List<Int> &out) const {
    vectors_.state(out);
    out.add(is_block_ && valid_);
  }

 private:
  Vectors vectors_;
  const bool is_block_;
  bool valid_ = false;
};

// label_select.
class Label : public Plain {
 public:
  explicit Label(Reader &in) : beats_(in.next()), rounds_(in.next()), last_(std::uint64_t(1) << rounds_ >> 1) {}
  bool ready(int) const { return takes() || !(rounds_ == 0 || (pipe_ & last_)); }
  bool valid(int) const { return valid_; }
  Int steady(unsigned taken, unsigned given) const { return steady_by_steps(*this, taken, given); }
  void run(Int cycles, unsigned taken, unsigned given) { run_by_steps(*this, cycles, taken, given); }
  void state(List<Int> &out) const { out.add({Int(pipe_), beat_, valid_}); }
  void step(unsigned taken, unsigned given) {
    const bool comes = takes() && (rounds_ ? (pipe_ & last_) != 0 : taken != 0);
    if (rounds_ && ready(0)) pipe_ = (pipe_ << 1 | taken) & ((last_ << 1) - 1);
    if (given) valid_ = false;
    if (comes && ++beat_ == beats_) {
      beat_ = 0;
      valid_ = true;
    }
  }
  bool idle() const { return !(pipe_ && ready(0)); }

 private:
  bool takes() const { return !(beat_ == beats_ - 1 && valid_); }
  const Int beats_, rounds_;
  const std::uint64_t last_;  // bit r: a beat waits behind round r of its comparisons
  std::uint64_t pipe_ = 0;
  Int beat_ = 0;
  bool valid_ = false;
};

}  // namespace schedule
