// Apart from the tokenizers, so that a program that compares none does without OpenSSL.
#include "rpp/core/sha256.h"
#include "rpp/text/tokenizer.h"

namespace rpp {

std::string Tokenizer::fingerprint() const {
  return sha256_hex(identity());
}

}  // namespace rpp
