// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements that cut windows out of maps: swu and swu_parallel.
#pragma once

#include <cstddef>
#include <vector>

#include "element.h"

namespace schedule {

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

}  // namespace schedule
