// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Elements and links, run from change to change.
#pragma once

#include "blocks.h"
#include "dues.h"
#include "element.h"
#include "ends.h"
#include "joint.h"
#include "layers.h"
#include "streams.h"
#include "widths.h"
#include "windows.h"

namespace schedule {

enum Kind { SOURCE, GUARD, SINK, REGISTER, FIFO, WIDEN, NARROW, GEARBOX, PIPE, REPLAY, LABEL, WINDOW, PARALLEL_WINDOW,
            FORK, JOIN, REPEAT, STREAMED, REORDER };

struct Link {
  Element *source, *sink;
  int output, input;
  bool moves;    // from the cycle on in which an end was looked at last
  bool starves;  // the sink waits for a beat
  Int fed;       // the cycle since when it did not
  Int beats;     // that moved before `since`
  Int since;     // when beats began or ceased to move
};

// What a run tells; `results`, `worked` (of every element at every result) have room enough.
struct Outcome {
  Int *results, *worked;
  Int found;         // how many results there are
  Int repeats_from;  // the earlier result at which the state was the last one's; -1: none
  Int looks;         // how often an element was looked at
};

class Network {
 public:
  // What ended a run.
  enum Status { ENOUGH = 0, STEADY = 1, LOCKED = 2, MALFORMED = 3, SLOW = 4 };

  Network() = default;
  Network(const Network &) = delete;
  Network &operator=(const Network &) = delete;
  ~Network() {
    for (Int i = 0; i < elements_.size(); ++i) delete elements_[i];
  }

  // With `joints` a matrix and what takes its results are one element, where that changes nothing outside.
  bool build(const Int *elements, Int count, const Int *links, Int link_count, bool joints) {
    count_ = count;
    // Of each element its description, and the element that alone takes from it: -1, -2: there is none, are several.
    List<const Int *> texts;
    List<Int> next;
    for (Int i = 0; i < count; ++i, elements += 2 + elements[1]) {
      texts.add(elements);
      next.add(-1);
    }
    for (Int i = 0; i < link_count; ++i) {
      const Int source = links[4 * i], sink = links[4 * i + 2];
      if (source < 0 || source >= sink || sink >= count) return false;
      next[source] = next[source] == -1 ? sink : -2;
    }
    List<Element *> element_of;
    for (Int i = 0; i < count; ++i) {
      const bool is_joint = joints && texts[i][0] == REPLAY && next[i] == i + 1 && is_behind(texts[i + 1][0]);
      Element *const made = is_joint ? make_joint(texts[i], texts[i + 1]) : make(texts[i]);
      if (!made) return false;
      made->index = int(elements_.size());
      elements_.add(made);
      places_.add(i);
      element_of.add(made);
      if (is_joint) element_of.add(made), ++i;
    }
    for (Int i = 0; i < link_count; ++i) {
      const Int *const link = links + 4 * i;
      Element *const source = element_of[link[0]], *const sink = element_of[link[2]];
      if (source == sink) continue;
      links_.add({source, sink, int(link[1]), int(link[3]), false, false, 0, 0, 0});
      link_places_.add(i);
    }
    for (Int i = 0; i < links_.size(); ++i)
      if (!put(links_[i].source->outputs, links_[i].output, &links_[i]) ||
          !put(links_[i].sink->inputs, links_[i].input, &links_[i]))
        return false;
    return guard_ && sink_;
  }

  // Until `frames` results have left or, where `until_steady`, the state at one is the state at an earlier one, or it
  // is certain, or after much work likely, that results do not keep coming `pace` cycles apart (0: any pace will do).
  Status run(Int frames, bool until_steady, Int pace, Outcome &out) {
    Dues dues(elements_.size());
    begin(dues);
    for (;;) {
      now_.clear();
      const Int cycle = dues.take(now_);
      if (cycle == NEVER) return LOCKED;
      const bool left = step(cycle, dues);
      out.looks += now_.size();
      if (!left) continue;
      const Int last = out.found++;
      out.results[last] = cycle - 1;
      note(cycle, out.worked + last * count_);
      if (until_steady && (out.repeats_from = repeats_from(last)) >= 0) return STEADY;
      if (until_steady && pace && (is_slow(out.results, last, pace) || falls_behind(out, last, pace))) return SLOW;
      if (out.found == frames) return ENOUGH;
    }
  }

  // For `samples` times `every` cycles; at the end of each, what every element has worked by then, and the beats that
  // have moved over every one of `link_count` links (0 for those inside a joint).
  Status trace(Int every, Int samples, Int link_count, Int *worked, Int *moved) {
    Dues dues(elements_.size());
    begin(dues);
    for (Int taken = 0;;) {
      now_.clear();
      const Int cycle = dues.take(now_);
      if (cycle == NEVER) return LOCKED;
      for (; (taken + 1) * every <= cycle; ++taken) {
        if (taken == samples) return ENOUGH;
        sample((taken + 1) * every, worked + taken * count_, moved + taken * link_count);
      }
      step(cycle, dues);
    }
  }

