// Options structs of the C interface: of the size that the caller's header gave them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "rpp/answerer.h"
#include "rpp/error.h"
#include "rpp/rpp.h"

namespace rpp {

// `name`: of the struct. Throws UsageError as check_size.
void check_size(const void* given, size_t size, size_t known, const char* name);

// The caller's options: fields that the caller's older struct lacks are 0, which is their default.
template <typename Options>
Options known_options(const Options* given, const char* name) {
  Options options = {};
  if (given != nullptr) {
    check_size(given, given->size, sizeof options, name);
    std::memcpy(&options, given, std::min(given->size, sizeof options));
  }
  return options;
}

RuntimeOptions runtime_options(const rpp_load_options* given);
EmbedOptions embed_options(const rpp_embed_options* given);

struct SessionOptions {
  int num_threads = 0;
  int64_t max_tokens = 0;  // 0: the model's
  int64_t pass_tokens = 0;
  bool cut = true;
  Aggregation aggregation = Aggregation::simple;
};
SessionOptions session_options(const rpp_session_options* given);

}  // namespace rpp
