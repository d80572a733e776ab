// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Which elements are to be looked at next: the cycle in which each is due. Those due in the block of cycles at hand stand
// in a list a cycle, with a bit for every list that is not empty and a bit for every word of such bits; the others stand
// in one list until their block comes.
#pragma once

#include "list.h"

namespace schedule {

class Dues {
 public:
  explicit Dues(Int count) {
    for (Int i = 0; i < count; ++i) elements_.add({INT64_MAX, -1, -1, -1});
    for (Int i = 0; i <= BLOCK; ++i) heads_.add(-1);
  }
  void set(int index, Int cycle) {
    Entry &entry = elements_[index];
    if (entry.cycle == cycle) return;
    if (entry.list >= 0) remove(entry);
    entry.cycle = cycle;
    if (cycle != INT64_MAX) insert(index);
  }
  // The earliest cycle in which some are due, INT64_MAX: there is none; takes these out.
  Int take(List<int> &out) {
    if (!words_ && !next_block()) return INT64_MAX;
    const int word = __builtin_ctzll(words_), list = 64 * word + __builtin_ctzll(bits_[word]);
    for (int at = heads_[list]; at >= 0; at = elements_[at].next) {
      out.add(at);
      elements_[at].list = -1;
      elements_[at].cycle = INT64_MAX;
    }
    heads_[list] = -1;
    clear(list);
    return begin_ + list;
  }

 private:
  static constexpr int BLOCK = 64 * 64, LATER = BLOCK;
  struct Entry {
    Int cycle;
    int list, before, next;  // -1: none
  };
  void insert(int index) {
    Entry &entry = elements_[index];
    const Int ahead = entry.cycle - begin_;
    entry.list = ahead < BLOCK ? int(ahead) : LATER;
    entry.before = -1;
    entry.next = heads_[entry.list];
    if (entry.next >= 0) elements_[entry.next].before = index;
    heads_[entry.list] = index;
    if (entry.list == LATER) return;
    bits_[entry.list / 64] |= std::uint64_t(1) << entry.list % 64;
    words_ |= std::uint64_t(1) << entry.list / 64;
  }
  void remove(Entry &entry) {
    if (entry.next >= 0) elements_[entry.next].before = entry.before;
    if (entry.before >= 0) {
      elements_[entry.before].next = entry.next;
    } else {
      heads_[entry.list] = entry.next;
      if (entry.next < 0 && entry.list != LATER) clear(entry.list);
    }
    entry.list = -1;
  }
  void clear(int list) {
    bits_[list / 64] &= ~(std::uint64_t(1) << list % 64);
    if (!bits_[list / 64]) words_ &= ~(std::uint64_t(1) << list / 64);
  }
  // Go on to the block of the earliest of those that stand in no block; whether there are any.
  bool next_block() {
    int at = heads_[LATER];
    if (at < 0) return false;
    begin_ = INT64_MAX;
    for (int i = at; i >= 0; i = elements_[i].next)
      if (elements_[i].cycle < begin_) begin_ = elements_[i].cycle;
    heads_[LATER] = -1;
    for (int next; at >= 0; at = next) {
      next = elements_[at].next;
      insert(at);
    }
    return true;
  }
  Int begin_ = 0;
  List<Entry> elements_;
  List<int> heads_;
  std::uint64_t words_ = 0, bits_[64] = {};
};

}  // namespace schedule
