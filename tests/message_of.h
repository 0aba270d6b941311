// Returns the message of the Error that an action throws.
#pragma once

#include <string>

#include "rpp/error.h"

namespace rpp {

template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace rpp
