// The instruction sets that Highway compiles: a portable one and the two of x86 that are worthwhile; on ARM,
// NEON. To be included before hwy/foreach_target.h.
#pragma once

#define HWY_DISABLED_TARGETS                                                                         \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_PPC8 | \
   HWY_WASM_EMU256 | HWY_RVV)
