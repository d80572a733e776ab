// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Streams frames through a verilated network as fast as it takes them, and writes down every result beat.
//
// usage: harness INPUT OUTPUT FRAMES BEATS_IN BEATS_OUT BYTES_IN BYTES_OUT WATCHED_SCOPE LIMIT
//                [WAVES|- [WORK EVERY BINS SCOPE...]]
//
// INPUT holds FRAMES * BEATS_IN beats of BYTES_IN bytes. OUTPUT gets, for each result beat, the cycle in which it was
// taken (8 bytes, little endian; cycle 0 takes the first input beat), tuser (1 byte) and BYTES_OUT bytes of data, and
// at the end the number of cycles in which the watched layer worked (8 bytes), counted from the cycle after the
// result number FRAMES / 2 (the first is number 0) to that of the last. LIMIT is the number of cycles without a result
// after which the run is given up. WAVES, for a program verilated with --trace-vcd, gets all signals in VCD. WORK gets, for
// each of BINS times EVERY cycles from cycle 0 on, as far as the run goes, in how many of them each SCOPE's layer worked
// (4 bytes each, little endian).
// Exit status: 0 done, 3 no result for LIMIT cycles, 4 a file failed, 5 tlast in the wrong place.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "Vtop.h"
#include "verilated.h"
#include "verilated_sym_props.h"
#include "verilated_syms.h"
#if VM_TRACE_VCD
#include "verilated_vcd_c.h"
#endif

namespace {

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

int fail(int status, const char* what) {
  std::fprintf(stderr, "harness: %s\n", what);
  return status;
}

/// Waves of the design, with a clock of 100 MHz; nothing where there is no file for them.
class Waves {
#if VM_TRACE_VCD
 public:
  Waves(VerilatedContext& context, Vtop& top, const char* file) {
    if (!file) return;
    context.traceEverOn(true);
    top.trace(&vcd_, 99);
    vcd_.set_time_unit("1ns");
    vcd_.set_time_resolution("1ns");
    vcd_.open(file);
  }
  ~Waves() { vcd_.close(); }
  bool is_open() { return vcd_.isOpen(); }
  void half_cycle() {
    if (is_open()) vcd_.dump(time_);
    time_ += 5;
  }

 private:
  VerilatedVcdC vcd_;
  std::uint64_t time_ = 0;
#else
 public:
  Waves(VerilatedContext&, Vtop&, const char*) {}
  bool is_open() { return false; }
  void half_cycle() {}
#endif
};

/// The signal of a layer that is 1 in the cycles in which it works; null where there is none.
const std::uint8_t* issue_of(VerilatedContext& context, const char* name) {
  const VerilatedScope* scope = context.scopeFind(name);
  VerilatedVar* variable = scope ? scope->varFind("issue") : nullptr;
  return variable ? static_cast<const std::uint8_t*>(variable->datap()) : nullptr;
}

/// In how many cycles of each bin layers worked.
class Work {
 public:
  Work(std::uint64_t every, std::uint64_t bins, std::vector<const std::uint8_t*> layers)
      : every_(every), layers_(std::move(layers)), counts_(bins * layers_.size()) {}
  void count(std::uint64_t cycle) {
    if (cycle >= every_ * counts_.size() / layers_.size()) return;
    std::uint32_t* const bin = &counts_[cycle / every_ * layers_.size()];
    for (std::size_t i = 0; i < layers_.size(); i++) bin[i] += *layers_[i];
  }
  bool write(const char* name, std::uint64_t cycles) const {
    const std::size_t size = std::min(counts_.size(), std::size_t(cycles / every_) * layers_.size());
    std::FILE* file = std::fopen(name, "wb");
    return file && std::fwrite(counts_.data(), 4, size, file) == size && std::fclose(file) == 0;
  }

 private:
  std::uint64_t every_;
  std::vector<const std::uint8_t*> layers_;
  std::vector<std::uint32_t> counts_;
};

/// Words of a layer's weights: from the file NAME.words, again and again, each PERIOD cycles behind the one before. The
/// file has PERIOD, the bytes of a word (8 bytes each, little endian), and the words.
class Words {
 public:
  explicit Words(const char* name) {
    std::FILE* file = std::fopen(name, "rb");
    std::uint64_t head[2];
    if (file && std::fread(head, 8, 2, file) == 2) {
      period_ = head[0];
      bytes_ = head[1];
      std::uint8_t part[4096];
      for (std::size_t size; (size = std::fread(part, 1, sizeof part, file)) > 0;)
        words_.insert(words_.end(), part, part + size);
    }
    if (file) std::fclose(file);
  }
  bool is_open() const { return bytes_ && !words_.empty() && words_.size() % bytes_ == 0; }
  template <typename Data>
  void offer(Data& data, std::uint8_t& valid) const {
    std::memcpy(&data, &words_[at_], bytes_);
    valid = wait_ == 0;
  }
  void step(bool ready) {
    if (wait_) {
      wait_--;
    } else if (ready) {
      at_ = (at_ + bytes_) % words_.size();
      wait_ = period_ - 1;
    }
  }

