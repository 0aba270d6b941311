#include "tokenizer_files/fingerprint.h"

#include "program/sha256.h"

namespace rpp {

std::string fingerprint(const Tokenizer& tokenizer) {
  return sha256_hex(tokenizer.identity());
}

}  // namespace rpp
