// SPDX-License-Identifier: Apache-2.0
// Copyright the finn-rtl authors
//
// A matrix applied to all windows of maps, in whole numbers. Few bits go bit by bit: numbers are bit planes, and a product
// of planes is the popcount of an AND (of an XOR where both sides stand for -1/+1), as in Umuroglu and Jahre, "Streamlined
// Deployment for Quantized Neural Networks", 2017. More bits are multiplied. compiled.py calls it, chooses, and says what
// the arguments are.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

namespace {

constexpr int64_t kWord = 64;
// Rows of the matrix that are counted side by side, and windows that share the weights read.
constexpr int64_t kLanes = 16;
constexpr int64_t kBlock = 4;

int64_t words_of(int64_t bits) { return (bits + kWord - 1) / kWord; }

// Bit `plane` of `count` <= 64 numbers.
uint64_t bits_of(const int32_t* numbers, int64_t count, int plane) {
  uint64_t word = 0;
  int64_t i = 0;
#ifdef __AVX512F__
  const __m512i mask = _mm512_set1_epi32(static_cast<int>(1u << plane));
  for (; i + 16 <= count; i += 16) {
    const __m512i part = _mm512_loadu_si512(numbers + i);
    word |= static_cast<uint64_t>(_mm512_test_epi32_mask(part, mask)) << i;
  }
#endif
  for (; i < count; i++) word |= static_cast<uint64_t>((static_cast<uint32_t>(numbers[i]) >> plane) & 1u) << i;
  return word;
}

// Adds `count` bits of `from`, beginning at bit `begin`, to `to` at bit `at`, where `to` is 0 from there on. One word
// behind the last bit of `from` may be read.
void append(uint64_t* to, int64_t at, const uint64_t* from, int64_t begin, int64_t count) {
  while (count > 0) {
    const int64_t size = std::min(count, kWord);
    const int64_t shift = begin % kWord;
    uint64_t word = from[begin / kWord] >> shift;
    if (shift) word |= from[begin / kWord + 1] << (kWord - shift);
    if (size < kWord) word &= (uint64_t{1} << size) - 1;
    const int64_t into = at % kWord;
    to[at / kWord] |= word << into;
    if (into && into + size > kWord) to[at / kWord + 1] |= word >> (kWord - into);
    at += size;
    begin += size;
    count -= size;
  }
}

// Sums of a block. They are computed modulo 2^32, which is exact: accumulators have fewer bits.
using Sums = uint32_t[kBlock][kLanes];

// For kBlock windows and kLanes rows, adds `factor` times the places where a plane of each agrees with a plane of the
// weights (AND), or where they differ (XOR).
template <bool kDiffers>
void count(const uint64_t* const* windows, const uint64_t* weights, int64_t words, uint32_t factor, Sums& totals) {
#ifdef __AVX512VPOPCNTDQ__
  static_assert(kLanes == 16 && kBlock == 4, "two registers hold the counts of a window");
  __m512i counts[kBlock][2] = {};
  for (int64_t k = 0; k < words; k++) {
    const __m512i weight[2] = {_mm512_loadu_si512(weights + k * kLanes), _mm512_loadu_si512(weights + k * kLanes + 8)};
    for (int64_t b = 0; b < kBlock; b++) {
      const __m512i word = _mm512_set1_epi64(static_cast<int64_t>(windows[b][k]));
      for (int64_t h = 0; h < 2; h++) {
        const __m512i both = kDiffers ? _mm512_xor_si512(word, weight[h]) : _mm512_and_si512(word, weight[h]);
        counts[b][h] = _mm512_add_epi64(counts[b][h], _mm512_popcnt_epi64(both));
      }
    }
  }
  const __m512i factors = _mm512_set1_epi32(static_cast<int>(factor));
  for (int64_t b = 0; b < kBlock; b++) {
    const __m512i low = _mm512_castsi256_si512(_mm512_cvtepi64_epi32(counts[b][0]));
    const __m512i found = _mm512_inserti64x4(low, _mm512_cvtepi64_epi32(counts[b][1]), 1);
    const __m512i sum = _mm512_add_epi32(_mm512_loadu_si512(totals[b]), _mm512_mullo_epi32(found, factors));
    _mm512_storeu_si512(totals[b], sum);
  }
#else
  Sums found = {};
  for (int64_t k = 0; k < words; k++) {
    for (int64_t b = 0; b < kBlock; b++) {
      const uint64_t word = windows[b][k];
      for (int64_t r = 0; r < kLanes; r++) {
        const uint64_t weight = weights[k * kLanes + r];
        found[b][r] += static_cast<uint32_t>(__builtin_popcountll(kDiffers ? word ^ weight : word & weight));
      }
    }
  }
  for (int64_t b = 0; b < kBlock; b++) {
    for (int64_t r = 0; r < kLanes; r++) totals[b][r] += factor * found[b][r];
  }
#endif
}

// For kBlock windows of pairs of numbers and kLanes rows, the dot products; totals are 0 before. weights: [pair][kLanes][2].
void multiply(const int16_t* const* windows, const int16_t* weights, int64_t pairs, Sums& totals) {
#ifdef __AVX512BW__
  static_assert(kLanes == 16 && kBlock == 4, "a register holds the sums of a window");
  __m512i sums[kBlock] = {};
  for (int64_t k = 0; k < pairs; k++) {
    const __m512i weight = _mm512_loadu_si512(weights + k * 2 * kLanes);
    for (int64_t b = 0; b < kBlock; b++) {
      int32_t pair;
      std::memcpy(&pair, windows[b] + 2 * k, sizeof pair);
      sums[b] = _mm512_add_epi32(sums[b], _mm512_madd_epi16(_mm512_set1_epi32(pair), weight));
    }
  }
  for (int64_t b = 0; b < kBlock; b++) _mm512_storeu_si512(totals[b], sums[b]);
#else
  for (int64_t k = 0; k < pairs; k++) {
    for (int64_t b = 0; b < kBlock; b++) {
      const int32_t first = windows[b][2 * k], second = windows[b][2 * k + 1];
      for (int64_t r = 0; r < kLanes; r++) {
        const int32_t sum = first * weights[(k * kLanes + r) * 2] + second * weights[(k * kLanes + r) * 2 + 1];
        totals[b][r] += static_cast<uint32_t>(sum);
      }
    }
  }
#endif
}

struct Shape {
  int64_t frames, height, width, channels;
  int64_t kernel_h, kernel_w, stride_h, stride_w, top, left;
  // Of the padded map, and of the windows.
  int64_t rows, columns, out_h, out_w;
  int64_t units, levels;

