#include "serve/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace rpp {
namespace {

const std::vector<double> kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                      0.25,  0.5,    1,     2.5,  5,     10,   30};

void describe(std::string& text, const char* name, const char* type, const char* help) {
  fmt::format_to(std::back_inserter(text), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void append_value(std::string& text, const char* name, const char* type, const char* help, int64_t value) {
  describe(text, name, type, help);
  fmt::format_to(std::back_inserter(text), "{} {}\n", name, value);
}

}  // namespace

void Histogram::add(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  ++counts_[static_cast<size_t>(bound - bounds_.begin())];
  sum_ += value;
}

void Histogram::append_to(std::string& text, const std::string& name, const std::string& labels) const {
  const auto out = std::back_inserter(text);
  const std::string comma = labels.empty() ? "" : ",", braced = labels.empty() ? "" : "{" + labels + "}";
  int64_t count = 0;
  for (size_t i = 0; i < bounds_.size(); ++i) {
    count += counts_[i];
    fmt::format_to(out, "{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bounds_[i], count);
  }
  count += counts_.back();
  fmt::format_to(out, "{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, labels, comma, count);
  fmt::format_to(out, "{}_sum{} {}\n{}_count{} {}\n", name, braced, sum_, name, braced, count);
}

void Metrics::add_request(const std::string& path, const HttpRecord& record) {
  const std::lock_guard lock(mutex_);
  ++requests_[{path, record.status}];
  seconds_.try_emplace(path, kSeconds).first->second.add(record.seconds);
  num_texts_ += record.num_texts;
  num_tokens_ += record.num_tokens;
}

void Metrics::add_batch(int64_t num_texts, int64_t num_tokens) {
  const std::lock_guard lock(mutex_);
  batch_texts_.add(static_cast<double>(num_texts));
  batch_tokens_.add(static_cast<double>(num_tokens));
}

void Metrics::add_reload(bool succeeded) {
  const std::lock_guard lock(mutex_);
  ++(succeeded ? num_reloads_ : num_failed_reloads_);
}

std::string Metrics::text(const Queue& queue) const {
  const std::lock_guard lock(mutex_);
  std::string text;
  const auto out = std::back_inserter(text);
  describe(text, "rpp_serve_requests_total", "counter", "Answered requests.");
  for (const auto& [key, count] : requests_) {
    fmt::format_to(out, "rpp_serve_requests_total{{path=\"{}\",status=\"{}\"}} {}\n", key.first, key.second,
                   count);
  }
  describe(text, "rpp_serve_request_seconds", "histogram", "Time from a request's first byte to its answer.");
  for (const auto& [path, seconds] : seconds_) {
    seconds.append_to(text, "rpp_serve_request_seconds", fmt::format("path=\"{}\"", path));
  }
  append_value(text, "rpp_serve_texts_total", "counter", "Texts of answered requests.", num_texts_);
  append_value(text, "rpp_serve_tokens_total", "counter", "Tokens of answered requests.", num_tokens_);
  append_value(text, "rpp_serve_queue_texts", "gauge", "Texts in the queue.", queue.texts);
  append_value(text, "rpp_serve_queue_tokens", "gauge", "Tokens in the queue.", queue.tokens);
  describe(text, "rpp_serve_batch_texts", "histogram", "Texts per batch.");
  batch_texts_.append_to(text, "rpp_serve_batch_texts", "");
  describe(text, "rpp_serve_batch_tokens", "histogram", "Tokens per batch.");
  batch_tokens_.append_to(text, "rpp_serve_batch_tokens", "");
  describe(text, "rpp_serve_reloads_total", "counter", "Reloads of the model.");
  fmt::format_to(out, "rpp_serve_reloads_total{{result=\"loaded\"}} {}\n", num_reloads_);
  fmt::format_to(out, "rpp_serve_reloads_total{{result=\"failed\"}} {}\n", num_failed_reloads_);
  return text;
}

}  // namespace rpp
