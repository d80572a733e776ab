// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// Random weights, thresholds and vectors through an MVTU, with random gaps on both sides; every output bit is computed
// here as well. usage: Vmvtu [SEED]

#include <array>
#include <bitset>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <random>

#include "Vmvtu.h"

// As in the Makefile. A vector comes in SF beats and leaves in NF.
constexpr int MW = 64, MH = 16, SIMD = 16, PE = 4, SF = MW / SIMD, NF = MH / PE;
constexpr int SUM_W = 8;  // clog2(MW + 1) + 1
constexpr int VECTORS = 1000, PATIENCE = 1000;

using Vector = std::bitset<MW>;

struct Layer {
  std::array<Vector, MH> weights;  // bit 1 is +1, bit 0 is -1
  std::array<int, MH> thresholds;  // on the number of places where input and weight agree

  bool output(int row, const Vector& input) const {
    return int((~(input ^ weights[row])).count()) >= thresholds[row];
  }

  // What mvtu reads by $readmemh; docs/ip/mvtu.md describes both files.
  void write(const char* weight_file, const char* threshold_file) const {
    std::ofstream weight_words(weight_file), threshold_words(threshold_file);
    for (int nf = 0; nf < NF; nf++) {
      for (int sf = 0; sf < SF; sf++) {
        std::uint64_t word = 0;
        for (int p = 0; p < PE; p++) {
          for (int s = 0; s < SIMD; s++) {
            word |= std::uint64_t(weights[nf * PE + p][sf * SIMD + s]) << (p * SIMD + s);
          }
        }
        weight_words << std::hex << word << '\n';
      }
      std::uint64_t word = 0;
      for (int p = 0; p < PE; p++) {
        word |= std::uint64_t(-thresholds[nf * PE + p] & ((1 << SUM_W) - 1)) << (p * SUM_W);
      }
      threshold_words << std::hex << word << '\n';
    }
  }
};

int main(int argc, char** argv) {
  std::mt19937 random(argc > 1 ? std::strtoul(argv[1], nullptr, 0) : 1);
  const auto chance = [&](double probability) { return std::bernoulli_distribution(probability)(random); };

  Layer layer;
  for (int r = 0; r < MH; r++) {
    for (int c = 0; c < MW; c++) layer.weights[r][c] = chance(0.5);
    layer.thresholds[r] = std::uniform_int_distribution(MW / 2 - 4, MW / 2 + 4)(random);
  }
  layer.write("weights.mem", "thresholds.mem");  // before the model is there, which reads them when it starts

  Vmvtu top;
  const auto tick = [&] {
    top.aclk = 0;
    top.eval();
    top.aclk = 1;
    top.eval();
  };
  top.s_axis_tvalid = 0;
  top.m_axis_tready = 0;
  top.aresetn = 0;
  for (int i = 0; i < 3; i++) tick();
  top.aresetn = 1;

  std::deque<int> expected;
  Vector vector;
  int sent = 0, received = 0, idle = 0;
  while (received < VECTORS * NF) {
    // A beat that was offered stays until it is taken; ready may come and go.
    if (!top.s_axis_tvalid && sent < VECTORS * SF && chance(0.6)) {
      if (sent % SF == 0) {
        for (int c = 0; c < MW; c++) vector[c] = chance(0.5);
      }
      top.s_axis_tdata = (vector >> (sent % SF * SIMD)).to_ullong() & ((1 << SIMD) - 1);
      top.s_axis_tvalid = 1;
    }
    top.m_axis_tready = chance(0.6);
    top.aclk = 0;
    top.eval();
    const bool in = top.s_axis_tvalid && top.s_axis_tready, out = top.m_axis_tvalid && top.m_axis_tready;

    if (in && ++sent % SF == 0) {
      for (int nf = 0; nf < NF; nf++) {
        int beat = 0;
        for (int p = 0; p < PE; p++) beat |= layer.output(nf * PE + p, vector) << p;
        expected.push_back(beat);
      }
    }
    if (out) {
      const int found = top.m_axis_tdata, beat = received % NF;
      if (expected.empty() || found != expected.front() || top.m_axis_tlast != (beat == NF - 1)) {
        std::printf("vector %d, beat %d: %x, tlast %d; expected %x\n", received / NF, beat, found, top.m_axis_tlast,
                    expected.empty() ? -1 : expected.front());
        return 1;
      }
      expected.pop_front();
      received++;
    }
    if ((idle = in || out ? 0 : idle + 1) > PATIENCE) {
      std::printf("nothing moves after %d beats in, %d out\n", sent, received);
      return 1;
    }

    top.aclk = 1;
    top.eval();
    if (in) top.s_axis_tvalid = 0;
  }
  top.final();
  std::printf("%d vectors, %d bits: all as expected\n", VECTORS, VECTORS * MH);
}