  int64_t run() const { return kernel_w * channels; }
  int64_t elements() const { return kernel_h * run(); }
  int64_t words() const { return words_of(elements()); }
  int64_t pairs() const { return (elements() + 1) / 2; }
  int64_t groups() const { return (units + kLanes - 1) / kLanes; }
  int64_t positions() const { return out_h * out_w; }
};

struct Numbers {
  int64_t input_bits, input_signed, weight_bits, weight_signed;
  // Counts are of places that differ, of `elements`; else sums are scale * (weight_scale * D - minus_inputs * sum of the
  // inputs) + offset[unit], D being the product of the planes.
  int64_t differs, scale, weight_scale, minus_inputs;
};

uint32_t worth(int64_t plane, int64_t bits, int64_t is_signed) {
  return plane + 1 == bits && is_signed ? -(uint32_t{1} << plane) : uint32_t{1} << plane;
}

// The windows of a map as bit planes, and their products with the weights'.
class Planes {
 public:
  Planes(const Shape& shape, const Numbers& numbers, const uint64_t* weights)
      : s_(shape), n_(numbers), weights_(weights), row_words_(words_of(s_.columns * s_.channels) + 1),
        window_words_(n_.input_bits * (s_.words() + 1)),
        map_(static_cast<size_t>(n_.input_bits * s_.rows * row_words_)),
        line_(static_cast<size_t>(words_of(s_.width * s_.channels) + 1)),
        windows_(static_cast<size_t>(kBlock * window_words_)) {}

