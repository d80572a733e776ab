// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// The schedule of a network: control elements that exchange beats over links, run from handshake to handshake.
//
// Every element has registers from which its ready and valid follow; a link fires in a cycle in which its source is
// valid and its sink is ready. An element is asked three things only: `advance` it over cycles in which none of its
// links fires, `step` it over one in which some do, and when its ready or valid may change next by itself (`wake`). So
// cycles in which nothing happens cost nothing, and a frame takes time in proportion to the beats that move in it.
// The elements are the controls of the RTL; what each IP is made of is said in the IP's own Python file.
#include <cstdint>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

namespace {

using Int = std::int64_t;
constexpr Int NEVER = INT64_MAX;

// Reads the numbers that describe an element.
class Reader {
 public:
  Reader(const Int *at, Int count) : at_(at), end_(at + count) {}
  Int next() { return at_ == end_ ? (bad_ = true, 0) : *at_++; }
  bool whole() const { return !bad_ && at_ == end_; }

 private:
  const Int *at_, *end_;
  bool bad_ = false;
};

class Element {
 public:
  virtual ~Element() = default;
  virtual bool ready(int input) const = 0;
  virtual bool valid(int output) const = 0;
  // One cycle; bit i of `taken` is input i, of `given` output i.
  virtual void step(unsigned taken, unsigned given) = 0;
  // `cycles` cycles without a handshake.
  virtual void advance(Int cycles) { (void)cycles; }
  // Cycles, at least 1, until something may change without a handshake.
  virtual Int wake() const { return NEVER; }
  virtual void state(std::vector<Int> &out) const = 0;
  // Most beats held, where that is of interest.
  virtual Int most() const { return 0; }
  // Cycles in which a layer worked.
  virtual Int worked() const { return 0; }

  Int time = 0;  // the state is the one in front of this cycle
  unsigned taken = 0, given = 0;
  std::vector<int> links;
  Int due = NEVER;  // cycle for which it stands in the queue
};

// An element whose step without a handshake may change something, once.
class Settling : public Element {
 public:
  void advance(Int cycles) override {
    for (; cycles && !idle(); --cycles) step(0, 0);
  }
  Int wake() const override { return idle() ? NEVER : 1; }

 protected:
  virtual bool idle() const = 0;
};

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

struct Windows {
  explicit Windows(Reader &in)
      : ifm_h(in.next()), ifm_w(in.next()), groups(in.next()), rows(in.next()), columns(in.next()),
        kernel_h(in.next()), kernel_w(in.next()), stride_h(in.next()), stride_w(in.next()), pad_top(in.next()),
        pad_left(in.next()) {}
  const Int ifm_h, ifm_w, groups, rows, columns, kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
};

// swu. Positions are those of beats in the stream, counted from the first beat of the map's row with which the windows'
// row begins (before padding). For each beat of a row of windows a table has the position that must have come and the
// base that follows when it is next to be read; rows of windows alike share theirs.
class Window : public Settling {
 public:
  explicit Window(Reader &in) : depth_(in.next()), is_apart_(in.next()), w_(in) {
    for (Int row = 0; row < w_.rows; ++row) {
      const Int top = row * w_.stride_h - w_.pad_top;
      const Kind kind{row == 0, row == w_.rows - 1, top < 0 ? -top : 0,
                      top + w_.kernel_h > w_.ifm_h ? top + w_.kernel_h - w_.ifm_h : 0};
      std::size_t at = 0;
      while (at < kinds_.size() && !(kinds_[at] == kind)) ++at;
      if (at == kinds_.size()) {
        kinds_.push_back(kind);
        tables_.push_back(table(row));
      }
      table_of_.push_back(at);
    }
    table_ = &tables_[table_of_[0]];
  }
  bool ready(int) const override { return level_ - base_ < depth_; }
  bool valid(int) const override { return valid_; }
  void step(unsigned taken, unsigned given) override {
    const Beat &beat = (*table_)[beat_];
    Int base = beat.base == NOWHERE ? base_ : beat.base;
    if (given || !valid_) {
      valid_ = beat.need < level_;
      if (valid_ && ++beat_ == table_->size()) {
        const Int next = row_ + 1 < w_.rows ? w_.stride_h : w_.ifm_h - row_ * w_.stride_h;
        const Int shift = next * w_.ifm_w * w_.groups;
        beat_ = 0;
        base -= shift;
        level_ -= shift;
        if (++row_ == w_.rows) row_ = 0;
        table_ = &tables_[table_of_[row_]];
      }
    }
    level_ += taken;
    base_ = base;
    if (level_ - base_ > most_) most_ = level_ - base_;
  }
  Int most() const override { return most_; }
  void state(std::vector<Int> &out) const override {
    out.insert(out.end(), {level_, base_, Int(beat_), row_, valid_});
  }

