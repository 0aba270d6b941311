// What the service counts, in the text format of Prometheus.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "serve/http.h"

namespace rpp {

// Counts of values up to each bound, as a Prometheus histogram.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

  void add(double value);
  // `labels`: empty, or such as path="/embed".
  void append_to(std::string& text, const std::string& name, const std::string& labels) const;

 private:
  std::vector<double> bounds_;   // ascending
  std::vector<int64_t> counts_;  // [bounds + 1], not cumulative
  double sum_ = 0;
};

// Thread-safe.
class Metrics {
 public:
  void add_request(const std::string& path, const HttpRecord& record);
  void add_batch(int64_t num_texts, int64_t num_tokens);
  void add_reload(bool succeeded);

  struct Queue {
    int64_t texts = 0, tokens = 0;
  };
  std::string text(const Queue& queue) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, int64_t> requests_;  // by path and status
  std::map<std::string, Histogram> seconds_;                 // by path
  Histogram batch_texts_{{1, 2, 4, 8, 16, 32, 64, 128, 256}};
  Histogram batch_tokens_{{16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}};
  int64_t num_texts_ = 0, num_tokens_ = 0, num_reloads_ = 0, num_failed_reloads_ = 0;
};

}  // namespace rpp