  // Takes a map; its rows' bits stand side by side.
  void take(const int32_t* map) {
    const int64_t bits = s_.width * s_.channels;
    std::fill(map_.begin(), map_.end(), 0);
    for (int64_t y = 0; y < s_.height; y++) {
      for (int64_t plane = 0; plane < n_.input_bits; plane++) {
        uint64_t* row = &map_[static_cast<size_t>((plane * s_.rows + y + s_.top) * row_words_)];
        uint64_t* to = s_.left ? line_.data() : row;
        for (int64_t i = 0; i < bits; i += kWord) {
          to[i / kWord] = bits_of(map + y * bits + i, std::min(kWord, bits - i), static_cast<int>(plane));
        }
        if (s_.left) append(row, s_.left * s_.channels, to, 0, bits);
      }
    }
  }

  // Takes `count` windows from number `first` on; `sums` of their inputs, where they are wanted.
  void block(int64_t first, int64_t count, uint32_t sums[kBlock]) {
    std::fill(windows_.begin(), windows_.end(), 0);
    for (int64_t b = 0; b < count; b++) {
      const int64_t y = (first + b) / s_.out_w * s_.stride_h, x = (first + b) % s_.out_w * s_.stride_w;
      for (int64_t plane = 0; plane < n_.input_bits; plane++) {
        uint64_t* to = window(b, plane);
        for (int64_t k = 0; k < s_.kernel_h; k++) {
          append(to, k * s_.run(), &map_[static_cast<size_t>((plane * s_.rows + y + k) * row_words_)], x * s_.channels,
                 s_.run());
        }
        if (!n_.minus_inputs) continue;
        uint32_t ones = 0;
        for (int64_t k = 0; k < s_.words(); k++) ones += static_cast<uint32_t>(__builtin_popcountll(to[k]));
        sums[b] += ones * worth(plane, n_.input_bits, n_.input_signed);
      }
    }
  }

  void products(int64_t group, Sums& totals) {
    for (int64_t wp = 0; wp < n_.weight_bits; wp++) {
      const uint64_t* weights = weights_ + (wp * s_.groups() + group) * s_.words() * kLanes;
      for (int64_t xp = 0; xp < n_.input_bits; xp++) {
        const uint64_t* sources[kBlock];
        for (int64_t b = 0; b < kBlock; b++) sources[b] = window(b, xp);
        if (n_.differs) {
          count<true>(sources, weights, s_.words(), 1, totals);
        } else {
          const uint32_t factor =
              worth(wp, n_.weight_bits, n_.weight_signed) * worth(xp, n_.input_bits, n_.input_signed);
          count<false>(sources, weights, s_.words(), factor, totals);
        }
      }
    }
  }

 private:
  uint64_t* window(int64_t b, int64_t plane) {
    return &windows_[static_cast<size_t>(b * window_words_ + plane * (s_.words() + 1))];
  }

  const Shape& s_;
  const Numbers& n_;
  const uint64_t* weights_;
  const int64_t row_words_;
  const int64_t window_words_;
  std::vector<uint64_t> map_;
  std::vector<uint64_t> line_;
  std::vector<uint64_t> windows_;
};

// The windows of a map as numbers of 16 bits.
class Whole {
 public:
  Whole(const Shape& shape, const Numbers& numbers, const int16_t* weights)
      : s_(shape), n_(numbers), weights_(weights), map_(static_cast<size_t>(s_.rows * s_.columns * s_.channels)),
        windows_(static_cast<size_t>(kBlock * 2 * s_.pairs())) {}

  void take(const int32_t* map) {
    std::fill(map_.begin(), map_.end(), int16_t{0});
    for (int64_t y = 0; y < s_.height; y++) {
      const int64_t size = s_.width * s_.channels;
      int16_t* to = &map_[static_cast<size_t>(((y + s_.top) * s_.columns + s_.left) * s_.channels)];
      for (int64_t i = 0; i < size; i++) to[i] = static_cast<int16_t>(map[y * size + i]);
    }
  }

  void block(int64_t first, int64_t count, uint32_t sums[kBlock]) {
    for (int64_t b = 0; b < count; b++) {
      const int64_t y = (first + b) / s_.out_w * s_.stride_h, x = (first + b) % s_.out_w * s_.stride_w;
      int16_t* to = &windows_[static_cast<size_t>(b * 2 * s_.pairs())];
      for (int64_t k = 0; k < s_.kernel_h; k++) {
        const int16_t* from = &map_[static_cast<size_t>(((y + k) * s_.columns + x) * s_.channels)];
        std::copy(from, from + s_.run(), to + k * s_.run());
      }
      if (!n_.minus_inputs) continue;
      for (int64_t i = 0; i < s_.elements(); i++) sums[b] += static_cast<uint32_t>(to[i]);
    }
  }