 protected:
  bool idle() const override {
    const Beat &beat = (*table_)[beat_];
    return (valid_ || beat.need >= level_) && (beat.base == NOWHERE || beat.base == base_);
  }

 private:
  // Stands for the place of padding, which is always there, and for a base that stays.
  static constexpr Int NOWHERE = -(Int(1) << 62);
  struct Beat {
    Int need, base;
  };
  struct Kind {
    bool is_first, is_last;
    Int above, below;
    bool operator==(const Kind &k) const {
      return is_first == k.is_first && is_last == k.is_last && above == k.above && below == k.below;
    }
  };
  std::vector<Beat> table(Int row) const {
    std::vector<Beat> beats;
    const Int size = w_.kernel_h * w_.kernel_w * w_.groups, pitch = w_.ifm_w * w_.groups;
    beats.reserve(static_cast<std::size_t>(w_.columns * size));
    for (Int column = 0; column < w_.columns; ++column) {
      const Int left = column * w_.stride_w - w_.pad_left;
      const bool drains = row == w_.rows - 1 && column == w_.columns - 1;
      bool begins = true;
      for (Int i = 0; i < size; ++i) {
        const Int pixel = is_apart_ ? i % (w_.kernel_h * w_.kernel_w) : i / w_.groups;
        const Int group = is_apart_ ? i / (w_.kernel_h * w_.kernel_w) : i % w_.groups;
        const Int y = pixel / w_.kernel_w, x = pixel % w_.kernel_w;
        const Int ifm_y = row * w_.stride_h - w_.pad_top + y;
        // Only the first row that is read of a window moves the base; with groups apart, of the first group.
        begins = begins && y == 0 && (!is_apart_ || group == 0);
        if ((w_.pad_top || w_.pad_left) && row == 0 && column == 0 && i == 0) {
          beats.push_back({0, 0});  // padding that waits for the frame's first pixel
        } else if (ifm_y < 0 || ifm_y >= w_.ifm_h || left + x < 0 || left + x >= w_.ifm_w) {
          beats.push_back({NOWHERE, NOWHERE});
        } else {
          const Int place = (y - w_.pad_top) * pitch + (left + x) * w_.groups + group;
          const bool moves = begins || (drains && (!is_apart_ || group == w_.groups - 1));
          beats.push_back({place, moves ? place : NOWHERE});
          begins = false;
        }
      }
    }
    return beats;
  }
  const Int depth_;
  const bool is_apart_;
  const Windows w_;
  std::vector<Kind> kinds_;
  std::vector<std::vector<Beat>> tables_;
  std::vector<std::size_t> table_of_;
  const std::vector<Beat> *table_;
  std::size_t beat_ = 0;
  Int row_ = 0, level_ = 0, base_ = 0, most_ = 0;
  bool valid_ = false;
};

// swu_parallel. `place` counts steps of the chain: the windows of a frame are complete behind certain steps, and the
// next frame's first beat comes at place `first`. Windows behind it, up to `end`, are the tail: while no beat of the next
// frame has come the chain moves without one, and then waits at `end` until `fresh`, the beats of the new frame, has
// made up for it.
class ParallelWindow : public Settling {
 public:
  explicit ParallelWindow(Reader &in) : drains_(in.next()), w_(in), frame_(w_.ifm_h * w_.ifm_w * w_.groups) {
    const Int taps_h = w_.kernel_h < w_.pad_top + w_.ifm_h ? w_.kernel_h : w_.pad_top + w_.ifm_h;
    const Int taps_w = w_.kernel_w < w_.pad_left + w_.ifm_w ? w_.kernel_w : w_.pad_left + w_.ifm_w;
    const Int first = frame_ - ((taps_h - 1 - w_.pad_top) * w_.ifm_w + taps_w - 1 - w_.pad_left) * w_.groups;
    const Int end = ((w_.rows - 1) * w_.stride_h * w_.ifm_w + (w_.columns - 1) * w_.stride_w + 1) * w_.groups;
    tail_ = end > first ? end - first : 0;
    end_ = tail_ ? end % frame_ : -1;  // without a tail the chain never waits
    last_beat_ = first - 1;
    go_to(tail_ ? end_ : first % frame_);
  }
  bool ready(int) const override { return ready_; }
  bool valid(int) const override { return valid_; }
  void step(unsigned taken, unsigned given) override {
    if (valid_ && !given) {
      if (taken) ready_ = false;
      return;
    }
    if (taken || !ready_) {
      ready_ = true;
      if (tail_) {
        if (place_ == end_ && fresh_ != tail_) {
          ++fresh_;
          valid_ = false;
          return;
        }
        if (place_ == last_beat_) {
          fresh_ = 0;
        } else if (fresh_ != tail_) {
          ++fresh_;
        }
      }
    } else if (!drains_ || !tail_ || fresh_ || place_ == end_) {
      valid_ = false;
      return;
    }
    valid_ = y_ % w_.stride_h == 0 && y_ / w_.stride_h < w_.rows && x_ % w_.stride_w == 0 &&
             x_ / w_.stride_w < w_.columns;
    move();
  }
  void state(std::vector<Int> &out) const override { out.insert(out.end(), {place_, fresh_, ready_, valid_}); }

