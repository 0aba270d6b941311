#include "rpp/train/heap.h"

#ifdef RPP_JEMALLOC
#include <jemalloc/jemalloc.h>

// Read by jemalloc as the process starts (jemalloc(3), TUNING). One arena: a step's blocks are freed by
// another thread than asked for them. Freed pages stay: with a decay of ten seconds, too, most of a step's
// went back to the system at its end. Huge pages cost fewer faults. Blocks of many megabytes are treated as
// all others (oversize_threshold), not returned at once.
extern "C" {
const char* malloc_conf = "narenas:1,oversize_threshold:0,dirty_decay_ms:-1,muzzy_decay_ms:0,thp:always";
}
#endif

namespace rpp {

void give_back_freed_memory() {
#ifdef RPP_JEMALLOC
  // Of all arenas; the number is a constant of its headers, with which the name is written.
  static_assert(MALLCTL_ARENAS_ALL == 4096);
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
#endif
}

}  // namespace rpp
