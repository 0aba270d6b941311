// What a byte-level tokenizer does besides its vocabulary and merges.
#pragma once

#include <vector>

#include "tokenizer/added_tokens.h"
#include "tokenizer/wordpiece_settings.h"

namespace rpp {

struct ByteBpeSettings {
  // A blank is put before a text, and before each part between added tokens, that does not start with one.
  bool add_prefix_space = false;
  // Blanks at the ends of a token are not part of its span; with `keep_first_blank` a single one at the start
  // of the text is (add_prefix_space of the post-processor).
  bool trim_offsets = true;
  bool keep_first_blank = false;
  bool ignore_merges = false;  // a word that is a piece is that piece, whatever the merges make of it
  bool two_separators = true;  // see SpecialTokens
  SpecialNames names = {.pad = "<pad>", .unk = "<unk>", .cls = "<s>", .sep = "</s>", .mask = "<mask>"};
  std::vector<AddedToken> added;  // by id
};

}  // namespace rpp