  void most(Int *out) const {
    for (Int i = 0; i < elements_.size(); ++i) out[places_[i]] = elements_[i]->most();
  }

 private:
  static bool is_behind(Int kind) { return kind == WIDEN || kind == PIPE; }

  template <typename T>
  static Element *whole(T *element, const Reader &in) {
    if (in.whole()) return element;
    delete element;
    return nullptr;
  }

  static Element *make_joint(const Int *matrix, const Int *behind) {
    Reader in(matrix + 2, matrix[1]), other(behind + 2, behind[1]);
    Element *const made = behind[0] == WIDEN ? static_cast<Element *>(new Of<Joint<Widen>>(in, other))
                                             : new Of<Joint<Pipe>>(in, other);
    return in.whole() ? whole(made, other) : nullptr;
  }

  Element *make(const Int *text) {
    Reader in(text + 2, text[1]);
    switch (text[0]) {
      case SOURCE: return whole(new Of<Source>(in), in);
      case GUARD: return whole(guard_ = new Of<Guard>(in), in);
      case SINK: return guard_ ? whole(sink_ = new Of<Sink>(in, &guard_->it), in) : nullptr;
      case REGISTER: return whole(new Of<Register>(), in);
      case FIFO: return whole(new Of<Fifo>(in), in);
      case WIDEN: return whole(new Of<Widen>(in), in);
      case NARROW: return whole(new Of<Narrow>(in), in);
      case GEARBOX: return whole(new Of<Gearbox>(in), in);
      case PIPE: return whole(new Of<Pipe>(in), in);
      case REPLAY: return whole(new Of<Replay>(in), in);
      case LABEL: return whole(new Of<Label>(in), in);
      case WINDOW: return whole(new Of<Window>(in), in);
      case PARALLEL_WINDOW: return whole(new Of<ParallelWindow>(in), in);
      case FORK: return whole(new Of<Fork>(in), in);
      case JOIN: return whole(new Of<Join>(), in);
      case REPEAT: return whole(new Of<Repeat>(in), in);
      case STREAMED: return whole(new Of<Streamed>(in), in);
      case REORDER: return whole(new Of<Reorder>(in), in);
      default: return nullptr;
    }
  }

  static bool put(List<Link *> &links, int at, Link *link) {
    while (links.size() <= at) links.add(nullptr);
    if (links[at]) return false;
    links[at] = link;
    return true;
  }

  void begin(Dues &dues) {
    for (Int i = 0; i < elements_.size(); ++i) {
      elements_[i]->go_on(0);
      dues.set(int(i), 0);
    }
  }

  // Those that are due in a cycle, and when they are due again; whether a result has left.
  bool step(Int cycle, Dues &dues) {
    const bool left = go_on(cycle);
    exchange(cycle);
    for (Int i = 0; i < now_.size(); ++i) {
      const Int wait = elements_[now_[i]]->steady();
      dues.set(now_[i], wait == NEVER ? NEVER : cycle + wait);
    }
    return left;
  }

  // What was done in front of a cycle up to which nothing changes.
  void sample(Int cycle, Int *worked, Int *moved) {
    for (Int i = 0; i < elements_.size(); ++i) {
      Element &element = *elements_[i];
      if (element.time != cycle) element.go_on(cycle - element.time);
      element.worked(worked + places_[i]);
    }
    for (Int i = 0; i < links_.size(); ++i)
      moved[link_places_[i]] = links_[i].beats + (links_[i].moves ? cycle - links_[i].since : 0);
  }

  // Bring those that are due to this cycle, with those that see what these count; whether a result has left.
  bool go_on(Int cycle) {
    const Int flags = guard_->it.flags();
    for (Int i = 0; i < now_.size(); ++i) {
      Element &element = *elements_[now_[i]];
      element.looked_at = cycle;
      if (element.time != cycle) element.go_on(cycle - element.time);
    }
    const bool left = sink_->it.take_result();
    if (left) {
      look_at(*guard_, cycle);
      guard_->it.frame_left();
      guard_->go_on(0);
    }
    if (left || flags != guard_->it.flags()) {
      look_at(*sink_, cycle);
      sink_->go_on(0);
    }
    return left;
  }

  void look_at(Element &element, Int cycle) {
    if (element.looked_at == cycle) return;
    element.looked_at = cycle;
    if (element.time != cycle) element.go_on(cycle - element.time);
    now_.add(element.index);
  }

