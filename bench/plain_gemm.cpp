// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// What bench/reference.py measures the reference beside: XNOR-popcount products of two bit matrices in plain C++, in blocks
// of 2 x 2 results.

#include <cstdint>

// a: [n][words], b: [rows][words], out: [n][rows]; n and rows even.
extern "C" void plain_gemm(const uint64_t* a, const uint64_t* b, int64_t n, int64_t rows, int64_t words, int32_t* out) {
  for (int64_t i = 0; i < n; i += 2) {
    for (int64_t j = 0; j < rows; j += 2) {
      int64_t sums[2][2] = {};
      for (int64_t k = 0; k < words; k++) {
        for (int64_t p = 0; p < 2; p++) {
          for (int64_t q = 0; q < 2; q++) {
            sums[p][q] += __builtin_popcountll(~(a[(i + p) * words + k] ^ b[(j + q) * words + k]));
          }
        }
      }
      for (int64_t p = 0; p < 2; p++) {
        for (int64_t q = 0; q < 2; q++) out[(i + p) * rows + j + q] = static_cast<int32_t>(sums[p][q]);
      }
    }
  }
}
