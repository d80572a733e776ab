// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements that cut windows out of maps: swu and swu_parallel.
#pragma once

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
// base that follows when it is next to be read: the place from which on the buffer keeps. Beats beside one another make
// a span; rows of windows alike share their table.
class Window : public Plain {
 public:
  explicit Window(Reader &in) : depth_(in.next()), is_apart_(in.next()), w_(in) {
    for (Int row = 0; row < w_.rows; ++row) {
      const Int top = row * w_.stride_h - w_.pad_top;
      const Table table{row == 0, row == w_.rows - 1, top < 0 ? -top : 0,
                        top + w_.kernel_h > w_.ifm_h ? top + w_.kernel_h - w_.ifm_h : 0, spans_.size(), 0};
      Int at = 0;
      while (at < tables_.size() && !tables_[at].is_like(table)) ++at;
      if (at == tables_.size()) {
        tables_.add(table);
        add_spans(row);
        tables_[at].end = spans_.size();
      }
      table_of_.add(at);
    }
    span_ = tables_[table_of_[0]].begin;
  }
  bool ready(int) const { return level_ - base_ < depth_; }
  bool valid(int) const { return valid_; }
  Int steady(unsigned taken, unsigned given) const { return least(room(taken, given), supply(taken, given)); }
  void run(Int cycles, unsigned taken, unsigned given) {
    while (cycles) {
      const Span &span = spans_[span_];
      const Int need = span.need + span.step * beat_;
      Int count = cycles;
      const bool moves = span.moves == EACH || (span.moves == FIRST && beat_ == 0);
      if (valid_ && !given) {
        if (moves) base_ = need;
      } else if (need < level_) {
        count = given ? least(cycles, at_hand(level_, taken)) : 1;
        if (moves) base_ = need;
        if (span.moves == EACH) base_ += span.step * (count - 1);
        valid_ = true;
        beat_ += count;
        if (beat_ == span.count) next_span();
      } else {
        valid_ = false;
        count = taken ? least(cycles, need - level_ + 1) : given ? 1 : cycles;
        if (moves) base_ = need;
      }
      if (taken) level_ += count;
      if (level_ - base_ > most_) most_ = level_ - base_;
      cycles -= count;
    }
  }
  Int most() const { return most_; }
  void state(List<Int> &out) const { out.add({level_, base_, span_, beat_, row_, valid_}); }

 private:
  // Stands for the place of padding, which is always there.
  static constexpr Int NOWHERE = -(Int(1) << 62);
  // How many spans are looked at to say how long beats follow one another.
  static constexpr Int LOOK_AHEAD = 2;
  // Which beats of a span move the base.
  enum Moves { NONE, FIRST, EACH };
  struct Span {
    Int need, step, count;
    Moves moves;
  };
  struct Table {
    bool is_first, is_last;
    Int above, below;
    Int begin, end;  // in the list of spans
    bool is_like(const Table &t) const {
      return is_first == t.is_first && is_last == t.is_last && above == t.above && below == t.below;
    }
  };
  void add_spans(Int row) {
    const Int turns = is_apart_ ? w_.groups : 1, beats = is_apart_ ? 1 : w_.groups;
    for (Int column = 0; column < w_.columns; ++column) {
      const Int left = column * w_.stride_w - w_.pad_left;
      const Int before = left < 0 ? least(-left, w_.kernel_w) : 0;
      const Int end = left + w_.kernel_w < w_.ifm_w ? w_.kernel_w : w_.ifm_w - left;
      const bool drains = row == w_.rows - 1 && column == w_.columns - 1;
      for (Int turn = 0; turn < turns; ++turn)
        for (Int y = 0; y < w_.kernel_h; ++y) {
          const Int ifm_y = row * w_.stride_h - w_.pad_top + y;
          Int padding = ifm_y < 0 || ifm_y >= w_.ifm_h || before >= end ? w_.kernel_w : before;
          const Int inside = padding == w_.kernel_w ? 0 : end - before;
          const Int behind = w_.kernel_w - padding - inside;
          padding *= beats;
          if ((w_.pad_top || w_.pad_left) && row == 0 && column == 0 && turn == 0 && y == 0) {
            add_span({0, 0, 1, FIRST});  // padding that waits for the frame's first pixel
            --padding;
          }
          add_span({NOWHERE, 0, padding, NONE});
          // Only the first row that is read of a window moves the base; with groups apart, of the first group.
          const bool moves = drains && turn == turns - 1;
          add_span({(y - w_.pad_top) * w_.ifm_w * w_.groups + (left + before) * w_.groups + turn,
                    is_apart_ ? w_.groups : 1, inside * beats, moves ? EACH : y == 0 && turn == 0 ? FIRST : NONE});
          add_span({NOWHERE, 0, behind * beats, NONE});
        }
    }
  }
  void add_span(const Span &span) {
    if (span.count > 0) spans_.add(span);
  }
  void next_span() {
    beat_ = 0;
    if (++span_ != tables_[table_of_[row_]].end) return;
    const Int rows = row_ + 1 < w_.rows ? w_.stride_h : w_.ifm_h - row_ * w_.stride_h;
    base_ -= rows * w_.ifm_w * w_.groups;
    level_ -= rows * w_.ifm_w * w_.groups;
    if (++row_ == w_.rows) row_ = 0;
    span_ = tables_[table_of_[row_]].begin;
  }
  // Beats of the span that can be given in a row, where so many have come.
  Int at_hand(Int level, unsigned taken) const { return at_hand(span_, beat_, level, taken); }
  Int at_hand(Int index, Int beat, Int level, unsigned taken) const {
    const Span &span = spans_[index];
    const Int left = span.count - beat, need = span.need + span.step * beat;
    if (need >= level) return 0;
    const Int loss = span.step - Int(taken);
    return loss <= 0 ? left : least(left, (level - need + loss - 1) / loss);
  }
  // Cycles for which there surely is room, or none.
  Int room(unsigned taken, unsigned given) const {
    if (level_ - base_ < depth_) return taken ? depth_ - (level_ - base_) : NEVER;
    const Span &span = spans_[span_];
    const Int need = span.need + span.step * beat_;
    const bool moves = span.moves == EACH || (span.moves == FIRST && beat_ == 0);
    if (moves && need != base_) return 1;
    if (!given && (valid_ || need >= level_)) return NEVER;
    return span.moves == EACH ? 1 : span.count - beat_ + 1;
  }
  // Cycles for which there surely are beats, or none.
  Int supply(unsigned taken, unsigned given) const {
    if (!given) {
      if (valid_) return NEVER;
      const Span &span = spans_[span_];
      const Int need = span.need + span.step * beat_;
      return need < level_ ? 1 : taken ? need - level_ + 2 : NEVER;
    }
    const Int end = tables_[table_of_[row_]].end;
    Int cycles = 0, beat = beat_, level = level_;
    for (Int index = span_; index < end && index < span_ + LOOK_AHEAD; ++index) {
      const Int count = at_hand(index, beat, level, taken);
      cycles += count;
      if (count < spans_[index].count - beat) return cycles + 1;
      if (taken) level += count;
      beat = 0;
    }
    return cycles;
  }
  const Int depth_;
  const bool is_apart_;
  const Windows w_;
  List<Span> spans_;
  List<Table> tables_;
  List<Int> table_of_;
  Int span_ = 0, beat_ = 0;  // the span, and the beat in it, to be read next
  Int row_ = 0, level_ = 0, base_ = 0, most_ = 0;
  bool valid_ = false;
};

