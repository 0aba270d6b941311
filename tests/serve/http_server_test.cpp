// Clients that send too much, too slowly, not at all, or that vanish.
#include "serve/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "message_of.h"
#include "raw_client.h"

namespace rpp {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr size_t kBigBytes = size_t{64} << 20;  // more than the sockets buffer

// Answers with the body. /wait waits for `release`, /big is larger than the buffers of a connection.
class Echo : public HttpHandler {
 public:
  std::optional<HttpResponse> refuse(const HttpRequest& head) override {
    if (head.path == "/refused") return failure(head.path, 403, "refused");
    return std::nullopt;
  }
  HttpResponse answer(const HttpRequest& request) override {
    if (request.path == "/throw") throw std::runtime_error("a secret");
    if (request.path == "/big") return {.body = std::string(kBigBytes, 'b')};
    if (request.path == "/wait") {
      has_begun.set_value();
      release.get_future().wait();
    }
    return {.body = "[" + request.body + "]"};
  }
  HttpResponse failure(const std::string&, int status, const std::string& why) override {
    return {.status = status, .body = why, .error = why};
  }
  void finished(const HttpRecord& record) override {
    const std::lock_guard lock(mutex_);
    records_.push_back(record);
    changed_.notify_all();
  }
  HttpRecord first_record() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return !records_.empty(); });
    return records_.empty() ? HttpRecord{} : records_.front();
  }

  std::promise<void> has_begun, release;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HttpRecord> records_;
};

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    options_.port = 0;
    options_.max_body_bytes = 1000;
  }
  ~HttpServerTest() override {
    if (server_) server_->stop();
  }
  int port() {
    if (!server_) {
      server_ = std::make_unique<HttpServer>(options_, echo_);
      running_ = std::jthread([this] { server_->run(); });
    }
    return server_->port();
  }
  std::string ask(std::string_view bytes) { return RawClient(port()).ask(bytes); }

  HttpServerOptions options_;
  Echo echo_;
  std::unique_ptr<HttpServer> server_;
  std::jthread running_;
};

std::string post(std::string_view body, std::string_view path = "/echo") {
  return fmt::format("POST {} HTTP/1.1\r\nContent-Length: {}\r\n\r\n{}", path, body.size(), body);
}

TEST_F(HttpServerTest, AnswersTheRequestsOfAConnectionInTurn) {
  RawClient client(port());
  EXPECT_THAT(client.ask(post("one")), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\r\n\r\n[one]")));
  client.send(post("two") + post("three"));
  EXPECT_THAT(client.answer(), HasSubstr("[two]"));
  EXPECT_THAT(client.answer(), HasSubstr("[three]"));
}

TEST_F(HttpServerTest, TakesChunkedBodies) {
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
              HasSubstr("[abc]"));
}

TEST_F(HttpServerTest, RefusesALargeBodyBeforeReadingIt) {
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Length: 1001\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("the body has 1001 bytes, at most 1000 are read")));
  EXPECT_THAT(ask(post(std::string(1000, 'a'))), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AClientThatSendsALargeBodyStillGetsItsAnswer) {
  EXPECT_THAT(ask(post(std::string(1'000'000, 'a'))), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, RefusesLargeChunkedBodies) {
  const std::string chunk = "ff\r\n" + std::string(255, 'a') + "\r\n";
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk +
                  chunk + "0\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("larger than 1000 bytes")));
  const std::string endless_size(100'000, '0');
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + endless_size),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpServerTest, RefusesBodiesOfUnclearLength) {
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 411"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
              StartsWith("HTTP/1.1 501"));
}