  void products(int64_t group, Sums& totals) {
    const int16_t* sources[kBlock];
    for (int64_t b = 0; b < kBlock; b++) sources[b] = &windows_[static_cast<size_t>(b * 2 * s_.pairs())];
    multiply(sources, weights_ + group * s_.pairs() * 2 * kLanes, s_.pairs(), totals);
  }

 private:
  const Shape& s_;
  const Numbers& n_;
  const int16_t* weights_;
  std::vector<int16_t> map_;
  std::vector<int16_t> windows_;
};

struct Activation {
  // [level][units rounded up to kLanes]; null where sums leave.
  const int32_t* thresholds;
  const uint8_t* falling;
  int64_t lowest;
};

void activate(const Shape& s, const Activation& a, const int32_t* sums, int32_t* to) {
  if (a.thresholds == nullptr) {
    std::copy(sums, sums + s.units, to);
    return;
  }
  const int32_t lowest = static_cast<int32_t>(a.lowest), levels = static_cast<int32_t>(s.levels);
  for (int64_t r = 0; r < s.units; r++) to[r] = 0;
  for (int64_t level = 0; level < s.levels; level++) {
    const int32_t* bounds = a.thresholds + level * s.groups() * kLanes;
    for (int64_t r = 0; r < s.units; r++) to[r] += sums[r] >= bounds[r];
  }
  for (int64_t r = 0; r < s.units; r++) to[r] = lowest + (a.falling[r] ? levels - to[r] : to[r]);
}

template <typename Windows>
void compute(const Shape& s, const Numbers& n, Windows windows, const int32_t* offset, const Activation& activation,
             const int32_t* maps, int32_t* results) {
  const int64_t padded = s.groups() * kLanes;
  const uint32_t scale = static_cast<uint32_t>(n.differs ? -1 : n.scale * n.weight_scale);
  std::vector<int32_t> sums(static_cast<size_t>(kBlock * padded));
  for (int64_t frame = 0; frame < s.frames; frame++) {
    windows.take(maps + frame * s.height * s.width * s.channels);
    for (int64_t first = 0; first < s.positions(); first += kBlock) {
      const int64_t count = std::min(kBlock, s.positions() - first);
      uint32_t input_sums[kBlock] = {};
      windows.block(first, count, input_sums);
      for (int64_t group = 0; group < s.groups(); group++) {
        Sums totals = {};
        windows.products(group, totals);
        for (int64_t b = 0; b < kBlock; b++) {
          const uint32_t base = n.differs ? static_cast<uint32_t>(s.elements())
                                          : -static_cast<uint32_t>(n.scale * n.minus_inputs) * input_sums[b];
          int32_t* to = &sums[static_cast<size_t>(b * padded + group * kLanes)];
          const int32_t* row = offset + group * kLanes;
          for (int64_t r = 0; r < kLanes; r++) {
            to[r] = static_cast<int32_t>(scale * totals[b][r] + base + static_cast<uint32_t>(row[r]));
          }
        }
      }
      for (int64_t b = 0; b < count; b++) {
        activate(s, activation, &sums[static_cast<size_t>(b * padded)],
                 results + (frame * s.positions() + first + b) * s.units);
      }
    }
  }
}

}  // namespace

// planes: [weight plane][group of kLanes units][word][kLanes], or null; whole: [group][pair][kLanes][2].
extern "C" void finn_matrix(const int32_t* maps, const Shape* shape, const Numbers* numbers, const uint64_t* planes,
                            const int16_t* whole, const int32_t* offset, const int32_t* thresholds,
                            const uint8_t* falling, int64_t lowest, int32_t* results) {
  const Activation activation{thresholds, falling, lowest};
  if (planes != nullptr) {
    compute(*shape, *numbers, Planes(*shape, *numbers, planes), offset, activation, maps, results);
  } else {
    compute(*shape, *numbers, Whole(*shape, *numbers, whole), offset, activation, maps, results);
  }
}