 protected:
  bool idle() const override { return valid_ || !drains_ || !tail_ || fresh_ != 0 || place_ == end_; }

 private:
  void go_to(Int place) {
    place_ = place;
    group_ = place % w_.groups;
    x_ = place / w_.groups % w_.ifm_w;
    y_ = place / w_.groups / w_.ifm_w;
  }
  void move() {
    if (++place_ == frame_) {
      go_to(0);
    } else if (++group_ == w_.groups) {
      group_ = 0;
      if (++x_ == w_.ifm_w) {
        x_ = 0;
        ++y_;
      }
    }
  }
  const bool drains_;  // false: the tail always waits for the next frame
  const Windows w_;
  const Int frame_;
  Int tail_, end_, last_beat_, place_, group_, x_, y_, fresh_ = 0;
  bool ready_ = true, valid_ = false;
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

enum Kind { SOURCE, GUARD, SINK, REGISTER, FIFO, WIDEN, NARROW, GEARBOX, PIPE, REPLAY, LABEL, WINDOW, PARALLEL_WINDOW,
            FORK, JOIN, REPEAT };

struct Link {
  int source, output, sink, input;
  Int checked = -1;
};

class Network {
 public:
  // What ended a run.
  enum Status { ENOUGH = 0, STEADY = 1, LOCKED = 2, MALFORMED = 3 };

  bool build(const Int *elements, Int count, const Int *links, Int link_count) {
    for (Int i = 0; i < count; ++i) {
      const Int kind = elements[0], numbers = elements[1];
      Reader in(elements + 2, numbers);
      elements += 2 + numbers;
      if (!add(static_cast<Kind>(kind), in) || !in.whole()) return false;
    }
    for (Int i = 0; i < link_count; ++i, links += 4) {
      const Link link{int(links[0]), int(links[1]), int(links[2]), int(links[3])};
      if (link.source < 0 || link.source >= count || link.sink < 0 || link.sink >= count) return false;
      links_.push_back(link);
      elements_[static_cast<std::size_t>(link.source)]->links.push_back(int(i));
      elements_[static_cast<std::size_t>(link.sink)]->links.push_back(int(i));
    }
    return guard_ && sink_;
  }

