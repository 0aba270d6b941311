// A small text for training vocabularies.
#pragma once

#include <string>

#include <fmt/format.h>

namespace rpp {

inline std::string small_text() {
  const char* subjects[] = {"The gardener", "A young sailor", "My neighbour", "The old teacher"};
  const char* verbs[] = {"painted", "repaired", "was painting", "will repair"};
  const char* objects[] = {"a wooden boat.", "the garden fence!", "two small boats, quickly.",
                           "Z\u00fcrich's gates."};
  std::string text;
  for (const char* subject : subjects) {
    for (const char* verb : verbs) {
      for (const char* object : objects) text += fmt::format("{} {} {}\n", subject, verb, object);
    }
  }
  return text;
}

}  // namespace rpp
