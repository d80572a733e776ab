// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// A growing array of plain values: what is used of std::vector, for a fraction of the time that it takes to compile.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>

namespace schedule {

using Int = std::int64_t;

template <typename T>
class List {
 public:
  List() = default;
  List(const List &) = delete;
  List &operator=(const List &) = delete;
  ~List() { std::free(at_); }
  Int size() const { return size_; }
  T &operator[](Int i) { return at_[i]; }
  const T &operator[](Int i) const { return at_[i]; }
  void clear() { size_ = 0; }
  void add(const T &value) {
    const T copy = value;
    if (size_ == room_) grow();
    at_[size_++] = copy;
  }
  [[gnu::noinline]] void add(std::initializer_list<T> values) {
    for (const T &value : values) add(value);
  }

 private:
  [[gnu::noinline]] void grow() {
    room_ = room_ ? 2 * room_ : 8;
    void *const at = std::realloc(static_cast<void *>(at_), static_cast<std::size_t>(room_) * sizeof(T));
    if (!at) std::abort();
    at_ = static_cast<T *>(at);
  }
  T *at_ = nullptr;
  Int size_ = 0, room_ = 0;
};

}  // namespace schedule