  // Until `frames` results have left or, where `until_steady`, the state at one is the state at an earlier one.
  Status run(Int frames, bool until_steady, Int *results, Int *worked, Int *repeats_from) {
    std::vector<std::vector<Int>> states;
    for (std::size_t i = 0; i < links_.size(); ++i) soon_.push_back(int(i));
    for (std::size_t i = 0; i < elements_.size(); ++i) schedule(int(i), 0);
    Int found = 0;
    for (Int cycle = 0;; ++cycle) {
      if (soon_.empty() && waking_.empty()) {
        if (queue_.empty()) {
          count_ = found;
          return LOCKED;
        }
        cycle = queue_.top().first;
      }
      const bool left = one_cycle(cycle);
      if (!left) continue;
      results[found] = cycle;
      for (auto &element : elements_) catch_up(*element, cycle + 1);
      for (std::size_t i = 0; i < elements_.size(); ++i)
        worked[found * Int(elements_.size()) + Int(i)] = elements_[i]->worked();
      if (until_steady) {
        states.emplace_back();
        for (const auto &element : elements_) element->state(states.back());
        for (Int i = found; i-- > 0;) {
          if (states[static_cast<std::size_t>(i)] == states.back()) {
            *repeats_from = i;
            ++found;
            count_ = found;
            return STEADY;
          }
        }
      }
      if (++found == frames) {
        count_ = found;
        return ENOUGH;
      }
    }
  }

  Int count() const { return count_; }
  Int most(std::size_t element) const { return elements_[element]->most(); }

 private:
  bool add(Kind kind, Reader &in) {
    std::unique_ptr<Element> made;
    switch (kind) {
      case SOURCE: made = std::make_unique<Source>(in); break;
      case GUARD: {
        auto guard = std::make_unique<Guard>(in);
        guard_ = guard.get();
        made = std::move(guard);
        break;
      }
      case SINK: {
        if (!guard_) return false;
        auto sink = std::make_unique<Sink>(in, guard_);
        sink_ = sink.get();
        made = std::move(sink);
        break;
      }
      case REGISTER: made = std::make_unique<Register>(); break;
      case FIFO: made = std::make_unique<Fifo>(in); break;
      case WIDEN: made = std::make_unique<Widen>(in); break;
      case NARROW: made = std::make_unique<Narrow>(in); break;
      case GEARBOX: made = std::make_unique<Gearbox>(in); break;
      case PIPE: made = std::make_unique<Pipe>(in); break;
      case REPLAY: made = std::make_unique<Replay>(in); break;
      case LABEL: made = std::make_unique<Label>(in); break;
      case WINDOW: made = std::make_unique<Window>(in); break;
      case PARALLEL_WINDOW: made = std::make_unique<ParallelWindow>(in); break;
      case FORK: made = std::make_unique<Fork>(in); break;
      case REPEAT: made = std::make_unique<Repeat>(in); break;
      case JOIN: made = std::make_unique<Join>(); break;
      default: return false;
    }
    elements_.push_back(std::move(made));
    return true;
  }

  static void catch_up(Element &element, Int cycle) {
    if (element.time < cycle) {
      element.advance(cycle - element.time);
      element.time = cycle;
    }
  }

  // Have an element looked at when it may have changed by itself: most often in the next cycle, `next`.
  void schedule(int index, Int next) {
    Element &element = *elements_[static_cast<std::size_t>(index)];
    const Int wait = element.wake();
    if (wait == NEVER) return;
    const Int due = element.time + wait;
    if (due <= next) {
      waking_.push_back(index);
    } else if (due != element.due) {
      element.due = due;
      queue_.emplace(due, index);
    }
  }