 private:
  std::uint64_t period_ = 1, wait_ = 0;
  std::size_t bytes_ = 0, at_ = 0;
  std::vector<std::uint8_t> words_;
};

}  // namespace

// FINN_WEIGHTS(X) is X(PREFIX) for each stream of weights that the design has.
#ifndef FINN_WEIGHTS
#define FINN_WEIGHTS(X)
#endif

int main(int argc, char** argv) {
  if (argc < 10 || (argc > 11 && argc < 15)) return fail(4, "nine, ten, or fourteen and more arguments are needed");
  const std::uint64_t frames = number(argv[3]), beats_in = number(argv[4]), beats_out = number(argv[5]);
  const std::size_t bytes_in = number(argv[6]), bytes_out = number(argv[7]);
  const std::uint64_t limit = number(argv[9]);

  std::vector<std::uint8_t> input(frames * beats_in * bytes_in);
  std::FILE* file = std::fopen(argv[1], "rb");
  if (!file || std::fread(input.data(), 1, input.size(), file) != input.size()) return fail(4, "cannot read INPUT");
  std::fclose(file);
  std::FILE* output = std::fopen(argv[2], "wb");
  if (!output) return fail(4, "cannot write OUTPUT");

  auto context = std::make_unique<VerilatedContext>();
  auto top = std::make_unique<Vtop>(context.get());
  const bool has_waves = argc > 10 && std::strcmp(argv[10], "-") != 0;
  Waves waves(*context, *top, has_waves ? argv[10] : nullptr);
  if (has_waves && !waves.is_open()) return fail(4, "cannot write WAVES");
  const auto tick = [&] {
    // What led to the rising edge, then what came of it.
    waves.half_cycle();
    top->aclk = 1;
    top->eval();
    waves.half_cycle();
    top->aclk = 0;
    top->eval();
  };
#define FINN_OPEN(name) \
  Words words_##name(#name ".words"); \
  if (!words_##name.is_open()) return fail(4, "cannot read " #name ".words"); \
  top->name##_tvalid = 0;
  FINN_WEIGHTS(FINN_OPEN)
  top->aclk = 0;
  top->aresetn = 0;
  top->s_axis_tvalid = 0;
  top->s_axis_tlast = 0;
  top->m_axis_tready = 1;
  top->eval();
  for (int i = 0; i < 4; i++) tick();
  top->aresetn = 1;
  top->eval();

  const std::uint8_t* const working = issue_of(*context, argv[8]);
  std::unique_ptr<Work> work;
  if (argc > 11) {
    std::vector<const std::uint8_t*> layers;
    for (int i = 14; i < argc; i++) layers.push_back(issue_of(*context, argv[i]));
    if (std::count(layers.begin(), layers.end(), nullptr)) return fail(4, "a layer to watch does not exist");
    work = std::make_unique<Work>(number(argv[12]), number(argv[13]), std::move(layers));
  }
  if (!working) return fail(4, "the watched layer does not exist");

  std::uint64_t cycle = 0, busy = 0, sent = 0, results = 0, result_beat = 0, last_result = 0;
  bool started = false;
  const std::uint64_t total = frames * beats_in;
  while (results < frames) {
    // Behind the last frame the first ones follow again, so that the network stays full to the end.
    std::memcpy(&top->s_axis_tdata, &input[sent % total * bytes_in], bytes_in);
    top->s_axis_tvalid = 1;
    top->s_axis_tlast = sent % beats_in == beats_in - 1;
#define FINN_OFFER(name) words_##name.offer(top->name##_tdata, top->name##_tvalid);
    FINN_WEIGHTS(FINN_OFFER)
    top->eval();
#define FINN_STEP(name) words_##name.step(top->name##_tready);
    FINN_WEIGHTS(FINN_STEP)
    const bool taken = top->s_axis_tready;
    started |= taken;
    // From the cycle after one result to the cycle of the other.
    if (results > frames / 2) busy += *working;
    if (work && started) work->count(cycle);
    if (top->m_axis_tvalid) {
      std::fwrite(&cycle, 8, 1, output);
      std::fputc(top->m_axis_tuser, output);
      std::fwrite(&top->m_axis_tdata, 1, bytes_out, output);
      const bool is_last = ++result_beat == beats_out;
      if (is_last != static_cast<bool>(top->m_axis_tlast)) return fail(5, "tlast of a result is in the wrong place");
      if (is_last) {
        result_beat = 0;
        results++;
        last_result = cycle;
        if (results % 64 == 0 || results == frames) {
          std::printf("%llu\n", static_cast<unsigned long long>(results));
          std::fflush(stdout);
        }
      }
    }
    tick();
    if (taken) sent++;
    if (started) cycle++;
    if (cycle - last_result > limit) return fail(3, "no result comes: the network is stuck");
  }
  std::fwrite(&busy, 8, 1, output);
  if (std::fclose(output) != 0) return fail(4, "cannot write OUTPUT");
  if (work && !work->write(argv[11], cycle)) return fail(4, "cannot write WORK");
  top->final();
  return 0;
}
