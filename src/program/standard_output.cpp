#include "program/standard_output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "rpp/error.h"

namespace rpp {
namespace {

[[noreturn]] void fail_output() {
  const int reason = errno;
  fail("cannot write to standard output: {}{}", std::strerror(reason),
       reason == EPIPE ? ": the program that reads it has ended" : "");
}

}  // namespace

void write_output(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail_output();
}

void flush_output() {
  if (std::fflush(stdout) != 0) fail_output();
}

}  // namespace rpp
