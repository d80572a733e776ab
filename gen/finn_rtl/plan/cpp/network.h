// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements and links, run from handshake to handshake.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "element.h"
#include "ends.h"
#include "layers.h"
#include "streams.h"
#include "widths.h"
#include "windows.h"

namespace schedule {

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

}  // namespace schedule
