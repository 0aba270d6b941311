#include "serve/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rpp {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Histogram, CountsValuesUpToEachBound) {
  Histogram histogram({1, 2});
  for (const double value : {0.5, 1.0, 1.5, 9.0}) histogram.add(value);
  std::string text;
  histogram.append_to(text, "seconds", "path=\"/embed\"");
  EXPECT_EQ(text,
            "seconds_bucket{path=\"/embed\",le=\"1\"} 2\n"
            "seconds_bucket{path=\"/embed\",le=\"2\"} 3\n"
            "seconds_bucket{path=\"/embed\",le=\"+Inf\"} 4\n"
            "seconds_sum{path=\"/embed\"} 12\n"
            "seconds_count{path=\"/embed\"} 4\n");
}

TEST(Metrics, CountRequestsByPathAndStatus) {
  Metrics metrics;
  metrics.add_request("/embed", {.status = 200, .seconds = 0.5, .num_texts = 2, .num_tokens = 9});
  metrics.add_request("/embed", {.status = 200, .seconds = 0.5, .num_texts = 1, .num_tokens = 4});
  metrics.add_request("/embed", {.status = 413});
  const std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("rpp_serve_requests_total{path=\"/embed\",status=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("rpp_serve_requests_total{path=\"/embed\",status=\"413\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rpp_serve_request_seconds_count{path=\"/embed\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("rpp_serve_texts_total 3\n"));
  EXPECT_THAT(text, HasSubstr("rpp_serve_tokens_total 13\n"));
}

TEST(Metrics, ShowQueueBatchesAndReloads) {
  Metrics metrics;
  metrics.add_batch(3, 40);
  metrics.add_reload(true);
  metrics.add_reload(false);
  const std::string text = metrics.text({.texts = 5, .tokens = 60});
  EXPECT_THAT(text, HasSubstr("rpp_serve_queue_texts 5\n"));
  EXPECT_THAT(text, HasSubstr("rpp_serve_queue_tokens 60\n"));
  EXPECT_THAT(text, HasSubstr("rpp_serve_batch_texts_bucket{le=\"4\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rpp_serve_batch_tokens_sum 40\n"));
  EXPECT_THAT(text, HasSubstr("rpp_serve_reloads_total{result=\"loaded\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("rpp_serve_reloads_total{result=\"failed\"} 1\n"));
}

// Prometheus refuses a page in which a metric is described twice.
TEST(Metrics, EachIsDescribedOnce) {
  Metrics metrics;
  metrics.add_request("/embed", {.status = 200});
  metrics.add_request("/info", {.status = 200});
  const std::string text = metrics.text({});
  const size_t first = text.find("# TYPE rpp_serve_request_seconds histogram");
  EXPECT_NE(first, std::string::npos);
  EXPECT_THAT(text.substr(first + 1), Not(HasSubstr("# TYPE rpp_serve_request_seconds histogram")));
}

}  // namespace
}  // namespace rpp
