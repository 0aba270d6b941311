#include "c_options.h"

#include <iterator>
#include <span>

#include "core/thread_team.h"
#include "core/version.h"
#include "runtime/text_batch.h"

namespace rpp {
namespace {

Aggregation aggregation_of(int32_t value) {
  constexpr Aggregation kAggregations[] = {Aggregation::simple, Aggregation::none, Aggregation::first,
                                           Aggregation::average, Aggregation::max};
  if (value < 0 || value >= std::ssize(kAggregations)) {
    fail_usage("aggregation is {}, it must be 0 to {}", value, std::ssize(kAggregations) - 1);
  }
  return kAggregations[value];
}

std::optional<bool> normalize_of(int32_t value) {
  switch (value) {
    case RPP_NORMALIZE_DEFAULT:
      return std::nullopt;
    case RPP_NORMALIZE_NO:
      return false;
    case RPP_NORMALIZE_YES:
      return true;
    default:
      fail_usage("normalize is {}, it must be 0 to 2", value);
  }
}

void check_not_negative(int64_t value, const char* name) {
  if (value < 0) fail_usage("{} is {}, it may not be negative", name, value);
}

}  // namespace

void check_size(const void* given, size_t size, size_t known, const char* name) {
  if (size < sizeof size) fail_usage("size is {}: set it to sizeof({})", size, name);
  if (size <= known) return;
  constexpr size_t kMaxBytes = 4096;  // a struct that is larger was not initialised
  if (size > kMaxBytes) fail_usage("size is {}: set it to sizeof({})", size, name);
  const std::span newer(static_cast<const unsigned char*>(given) + known, size - known);
  if (std::ranges::any_of(newer, [](unsigned char byte) { return byte != 0; })) {
    fail_usage("{} sets a field that version {} of the library does not have: use a newer one", name,
               version_number());
  }
}

RuntimeOptions runtime_options(const rpp_load_options* given) {
  const auto options = known_options(given, "rpp_load_options");
  RuntimeOptions runtime;
  if (options.mapped != 0) runtime.file = FileAccess::mapped;
  if (options.int8 != 0) runtime.arithmetic = RuntimeOptions::Arithmetic::int8;
  return runtime;
}

EmbedOptions embed_options(const rpp_embed_options* given) {
  const auto options = known_options(given, "rpp_embed_options");
  return {.prompt = options.prompt == nullptr ? "" : options.prompt,
          .dimensions = options.dimensions,
          .normalize = normalize_of(options.normalize)};
}

SessionOptions session_options(const rpp_session_options* given) {
  const auto options = known_options(given, "rpp_session_options");
  if (options.num_threads < 0 || options.num_threads > kMaxThreads) {
    fail_usage("num_threads is {}, it must be 0 to {}", options.num_threads, kMaxThreads);
  }
  check_not_negative(options.max_tokens, "max_tokens");
  check_not_negative(options.max_tokens_per_pass, "max_tokens_per_pass");
  if (options.reserved != 0) fail_usage("reserved is {}, it must be 0", options.reserved);
  return {.num_threads = options.num_threads,
          .max_tokens = options.max_tokens,
          .pass_tokens = options.max_tokens_per_pass > 0 ? options.max_tokens_per_pass : kPassTokens,
          .cut = options.refuse_longer == 0,
          .aggregation = aggregation_of(options.aggregation)};
}

}  // namespace rpp