  void touch(const Element &element) { soon_.insert(soon_.end(), element.links.begin(), element.links.end()); }

  // All handshakes of a cycle; whether a result is complete by it.
  bool one_cycle(Int cycle) {
    now_.swap(soon_);
    soon_.clear();
    woken_.swap(waking_);
    waking_.clear();
    for (const int index : woken_) {
      const Element &element = *elements_[static_cast<std::size_t>(index)];
      now_.insert(now_.end(), element.links.begin(), element.links.end());
    }
    while (!queue_.empty() && queue_.top().first == cycle) {
      const int index = queue_.top().second;
      queue_.pop();
      Element &element = *elements_[static_cast<std::size_t>(index)];
      if (element.due != cycle) continue;
      element.due = NEVER;
      woken_.push_back(index);
      now_.insert(now_.end(), element.links.begin(), element.links.end());
    }
    moved_.clear();
    for (const int index : now_) {
      Link &link = links_[static_cast<std::size_t>(index)];
      if (link.checked == cycle) continue;
      link.checked = cycle;
      Element &source = *elements_[static_cast<std::size_t>(link.source)];
      Element &sink = *elements_[static_cast<std::size_t>(link.sink)];
      catch_up(source, cycle);
      catch_up(sink, cycle);
      if (!source.valid(link.output) || !sink.ready(link.input)) continue;
      if (!(source.taken | source.given)) moved_.push_back(link.source);
      source.given |= 1u << link.output;
      if (!(sink.taken | sink.given)) moved_.push_back(link.sink);
      sink.taken |= 1u << link.input;
    }
    bool left = false;
    for (const int index : moved_) {
      Element &element = *elements_[static_cast<std::size_t>(index)];
      const Int flags = guard_->flags();
      element.step(element.taken, element.given);
      if (&element == sink_) left = sink_->complete();
      element.taken = element.given = 0;
      element.time = cycle + 1;
      touch(element);
      if (guard_->flags() != flags) touch(*sink_);
    }
    if (left) {
      guard_->frame_left();
      touch(*guard_);
    }
    for (const int index : moved_) schedule(index, cycle + 1);
    for (const int index : woken_)
      if (elements_[static_cast<std::size_t>(index)]->time <= cycle) {
        catch_up(*elements_[static_cast<std::size_t>(index)], cycle);
        schedule(index, cycle + 1);
      }
    return left;
  }

  std::vector<std::unique_ptr<Element>> elements_;
  std::vector<Link> links_;
  Guard *guard_ = nullptr;
  Sink *sink_ = nullptr;
  std::vector<int> now_, soon_;          // links to look at, in this cycle and in the next
  std::vector<int> moved_, woken_, waking_;  // elements: with a handshake, due now, due in the next cycle
  using Due = std::pair<Int, int>;
  std::priority_queue<Due, std::vector<Due>, std::greater<Due>> queue_;
  Int count_ = 0;
};

}  // namespace

// Runs the network of `count` elements (kind, how many numbers, the numbers) and `link_count` links (element, output,
// element, input) for `frames` results, or until it repeats itself. Writes the cycle in which each result left, what
// every element had worked by then, the most that each held, how many results there are, and the earlier result at which
// the state was the last one's (-1: none). Returns a Status.
extern "C" int finn_schedule(const Int *elements, Int count, const Int *links, Int link_count, Int frames,
                             int until_steady, Int *results, Int *worked, Int *most, Int *found, Int *repeats_from) {
  Network network;
  *found = 0;
  *repeats_from = -1;
  if (!network.build(elements, count, links, link_count)) return Network::MALFORMED;
  const auto status = network.run(frames, until_steady != 0, results, worked, repeats_from);
  *found = network.count();
  for (Int i = 0; i < count; ++i) most[i] = network.most(static_cast<std::size_t>(i));
  return status;
}
