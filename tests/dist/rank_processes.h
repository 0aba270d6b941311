// Real processes as the ranks of a test. The test itself must not have used Torch's threads before.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "launch/free_port.h"
#include "launch/rank_place.h"

namespace rpp::test {

inline std::vector<RankPlace> local_places(int64_t size) {
  const int64_t port = free_port();
  std::vector<RankPlace> places;
  for (int64_t rank = 0; rank < size; ++rank) {
    places.push_back(
        {.rank = rank, .size = size, .address = "127.0.0.1", .port = port, .launcher = "the test"});
  }
  return places;
}

// What each process returns for its place, or the message of what it throws.
using RankBody = std::function<std::string(const RankPlace& place)>;

struct RankProcess {
  pid_t pid;
  int result;  // the reading end of a pipe
};

inline RankProcess start_rank(const RankPlace& place, const RankBody& body) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  const pid_t pid = fork();
  if (pid != 0) {
    close(ends[1]);
    return {pid, ends[0]};
  }
  std::string result;
  try {
    result = body(place);
  } catch (const std::exception& error) {
    result = error.what();
  }
  const ssize_t written = write(ends[1], result.data(), result.size());
  _exit(written == static_cast<ssize_t>(result.size()) ? 0 : 1);
}

inline std::string result_of(const RankProcess& process) {
  std::string result;
  char buffer[4096];
  for (ssize_t size; (size = read(process.result, buffer, sizeof(buffer))) > 0;) {
    result.append(buffer, static_cast<size_t>(size));
  }
  close(process.result);
  waitpid(process.pid, nullptr, 0);
  return result;
}

inline std::vector<std::string> run_ranks(const std::vector<RankPlace>& places, const RankBody& body) {
  std::vector<RankProcess> processes;
  for (const auto& place : places) processes.push_back(start_rank(place, body));
  std::vector<std::string> results;
  for (const auto& process : processes) results.push_back(result_of(process));
  return results;
}

}  // namespace rpp::test