  // Find out what moves from this cycle on; those for which that is something else than before are looked at too.
  void exchange(Int cycle) {
    for (Int i = 0, due = now_.size(); i < due; ++i) {
      const Element &element = *elements_[now_[i]];
      for (Int n = 0; n < element.inputs.size(); ++n) exchange(*element.inputs[n], cycle);
      for (Int n = 0; n < element.outputs.size(); ++n) exchange(*element.outputs[n], cycle);
    }
  }

  void exchange(Link &link, Int cycle) {
    const bool ready = link.sink->ready >> link.input & 1, valid = link.source->valid >> link.output & 1;
    if (link.starves && !(ready && !valid)) link.fed = cycle;
    link.starves = ready && !valid;
    if (link.sink == sink_) {
      if (lacks_flag_ && ready) flags_since_ = cycle;
      lacks_flag_ = !ready;
    }
    if (link.moves == (ready && valid)) return;
    if (link.moves) link.beats += cycle - link.since;
    link.since = cycle;
    link.moves = !link.moves;
    look_at(*link.source, cycle);
    look_at(*link.sink, cycle);
    link.source->given ^= 1u << link.output;
    link.sink->taken ^= 1u << link.input;
  }

  // Bring all to a cycle in which a result has left, and note their states.
  void note(Int cycle, Int *worked) {
    starts_.clear();
    const Int begin = states_.size();
    for (Int i = 0; i < elements_.size(); ++i) {
      Element &element = *elements_[i];
      if (element.time != cycle) element.go_on(cycle - element.time);
      element.worked(worked + places_[i]);
      starts_.add(states_.size() - begin);
      element.state(states_);
    }
    size_ = states_.size() - begin;
  }

  // Where the states at two results begin to be the same up to their ends.
  Int same_from(Int a, Int b) const {
    Int at = size_;
    while (at && states_[a * size_ + at - 1] == states_[b * size_ + at - 1]) --at;
    return at;
  }

  // The last result before this one with the same state, -1: none.
  Int repeats_from(Int last) const {
    for (Int i = last; i-- > 0;)
      if (same_from(i, last) == 0) return i;
    return -1;
  }

  // Whether results surely do not keep coming `pace` cycles apart: where all elements from one on are as they were at
  // an earlier result, farther back than the pace allows, and never waited for those in front of them since, they are
  // too slow even if the ones in front always have a beat; and with fewer beats they are no faster.
  bool is_slow(const Int *results, Int last, Int pace) {
    fed_.clear();
    for (Int i = 0; i < elements_.size(); ++i) fed_.add(i > guard_->index ? lacks_flag_ ? NEVER : flags_since_ : 0);
    for (Int n = 0; n < links_.size(); ++n) {
      const Link &link = links_[n];
      const Int since = link.starves ? NEVER : link.fed;
      for (Int i = link.source->index + 1; i <= link.sink->index; ++i)
        if (fed_[i] < since) fed_[i] = since;
    }
    for (Int i = last; i-- > 0 && last - i <= LOOK_BACK;) {
      if (results[last] - results[i] <= (last - i) * pace) continue;
      const Int same = same_from(i, last);
      for (Int at = elements_.size(); at-- > 0 && starts_[at] >= same;)
        if (fed_[at] <= results[i] + 1) return true;
    }
    return false;
  }

  // Whether after much work results still come later and later than the pace: input that comes evenly piles up in front
  // of what is a little too slow, so that no state is met again.
  static bool falls_behind(const Outcome &out, Int last, Int pace) {
    if (last < LEAST_STEPS || out.looks < MUCH_WORK) return false;
    const Int middle = last / 2, *const results = out.results;
    return results[last] - results[middle] > (last - middle) * pace && results[last] - results[last - 1] > pace;
  }

  // Results, and looks at elements, before that is asked.
  static constexpr Int LEAST_STEPS = 8, MUCH_WORK = 10'000'000;
  // With how many results before the last one it is compared.
  static constexpr Int LOOK_BACK = 32;
  Int count_ = 0;
  List<Element *> elements_;
  List<Int> places_;  // of the elements, the first of what each is made of in the description
  List<Link> links_;
  List<Int> link_places_;  // of the links, their places in the description
  List<int> now_;  // the elements looked at in this cycle
  Of<Guard> *guard_ = nullptr;
  Of<Sink> *sink_ = nullptr;
  // The states at all results, `size_` numbers each; where the elements' begin; since when each and those behind it
  // were fed by those in front, and the sink by flags.
  List<Int> states_, starts_, fed_;
  Int size_ = 0, flags_since_ = 0;
  bool lacks_flag_ = false;
};

}  // namespace schedule