// swu_parallel. `place` counts steps of the chain: the windows of a frame are complete behind certain steps, and the
// next frame's first beat comes at place `first`. Windows behind it, up to `end`, are the tail: while no beat of the next
// frame has come the chain moves without one, and then waits at `end` until `fresh`, the beats of the new frame, has
// made up for it.
class ParallelWindow : public Plain {
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
  bool ready(int) const { return ready_; }
  bool valid(int) const { return valid_; }
  Int steady(unsigned taken, unsigned given) const {
    if (valid_ && !given) return taken ? 1 : NEVER;
    if (!taken) return !valid_ && ready_ && !drains() ? NEVER : 1;
    return !waits() && is_window() == valid_ ? alike() + 1 : 1;
  }
  void run(Int cycles, unsigned taken, unsigned given) {
    while (cycles) {
      if (valid_ && !given) {
        if (taken) ready_ = false;
        return;
      }
      Int count = 1;
      if (taken || !ready_) {
        if (ready_) count = least(cycles, alike());
        ready_ = true;
        if (waits()) {
          ++fresh_;
          valid_ = false;
        } else {
          fresh_ = place_ == last_beat_ ? 0 : least(tail_, fresh_ + count);
          valid_ = is_window();
          move(count);
        }
      } else if (drains()) {
        valid_ = is_window();
        move(1);
      } else {
        valid_ = false;
        return;
      }
      cycles -= count;
    }
  }
  void state(List<Int> &out) const { out.add({place_, fresh_, ready_, valid_}); }

 private:
  // Whether the chain moves without a beat.
  bool drains() const { return drains_ && tail_ && !fresh_ && place_ != end_; }
  // Whether a beat comes that the chain does not move for.
  bool waits() const { return place_ == end_ && fresh_ != tail_; }
  // Whether a window is complete behind this step.
  bool is_window() const { return is_row_ && x_ % w_.stride_w == 0 && x_ < w_.columns * w_.stride_w; }
  // Steps, at least 1, that are like this one: they all complete windows or none does, and none is a special one.
  Int alike() const {
    if (place_ == end_ || place_ == last_beat_) return 1;
    Int pixels = w_.ifm_w - x_;
    if (is_row_ && x_ < w_.columns * w_.stride_w) pixels = w_.stride_w > 1 ? 1 : least(pixels, w_.columns - x_);
    Int count = pixels * w_.groups - group_;
    if (end_ > place_) count = least(count, end_ - place_);
    if (last_beat_ > place_) count = least(count, last_beat_ - place_);
    return count;
  }
  void go_to(Int place) {
    place_ = place;
    group_ = place % w_.groups;
    x_ = place / w_.groups % w_.ifm_w;
    y_ = place / w_.groups / w_.ifm_w;
    see_row();
  }
  void see_row() { is_row_ = y_ % w_.stride_h == 0 && y_ < w_.rows * w_.stride_h; }
  // So many places on, at most to the next row's first.
  void move(Int count) {
    place_ += count;
    group_ += count;
    if (group_ < w_.groups) return;
    x_ += w_.groups == 1 ? group_ : group_ / w_.groups;
    group_ = w_.groups == 1 ? 0 : group_ % w_.groups;
    if (x_ < w_.ifm_w) return;
    x_ = 0;
    ++y_;
    if (place_ == frame_) place_ = y_ = 0;
    see_row();
  }
  const bool drains_;  // false: the tail always waits for the next frame
  const Windows w_;
  const Int frame_;
  Int tail_, end_, last_beat_, place_, group_, x_, y_, fresh_ = 0;
  bool is_row_, ready_ = true, valid_ = false;
};

}  // namespace schedule