TEST_F(HttpServerTest, RefusesCompressedBodiesAndForms) {
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na"),
              StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\na"),
              StartsWith("HTTP/1.1 415"));
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequest) {
  EXPECT_THAT(ask("\x16\x03\x01 hello\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nA: " + std::string(100'000, 'a')), StartsWith("HTTP/1.1 4"));
  EXPECT_THAT(ask(std::string(100'000, 'a')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(ask("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 414"));
}

TEST_F(HttpServerTest, ARefusedRequestNeedsNoBody) {
  EXPECT_THAT(ask("POST /refused HTTP/1.1\r\nContent-Length: 5\r\n\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask("POST /refused HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\na"),
              StartsWith("HTTP/1.1 100"));
}

TEST_F(HttpServerTest, AnExceptionIsAnInternalErrorWithoutItsText) {
  const std::string answer = ask(post("a", "/throw"));
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 500"), HasSubstr("an internal error")));
  EXPECT_THAT(answer, testing::Not(HasSubstr("secret")));
}

TEST_F(HttpServerTest, AnUnfinishedRequestGets408) {
  options_.client.transfer = milliseconds(200);
  EXPECT_THAT(ask("POST /echo HT"), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Le"), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"), StartsWith("HTTP/1.1 408"));
}

TEST_F(HttpServerTest, AByteFromTimeToTimeDoesNotHoldAConnection) {
  options_.client.transfer = milliseconds(300);
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nA: ");
  const auto start = std::chrono::steady_clock::now();
  while (client.send("a") && std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(echo_.first_record().status, 408);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(HttpServerTest, AClientThatDoesNotReadIsGivenUp) {
  options_.client.transfer = milliseconds(300);
  RawClient client(port());
  client.send("GET /big HTTP/1.1\r\n\r\n");
  const HttpRecord record = echo_.first_record();
  EXPECT_EQ(record.error, "the client did not take the answer");
  EXPECT_LT(record.bytes_out, int64_t{kBigBytes});
  EXPECT_THAT(ask(post("next")), HasSubstr("[next]"));
}

TEST_F(HttpServerTest, AReaderInTimeGetsABigAnswer) {
  RawClient client(port());
  client.send("GET /big HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_GT(client.rest().size(), kBigBytes);
}

TEST_F(HttpServerTest, OthersAreAnsweredAfterAClientHasVanished) {
  for (const std::string& part :
       {std::string("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"), std::string("POST /ec"),
        std::string(), std::string("GET /big HTTP/1.1\r\n\r\n")}) {
    RawClient(port()).send(part);
    EXPECT_THAT(ask(post("next")), HasSubstr("[next]"));
  }
}

TEST_F(HttpServerTest, ASilentConnectionMakesRoom) {
  options_.max_connections = 1;
  RawClient silent(port());
  EXPECT_THAT(silent.ask(post("one")), HasSubstr("[one]"));
  EXPECT_THAT(ask(post("two")), HasSubstr("[two]"));
}

TEST_F(HttpServerTest, ASilentConnectionEnds) {
  options_.client.idle = milliseconds(100);
  RawClient silent(port());
  EXPECT_EQ(silent.rest(), "");
}

TEST_F(HttpServerTest, AtTheEndRequestsThatHaveBegunAreAnsweredAndNoOthers) {
  RawClient client(port()), silent(port());
  EXPECT_THAT(silent.ask(post("one")), HasSubstr("[one]"));
  client.send(post("late", "/wait"));
  echo_.has_begun.get_future().wait();
  server_->stop();
  EXPECT_EQ(silent.rest(), "");
  EXPECT_FALSE(RawClient(port()).is_connected());
  echo_.release.set_value();
  EXPECT_THAT(client.rest(),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close"), HasSubstr("[late]")));
  running_.join();
}

TEST_F(HttpServerTest, StoppedBeforeItRunsItAnswersNothing) {
  server_ = std::make_unique<HttpServer>(options_, echo_);
  server_->stop();
  server_->run();
}

TEST_F(HttpServerTest, ARecordHasWhatHappened) {
  ask(post("abc"));
  const HttpRecord record = echo_.first_record();
  EXPECT_THAT(record.client, StartsWith("127.0.0.1:"));
  EXPECT_EQ(record.method, "POST");
  EXPECT_EQ(record.path, "/echo");
  EXPECT_EQ(record.status, 200);
  EXPECT_EQ(record.bytes_in, static_cast<int64_t>(post("abc").size()));
  EXPECT_GT(record.bytes_out, 0);
}

TEST_F(HttpServerTest, APortInUseIsNamed) {
  HttpServerOptions second = options_;
  second.port = port();
  EXPECT_THAT(
      message_of([&] { HttpServer server(second, echo_); }),
      HasSubstr(fmt::format("cannot listen on 127.0.0.1 port {}: Address already in use", second.port)));
}

}  // namespace
}  // namespace rpp
